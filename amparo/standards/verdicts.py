"""Verdicts: each figure against its standard, for how many people, how old. One function for every gap."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple, Self

from amparo.standards.catalogue import STANDARDS, UNKNOWN, Comparison, Phase, Standard, Threshold
from amparo.standards.indicators import INDICATORS, Kind
from amparo.standards.measurement import Measurement, expires_at, fades_at
from amparo.standards.measures import (
    NO_PEOPLE,
    NONE_WORKING,
    NOT_SEPARATED,
    PEOPLE,
    RANGE_STRADDLES,
    Figure,
    Form,
    Measure,
    Readings,
    Reason,
    Term,
    figure,
    for_group,
    read_inputs,
)

# Quotients of floats miss by their last digit; a centre must not fail by it.
HAIR = 1e-9


class Verdict(StrEnum):
    MET = "met"
    NOT_MET = "not_met"
    NOT_ASSESSED = "not_assessed"


MET, NOT_MET, NOT_ASSESSED = Verdict


@dataclass(frozen=True, slots=True)
class ToMeet:
    """What it takes, for a sentence: ``add`` of the indicator ``resource`` so that ``people`` are served."""

    resource: str
    add: float
    people: int | None


class Gap(NamedTuple):
    """One standard, for one sex group, at one site, at one hour. Also where it is met, or not assessed.

    - ``decides``: False where the threshold is unverified and unconfirmed: shown hatched, left out of totals
      and rankings. ``grave`` (life-threatening) is then False too.
    - ``measured``: interval in the unit of ``measure``; None where there is no value, or where none works.
    - ``threshold``: the number to reach; for "between" the low end, with ``threshold_high``.
    - ``people``: how many the measure speaks of. ``affected``: how many of them are beyond what there is, at
      least (of a range, its surest end); 0 where met, None where nobody knows.
    - ``missing``: how much of ``missing_unit`` (an indicator key) is lacking, at least; None where none says.
    - ``terms``: where the number comes from; where not assessed, what is known of it, old values included.
    - ``lacking``: the indicators to go and see.

    A named tuple and not a frozen dataclass, which takes ten times as long to make: a board makes 50,000.
    """

    standard: Standard
    group: str
    measure: Measure
    verdict: Verdict
    decides: bool
    grave: bool
    measured: tuple[float, float] | None
    threshold: float
    threshold_high: float | None
    terms: tuple[Term, ...]
    people: int | None
    affected: int | None
    missing: float | None
    missing_unit: str | None
    reason: Reason | None
    lacking: tuple[str, ...]

    @property
    def told_at(self) -> datetime | None:
        """When the oldest input was told."""
        return min((term.measurement.told_at for term in self.terms), default=None)

    @property
    def fades_at(self) -> datetime | None:
        """When the first input greys and asks to be confirmed."""
        ends = (fades_at(term.measurement, INDICATORS[term.indicator]) for term in self.terms)
        return min(ends, default=None)

    @property
    def expires_at(self) -> datetime | None:
        """From when the gap is no longer assessed, unless somebody looks or confirms."""
        ends = (expires_at(term.measurement, INDICATORS[term.indicator]) for term in self.terms)
        return min(ends, default=None)

    @property
    def to_meet(self) -> ToMeet | None:
        if self.missing is None or self.missing_unit is None:
            return None
        return ToMeet(self.missing_unit, self.missing, self.people)


@dataclass(frozen=True, slots=True)
class Check:
    """One row to compute: a standard for one group in one phase.

    ``group_people``: the indicator that counts the group. ``touched``: that of those whom a failure touches;
    None where it says nothing about a number of people. Met within ``least`` to ``most``, both included.
    """

    standard: Standard
    group: str
    measure: Measure
    threshold: Threshold
    decides: bool
    group_people: str
    touched: str | None
    least: float
    most: float

    @classmethod
    def of(cls, standard: Standard, group: str, phase: Phase, confirmed: frozenset[str]) -> Self:
        measure = for_group(standard.measure, group)
        assert measure is not None, "the catalogue checks this when it is loaded"
        threshold = standard.thresholds[phase]
        hair = -HAIR if threshold.strict else HAIR
        touched = PEOPLE[group] if standard.affects is None else standard.affects
        return cls(
            standard=standard,
            group=group,
            measure=measure,
            threshold=threshold,
            decides=standard.verified or standard.key in confirmed,
            group_people=PEOPLE[group],
            touched=None if touched == UNKNOWN else touched,
            least=0.0 if threshold.low is None else threshold.low * (1 - hair),
            most=math.inf if threshold.high is None else threshold.high * (1 + hair),
        )


@lru_cache(maxsize=256)
def checks(phase: Phase, confirmed: frozenset[str], site_type: str | None) -> tuple[Check, ...]:
    """The rows of a site of this type in this phase, in the order of standards.toml."""
    standing = [
        standard
        for standard in STANDARDS.values()
        if phase in standard.thresholds and (not standard.site_types or site_type in standard.site_types)
    ]
    replaced = {standard.replaces for standard in standing if standard.verified or standard.key in confirmed}
    return tuple(
        Check.of(standard, group, phase, confirmed)
        for standard in standing
        if standard.key not in replaced
        for group in standard.by_sex.groups
    )


def evaluate(
    inputs: Mapping[str, Measurement],
    *,
    phase: Phase,
    at: datetime,
    confirmed: frozenset[str] = frozenset(),
    site_type: str | None = None,
) -> tuple[Gap, ...]:
    """Every gap of one site: one per applicable standard and sex group, always in the same order.

    ``inputs``: the latest measurement per indicator key. ``confirmed``: keys of unverified standards that an
    office has confirmed. ``site_type``: as the glossary names it ("transit_centre"), or None.
    """
    readings = read_inputs(inputs, at)
    found = []
    for check in checks(phase, confirmed, site_type):
        taken = figure(check.measure, readings)
        if taken is not None:
            found.append(_judge(check, taken, readings))
    return tuple(found)


def _judge(check: Check, taken: Figure, readings: Readings) -> Gap:
    fresh = readings.fresh
    group = fresh.get(check.group_people)
    if group is not None and group.high == 0 and taken.reason is not NO_PEOPLE:
        taken = Figure(None, None, taken.terms, group, reason=NO_PEOPLE)
    verdict, reason = _verdict(check, taken)
    touched = fresh.get(check.touched) if check.touched is not None else group
    people = None if touched is None else int(touched.low)
    affected: int | None = None
    missing: float | None = None
    unit: str | None = None
    grave = False
    if verdict is MET:
        affected = 0
    elif verdict is NOT_MET:
        affected = _affected(check, taken, people)
        here = fresh.get("persons")
        if affected is not None and here is not None and affected > here.high:
            affected = int(here.high)  # a part that was told alone is never more than everybody
        missing, unit = _missing(check, taken)
        grave = check.decides and _grave(check.standard, taken)
    low, high = check.threshold.low, check.threshold.high
    return Gap(
        check.standard,
        check.group,
        check.measure,
        verdict,
        check.decides,
        grave,
        None if taken.low is None or taken.high is None else (taken.low, taken.high),
        low if low is not None else high,  # type: ignore[arg-type]
        high if low is not None else None,
        taken.terms,
        people,
        affected,
        missing,
        unit,
        reason,
        taken.lacking,
    )


def _verdict(check: Check, taken: Figure) -> tuple[Verdict, Reason | None]:
    low, high, reason = taken.low, taken.high, taken.reason
    if low is None or high is None:
        if reason is NONE_WORKING or (reason is NOT_SEPARATED and check.group == "women"):
            return NOT_MET, reason
        return NOT_ASSESSED, reason
    if low >= check.least and high <= check.most:
        return MET, None
    if high < check.least or low > check.most:
        return NOT_MET, None
    return NOT_ASSESSED, RANGE_STRADDLES


def places(have: float, threshold: Threshold) -> int:
    """How many people ``have`` things serve, whole ones: 2 toilets at 20 each -> 40; 560 m2 at 3.5 -> 160."""
    if threshold.low is None and threshold.high is not None:
        served = have * threshold.high
    elif threshold.low:
        served = have / threshold.low
    else:
        raise ValueError("people can be counted against a maximum or a minimum above 0, not both")
    return math.floor(served * (1 + HAIR))


def needed(people: float, threshold: Threshold) -> float:
    """How many things ``people`` need, not rounded up: 78 at 20 a toilet -> 3.9; 143 at 15 litres -> 2145."""
    if threshold.low is None and threshold.high is not None:
        return people / threshold.high
    if threshold.low is not None:
        return people * threshold.low
    raise ValueError("a threshold has an end")


def in_ones(lacking: float) -> float:
    """How many whole things fill what is lacking: 1.9 toilets -> 2."""
    return float(max(math.ceil(lacking * (1 - HAIR)), 0))


def _counts_people(measure: Measure) -> bool:
    return measure.form in (Form.PEOPLE_PER_THING, Form.THING_PER_PERSON)


def _affected(check: Check, taken: Figure, people: int | None) -> int | None:
    if people is None or check.touched is None:
        return None
    if not _counts_people(check.measure) or taken.have is None or taken.reason is not None:
        return people
    return max(people - places(taken.have[1], check.threshold), 0)


def _missing(check: Check, taken: Figure) -> tuple[float | None, str | None]:
    measure, threshold = check.measure, check.threshold
    if taken.have is None or check.standard.comparison not in (Comparison.MAX, Comparison.MIN):
        return None, None
    unit = measure.things
    have = taken.have[1]
    if _counts_people(measure):
        if taken.people is None:
            return None, None
        lacking = needed(taken.people.low, threshold) - have
        return (in_ones(lacking) if measure.form is Form.PEOPLE_PER_THING else max(lacking, 0.0)), unit
    if taken.reason is not None:
        return None, None
    if taken.whole is not None:
        return in_ones(needed(taken.whole.low, threshold) - have), unit
    if threshold.low is not None and INDICATORS[measure.key].kind is Kind.COUNT:
        return threshold.low - have, unit
    return None, None


def _grave(standard: Standard, taken: Figure) -> bool:
    if standard.grave_none and (taken.reason is NONE_WORKING or taken.high == 0):
        return True
    beyond = standard.grave_beyond
    if beyond is None or taken.low is None or taken.high is None:
        return False
    if standard.comparison is Comparison.MAX:
        return taken.low > beyond * (1 + HAIR)
    return taken.high < beyond * (1 - HAIR)


def _rank(gap: Gap) -> tuple[int, int]:
    """Life-threatening, not met, not assessed, met; within each, more people first."""
    if gap.verdict is NOT_MET:
        return (0 if gap.grave else 1), -(gap.affected if gap.affected is not None else -1)
    if gap.verdict is NOT_ASSESSED:
        return 2, -(gap.people if gap.people is not None else -1)
    return 3, 0


def _stands(gap: Gap) -> bool:
    """Whether a gap may be counted and ranked: it decides, and there is somebody to serve."""
    return gap.decides and gap.reason is not NO_PEOPLE


def worst(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """What is lacking, in the order to act on it. Left out: met, not deciding, nobody to serve."""
    return tuple(sorted((gap for gap in gaps if _stands(gap) and gap.verdict is not MET), key=_rank))


def headlines(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """One gap per standard that decides, its worst group, in the order of ``worst``; the met ones last.

    A standard is met only if it is met for every group that has people: an unknown for women is an unknown.
    """
    chosen: dict[str, tuple[tuple[int, int], Gap]] = {}
    for gap in gaps:
        if _stands(gap):
            rank, held = _rank(gap), chosen.get(gap.standard.key)
            if held is None or rank < held[0]:
                chosen[gap.standard.key] = rank, gap
    return tuple(gap for _first, gap in sorted(chosen.values(), key=itemgetter(0)))


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of standards (not of groups) that decide. ``grave``: among ``not_met``; ``unverified``: apart.

    ``top``: the worst gap, or None where nothing is lacking. ``told_at``: the oldest input that counts.
    """

    met: int
    not_met: int
    grave: int
    not_assessed: int
    unverified: int
    top: Gap | None
    told_at: datetime | None


def summarise(gaps: Iterable[Gap]) -> Summary:
    """One line about a site, from the gaps of ``evaluate``."""
    gaps = tuple(gaps)
    lines = headlines(gaps)
    met = sum(gap.verdict is MET for gap in lines)
    not_met = sum(gap.verdict is NOT_MET for gap in lines)
    assessed = (gap for gap in gaps if _stands(gap) and gap.verdict is not NOT_ASSESSED)
    return Summary(
        met=met,
        not_met=not_met,
        grave=sum(gap.grave for gap in lines),
        not_assessed=len(lines) - met - not_met,
        unverified=len({gap.standard.key for gap in gaps if not gap.decides}),
        top=lines[0] if lines and lines[0].verdict is not MET else None,
        told_at=min((told for gap in assessed if (told := gap.told_at) is not None), default=None),
    )
