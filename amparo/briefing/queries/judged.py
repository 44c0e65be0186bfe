"""How the centres stand that a reader asks for: what board, map, trends and the origin of a figure have in common."""

from collections.abc import Iterable, Sequence
from math import ceil

from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.look import FIGURE_PARAMS, Look, of_age, wanted
from amparo.kernel.models import User
from amparo.places.models import Boundary, Place
from amparo.places.queries import label, steps
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Assessed, Stood, assess
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.standing import open_on
from amparo.sites.queries.standings import standings
from amparo.standards import STANDARDS
from amparo.toolkit.drawings import Ring

OUTLINE_POINTS = 240


def judged(sites: Sequence[Site], asked: Look) -> Sequence[Stood]:
    """How these centres stand, by the standards asked for. A day gone by is read where it was kept."""
    day = asked.as_of.day
    stood: Sequence[Stood] = standings(sites, day) if day else assess(sites, asked.as_of.moment)
    return stood if asked.standards is None else [one.by(asked.standards) for one in stood]


def opened(user: User, asked: Look) -> list[Stood]:
    """The open centres that this person may see and asks for, of the age asked for."""
    sites = wanted(visible_to(user), asked)
    return of_age(judged(open_on(sites, asked.as_of.day), asked), asked.age)


def in_full(shown: Sequence[Stood], asked: Look) -> Iterable[Assessed]:
    """These centres with every figure: what was kept of a day gone by holds one line of each."""
    assessed = [one for one in shown if isinstance(one, Assessed)]
    lines = [one.site for one in shown if not isinstance(one, Assessed)]
    for one in assess(lines, asked.as_of.moment) if lines else ():
        assessed.append(one if asked.standards is None else one.by(asked.standards))
    return assessed


def with_places(sites: Iterable[Site]) -> None:
    """Give each its place, with the place above: many lie in one department, which is read once. Two queries."""
    every = list(sites)
    places = Place.objects.prefetch_related("parent").in_bulk({site.place_id for site in every})
    for site in every:
        site.place = places[site.place_id]


def figure_params(asked: Look) -> dict[str, str]:
    """What of an address a page of figures hands on to the next."""
    return {name: asked.params[name] for name in FIGURE_PARAMS if name in asked.params}


# --- what was asked, in words


def focus(asked: Look) -> str:
    """The standard or the group of standards looked at; "" for all."""
    if asked.standards is None:
        return ""
    if asked.indicator in words.GROUP_NAMES:
        return str(words.GROUP_NAMES[asked.indicator])
    key = next(iter(sorted(asked.standards)))
    return words.said(STANDARDS[key].name)


def age_name(age: str) -> str:
    """What an age of data is called; "" for any."""
    return {
        "": "",
        "fresh": _("Conteo vigente"),
        "fading": _("Conteo por confirmar"),
        "expired": _("Conteo vencido o nunca hecho"),
        "silent": _("Sin reporte en 24 h"),
    }[age]


def scope_words(asked: Look) -> str:
    """What the figures of a page are of: "Cortés, Tormenta Inventada, Agua"."""
    place = asked.place.place if asked.place is not None else None
    said = (
        label(place) if place is not None else "",
        str(asked.crisis) if asked.crisis is not None else "",
        focus(asked),
        age_name(asked.age),
        _("Municipio desconocido") if asked.unknown else "",
        f"«{asked.search}»" if asked.search else "",
    )
    return ", ".join(part for part in said if part)


# --- the outline under a sketch


def outline(asked: Look, sites: Iterable[Site]) -> tuple[Ring, ...]:
    """The outline of the place asked for, else of the smallest place that holds all these centres; where none was
    imported, of the nearest one above. Thinned to what a sketch needs. One query."""
    if asked.place is not None and asked.place.place is not None:
        path = asked.place.place.path
    else:
        path = _held_by([site.path for site in sites if site.lat is not None])
    around = Boundary.objects.filter(place__path__in=steps(path), place__valid_to=None).order_by(
        "-place__level"
    )
    boundary = around.first() if path else None
    return () if boundary is None else thinned(boundary.polygons, OUTLINE_POINTS)


def _held_by(paths: Sequence[str]) -> str:
    """The longest path of places that all these lie in; a centre's own last step is no place."""
    if not paths:
        return ""
    first, last = (path.split("/")[:-2] for path in (min(paths), max(paths)))
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    return "".join(f"{step}/" for step in first[:shared])


def thinned(polygons: Sequence[Sequence[Sequence[Sequence[float]]]], most: int) -> tuple[Ring, ...]:
    """The outer rings with about so many points in all; what would be too small to see is left out."""
    rings = [polygon[0] for polygon in polygons]
    step = max(ceil(sum(map(len, rings)) / most), 1)
    return tuple(
        tuple((lon, lat) for lon, lat in (ring if step == 1 else (*ring[::step], ring[-1])))
        for ring in rings
        if len(ring) > 3 * step
    )
