"""Provisional places that turned out to be real ones: what is told by their old names or codes leads on.

A provisional place that was merged has ended, and what it became succeeds it (`actions.merge_place`).
"""

from collections.abc import Collection, Iterable

from django.db.models import Q

from amparo.places.models import Place

MERGED = Q(provisional=True, valid_to__isnull=False)


def led_on(places: Collection[Place]) -> dict[int, Place]:
    """By key, where each of these leads: itself, or what it was merged into. No query where none was merged."""
    found = {place.pk: place for place in places}
    merged = [place.pk for place in places if place.provisional and place.valid_to is not None]
    if merged:
        became = Place.succeeds.through.objects.filter(to_place__in=merged).order_by("pk")
        for link in became.select_related("from_place__parent"):
            found[link.to_place_id] = link.from_place
    return found


def former_paths(paths: Iterable[str]) -> dict[str, list[str]]:
    """By the path of a place, the paths of the provisional places that were merged into it."""
    links = Place.succeeds.through.objects.filter(
        from_place__path__in=list(paths), to_place__provisional=True
    )
    found: dict[str, list[str]] = {}
    for path, former in links.order_by("pk").values_list("from_place__path", "to_place__path"):
        found.setdefault(path, []).append(former)
    return found
