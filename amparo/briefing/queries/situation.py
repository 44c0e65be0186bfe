"""The situation report: what a committee or a ministry is told of many centres at one moment.

Every figure stands beside what it covers, how old it is and where it comes from. What changed is told apart: people
who came or left where both days were counted, and centres that were counted on one of the two days only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.board import kind_of
from amparo.briefing.queries.figures import crisis_named, place_named, standard_figures, standing_figures
from amparo.briefing.queries.look import narrowed
from amparo.crises.models import Crisis
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries import label, steps
from amparo.places.queries.tree import places_at
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Assessed, Moment, assess, rank
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.standing import closed_on, end_of, open_on
from amparo.sites.queries.standings import standings
from amparo.sites.queries.telephones import telephone
from amparo.standards import Verdict
from amparo.toolkit import formats

MUNICIPALITY = 2
BEFORE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which centres a report is of, and as of when. `place` and `crisis` empty: all that the reader may see."""

    moment: Moment
    place: Place | None = None
    crisis: Crisis | None = None


def asked_for(user: User, *, place: str, crisis: str, moment: Moment) -> Asked:
    """What words ask for: a place by code or name, an emergency by its id; "" is all of them.

    Raises `Refused` (404) for a place or an emergency that is not known.
    """
    return Asked(moment, place_named(place), crisis_named(user, crisis))


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure with what it covers: known of `of` centres, told between `oldest` and `newest`."""

    key: str
    name: str
    value: int | None
    of: int
    oldest: datetime | None
    newest: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Change:
    """People then and now. `moved`: in the `both` centres counted on both days; `gained` and `lost`: in centres
    counted on one day only, which says nothing of whether anybody moved.
    """

    since: datetime
    before: int | None
    now: int | None
    moved: int
    both: int
    gained: int
    gained_sites: int
    lost: int
    lost_sites: int
    opened: int
    closed: int


@dataclass(frozen=True, slots=True)
class StandardRow:
    """One standard over all centres of the report; the counts of centres add up to those where it applies."""

    key: str
    name: str
    source: str
    verified: bool
    not_met: int
    grave: int
    met: int
    not_assessed: int
    unverified: int
    affected: int | None
    affected_sites: int


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """The open centres of one municipality. `code`: its P-code, "" for a place that has none."""

    department: str
    municipality: str
    code: str
    sites: int
    people: int | None
    people_sites: int
    grave_sites: int
    silent_sites: int
    not_assessed_sites: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One open centre, in the order in which they need help."""

    position: int
    code: str
    name: str
    municipality: str
    place_code: str
    kind: str
    people: int | None
    last_count: int | None
    capacity: int | None
    worst: str
    affected: int | None
    silent: bool
    told_at: datetime | None
    phone: str


@dataclass(frozen=True, slots=True)
class Situation:
    """The whole report, as plain values. `closed_sites` never add to anything."""

    title: str
    scope: str
    as_of: datetime
    last_reports: bool
    exercise: bool
    headlines: tuple[Headline, ...]
    change: Change | None
    standards: tuple[StandardRow, ...]
    places: tuple[PlaceRow, ...]
    sites: tuple[SiteRow, ...]
    closed_sites: int
    of_a_municipality: bool

    @property
    def empty(self) -> bool:
        return not self.sites


def situation(user: User, asked: Asked) -> Situation:
    """The report of the centres this person may see, as they asked. An empty one says so and is none the less whole."""
    sites = narrowed(
        visible_to(user), place=asked.place, crisis=asked.crisis, search="", day=asked.moment.day
    )
    ours = list(open_on(sites, asked.moment.day))
    _with_places(ours)
    assessed = assess(ours, asked.moment)
    at = asked.moment.at or max((one.told_at for one in assessed if one.told_at), default=timezone.now())
    of_one = asked.place is not None and asked.place.level >= MUNICIPALITY
    return Situation(
        title=_("Informe del municipio") if of_one else _("Informe de situación"),
        scope=_scope(user, asked),
        as_of=at,
        last_reports=asked.moment.at is None,
        exercise=settings.HOME.exercise.exists(),
        headlines=tuple(_headlines(assessed)),
        change=_change(sites, assessed, at) if asked.moment.at is not None else None,
        standards=tuple(_standards(assessed)),
        places=tuple(_places(assessed)),
        sites=tuple(_sites(assessed, user)),
        closed_sites=len(closed_on(sites, asked.moment.day)),
        of_a_municipality=of_one,
    )


