"""The situation report: what a committee or a ministry is told of many centres at one moment.

Every figure stands beside what it covers, how old it is and where it comes from. What changed is told apart: people
who came or left where both days were counted, and centres that were counted on one of the two days only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.board import kind_of
from amparo.briefing.queries.changes import Change, change_between
from amparo.briefing.queries.figures import crisis_named, place_named, standard_figures, standing_figures
from amparo.briefing.queries.judged import with_places
from amparo.briefing.queries.look import narrowed
from amparo.crises.models import Crisis
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries import label, steps
from amparo.places.queries.tree import places_at
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Assessed, Moment, assess, rank, totals
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.standing import end_of, how_many_closed, open_on, stood_open
from amparo.sites.queries.standings import standings
from amparo.sites.queries.telephones import telephone
from amparo.standards import Verdict

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

    @property
    def undecided(self) -> int:
        """Centres without a verdict: nobody measured, or the threshold is still to be verified."""
        return self.not_assessed + self.unverified


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

    uid: UUID
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
    """The whole report, as plain values: `sites` are the worst of `open_sites`; `closed_sites` add to nothing."""

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
    open_sites: int
    closed_sites: int
    of_a_municipality: bool

    @property
    def empty(self) -> bool:
        return not self.open_sites


def situation(user: User, asked: Asked, *, most: int | None = None) -> Situation:
    """The report of the centres this person may see, as they asked. An empty one says so and is none the less whole.

    `most`: how many centres are told one by one, the worst; None is all. Every figure is of all of them.
    """
    sites = narrowed(
        visible_to(user), place=asked.place, crisis=asked.crisis, search="", day=asked.moment.day
    )
    ours = list(open_on(sites, asked.moment.day))
    with_places(ours)
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
        change=_change(sites, ours, assessed, at) if asked.moment.at is not None else None,
        standards=tuple(_standards(assessed)),
        places=tuple(_places(assessed)),
        sites=tuple(_sites(assessed, user, most)),
        open_sites=len(ours),
        closed_sites=how_many_closed(sites, asked.moment.day),
        of_a_municipality=of_one,
    )


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


def _change(
    sites: "QuerySet[Site]", ours: Sequence[Site], assessed: Sequence[Assessed], at: datetime
) -> Change:
    """Against the end of the day before."""
    day: date = timezone.localdate(at) - BEFORE
    then = {one.site.pk: one.people() for one in standings(stood_open(sites, day, ours), day)}
    now = {one.site.pk: one.people() for one in assessed}
    return change_between(then, now, since=end_of(day))


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
    counts = totals(ones)
    told = [one.told_at for one in ones if one.told_at is not None]
    return PlaceRow(
        department=named[1].name if 1 in named else "",
        municipality=town.name if town else _("Municipio desconocido"),
        code=town.code if town is not None and not town.provisional else "",
        sites=len(ones),
        people=counts.people if counts.people_sites else None,
        people_sites=counts.people_sites,
        grave_sites=counts.grave_sites,
        silent_sites=counts.silent_sites,
        not_assessed_sites=counts.not_assessed_sites,
        oldest=min(told, default=None),
        newest=max(told, default=None),
    )


def _sites(assessed: Sequence[Assessed], user: User, most: int | None) -> Iterable[SiteRow]:
    for position, one in enumerate(rank(assessed)[:most], start=1):
        top = one.summary.top
        fails = top is not None and top.verdict is Verdict.NOT_MET
        yield SiteRow(
            uid=one.site.uid,
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
