"""What a centre lacks, line by line: one line per standard, its worst group first, with where the number comes from."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.queries.gaps import Assessed
from amparo.sites.queries.observed import Told
from amparo.sites.queries.series import ALL_KEYS, History, days_back, known_at, reach
from amparo.standards import (
    INDICATORS,
    Comparison,
    Form,
    Gap,
    Measure,
    Measurement,
    Phase,
    Reason,
    Role,
    Standard,
    Verdict,
    expires_at,
    fades_at,
    headlines,
)
from amparo.standards.measures import figure, read_inputs
from amparo.standards.verdicts import Term
from amparo.toolkit import formats
from amparo.toolkit.drawings import Reading
from amparo.toolkit.frames import Notice

KIND_ORDER = {"grave": 0, "bajo": 1, "duda": 2, "nada": 3, "cumple": 4}
SERIES_DAYS = 7
LONGEST_LOOK_BACK = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Line:
    """One standard at one centre: the gap of its worst group, and those of all its groups."""

    gap: Gap
    groups: tuple[Gap, ...]

    @property
    def standard(self) -> Standard:
        return self.gap.standard

    @property
    def kind(self) -> str:
        return words.kind_of(self.gap)


def lines(gaps: Sequence[Gap]) -> list[Line]:
    """One line per standard: grave, not met, met or not by an unverified standard, not assessed, met."""
    groups: dict[str, list[Gap]] = {}
    for gap in gaps:
        groups.setdefault(gap.standard.key, []).append(gap)
    found = [Line(gap, tuple(groups.pop(gap.standard.key))) for gap in headlines(gaps)]
    # What decides nothing, or has nobody to serve, is in no headline.
    found += [Line(min(rest, key=_worse), tuple(rest)) for rest in groups.values()]
    return sorted(found, key=lambda line: (KIND_ORDER[line.kind], line.gap.reason is Reason.NO_PEOPLE))


def _worse(gap: Gap) -> tuple[int, int]:
    if gap.verdict is Verdict.NOT_MET:
        return 0, -(gap.affected or 0)
    if gap.verdict is Verdict.NOT_ASSESSED:
        return (3 if gap.reason is Reason.NO_PEOPLE else 1), 0
    return 2, 0


# --- who said it, and what was said before


@dataclass(frozen=True, slots=True)
class Past:
    """What was told of a centre lately, and by whom. Empty for paper, which has no room for it."""

    history: History = field(default_factory=dict)
    batches: dict[int, ObservationBatch] = field(default_factory=dict)


def keys_behind(gaps: Iterable[Gap]) -> frozenset[str]:
    """The indicators that enter these gaps."""
    return frozenset().union(*(ALL_KEYS[gap.measure.key] for gap in gaps))


def windows(keys: Iterable[str], at: datetime) -> dict[str, datetime]:
    """From when the history of each indicator is wanted: for a week's line, and to find who said otherwise."""
    first = at - timedelta(days=SERIES_DAYS)
    return {key: max(start, at - LONGEST_LOOK_BACK) for key, start in reach(frozenset(keys), first).items()}


def otherwise(history: History, terms: Iterable[Term]) -> dict[str, list[Told]]:
    """Values of these terms told within their half-life that differ from the one that counts."""
    found: dict[str, list[Told]] = {}
    for term in terms:
        told, used = history.get(term.indicator, []), term.measurement
        oldest = used.told_at - INDICATORS[term.indicator].half_life
        other = [
            one
            for one in told
            if oldest <= one.told_at <= used.told_at
            and (one.low, one.high) != (used.low, used.high)
            and one.batch_id != used.ref
        ]
        if other:
            found[term.indicator] = other
    return found


# --- a gap on the page


def first_to_fade(terms: Sequence[Term]) -> Term | None:
    return min(terms, key=lambda term: fades_at(term.measurement, INDICATORS[term.indicator]), default=None)


def hours(lasting: timedelta) -> float:
    return lasting.total_seconds() / 3600


def gap_of(line: Line, assessed: Assessed) -> v.Gap:
    """A line with its figure, its standard, whom it touches and how old it is."""
    gap, site = line.gap, assessed.site
    fades = first_to_fade(gap.terms)
    low, high = gap.measured or (None, None)
    spoken = words.is_number(gap.measure)
    return v.Gap(
        name=words.gap_name(gap),
        kind=line.kind,
        icon=words.icon_of(gap.measure),
        anchor=gap.standard.key.replace(".", "-"),
        summary=_summary(line, assessed),
        low=low if spoken else None,
        high=high if spoken else None,
        unit=words.unit_of(gap.measure) if spoken else "",
        measured=words.measured(gap),
        standard=words.threshold(gap.standard, assessed.phase),
        source=words.source_of(gap.standard),
        verified=gap.decides,
        affected=gap.affected,
        affected_label=words.touched(gap, gap.affected),
        remedy=_remedy(gap),
        groups=_groups(line),
        trend_url=reverse("site_trend", args=[site.uid, gap.measure.key]),
        told_at=fades.measurement.told_at if fades else None,
        lasts_hours=hours(INDICATORS[fades.indicator].half_life) if fades else None,
    )


