"""Measures: what is computed from indicators (persons per toilet), with the terms it was computed from.

``read_inputs`` sorts what is known at an hour into what counts and what has expired; ``figure`` computes one
measure from it. Nothing is rounded. A figure is an interval, because its terms may be.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from amparo.standards.indicators import INDICATORS, SEXES, Kind
from amparo.standards.measurement import Measurement, expires_at
from amparo.standards.tables import Text, read, tables

FILE = "measures.toml"
PEOPLE = {"all": "persons", "women": "women", "men": "men"}
"""The indicator that counts the people of a sex group."""


class Form(StrEnum):
    """How a measure is computed."""

    OBSERVED = "observed"
    PEOPLE_PER_THING = "people_per_thing"
    THING_PER_PERSON = "thing_per_person"
    PART_OF = "part_of"
    RATIO = "ratio"


class Role(StrEnum):
    """Where a term stands in the computation. ``value``: it is the figure itself, or explains it."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    VALUE = "value"


class Reason(StrEnum):
    """Why a figure has no value, or why it fails without one. Stable codes."""

    MISSING_INPUT = "missing_input"
    EXPIRED = "expired"
    NO_PEOPLE = "no_people"
    NOT_SEPARATED = "not_separated"
    NONE_WORKING = "none_working"
    RANGE_STRADDLES = "range_straddles"


# Looking a member up on its class costs more than the division it explains, and a board looks up 500,000.
NUMERATOR, DENOMINATOR, VALUE = Role
MISSING_INPUT, EXPIRED, NO_PEOPLE, NOT_SEPARATED, NONE_WORKING, RANGE_STRADDLES = Reason


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """One quotient, or one indicator as it is (form observed). Field by field: the head of measures.toml."""

    key: str
    form: Form
    sex: str
    name: Text
    unit: Text
    numerator: str = ""
    denominator: str = ""
    observed: str | None = None
    separated: str | None = None
    shared: str | None = None
    whole_site: str | None = None
    only_if_told: tuple[str, ...] = ()
    unless_told: tuple[str, ...] = ()
    gives_way_to: tuple[str, ...] = ()
    worth: tuple[tuple[str, float], ...] = ()

    @property
    def conditional(self) -> bool:
        """Whether the measure appears at some sites only."""
        return bool(self.only_if_told or self.unless_told or self.gives_way_to)

    @property
    def things(self) -> str:
        """The indicator key of what serves people: toilets, litres. An observed measure is its own thing."""
        if self.form is Form.PEOPLE_PER_THING:
            return self.denominator
        return self.numerator or self.key


class Term(NamedTuple):
    """One measurement that a figure was computed from, by its indicator key."""

    indicator: str
    measurement: Measurement
    role: Role


class Readings(NamedTuple):
    """What is known of a site at an hour: what counts, what is too old, which wholes are sums of parts."""

    fresh: dict[str, Measurement]
    expired: dict[str, Measurement]
    sums: dict[str, tuple[str, ...]]

    def any_told(self, keys: Iterable[str]) -> bool:
        """Whether one of these has been told, ever, as something else than 0."""
        for key in keys:
            told = self.fresh.get(key) or self.expired.get(key)
            if told is not None and told.high > 0:
                return True
        return False

    def terms(self, key: str, role: Role) -> tuple[Term, ...]:
        """The measurements behind what counts as ``key``: itself, or the parts it is the sum of."""
        parts = self.sums.get(key)
        if parts is None:
            return (Term(key, self.fresh[key], role),)
        return tuple(Term(part, self.fresh[part], role) for part in parts)


# What a whole is made of, where nobody has told the whole. With the shared ones unknown, and nobody saying
# that women and men have separate ones, the sum is only the least that there can be.
_PARTS = (
    ("persons", ("women", "men"), None, None),
    ("toilets", ("toilets_women", "toilets_men"), "toilets_shared", "toilets_separated"),
    ("showers", ("showers_women", "showers_men"), "showers_shared", "showers_separated"),
)


@lru_cache(maxsize=64)
def _cutoffs(at: datetime) -> dict[str, datetime]:
    """For each indicator, the hour before which whatever was told no longer counts."""
    return {key: at - indicator.expires for key, indicator in INDICATORS.items()}


