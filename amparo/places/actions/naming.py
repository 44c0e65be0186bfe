"""The names by which places are found. Called by the actions that make or change places."""

from collections.abc import Iterable, Mapping, Sequence

from amparo.places.models import Place, PlaceName
from amparo.places.names import sound, spell_out

_AT_ONCE = 500


def write_names(places: Iterable[Place], also: Mapping[str, Sequence[str]] | None = None) -> set[int]:
    """Make each place findable by its name, its source's spelling and `also` (by code); return whose names
    grew.

    Names only accumulate: who knew a place by a spelling that was put right still finds it.
    """
    places = list(places)
    known: set[tuple[int, str]] = set()
    for start in range(0, len(places), _AT_ONCE):
        some = [place.pk for place in places[start : start + _AT_ONCE]]
        known.update(PlaceName.objects.filter(place__in=some).values_list("place_id", "name_key"))
    fresh = []
    for place in places:
        for name in (place.name, place.source_name, *(also or {}).get(place.code, ())):
            spelt = spell_out(name)
            if spelt and (place.pk, spelt) not in known:
                known.add((place.pk, spelt))
                fresh.append(
                    PlaceName(
                        place=place,
                        name=name,
                        name_key=spelt[:200],
                        sound_key=sound(name)[:200],
                    )
                )
    PlaceName.objects.bulk_create(fresh, batch_size=_AT_ONCE)
    return {name.place_id for name in fresh}