def _summary(line: Line, assessed: Assessed) -> str:
    gap = line.gap
    if gap.verdict is Verdict.NOT_ASSESSED:
        return words.why_not_assessed(gap, assessed.at)
    if not gap.decides:
        return _("Según esta norma: %(verdict)s") % {"verdict": words.verdict_word(gap).lower()}
    said = [words.consequence(gap)] if gap.verdict is Verdict.NOT_MET else []
    binds = assessed.capacity.to_standard.binds
    if binds is not None and binds.standard is gap.standard and gap.verdict is Verdict.NOT_MET:
        said.insert(0, _("Lo que limita"))
    if gap.verdict is Verdict.MET and gap.terms:
        said.append(_sum_in_words(gap))
    return ". ".join(part for part in said if part)


def _sum_in_words(gap: Gap) -> str:
    """ "3 sanitarios para 60 personas": what a met quotient was computed from."""
    people = [term for term in gap.terms if _counts_people(gap.measure, term)]
    things = [term for term in gap.terms if term not in people]
    if gap.measure.form not in (Form.PEOPLE_PER_THING, Form.THING_PER_PERSON) or not people or not things:
        return ""
    return _("%(things)s para %(people)s") % {
        "things": ", ".join(_told(term) for term in things),
        "people": ", ".join(_told(term) for term in people),
    }


def _counts_people(measure: Measure, term: Term) -> bool:
    if measure.form is Form.PEOPLE_PER_THING:
        return term.role is Role.NUMERATOR
    return measure.form is Form.THING_PER_PERSON and term.role is Role.DENOMINATOR


def _told(term: Term) -> str:
    return words.told_value(term.indicator, term.measurement.low, term.measurement.high)


def _remedy(gap: Gap) -> str:
    if gap.verdict is not Verdict.NOT_MET or not gap.missing or gap.missing_unit is None:
        return ""
    return _("%(amount)s más") % {"amount": words.amount(gap.missing_unit, gap.missing)}


def _groups(line: Line) -> tuple[v.Group, ...]:
    """Women and men where the standard counts them apart; else everybody it speaks of."""
    labels = {"women": _("Mujeres"), "men": _("Hombres"), "all": _("Todas")}
    apart = [gap for gap in line.groups if gap.group != "all" and gap.people is not None]
    shown = apart or [line.gap]
    return tuple(
        v.Group(labels[gap.group], gap.people, min(gap.affected or 0, gap.people))
        for gap in shown
        if gap.people is not None and gap.verdict is not Verdict.NOT_ASSESSED
    )


def threshold_of(gap: Gap) -> tuple[float | None, bool]:
    """The line to draw, and whether it is an upper limit. A range has no single line."""
    comparison = gap.standard.comparison
    if comparison is Comparison.BETWEEN:
        return None, False
    return gap.threshold, comparison in (Comparison.MAX, Comparison.NO)


def in_full(line: Line, assessed: Assessed, past: Past, *, correct_url: str = "") -> v.Gap:
    """The same with its drawer: the sum, who said each part, what does not agree; and the last days as a line."""
    gap = line.gap
    return replace(
        gap_of(line, assessed),
        origin=origin_of(line, assessed, past, correct_url=correct_url),
        series=_week(gap, assessed, past.history) if words.is_number(gap.measure) else None,
    )


def _week(gap: Gap, assessed: Assessed, history: History) -> v.Series | None:
    readings = readings_of(gap.measure, assessed, history, days_back(assessed.at, SERIES_DAYS))
    if sum(reading.low is not None for reading in readings) < 2:
        return None
    threshold, at_most = threshold_of(gap)
    return v.Series(_("Siete días"), tuple(readings), words.kind_of(gap), threshold, at_most)


def readings_of(
    measure: Measure, assessed: Assessed, history: History, moments: Sequence[datetime]
) -> list[Reading]:
    """A measure at each of these hours, from what was known then; empty where it was not assessed."""
    lasting = {
        key: told
        for key, told in assessed.inputs.items()
        if key in ALL_KEYS[measure.key] and not history.get(key)
    }
    found = []
    for moment, known in zip(moments, known_at(history, moments), strict=True):
        inputs = {key: told for key, told in known.items() if key in ALL_KEYS[measure.key]}
        inputs.update({key: told for key, told in lasting.items() if told.told_at <= moment})
        found.append(reading(measure, inputs, moment))
    return found