def read_inputs(inputs: Mapping[str, Measurement], at: datetime) -> Readings:
    """Sort what is known into fresh and expired at the hour ``at``, and add wholes known only by their parts.

    Keys are indicators; KeyError names one that is not. Values told after ``at`` count: to ask about the
    past, give only what was known then. Women and men of an older count than the people, and more than they, no
    longer count.
    """
    fresh: dict[str, Measurement] = {}
    expired: dict[str, Measurement] = {}
    cutoffs = _cutoffs(at)
    for key, told in inputs.items():
        counts = told.told_at > cutoffs[key]
        if counts or (told.confirmed_at is not None and at < expires_at(told, INDICATORS[key])):
            fresh[key] = told
        else:
            expired[key] = told
    for part in _outrun(fresh):
        expired[part] = fresh.pop(part)
    readings = Readings(fresh, expired, {})
    for whole, parts, shared, separated in _PARTS:
        if whole not in fresh and parts[0] in fresh and parts[1] in fresh:
            _add_up(readings, whole, parts, shared, separated)
    return readings


def _outrun(fresh: Mapping[str, Measurement]) -> tuple[str, ...]:
    """Which of women and men a newer headcount has overtaken: they were more than there are people now."""
    people = fresh.get("persons")
    if people is None:
        return ()
    parts = [part for part in ("women", "men") if part in fresh]
    if sum(fresh[part].low for part in parts) <= people.high:
        return ()
    return tuple(part for part in parts if fresh[part].heard_at < people.heard_at)


def _add_up(
    readings: Readings, whole: str, parts: tuple[str, ...], shared: str | None, separated: str | None
) -> None:
    fresh = readings.fresh
    open_ended = False
    if shared is not None and shared in fresh:
        parts = (*parts, shared)
    elif separated is not None:
        answer = fresh.get(separated)
        open_ended = answer is None or answer.low == 0
    fresh[whole] = Measurement(
        sum(fresh[part].low for part in parts),
        math.inf if open_ended else sum(fresh[part].high for part in parts),
        min(fresh[part].told_at for part in parts),
    )
    readings.sums[whole] = parts


@dataclass(slots=True)
class Figure:
    """A measure at an hour. ``low`` and ``high`` are None where ``reason`` says why there is no value.

    ``people``: of the measure's sex, when known. ``have``: what serves them (working toilets, litres a day),
    in the unit of ``measure.things``. ``whole``: what a part is taken of.
    """

    low: float | None
    high: float | None
    terms: tuple[Term, ...]
    people: Measurement | None
    have: tuple[float, float] | None = None
    reason: Reason | None = None
    lacking: tuple[str, ...] = ()
    whole: Measurement | None = None


def people_per_thing(people: Measurement, low: float, high: float) -> tuple[float, float]:
    """People over ``low`` to ``high`` things, as an interval; endless where there may be no thing."""
    least = 0.0 if math.isinf(high) or not people.low else people.low / high
    return least, people.high / low if low else math.inf


def over(part: Measurement, whole: Measurement) -> tuple[float, float]:
    """One value over another, as an interval; endless where the whole may be 0."""
    least = 0.0 if math.isinf(whole.high) else part.low / whole.high
    return least, part.high / whole.low if whole.low else math.inf


def figure(measure: Measure, readings: Readings) -> Figure | None:
    """Compute one measure; None where it does not apply to this site (no hand pumps where there are taps)."""
    if measure.conditional and not _applies(measure, readings):
        return None
    people_key = PEOPLE[measure.sex]
    people = readings.fresh.get(people_key)
    if people is not None and people.high == 0:
        return Figure(None, None, readings.terms(people_key, VALUE), people, reason=NO_PEOPLE)
    return _COMPUTERS[measure.key](measure, readings, people)


def _applies(measure: Measure, readings: Readings) -> bool:
    if measure.only_if_told and not readings.any_told(measure.only_if_told):
        return False
    if readings.any_told(measure.unless_told):
        return False
    return readings.any_told((measure.things,)) or not readings.any_told(measure.gives_way_to)


