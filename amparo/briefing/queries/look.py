"""What a reader asks the board, or a machine its figures, for: which centres, by which standards, as of when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.asked import AsOf, as_of
from amparo.crises.models import Crisis
from amparo.crises.queries import places_of
from amparo.crises.queries import visible_to as crises_visible_to
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries.asking import PlaceAsked, place_asked
from amparo.places.queries.municipalities import unknown_municipality
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Stood
from amparo.sites.queries.sites import named, within
from amparo.sites.queries.standing import under
from amparo.standards import MEASURES, STANDARDS
from amparo.toolkit.asked import Params, address, not_understood, plain, quoted, unknown_filter
from amparo.toolkit.frames import Notice

S = TypeVar("S", bound=Stood)
ASKED = ("place", "crisis", "indicator", "status", "age", "municipality", "q")
KINDS = ("grave", "bajo", "nada", "cumple", "mudo")
# Parameters of the board on which its figures depend, under the same names at the address for machines.
FIGURE_PARAMS = ("place", "crisis", "indicator", "age", "municipality", "q", "date", "at")
# How old what is known of a centre is: its headcount stands, asks to be confirmed, or no longer counts (or nobody ever
# counted); or the centre is silent, and nothing of it is known today.
FRESH, FADING, EXPIRED, SILENT = "fresh", "fading", "expired", "silent"
AGES = (FRESH, FADING, EXPIRED, SILENT)
UNKNOWN = "unknown"  # the one value of `municipality`


@dataclass(frozen=True, slots=True)
class Look:
    """What the reader asked the board for. `standards`: the keys to look at, all of them when None. `unknown`: only
    centres of which nobody knows the municipality.

    `params` holds what was understood, for the next addresses; `not_understood` says the rest.
    """

    as_of: AsOf
    place: PlaceAsked | None
    crisis: Crisis | None
    indicator: str
    standards: frozenset[str] | None
    kind: str
    age: str
    unknown: bool
    search: str
    closed: bool
    params: dict[str, str]
    not_understood: tuple[Notice, ...] = ()

    @property
    def nowhere(self) -> bool:
        """Whether the place asked for is none that is known."""
        return self.place is not None and self.place.place is None

    @property
    def others(self) -> dict[str, str]:
        """The parameters of the next address, from its first page on."""
        return {name: value for name, value in self.params.items() if name != "page"}


def look(user: User, params: Params) -> Look:
    """What this person's address asks for, with a notice for each thing in it that cannot be understood."""
    when = as_of(params)
    asked = {name: plain(params.get(name, "")) for name in ASKED}
    place = place_asked(asked["place"]) if asked["place"] else None
    crisis = crisis_asked(user, asked["crisis"])
    standards = standards_named(asked["indicator"])
    kept = {
        **when.params,
        "place": place.param if place else "",
        "crisis": str(crisis.uid) if crisis else "",
        "indicator": asked["indicator"] if standards is not None else "",
        "status": asked["status"] if asked["status"] in KINDS else "",
        "age": asked["age"] if asked["age"] in AGES else "",
        "municipality": asked["municipality"] if asked["municipality"] == UNKNOWN else "",
        "q": asked["q"],
        "closed": "1" if params.get("closed") == "1" else "",
        "page": plain(params.get("page", "")),
    }
    understood = {name: value for name, value in kept.items() if value}
    others = {name: value for name, value in understood.items() if name != "page"}
    return Look(
        as_of=when,
        place=place,
        crisis=crisis,
        indicator=kept["indicator"],
        standards=standards,
        kind=kept["status"],
        age=kept["age"],
        unknown=kept["municipality"] == UNKNOWN,
        search=kept["q"],
        closed=kept["closed"] == "1",
        params=understood,
        not_understood=(
            *when.not_understood,
            *unknown_place(place, address(reverse("board"), others)),
            *_unknown(asked, kept),
        ),
    )


def unknown_place(place: PlaceAsked | None, everywhere: str) -> tuple[Notice, ...]:
    """Where no such place is known, no centre is shown: another place's figures would be taken for this one's."""
    if place is None or place.place is not None:
        return ()
    text = f"{_('No se muestra ningún albergue.')} {place.advice}"
    return (Notice("bajo", place.unknown, text, everywhere, _("Ver todos los lugares")),)


def _unknown(asked: dict[str, str], kept: dict[str, str]) -> tuple[Notice, ...]:
    """What is said of an emergency, a standard or a mark that does not exist, or not for this person."""
    said = {
        "crisis": lambda _uid: not_understood(
            _("No se encuentra esa emergencia"), _("Se muestran todas las emergencias.")
        ),
        "indicator": lambda key: not_understood(
            _("No se conoce la norma «%(asked)s»") % {"asked": quoted(key)},
            _("Se muestran todas las normas."),
        ),
        "status": lambda kind: unknown_filter(kind, _("Se muestran todos los albergues.")),
        "age": lambda age: not_understood(
            _("No se entiende la edad «%(asked)s»") % {"asked": quoted(age)},
            _("Se muestran datos de cualquier edad."),
        ),
        "municipality": lambda town: unknown_filter(town, _("Se muestran todos los municipios.")),
    }
    return tuple(say(asked[name]) for name, say in said.items() if asked[name] and not kept[name])


def standards_named(asked: str) -> frozenset[str] | None:
    """The standards of one key, of one measure, or of one group ("water"); None for anything else."""
    if asked in STANDARDS:
        return frozenset({asked})
    if asked in words.GROUP_NAMES:
        return frozenset(
            key for key, one in STANDARDS.items() if words.group_of(MEASURES[one.measure]) == asked
        )
    found = frozenset(key for key, one in STANDARDS.items() if one.measure == asked)
    return found or None


def crisis_asked(user: User, uid: str) -> Crisis | None:
    """The emergency of that id, where this person may see it."""
    try:
        return crises_visible_to(user).filter(uid=UUID(uid)).first() if uid else None
    except ValueError:
        return None


def wanted(sites: "QuerySet[Site]", asked: Look) -> "QuerySet[Site]":
    """Those of these centres that the reader asked for; none of a place that nobody knows."""
    if asked.nowhere:
        return sites.none()
    where = asked.place.place if asked.place else None
    sites = narrowed(sites, place=where, crisis=asked.crisis, search=asked.search, day=asked.as_of.day)
    return sites.filter(unknown_municipality("place__")) if asked.unknown else sites


def age_of(one: Stood) -> str:
    """How old what is known of a centre is: one of AGES."""
    if one.silent:
        return SILENT
    if one.people() is None:
        return EXPIRED
    return FADING if one.count_faded else FRESH


def of_age(assessed: Sequence[S], age: str) -> list[S]:
    """Those of that age; all of them for ""."""
    return [one for one in assessed if age in ("", age_of(one))]


def narrowed(
    sites: "QuerySet[Site]", *, place: Place | None, crisis: Crisis | None, search: str, day: date | None
) -> "QuerySet[Site]":
    """Those in a place, in an emergency as it reached on a day gone by (None is today), and with these words.

    The rows come without relations.
    """
    sites = sites.select_related(
        None
    )  # ranking needs none; the place of the few that are shown is read apart
    if place is not None:
        sites = within(sites, place)
    if crisis is not None:
        sites = under(
            sites, places_of(crisis, day or timezone.localdate()).values_list("place__path", flat=True)
        )
    if search:
        sites = sites.filter(pk__in=[site.pk for site in named(sites.select_related("place"), search)])
    return sites
