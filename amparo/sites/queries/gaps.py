"""What centres lack: the one function behind every screen, sheet, report, address and command.

`assess` reads what is known, evaluates it against the standards of each centre's phase, and computes both
capacities. A centre's result is kept in memory under everything it depends on (its version, its phase, what is
verified, and until its next value fades), so that two screens never disagree and a board of a thousand centres
costs what changed.
"""

import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from statistics import median
from threading import Lock
from typing import Any, Protocol, Self, TypeVar

from django.conf import settings
from django.utils import timezone

from amparo.crises.queries import phases_for
from amparo.sites.models import Site, StandardVerification
from amparo.sites.queries.observed import Inputs, inputs
from amparo.sites.queries.phases import stretches
from amparo.sites.queries.standing import statuses
from amparo.standards import (
    INDICATORS,
    MEASURES,
    STANDARDS,
    Capacity,
    Comparison,
    Gap,
    Measure,
    Phase,
    Summary,
    capacity,
    evaluate,
    expires_at,
    fades_at,
    fixes,
    headlines,
    summarise,
)
from amparo.standards.measures import Form, Reason, figure, read_inputs

SILENT_AFTER = timedelta(hours=24)
REMEMBERED = 4_000


@dataclass(frozen=True, slots=True)
class Moment:
    """As of when: `at` for every centre, or, when None, each centre's own last report. `past` reads the history."""

    at: datetime | None
    past: bool = False

    @classmethod
    def now(cls) -> "Moment":
        return cls(timezone.now())

    @classmethod
    def on(cls, at: datetime) -> "Moment":
        return cls(at, past=True)

    @classmethod
    def last_report(cls) -> "Moment":
        return cls(None)

    @property
    def day(self) -> date | None:
        """The day gone by that is asked about; None where each centre stands as it does today."""
        return timezone.localdate(self.at) if self.past and self.at is not None else None

    def of(self, site: Site) -> datetime:
        return self.at or site.last_told_at or timezone.now()


@dataclass(frozen=True, slots=True)
class Assessed:
    """What is known and what is missing at one centre at one moment. `site` is the row as it was asked for.

    `status` is the one the centre had at that moment; see `queries.standing`. `told_at`: when anybody last told or
    confirmed anything.
    """

    site: Site
    at: datetime
    status: str
    phase: Phase
    inputs: Inputs
    gaps: tuple[Gap, ...]
    capacity: Capacity
    summary: Summary
    told_at: datetime | None

    @property
    def silent(self) -> bool:
        """Open, and no report in 24 hours."""
        return self.status == Site.Status.OPEN and (
            self.told_at is None or self.at - self.told_at > SILENT_AFTER
        )

    @property
    def headlines(self) -> tuple[Gap, ...]:
        """One gap per standard that decides, the worst first."""
        return headlines(self.gaps)

    @property
    def fixes(self) -> Any:
        """What to bring, in order."""
        return fixes(self.gaps, self.capacity)

    def people(self, key: str = "persons") -> int | None:
        """A headcount that still counts at the moment, or None."""
        told = self.inputs.get(key)
        if told is None or expires_at(told, INDICATORS[key]) <= self.at:
            return None
        return int(told.low)

    @property
    def by_sex(self) -> tuple[int | None, int | None]:
        """Women and men among the people, of a count no older than theirs; neither where the two do not add up."""
        everybody, counted = self.people(), self.inputs.get("persons")
        women, men = (
            None if counted is not None and key in self.inputs and self.inputs[key].heard_at < counted.told_at
            else self.people(key)
            for key in ("women", "men")
        )  # fmt: skip
        known = [count for count in (women, men) if count is not None]
        if everybody is not None and (sum(known) > everybody or (len(known) == 2 and sum(known) < everybody)):
            return None, None
        return women, men

    @property
    def last_count(self) -> int | None:
        """The last headcount, even where it has expired."""
        told = self.inputs.get("persons")
        return None if told is None else int(told.low)

    @property
    def count_faded(self) -> bool:
        """Whether the headcount asks to be confirmed."""
        told = self.inputs.get("persons")
        return told is not None and fades_at(told, INDICATORS["persons"]) <= self.at

    @property
    def floor(self) -> int | None:
        """How many fit in the building, to standard."""
        return self.capacity.to_standard.floor

    def by(self, standards: frozenset[str]) -> Self:
        """The same centre judged by some standards only."""
        gaps = tuple(gap for gap in self.gaps if gap.standard.key in standards)
        return replace(self, gaps=gaps, summary=summarise(gaps))

    @property
    def free_places(self) -> tuple[int, int] | None:
        """Places left to standard, and by floor alone; None where people or capacity are not known."""
        return free_places(self.people(), self.capacity.to_standard.total, self.capacity.to_standard.floor)


def free_places(people: int | None, total: int | None, floor: int | None) -> tuple[int, int] | None:
    """How many more a centre takes: to standard, and as its floor alone would have it. Never less than none."""
    if people is None or total is None:
        return None
    return max(total - people, 0), max((floor or 0) - people, 0)