def _lacking(
    readings: Readings, keys: tuple[str, ...], people: Measurement | None, told: tuple[Term, ...] = ()
) -> Figure:
    """Not assessed for want of these keys: expired where each of them was told once, else missing."""
    expired = readings.expired
    old = tuple(Term(key, expired[key], VALUE) for key in keys if key in expired)
    reason = EXPIRED if len(old) == len(keys) else MISSING_INPUT
    return Figure(None, None, told + old, people, reason=reason, lacking=keys)


def _observed(measure: Measure, readings: Readings, people: Measurement | None) -> Figure:
    key = measure.key
    told = readings.fresh.get(key)
    if told is None:
        return _lacking(readings, (key,), people)
    low, high = told.low, told.high
    return Figure(low, high, (Term(key, told, VALUE),), people, (low, high))


def _people_per_thing(measure: Measure, readings: Readings, people: Measurement | None) -> Figure:
    fresh = readings.fresh
    things_key = measure.denominator
    things = fresh.get(things_key)
    if measure.separated is not None:
        whole = fresh.get(measure.whole_site or "")
        nothing_of_ours = things is None or things.high == 0
        if nothing_of_ours and whole is not None and whole.high == 0:
            things_key, things = measure.whole_site or "", whole
        else:
            witness = _not_separated(measure, things, readings)
            if witness is not None:
                terms = readings.terms(witness, VALUE)
                return _settled(measure, readings, people, terms, NOT_SEPARATED)
    if things is None:
        if people is None:
            return _lacking(readings, (measure.numerator, things_key), None)
        return _lacking(readings, (things_key,), people, readings.terms(measure.numerator, NUMERATOR))
    low, high = things.low, things.high
    terms = readings.terms(things_key, DENOMINATOR)
    for other, worth in measure.worth:
        also = fresh.get(other)
        if also is not None and also.high:
            low, high = low + also.low * worth, high + also.high * worth
            terms += readings.terms(other, DENOMINATOR)
    if high == 0:
        return _settled(measure, readings, people, terms, NONE_WORKING)
    if people is None:
        return _lacking(readings, (measure.numerator,), None, terms)
    least, most = people_per_thing(people, low, high)
    return Figure(least, most, readings.terms(measure.numerator, NUMERATOR) + terms, people, (low, high))


def _not_separated(measure: Measure, things: Measurement | None, readings: Readings) -> str | None:
    """The key of what says that women and men share, if anything does. A newer count of own things wins."""
    separated, shared = measure.separated or "", measure.shared or ""
    answer = readings.fresh.get(separated)
    own = things if things is not None and things.high > 0 else None
    if answer is not None:
        if answer.high > 0 or (own is not None and own.told_at > answer.told_at):
            return None
        return separated
    told = readings.fresh.get(shared)
    return shared if own is None and told is not None and told.low > 0 else None


def _settled(
    measure: Measure, readings: Readings, people: Measurement | None, terms: tuple[Term, ...], reason: Reason
) -> Figure:
    """A figure without a value, because nothing serves these people, however many they are."""
    if people is not None:
        terms = readings.terms(measure.numerator, NUMERATOR) + terms
    return Figure(None, None, terms, people, (0.0, 0.0), reason)


def _thing_per_person(measure: Measure, readings: Readings, people: Measurement | None) -> Figure:
    fresh = readings.fresh
    things = fresh.get(measure.numerator)
    observed = fresh.get(measure.observed) if measure.observed is not None else None
    if observed is not None and (people is None or things is None or observed.told_at >= things.told_at):
        least, most = observed.low, observed.high
        # Both ends for the fewest people: whoever else is here is served, or lacks, in the same proportion.
        have = (least * people.low, most * people.low) if people is not None and people.low else None
        return Figure(least, most, readings.terms(measure.observed or "", VALUE), people, have)
    if things is not None and people is not None:
        least, most = over(things, people)
        terms = readings.terms(measure.numerator, NUMERATOR)
        terms += readings.terms(measure.denominator, DENOMINATOR)
        return Figure(least, most, terms, people, (things.low, things.high))
    if measure.observed is not None and measure.observed in readings.expired:
        return _lacking(readings, (measure.observed,), people)
    return _wanting(measure, readings, things, people, people)