def reading(measure: Measure, inputs: dict[str, Measurement], moment: datetime) -> Reading:
    taken = figure(measure, read_inputs(inputs, moment))
    if taken is None or taken.low is None or taken.high is None:
        return Reading(moment, None)
    exact = taken.low == taken.high or math.isinf(taken.high)
    return Reading(moment, taken.low, None if exact else taken.high)


# --- where a figure comes from


def origin_of(line: Line, assessed: Assessed, past: Past, *, correct_url: str = "") -> v.Origin:
    gap = line.gap
    return v.Origin(
        terms=tuple(_equation(gap)),
        result=formats.interval(*gap.measured)
        if gap.measured and words.is_number(gap.measure)
        else words.measured(gap),
        pairs=tuple(_pairs(line, assessed.phase)),
        told=tuple(_who_told(gap, assessed.at, past)),
        verdict=words.verdict_word(gap) if gap.decides else _("Norma sin verificar"),
        expires_at=gap.expires_at if gap.verdict is not Verdict.NOT_ASSESSED else None,
        conflicts=tuple(_conflicts(gap, past)),
        correct_url=correct_url,
    )


def _equation(gap: Gap) -> Iterable[v.Term]:
    """The sum of a quotient; nothing for a figure that is told as it is."""
    if gap.verdict is Verdict.NOT_ASSESSED or gap.reason is Reason.NOT_SEPARATED:
        return
    above = [term for term in gap.terms if term.role is Role.NUMERATOR]
    below = [term for term in gap.terms if term.role is Role.DENOMINATOR]
    if not above or not below:
        return
    for terms, sign in ((above, ""), (below, "÷")):
        for position, term in enumerate(terms):
            value = formats.interval(term.measurement.low, term.measurement.high)
            unit = words.unit_beside(term.indicator, term.measurement.low, term.measurement.high)
            yield v.Term(value, unit, sign if position == 0 else "+")


def _pairs(line: Line, phase: Phase) -> Iterable[tuple[str, str]]:
    gap = line.gap
    yield _("Norma"), words.threshold(gap.standard, phase)
    if gap.verdict is Verdict.NOT_MET and gap.missing and gap.missing_unit:
        yield _("Faltan"), words.amount(gap.missing_unit, gap.missing)
    if gap.verdict is Verdict.NOT_MET and gap.affected is not None:
        label = _("Sin servicio") if gap.measure.form is not Form.OBSERVED else _("Afecta a")
        yield label, f"{formats.number(gap.affected)} {words.touched(gap, gap.affected)}"
    for other in line.groups:
        if other is not gap:
            shown = words.measured(other) or words.figure(other.measure, *(other.measured or (None, None)))
            verdict = words.verdict_word(other)
            yield words.gap_name(other), shown if shown == verdict else f"{shown}. {verdict}"
    yield _("Fuente"), words.source_of(gap.standard)
    note = words.said(gap.standard.note)
    if note:
        yield _("Nota"), note


def _who_told(gap: Gap, at: datetime, past: Past) -> Iterable[v.Told]:
    for term in gap.terms:
        batch = past.batches.get(term.measurement.ref)
        expired = expires_at(term.measurement, INDICATORS[term.indicator]) <= at
        faded = fades_at(term.measurement, INDICATORS[term.indicator]) <= at
        yield v.Told(
            what=f"{words.indicator_name(term.indicator)}: {_told(term)}",
            who=words.who_said(batch) if batch else "",
            when=term.measurement.told_at,
            note=_("Ya venció: no cuenta")
            if expired
            else (_("Dato viejo: conviene confirmarlo") if faded else ""),
        )


def _conflicts(gap: Gap, past: Past) -> Iterable[Notice]:
    """Another source gave another value while this one was still fresh. Both are kept; the newest counts."""
    used = {term.indicator: past.batches.get(term.measurement.ref) for term in gap.terms}
    for key, others in otherwise(past.history, gap.terms).items():
        seen: set[tuple[int, str]] = set()
        for one in reversed(others):
            batch, mine = past.batches.get(one.batch_id), used[key]
            if batch is None or mine is None or _teller(batch) in (_teller(mine), *seen):
                continue
            seen.add(_teller(batch))
            value = words.told_value(key, one.low, one.high)
            yield Notice(
                "bajo",
                _("Otra fuente dice: %(value)s") % {"value": value},
                _("%(name)s. %(who)s, %(when)s. Se usa el dato más nuevo. Se guardan los dos.")
                % {
                    "name": words.indicator_name(key),
                    "who": words.who_said(batch),
                    "when": formats.moment(one.told_at),
                },
            )


def _teller(batch: ObservationBatch) -> tuple[int, str]:
    return batch.by_id, batch.source


def site_url(name: str, site: Site) -> str:
    return reverse(name, args=[site.uid])