def _with_places(sites: Sequence[Site]) -> None:
    """Give each its place, with the place above: one query for all."""
    known = Place.objects.select_related("parent").in_bulk({site.place_id for site in sites})
    for site in sites:
        site.place = known[site.place_id]


def _scope(user: User, asked: Asked) -> str:
    said = [str(asked.crisis) if asked.crisis else "", label(asked.place) if asked.place else ""]
    return ". ".join(part for part in said if part) or _("Todos los albergues que ve %(who)s") % {
        "who": user.organisation.name
    }


# --- figures


def _headlines(assessed: Sequence[Assessed]) -> Iterable[Headline]:
    figures = standing_figures(assessed)
    told = [one.told_at for one in assessed if one.told_at is not None]
    counted = [
        one.inputs["persons"].told_at
        for one in assessed
        if one.people() is not None and "persons" in one.inputs
    ]
    judged = [one for one in assessed if one.summary.met or one.summary.not_met]
    free = [one for one in assessed if one.free_places is not None]
    reports, standards = _("Reportes de los albergues"), _("Reportes, frente a Esfera y CCCM")

    def told_of(ones: Sequence[Assessed]) -> list[datetime]:
        return [one.told_at for one in ones if one.told_at is not None]

    everyone = len(assessed)
    yield _headline(
        "sites", _("Albergues abiertos"), figures["sites"], everyone, told, _("Lista de albergues")
    )
    yield _headline("people", _("Personas esta noche"), figures["people"], len(counted), counted, reports)
    grave = figures["grave_sites"] if judged else None
    yield _headline(
        "grave", _("Albergues en peligro de vida"), grave, len(judged), told_of(judged), standards
    )
    silent = figures["silent_sites"]
    yield _headline("silent", _("Albergues sin reporte en 24 h"), silent, everyone, told, reports)
    places = figures["free_places"]
    yield _headline("free", _("Lugares libres según la norma"), places, len(free), told_of(free), standards)


def _headline(
    key: str, name: str, value: int | None, of: int, moments: Sequence[datetime], source: str
) -> Headline:
    return Headline(key, name, value, of, min(moments, default=None), max(moments, default=None), source)