def _part_of(measure: Measure, readings: Readings, people: Measurement | None) -> Figure | None:
    part, whole = readings.fresh.get(measure.numerator), readings.fresh.get(measure.denominator)
    if whole is not None and whole.high == 0:
        if measure.form is Form.RATIO:
            return None
        terms = readings.terms(measure.denominator, DENOMINATOR)
        return Figure(None, None, terms, people, reason=NONE_WORKING)
    if part is None or whole is None:
        return _wanting(measure, readings, part, whole, people)
    least, most = over(part, whole)
    terms = readings.terms(measure.numerator, NUMERATOR)
    terms += readings.terms(measure.denominator, DENOMINATOR)
    return Figure(least, most, terms, people, (part.low, part.high), whole=whole)


def _wanting(
    measure: Measure,
    readings: Readings,
    above: Measurement | None,
    below: Measurement | None,
    people: Measurement | None,
) -> Figure:
    """Not assessed: the numerator, the denominator or both are not known."""
    lacking: tuple[str, ...] = ()
    told: tuple[Term, ...] = ()
    for key, value, role in (
        (measure.numerator, above, NUMERATOR),
        (measure.denominator, below, DENOMINATOR),
    ):
        if value is None:
            lacking += (key,)
        else:
            told += readings.terms(key, role)
    return _lacking(readings, lacking, people, told)


_COMPUTE: Mapping[Form, Callable[[Measure, Readings, Measurement | None], Figure | None]] = {
    Form.OBSERVED: _observed,
    Form.PEOPLE_PER_THING: _people_per_thing,
    Form.THING_PER_PERSON: _thing_per_person,
    Form.PART_OF: _part_of,
    Form.RATIO: _part_of,
}

_FIELDS = {
    Form.PEOPLE_PER_THING: ("people", "things"),
    Form.THING_PER_PERSON: ("things", "people"),
    Form.PART_OF: ("part", "whole"),
    Form.RATIO: ("part", "whole"),
}


def load_measures(content: Mapping[str, Any]) -> Mapping[str, Measure]:
    """Measures by key: the computed ones in the order of the file, then every indicator as it is.

    An indicator that a computed measure observes under the same key is that measure. Raises InvalidTable.
    """
    found = {}
    for table in tables(FILE, content):
        form = Form(table.choice("form", _FIELDS))
        numerator, denominator = (table.choice(field, INDICATORS) for field in _FIELDS[form])
        optional = {
            field: table.choice(field, INDICATORS)
            for field in ("observed", "separated", "shared", "whole_site")
            if table.has(field)
        }
        worth = table.take("worth", {})
        for other in worth:
            if other not in INDICATORS:
                table.refuse(f"worth names {other!r}, which does not exist")
        sex = table.choice("sex", SEXES, default="all")
        if form is Form.PEOPLE_PER_THING and numerator != PEOPLE[sex]:
            table.refuse(f"a measure of {sex} counts {PEOPLE[sex]}, not {numerator}")
        if "separated" in optional and INDICATORS[optional["separated"]].kind is not Kind.YESNO:
            table.refuse("separated must be a yes/no indicator")
        measure = Measure(
            key=table.key,
            form=form,
            sex=sex,
            name=table.text("name"),
            unit=table.text("unit"),
            numerator=numerator,
            denominator=denominator,
            only_if_told=table.keys("only_if_told", INDICATORS),
            unless_told=table.keys("unless_told", INDICATORS),
            gives_way_to=table.keys("gives_way_to", INDICATORS),
            worth=tuple((other, table.as_number(share, "worth")) for other, share in worth.items()),
            **optional,
        )
        table.nothing_left()
        found[measure.key] = measure
    for key, indicator in INDICATORS.items():
        if key not in found:
            found[key] = Measure(key, Form.OBSERVED, indicator.sex, indicator.name, indicator.unit)
    return MappingProxyType(found)


MEASURES: Mapping[str, Measure] = load_measures(read(FILE))
_COMPUTERS = {key: _COMPUTE[measure.form] for key, measure in MEASURES.items()}


def for_group(key: str, group: str) -> Measure | None:
    """The measure that answers for a sex group, or None. An indicator of all may be asked about one sex."""
    own = MEASURES.get(f"{key}_{group}")
    if own is not None:
        return own
    measure = MEASURES[key]
    if measure.sex == group or (measure.form is Form.OBSERVED and measure.sex == "all"):
        return measure
    return None
