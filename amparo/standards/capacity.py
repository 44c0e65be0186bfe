"""Capacity: how many people a site can take tonight, how many to standard, and what binds.

Neither number is ever a reason to refuse people. Where more are inside than it says, it says what to bring.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from amparo.standards.catalogue import Phase, Standard, Threshold
from amparo.standards.measurement import Measurement
from amparo.standards.measures import (
    MISSING_INPUT,
    NONE_WORKING,
    NOT_SEPARATED,
    VALUE,
    Form,
    Measure,
    Readings,
    Reason,
    Term,
    figure,
    read_inputs,
)
from amparo.standards.verdicts import HAIR, NOT_MET, Check, Gap, checks, headlines, in_ones, needed, places

FLOOR = frozenset({"floor_m2", "floor_m2_women", "floor_m2_men", "sleeping_places"})
"""Lines of the building itself: how many fit. All others are services: how many they serve."""

_MEASURES = frozenset(
    {
        "floor_m2_per_person",
        "persons_per_toilet",
        "persons_per_shower",
        "litres_person_day",
        "persons_per_tap",
        "persons_per_hand_pump",
        "persons_per_open_well",
    }
)
_ONE_EACH = Threshold(1.0, None)


class Line(NamedTuple):
    """One resource for one group, and how many people it holds.

    - ``people``: of the group; ``total``: of everybody, at the ``share`` the group has here now (1 for all).
      None where that share is unknown, or nobody of the group is here: the line then binds nobody else.
    - ``have``: in the unit of ``resource``, an indicator key. ``whole``: it comes in ones, as toilets do.
    - ``standard``: None for sleeping places, which are one for each.
    """

    resource: str
    group: str
    have: float
    people: int
    total: int | None
    threshold: Threshold
    standard: Standard | None
    terms: tuple[Term, ...]
    whole: bool
    share: float | None


@dataclass(frozen=True, slots=True)
class Places:
    """One of the two capacities. ``total``, ``women`` and ``men`` are None where no line says.

    - ``lines`` bind; ``unverified`` would, but rest on a threshold that nobody has confirmed.
    - ``binds``: the line with the smallest total.
    - ``floor``: how many fit in the building; ``served``: how many its services allow.
    - ``not_assessed``: resources (indicator keys, by sex) without data, or whose data has expired.
    - ``not_separated``: resources by sex that both sexes share: ``total`` then promises nothing to women.
    """

    total: int | None
    women: int | None
    men: int | None
    lines: tuple[Line, ...]
    binds: Line | None
    floor: int | None
    served: int | None
    unverified: tuple[Line, ...]
    not_assessed: tuple[str, ...]
    not_separated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Capacity:
    """``tonight``: at the survival thresholds; ``to_standard``: at those of the phase. ``people``: here now.

    Two numbers side by side, and neither is a reason to refuse anybody.
    """

    tonight: Places
    to_standard: Places
    people: int | None


def capacity(
    inputs: Mapping[str, Measurement],
    *,
    phase: Phase,
    at: datetime,
    confirmed: frozenset[str] = frozenset(),
    site_type: str | None = None,
) -> Capacity:
    """Both capacities of one site. Inputs as for ``evaluate``; of a range, the end that promises less."""
    readings = read_inputs(inputs, at)
    stocks = {}
    for key, measure in _measures(phase, confirmed, site_type).items():
        stocks[key] = _stock(measure, readings)
    shares = _shares(readings)
    here = readings.fresh.get("persons")
    return Capacity(
        tonight=_places(_rows(Phase.SURVIVAL, confirmed, site_type), stocks, shares, readings),
        to_standard=_places(_rows(phase, confirmed, site_type), stocks, shares, readings),
        people=None if here is None else int(here.low),
    )


@lru_cache(maxsize=256)
def _rows(phase: Phase, confirmed: frozenset[str], site_type: str | None) -> tuple[Check, ...]:
    return tuple(
        check for check in checks(phase, confirmed, site_type) if check.standard.measure in _MEASURES
    )


@lru_cache(maxsize=256)
def _measures(phase: Phase, confirmed: frozenset[str], site_type: str | None) -> dict[str, Measure]:
    rows = _rows(Phase.SURVIVAL, confirmed, site_type) + _rows(phase, confirmed, site_type)
    return {check.measure.key: check.measure for check in rows}


class _Stock(NamedTuple):
    """How much of a resource there surely is, whoever is here, or why nobody can say."""

    have: float | None
    terms: tuple[Term, ...]
    reason: Reason | None


def _stock(measure: Measure, readings: Readings) -> _Stock | None:
    """None where the measure does not apply to this site."""
    fresh, things = readings.fresh, measure.things
    taken = figure(measure, readings)
    if taken is None:
        return None
    if taken.have is not None and taken.reason in (None, NOT_SEPARATED, NONE_WORKING):
        return _Stock(taken.have[0], taken.terms, taken.reason)
    if things not in fresh:
        return _Stock(None, (), taken.reason or MISSING_INPUT)
    have, terms = fresh[things].low, readings.terms(things, VALUE)
    for other, worth in measure.worth:
        if other in fresh:
            have += fresh[other].low * worth
            terms += readings.terms(other, VALUE)
    return _Stock(have, terms, None)


def _shares(readings: Readings) -> dict[str, float | None]:
    """The share of each group among everybody here now."""
    women, men, persons = (readings.fresh.get(key) for key in ("women", "men", "persons"))
    if women is not None and men is not None:
        both = women.low + men.low
        share = women.low / both if both else None
    elif women is not None:
        share = _share(women, persons)
    else:
        share = _share(men, persons)
        share = None if share is None else 1 - share
    return {"all": 1.0, "women": share, "men": None if share is None else 1 - share}


def _share(part: Measurement | None, whole: Measurement | None) -> float | None:
    if part is None or whole is None or whole.low == 0 or part.low > whole.low:
        return None
    return part.low / whole.low


def _total(people: int, share: float | None) -> int | None:
    return None if not share else math.floor(people / share * (1 + HAIR))


def _places(
    rows: Iterable[Check],
    stocks: Mapping[str, _Stock | None],
    shares: Mapping[str, float | None],
    readings: Readings,
) -> Places:
    lines: list[Line] = []
    unverified: list[Line] = []
    not_assessed: list[str] = []
    not_separated: list[str] = []
    for check in rows:
        stock, resource = stocks[check.measure.key], check.measure.things
        if stock is None:
            continue
        if stock.reason is NOT_SEPARATED:
            not_separated.append(resource)
        elif stock.have is None:
            not_assessed.append(resource)
        else:
            people, share = places(stock.have, check.threshold), shares[check.group]
            line = Line(
                resource,
                check.group,
                stock.have,
                people,
                _total(people, share),
                check.threshold,
                check.standard,
                stock.terms,
                check.measure.form is Form.PEOPLE_PER_THING,
                share,
            )
            (lines if check.decides else unverified).append(line)
    sleeping = _sleeping(readings)
    if sleeping is None:
        not_assessed.append("sleeping_places")
    else:
        lines.append(sleeping)
        if "blocked_places" not in readings.fresh:
            not_assessed.append("blocked_places")
    binds = _smallest(lines)
    women, men = _by_sex(lines, binds, shares["women"])
    floor = _smallest(line for line in lines if line.resource in FLOOR)
    served = _smallest(line for line in lines if line.resource not in FLOOR)
    return Places(
        total=None if binds is None else binds.total,
        women=women,
        men=men,
        lines=tuple(lines),
        binds=binds,
        floor=None if floor is None else floor.total,
        served=None if served is None else served.total,
        unverified=tuple(unverified),
        not_assessed=tuple(dict.fromkeys(not_assessed)),
        not_separated=tuple(not_separated),
    )


def _sleeping(readings: Readings) -> Line | None:
    """Sleeping places less those that cannot be used. One person, one place: that needs no standard."""
    made, blocked = readings.fresh.get("sleeping_places"), readings.fresh.get("blocked_places")
    if made is None:
        return None
    have, terms = made.low, readings.terms("sleeping_places", VALUE)
    if blocked is not None:
        have, terms = max(have - blocked.high, 0.0), terms + readings.terms("blocked_places", VALUE)
    return Line("sleeping_places", "all", have, int(have), int(have), _ONE_EACH, None, terms, True, 1.0)


def _smallest(lines: Iterable[Line]) -> Line | None:
    counted = [line for line in lines if line.total is not None]
    return min(counted, key=lambda line: line.total or 0, default=None)


def _by_sex(lines: Iterable[Line], binds: Line | None, share: float | None) -> tuple[int | None, int | None]:
    """Women and men within the total, at the share they have now; without one, what their own lines hold."""
    if binds is not None and binds.total is not None and share is not None:
        women = math.ceil(binds.total * share * (1 - HAIR))
        return women, binds.total - women
    lines = tuple(lines)
    women_fit = min((line.people for line in lines if line.group == "women"), default=None)
    men_fit = min((line.people for line in lines if line.group == "men"), default=None)
    return women_fit, men_fit


class Fix(NamedTuple):
    """One thing to bring, by indicator key.

    On the way to the standard ``add`` of it makes room for ``new_total`` people; then ``next_binds`` limits.
    Closing any other gap adds no room: ``new_total`` is None, and ``add`` too where no number says how much.
    """

    resource: str
    group: str
    add: float | None
    new_total: int | None
    next_binds: Line | None
    standard: Standard | None
    affected: int | None


def fixes(gaps: Iterable[Gap], capacity: Capacity) -> tuple[Fix, ...]:
    """What to bring, in order, from the ``gaps`` and the ``capacity`` of one site.

    First what makes room to standard for everybody here, each step counting on those before it (one resource
    may come twice); then what closes the other gaps that decide, worst first.
    """
    gaps = tuple(gaps)
    failing = [gap for gap in headlines(gaps) if gap.verdict is NOT_MET]
    chain = _chain(capacity, {(gap.standard.key, gap.group): gap.affected for gap in gaps})
    done = {fix.resource for fix in chain}
    helped = {fix.standard.key for fix in chain if fix.standard is not None}
    others = []
    for gap in failing:
        resource = gap.missing_unit or gap.measure.things
        if resource not in done and gap.standard.key not in helped:
            others.append(Fix(resource, gap.group, gap.missing, None, None, gap.standard, gap.affected))
    return (*chain, *others)


def _chain(capacity: Capacity, affected: Mapping[tuple[str, str], int | None]) -> list[Fix]:
    lines = [line for line in capacity.to_standard.lines if line.total is not None]
    goal = capacity.people
    steps: list[Fix] = []
    while lines:
        totals = [line.total or 0 for line in lines]
        reached = min(totals)
        targets = [total for total in totals if total > reached]
        if goal is not None:
            if reached >= goal:
                break
            targets.append(goal)
        if not targets:
            break
        # Of those that limit alike, what is for one sex first: it counts for all too, and one thing is asked for once.
        index = min(
            (at for at, total in enumerate(totals) if total == reached),
            key=lambda at: (lines[at].group == "all", at),
        )
        tight = lines[index]
        lines[index] = _grown(tight, min(targets))
        add = lines[index].have - tight.have
        if tight.group != "all":
            lines = [_with_more(line, add) if _holds(line, tight) else line for line in lines]
        after = min(lines, key=lambda line: line.total or 0)
        steps.append(
            Fix(
                tight.resource,
                tight.group,
                add,
                after.total,
                after,
                tight.standard,
                None if tight.standard is None else affected.get((tight.standard.key, tight.group)),
            )
        )
    return steps


def _grown(line: Line, target: int) -> Line:
    """The line with what it needs for ``target`` people in all, and no more."""
    of_group = math.ceil(target * (line.share or 1.0) * (1 - HAIR))
    lacking = needed(of_group, line.threshold) - line.have
    return _with_more(line, in_ones(lacking) if line.whole else lacking)


def _with_more(line: Line, add: float) -> Line:
    people = places(line.have + add, line.threshold)
    return line._replace(have=line.have + add, people=people, total=_total(people, line.share))


def _holds(line: Line, part: Line) -> bool:
    """Whether a line counts, for all, what another counts for one sex: a toilet for women is a toilet."""
    return line.group == "all" and line.standard is not None and line.standard is part.standard