class Touched(Protocol):
    """A gap as far as ranking and summing ask: Gap, or a line kept of one."""

    @property
    def grave(self) -> bool: ...
    @property
    def affected(self) -> int | None: ...


class Counts(Protocol):
    """Counts of standards, as in `Summary`."""

    @property
    def met(self) -> int: ...
    @property
    def not_met(self) -> int: ...
    @property
    def grave(self) -> int: ...
    @property
    def top(self) -> Touched | None: ...


class Stood(Protocol):
    """How a centre stands, as far as ranking and summing ask: `Assessed`, or what was kept of a day gone by."""

    @property
    def site(self) -> Site: ...
    @property
    def summary(self) -> Counts: ...
    @property
    def headlines(self) -> Sequence[Touched]: ...
    @property
    def silent(self) -> bool: ...
    @property
    def at(self) -> datetime: ...
    @property
    def told_at(self) -> datetime | None: ...
    @property
    def phase(self) -> Phase: ...
    @property
    def floor(self) -> int | None: ...
    @property
    def free_places(self) -> tuple[int, int] | None: ...
    @property
    def last_count(self) -> int | None: ...
    @property
    def count_faded(self) -> bool: ...
    def people(self) -> int | None: ...
    def by(self, standards: frozenset[str]) -> Self: ...


S = TypeVar("S", bound=Stood)

_kept: "OrderedDict[tuple, tuple[datetime, datetime, Assessed]]" = OrderedDict()
_lock = Lock()


def confirmed_standards() -> frozenset[str]:
    """Unverified thresholds that an office has verified since, and not taken back."""
    newest: dict[str, bool] = {}
    for key, withdrawn in StandardVerification.objects.order_by("pk").values_list("standard", "withdrawn"):
        newest[key] = not withdrawn
    return frozenset(key for key, holds in newest.items() if holds)


def assess(sites: Sequence[Site], moment: Moment) -> list[Assessed]:
    """Assess these centres, in their order."""
    sites = list(sites)
    confirmed = confirmed_standards()
    phases = _phases(sites, moment)
    stood = statuses(sites, moment.day)
    keys = {
        site.pk: (settings.HOME, site.pk, site.version, site.kind, phases[site.pk], confirmed)
        for site in sites
    }
    found: dict[int, Assessed] = {}
    if not moment.past:
        with _lock:
            for site in sites:
                kept = _kept.get(keys[site.pk])
                if kept is not None and kept[0] <= moment.of(site) < kept[1]:
                    found[site.pk] = _as_asked(kept[2], site, moment.of(site))
    stale = [site for site in sites if site.pk not in found]
    known = inputs([site.pk for site in stale], at=moment.at if moment.past else None)
    for site in stale:
        at, status = moment.of(site), stood[site.pk]
        assessed = _assess(site, status, known[site.pk], phase=phases[site.pk], confirmed=confirmed, at=at)
        found[site.pk] = assessed
        if not moment.past:
            _keep(keys[site.pk], assessed)
    return [found[site.pk] for site in sites]


def assess_one(site: Site, moment: Moment) -> Assessed:
    return assess([site], moment)[0]


def _phases(sites: Sequence[Site], moment: Moment) -> dict[int, Phase]:
    """Each centre's phase on the day. With each centre's own last report, each its own day."""
    day_of = {site.pk: timezone.localdate(moment.of(site)) for site in sites}
    alike = stretches(day_of.values())
    paths: dict[date, list[str]] = {}
    for site in sites:
        paths.setdefault(alike[day_of[site.pk]], []).append(site.path)
    phases = {day: phases_for(there, day) for day, there in paths.items()}
    return {site.pk: phases[alike[day_of[site.pk]]][site.path] for site in sites}


def _assess(
    site: Site, status: str, known: Inputs, *, phase: Phase, confirmed: frozenset[str], at: datetime
) -> Assessed:
    gaps = evaluate(known, phase=phase, at=at, confirmed=confirmed, site_type=site.kind)
    return Assessed(
        site=site,
        at=at,
        status=status,
        phase=phase,
        inputs=known,
        gaps=gaps,
        capacity=capacity(known, phase=phase, at=at, confirmed=confirmed, site_type=site.kind),
        summary=summarise(gaps),
        told_at=max((told.confirmed_at or told.told_at for told in known.values()), default=None),
    )


def _as_asked(kept: Assessed, site: Site, at: datetime) -> Assessed:
    return Assessed(
        site, at, site.status, kept.phase, kept.inputs, kept.gaps, kept.capacity, kept.summary, kept.told_at
    )


