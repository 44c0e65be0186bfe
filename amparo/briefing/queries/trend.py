"""One measure at one centre over time: each day as it was known, and every value as it was told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries import lacking
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.heads import head, reason_at
from amparo.briefing.queries.site_page import past_of
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Assessed, assess_one, confirmed_standards, measure_named
from amparo.sites.queries.observed import Inputs, sources
from amparo.sites.queries.series import (
    ALL_KEYS,
    Confirmed,
    History,
    confirmed_since,
    days_back,
    known_at,
    reach,
    told_since,
)
from amparo.sites.queries.standings import end_of
from amparo.standards import INDICATORS, Form, Gap, Kind, Measure, Measurement, evaluate
from amparo.standards.measures import figure, read_inputs
from amparo.toolkit.asked import Params, address, not_understood, page_not_understood, paged, plain, quoted
from amparo.toolkit.drawings import Reading
from amparo.toolkit.frames import Notice

RANGES = (30, 90, 365)
ROWS = 30


def trend_page(user: Any, site: Site, key: str, params: Params, as_of: AsOf) -> v.TrendPage:
    """A measure, or an indicator, by its key. Raises Http404 for one that does not exist."""
    measure = measure_named(key)
    if measure is None:
        raise Http404
    assessed = assess_one(site, as_of.moment)
    asked_days = plain(params.get("days", ""))
    days = next((n for n in RANGES if str(n) == asked_days), RANGES[-1])
    history = told_since(
        site, reach(ALL_KEYS[measure.key], assessed.at - timedelta(days=days)), until=assessed.at
    )
    moments = _ends_of_days(assessed.at, days)
    readings = lacking.readings_of(measure, assessed, history, moments)
    line = next((one for one in lacking.lines(assessed.gaps) if _speaks_of(one, measure)), None)
    gap = next((one for one in line.groups if one.measure.key == measure.key), line.gap) if line else None
    here = reverse("site_trend", args=[site.uid, key])
    kept = {**as_of.params, "days": str(days) if days != RANGES[-1] else "", "page": params.get("page", "")}
    since = moments[0] - timedelta(days=1)
    again = confirmed_since(site, ALL_KEYS[measure.key], since, until=assessed.at)
    changes = _changes(measure, history, again, since=since)
    shown, pages = paged(changes[::-1], kept, here, per_page=ROWS)
    threshold, at_most = lacking.threshold_of(gap) if gap else (None, False)
    kind = words.kind_of(gap) if gap else "nada"
    newest = _newest(measure, assessed)
    only_said = [said for said in changes if said.same and said.at >= moments[0]]
    same = tuple(reading for _said, reading, _inputs in _read(measure, history, again, only_said))
    return v.TrendPage(
        head=head(assessed, reason=reason_at(site, assessed), as_of=as_of, user=user),
        name=words.gap_name(gap) if gap else words.said(measure.name),
        unit=_unit(measure),
        value=_value(measure, newest.low, newest.high),
        series=v.Series(
            words.said(measure.name),
            tuple(readings),
            kind,
            threshold,
            at_most,
            same,
            (_("No"), _("Sí")) if _is_yes_or_no(measure) else (),
        ),
        kind=kind,
        icon=words.icon_of(measure),
        low=newest.low,
        high=newest.high,
        told_at=newest.told_at,
        lasts_hours=newest.lasts_hours,
        standard=words.threshold(gap.standard, assessed.phase) if gap else _("Sin norma en esta etapa"),
        source=words.source_of(gap.standard) if gap else "",
        verified=gap.decides if gap else True,
        ranges=tuple(
            v.Chip(_("%(n)s días") % {"n": n}, address(here, {**as_of.params, "days": n}), n == days)
            for n in RANGES
        ),
        rows=tuple(_rows(measure, gap, assessed, _read(measure, history, again, shown))),
        rows_title=_("Cada vez que alguien lo dijo"),
        days_measured=sum(reading.low is not None for reading in readings),
        days=days,
        origin=_origin(line, gap, assessed) if line and gap else None,
        pages=pages,
        not_understood=(
            *as_of.not_understood,
            *(_unknown_range(asked_days) if asked_days not in ("", str(days)) else ()),
            *page_not_understood(len(changes), params, per_page=ROWS),
        ),
    )


def _unknown_range(asked: str) -> tuple[Notice, ...]:
    title = _("No se entiende «%(asked)s»") % {"asked": quoted(asked)}
    return (not_understood(title, _("Se muestran %(n)s días.") % {"n": RANGES[-1]}),)


def _ends_of_days(at: datetime, days: int) -> list[datetime]:
    """The end of each day, the last one at the hour asked for."""
    ends = [end_of(timezone.localdate(moment)) for moment in days_back(at, days)]
    return [*ends[:-1], at]


def _speaks_of(line: lacking.Line, measure: Measure) -> bool:
    return any(gap.measure.key == measure.key for gap in line.groups)


def _is_yes_or_no(measure: Measure) -> bool:
    indicator = INDICATORS.get(measure.key)
    return indicator is not None and indicator.kind is Kind.YESNO


def _value(measure: Measure, low: float | None, high: float | None) -> str:
    """A yes or no in words; "" where a figure says it."""
    if low is None or high is None or not _is_yes_or_no(measure):
        return ""
    return words.in_words(measure, low, high)


def _unit(measure: Measure) -> str:
    if words.is_number(measure):
        return words.unit_of(measure).capitalize()
    indicator = INDICATORS.get(measure.key)
    if indicator is not None and indicator.levels:
        return "; ".join(f"{step}: {words.said(level)}" for step, level in enumerate(indicator.levels))
    return words.said(measure.unit).capitalize()


@dataclass(frozen=True, slots=True)
class _Newest:
    low: float | None
    high: float | None
    told_at: datetime | None
    lasts_hours: float | None


def _newest(measure: Measure, assessed: Assessed) -> _Newest:
    taken = figure(measure, read_inputs(assessed.inputs, assessed.at))
    fades = lacking.first_to_fade(taken.terms) if taken is not None else None
    if taken is None or fades is None:
        return _Newest(None, None, None, None)
    lasts = lacking.hours(INDICATORS[fades.indicator].half_life)
    return _Newest(taken.low, taken.high, fades.measurement.told_at, lasts)


@dataclass(frozen=True, slots=True)
class _Said:
    """A report that speaks of the measure. `same`: it measured nothing of it, and only says that it is still so."""

    at: datetime
    batch_id: int
    same: bool


def _changes(
    measure: Measure, history: History, again: Sequence[Confirmed], *, since: datetime
) -> list[_Said]:
    """Each time something was told that enters the measure, or said to be still so, oldest first."""
    own = {measure.key} if measure.form is Form.OBSERVED else ALL_KEYS[measure.key]
    told = {(one.at, one.batch_id): True for one in again if one.key in own}
    told |= {
        (one.told_at, one.batch_id): False
        for key in own
        for one in history.get(key, ())
        if one.told_at >= since
    }
    return [_Said(at, batch_id, same) for (at, batch_id), same in sorted(told.items())]


def _read(
    measure: Measure, history: History, again: Sequence[Confirmed], changes: Sequence[_Said]
) -> list[tuple[_Said, Reading, Inputs]]:
    """The measure as each of these left it, with what was known then, oldest first."""
    ordered = sorted(changes, key=lambda said: (said.at, said.batch_id))
    found = []
    for said, known in zip(ordered, known_at(history, [said.at for said in ordered]), strict=True):
        inputs = known
        if said.same:
            last = {(one.key, one.of): one.at for one in again if one.at <= said.at}
            inputs = {
                key: replace(told, confirmed_at=last.get((key, told.ref))) for key, told in known.items()
            }
        found.append((said, lacking.reading(measure, inputs, said.at), inputs))
    return found


def _rows(
    measure: Measure, gap: Gap | None, assessed: Assessed, read: Sequence[tuple[_Said, Reading, Inputs]]
) -> list[v.TrendRow]:
    batches = sources(said.batch_id for said, _reading, _inputs in read)
    confirmed = confirmed_standards()
    rows = []
    for said, reading, inputs in reversed(read):
        batch = batches.get(said.batch_id)
        rows.append(
            v.TrendRow(
                when=said.at,
                value=_value(measure, reading.low, reading.low if reading.high is None else reading.high),
                low=reading.low,
                high=reading.high,
                kind="" if said.same else _kind(gap, inputs, said.at, assessed, confirmed),
                source=words.who_said(batch) if batch else "",
                same=said.same,
            )
        )
    return rows


def _kind(
    gap: Gap | None,
    inputs: dict[str, Measurement],
    at: datetime,
    assessed: Assessed,
    confirmed: frozenset[str],
) -> str:
    """The verdict of then by the standard of today's phase."""
    if gap is None:
        return ""
    judged = evaluate(inputs, phase=assessed.phase, at=at, confirmed=confirmed, site_type=assessed.site.kind)
    same = next((one for one in judged if one.standard is gap.standard and one.group == gap.group), None)
    return words.kind_of(same) if same is not None else ""


def _origin(line: lacking.Line, gap: Gap, assessed: Assessed) -> v.Origin:
    shown = lacking.Line(gap, line.groups)
    return lacking.origin_of(shown, assessed, past_of(assessed, [shown]))
