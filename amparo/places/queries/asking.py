"""Which place someone asked for, by code or by name."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from amparo.kernel.words import fold
from amparo.places.models import Place
from amparo.places.queries.matching import alike, resolve
from amparo.places.queries.searching import search
from amparo.places.queries.tree import label
from amparo.toolkit.asked import plain, quoted

OFFERED = 5


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """The place someone asked for, or the nearest names when none is meant for sure."""

    text: str
    place: Place | None
    nearest: tuple[Place, ...] = ()

    @property
    def named(self) -> bool:
        """Whether several bear this very name; else the nearest only resemble it."""
        lower = self.text.partition(",")[0].strip()
        return any(fold(place.name) == fold(lower) for place in self.nearest)

    @property
    def param(self) -> str:
        """The same, for the next address; nothing where no such place is known."""
        return self.text if self.place is not None else ""

    @property
    def unknown(self) -> str:
        """What is said where no such place is known."""
        return _("No se conoce el lugar «%(place)s»") % {"place": quoted(self.text)}

    @property
    def advice(self) -> str:
        """What to do then."""
        near = "; ".join(place_words(place) for place in self.nearest)
        if near:
            return _("¿Quiso decir: %(places)s?") % {"places": near}
        return _("Escriba el municipio o su código P.")


def place_asked(text: str, *, near: Sequence[str] = ()) -> PlaceAsked:
    """By code, by name, or by name and the place above it: "San Lorenzo, Valle". Never guesses between two.

    `near`: the paths of the person's own areas. Of several that bear the name, the only one there is meant, else the
    only one in the same country.
    """
    text = plain(text)
    lower, _comma, upper = (part.strip() for part in text.partition(","))
    match = resolve(code=text, names=(upper, lower) if upper and lower else ())
    if match.place is not None and match.how == "exact":
        return PlaceAsked(text, match.place)
    found = search(text, limit=OFFERED)
    named = [place for place in found if fold(place.name) == fold(lower)]
    if len(named) == 1:
        return PlaceAsked(text, named[0])
    countries = [f"{path.partition('/')[0]}/" for path in near]
    for area in (near, countries):
        own = [place for place in named if place.path.startswith(tuple(area))]
        if len(own) == 1:
            return PlaceAsked(text, own[0])
    return PlaceAsked(text, None, tuple(named or found or match.candidates or alike(text)))


def place_words(place: Place) -> str:
    """ "San Lorenzo, Valle (HN1709)": to tell two of a name apart."""
    return f"{label(place)} ({place.code})"