def _keep(key: tuple, assessed: Assessed) -> None:
    """Remember a result until the next of its values fades or expires."""
    ends = [
        moment
        for name, told in assessed.inputs.items()
        for moment in (fades_at(told, INDICATORS[name]), expires_at(told, INDICATORS[name]))
        if moment > assessed.at
    ]
    until = min(ends, default=assessed.at + timedelta(days=1))
    with _lock:
        _kept[key] = (assessed.at, until, assessed)
        _kept.move_to_end(key)
        while len(_kept) > REMEMBERED:
            _kept.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over centres of one status. `people` counts only headcounts that still stand: `people_sites` of them."""

    sites: int
    people: int
    people_sites: int
    grave_sites: int
    grave_people: int
    not_assessed_sites: int
    silent_sites: int
    free_places: int
    free_by_floor: int
    free_sites: int


def totals(assessed: Sequence[Stood]) -> Totals:
    """Open and closed centres never share a total: give one status at a time."""
    statuses = {one.site.status for one in assessed}
    if len(statuses) > 1:
        raise ValueError("open and closed sites never share a total")
    people = [one.people() for one in assessed]
    counted = [count for count in people if count is not None]
    grave = [one for one in assessed if one.summary.grave]
    free = [places for one in assessed if (places := one.free_places) is not None]
    return Totals(
        sites=len(assessed),
        people=sum(counted),
        people_sites=len(counted),
        grave_sites=len(grave),
        grave_people=sum(
            max((gap.affected or 0 for gap in one.headlines if gap.grave), default=0) for one in grave
        ),
        not_assessed_sites=sum(not one.summary.met and not one.summary.not_met for one in assessed),
        silent_sites=sum(one.silent for one in assessed),
        free_places=sum(standard for standard, _floor in free),
        free_by_floor=sum(floor for _standard, floor in free),
        free_sites=len(free),
    )


def rank(assessed: Sequence[S]) -> list[S]:
    """Life-threatening gaps first, then what is not met, then what nobody measured; in each, by people affected.

    Among equals more gaps go first, then more people, then the name.
    """

    def order(one: S) -> tuple:
        top, people = one.summary.top, -(one.people() or one.last_count or 0)
        affected = top.affected if top is not None and top.affected is not None else 0
        if one.summary.grave:
            return 0, -affected, -one.summary.grave, people, one.site.name
        if one.summary.not_met:
            return 1, -affected, -one.summary.not_met, people, one.site.name
        if one.summary.top is not None or not one.summary.met:
            return 2, -(one.people() or 0), 0, people, one.site.name
        return 3, 0, 0, 0, one.site.name

    return sorted(assessed, key=order)


def longest_silent(one: Stood) -> tuple:
    """The order in which to ask after silent centres, the same wherever they are listed.

    Lives at risk first, then people, then hours without a word; never heard of last among equals.
    """
    return not one.summary.grave, -(one.last_count or 0), one.told_at or one.at, one.site.name


def measure_named(key: str) -> Measure | None:
    """A measure by its key; an indicator is a measure under its own key."""
    return MEASURES.get(key)


def measure_summary(assessed: Sequence[Assessed], measure: Measure) -> dict[str, Any]:
    """One measure over many centres, with its denominators; for machines and for briefing.

    `not_met_N` counts the assessed centres beyond each published threshold N, whatever their phase; where the
    measure counts people per thing, a centre where none works is beyond every one, and is left out of the median.
    """
    values: list[float] = []
    people_without = none_working = straddling = 0
    highs: list[tuple[float, float]] = []
    for one in assessed:
        taken = figure(measure, read_inputs(one.inputs, one.at))
        if taken is None:
            continue
        if taken.reason is Reason.NONE_WORKING:
            none_working += 1
            people_without += int(taken.people.low) if taken.people is not None else 0
        elif taken.low is not None and taken.high is not None:
            highs.append((taken.low, taken.high))
            values.append(taken.low if math.isinf(taken.high) else (taken.low + taken.high) / 2)
    told = len(values) + none_working
    summary: dict[str, Any] = {
        "indicator": measure.key,
        "unit": measure.unit["es"],
        "sites": len(assessed),
        "assessed": told,
        "not_assessed": len(assessed) - told,
        "median": round(median(values), 1) if values else None,
    }
    if measure.form is Form.PEOPLE_PER_THING:
        summary[f"with_{measure.things}"] = len(values)
        summary["none_working"] = none_working
        summary["people_none_working"] = people_without
    for standard in STANDARDS.values():
        if standard.measure != measure.key or standard.comparison is Comparison.BETWEEN:
            continue
        for threshold in standard.thresholds.values():
            edge = threshold.low if threshold.low is not None else threshold.high
            if edge is None:
                continue
            if threshold.low is None:
                beyond = none_working + sum(low > edge * (1 + 1e-9) for low, _high in highs)
            else:
                beyond = none_working + sum(high < edge * (1 - 1e-9) for _low, high in highs)
            straddling = sum(low <= edge < high for low, high in highs if low != high)
            summary[f"not_met_{edge:g}"] = beyond
            if straddling:
                summary[f"undecided_{edge:g}"] = straddling
    return summary
