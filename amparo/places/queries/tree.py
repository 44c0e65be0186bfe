"""Where a place lies: what is above it, what is below, and when."""

from collections.abc import Iterable
from datetime import date

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.fields import subtree
from amparo.kernel.refusals import Refused
from amparo.places import countries
from amparo.places.models import UNKNOWN_COUNTRY, Place


def standing(places: "QuerySet[Place]", at: date | None = None) -> "QuerySet[Place]":
    """Those that exist on that day (today by default)."""
    return places.filter(during(at or timezone.localdate()))


def during(day: date, where: str = "") -> Q:
    """The condition of standing on that day; `where` leads to the place from another model ("place__")."""
    return (Q(**{f"{where}valid_from": None}) | Q(**{f"{where}valid_from__lte": day})) & (
        Q(**{f"{where}valid_to": None}) | Q(**{f"{where}valid_to__gt": day})
    )


def below(place: Place, at: date | None = None) -> "QuerySet[Place]":
    """Everything inside a place, at any depth, without itself, in the order of the tree."""
    low, high = subtree(place.path)
    return standing(Place.objects.filter(path__gt=low, path__lt=high), at)


def ancestors(path: str) -> list[Place]:
    """The places that a path lies in, country first; the path of a place itself ends with it. One query.

    Works for whatever extends a place's path, such as a centre's.
    """
    found = {
        place.path: place for place in Place.objects.filter(path__in=steps(path)).order_by(*_NEWEST_LAST)
    }
    return [found[step] for step in steps(path) if step in found]


# Of several places that bore one code, the one that stands, else the newest, is read last.
_NEWEST_LAST = (models.F("valid_to").asc(nulls_last=True), "pk")


def steps(path: str) -> list[str]:
    """ "HND/HN08/" -> ["HND/", "HND/HN08/"]: the paths that hold a path, itself last."""
    codes = path.split("/")[:-1]
    return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]


def at_path(path: str) -> Place | None:
    """The deepest place that a path lies in; None for "" (everywhere)."""
    found = ancestors(path)
    return found[-1] if found else None


def places_at(paths: Iterable[str]) -> dict[str, Place]:
    """`at_path` of many paths at once, each with the place above; "" is left out. One query."""
    wanted = {path: steps(path) for path in paths if path}
    every = {step for found in wanted.values() for step in found}
    known = {
        place.path: place
        for place in Place.objects.filter(path__in=every).select_related("parent").order_by(*_NEWEST_LAST)
    }
    deepest = {path: [known[step] for step in found if step in known] for path, found in wanted.items()}
    return {path: found[-1] for path, found in deepest.items() if found}


def label(place: Place) -> str:
    """ "San Lorenzo, Valle": the name and the place above. No query when `parent` came with the place."""
    if place.code == UNKNOWN_COUNTRY:
        return _("País no indicado")
    if place.parent is None or place.parent.code == UNKNOWN_COUNTRY:
        return place.name
    return f"{place.name}, {place.parent.name}"


def unknown_place(country: str | None = None) -> Place:
    """Where that lies of which nobody knows where: the country if it is known and loaded, else no country.

    Raises `Refused` before any gazetteer was loaded.
    """
    known = countries.country(country) if country else None
    codes = [known.code, UNKNOWN_COUNTRY] if known else [UNKNOWN_COUNTRY]
    found = {place.code: place for place in Place.objects.filter(code__in=codes, level=0, valid_to=None)}
    for code in codes:
        if code in found:
            return found[code]
    raise Refused("places_not_loaded", _("Todavía no hay lugares. Importe primero la lista de lugares."))