def _change(sites: "QuerySet[Site]", assessed: Sequence[Assessed], at: datetime) -> Change:
    """Against the end of the day before."""
    day: date = timezone.localdate(at) - BEFORE
    then = {one.site.pk: one.people() for one in standings(open_on(sites, day), day)}
    now = {one.site.pk: one.people() for one in assessed}
    moved = both = gained = gained_sites = lost = lost_sites = 0
    for key in then.keys() | now.keys():
        was, stands = then.get(key), now.get(key)
        if was is not None and stands is not None:
            moved, both = moved + stands - was, both + 1
        elif stands is not None:
            gained, gained_sites = gained + stands, gained_sites + 1
        elif was is not None:
            lost, lost_sites = lost + was, lost_sites + 1
    return Change(
        since=end_of(day),
        before=_sum(then.values()),
        now=_sum(now.values()),
        moved=moved,
        both=both,
        gained=gained,
        gained_sites=gained_sites,
        lost=lost,
        lost_sites=lost_sites,
        opened=len(now.keys() - then.keys()),
        closed=len(then.keys() - now.keys()),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


# --- tables


def _standards(assessed: Sequence[Assessed]) -> Iterable[StandardRow]:
    """Those that somebody measured or that decide, the most people first."""
    rows = [_standard(found) for found in standard_figures(assessed)]
    told = [row for row in rows if row.not_met or row.met or row.unverified]
    return sorted(told, key=lambda row: (-row.grave, -row.not_met, -(row.affected or 0), row.name))


def _standard(found: Mapping[str, Any]) -> StandardRow:
    return StandardRow(
        key=found["key"],
        name=found["name"],
        source=found["source"],
        verified=found["verified"],
        not_met=found["not_met"],
        grave=found["grave"],
        met=found["met"],
        not_assessed=found["not_assessed"],
        unverified=found["unverified"],
        affected=found["affected"] if found["affected_sites"] else None,
        affected_sites=found["affected_sites"],
    )


def _places(assessed: Sequence[Assessed]) -> Iterable[PlaceRow]:
    """One row for each municipality with an open centre; where only a department is known, one for it."""
    above = _above(one.site.place for one in assessed)
    groups: dict[str, list[Assessed]] = {}
    for one in assessed:
        path = next(
            (
                step
                for step in steps(one.site.place.path)
                if step in above and above[step].level == MUNICIPALITY
            ),
            one.site.place.path,
        )
        groups.setdefault(path, []).append(one)
    rows = [_place(path, ones, above) for path, ones in groups.items()]
    return sorted(
        rows, key=lambda row: (-row.grave_sites, -(row.people or 0), row.department, row.municipality)
    )


def _above(places: Iterable[Place]) -> dict[str, Place]:
    """The places on the way to these, themselves too, by path. Only those are read that did not come with them."""
    every = list(places)
    near = (near for place in every for near in (place, place.parent))
    known = {place.path: place for place in near if place is not None and place.valid_to is None}
    lacking = {step for place in every for step in steps(place.path)} - known.keys()
    return known | places_at(lacking) if lacking else known


def _place(path: str, ones: Sequence[Assessed], above: Mapping[str, Place]) -> PlaceRow:
    line = [above[step] for step in steps(path) if step in above]
    named = {place.level: place for place in line}
    town = named.get(MUNICIPALITY)
    figures = standing_figures(ones)
    told = [one.told_at for one in ones if one.told_at is not None]
    return PlaceRow(
        department=named[1].name if 1 in named else "",
        municipality=town.name if town else _("Municipio desconocido"),
        code=town.code if town is not None and not town.provisional else "",
        sites=len(ones),
        people=figures["people"],
        people_sites=figures["people_sites"],
        grave_sites=figures["grave_sites"],
        silent_sites=figures["silent_sites"],
        not_assessed_sites=figures["not_assessed_sites"],
        oldest=min(told, default=None),
        newest=max(told, default=None),
    )


def _sites(assessed: Sequence[Assessed], user: User) -> Iterable[SiteRow]:
    for position, one in enumerate(rank(assessed), start=1):
        top = one.summary.top
        fails = top is not None and top.verdict is Verdict.NOT_MET
        yield SiteRow(
            position=position,
            code=one.site.code,
            name=one.site.name,
            municipality=words.place_of(one.site),
            place_code="" if one.site.place.provisional else one.site.place.code,
            kind="mudo" if one.silent and not fails else kind_of(one),
            people=one.people(),
            last_count=one.last_count,
            capacity=one.capacity.to_standard.total,
            worst=words.gap_name(top) if top is not None and fails else "",
            affected=top.affected if top is not None and fails else None,
            silent=one.silent,
            told_at=one.told_at,
            phone=telephone(one.site, user),
        )


def change_in_words(change: Change) -> tuple[str, ...]:
    """What changed because of people, and what because of who was counted."""
    said = []
    if change.both:
        moved = f"{'+' if change.moved > 0 else '−' if change.moved < 0 else ''}{formats.number(abs(change.moved))}"
        said.append(
            _("Personas: %(moved)s en los %(n)s albergues contados los dos días.")
            % {"moved": moved, "n": formats.number(change.both)}
        )
    if change.gained_sites:
        said.append(
            _(
                "Contadas solo ahora: %(people)s personas en %(n)s albergues. No se sabe si llegaron o ya estaban."
            )
            % {"people": formats.number(change.gained), "n": formats.number(change.gained_sites)}
        )
    if change.lost_sites:
        said.append(
            _("Contadas solo antes: %(people)s personas en %(n)s albergues. No se sabe si salieron.")
            % {"people": formats.number(change.lost), "n": formats.number(change.lost_sites)}
        )
    if change.opened or change.closed:
        said.append(
            _("Albergues que abrieron: %(opened)s. Que cerraron: %(closed)s.")
            % {"opened": formats.number(change.opened), "closed": formats.number(change.closed)}
        )
    return tuple(said) or (_("Ningún albergue fue contado los dos días: no se puede comparar."),)
