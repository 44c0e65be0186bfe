"""Invented places for tests: a country "Bosquia" unless another is asked for."""

from typing import Any

from amparo.places.actions.naming import write_names
from amparo.places.models import UNKNOWN_COUNTRY, Place


def a_place(code: str, name: str | None = None, *, parent: Place | None = None, **facts: Any) -> Place:
    """A place below `parent`; without one, a country (its code is then its ISO code)."""
    place = Place(
        code=code, name=name or f"Lugar {code}", country=code[:3], path=f"{code}/", level=0, **facts
    )
    if parent is not None:
        place.level = parent.level + 1
        place.lie_in(parent)
    place.save()
    write_names([place])
    return place


def no_country() -> Place:
    """The root under which lies what nobody located, as `load_gazetteer` makes it."""
    found = Place.objects.filter(code=UNKNOWN_COUNTRY).first()
    return found or a_place(UNKNOWN_COUNTRY, "País no indicado")
