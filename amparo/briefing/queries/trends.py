"""Thirty days of a committee's figures, and what changed because of people or because of who was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels_committee as v
from amparo.briefing.queries.board import board_filters
from amparo.briefing.queries.changes import Change, change_between, change_in_words
from amparo.briefing.queries.judged import figure_params, judged, scope_words
from amparo.briefing.queries.look import Look, look, wanted
from amparo.briefing.viewmodels import Series
from amparo.kernel.models import User
from amparo.sites.queries.days import Day, days_before, days_of
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.standing import end_of, open_on
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, not_understood
from amparo.toolkit.drawings import Reading
from amparo.toolkit.frames import Filters, Notice

DAYS = 30


def trends_page(user: User, params: Params) -> v.TrendsPage:
    """The last thirty days, today as it stands now, over the place, emergency and standard asked for."""
    asked = replace(look(user, params), age="", kind="", closed=False)
    here = reverse("trends")
    days, now = _days(user, asked)
    told = [day for day in days if day.kept and day.counted]
    change = _change(told[0], told[-1]) if len(told) > 1 else None
    begun = next((number for number, day in enumerate(days) if day.sites), len(days))
    shown = {name: text for name, text in figure_params(asked).items() if name not in ("age", "date", "at")}
    rows = [_row(day, before, now, shown) for before, day in zip([None, *days[:-1]], days, strict=True)]
    return v.TrendsPage(
        filters=_filters(user, asked, here),
        charts=tuple(_charts(days, now)) if any(day.sites for day in days) else (),
        days=tuple(reversed(rows[begun:])),
        change=change_in_words(change) if change is not None else (),
        since=change.since if change is not None else None,
        waiting=sum(not day.kept for day in days),
        sites=max((day.sites for day in days), default=0),
        scope=scope_words(asked),
        board_url=address(reverse("board"), {**shown, **asked.as_of.params}),
        not_understood=(*asked.not_understood, *_not_here(params)),
    )


def _filters(user: User, asked: Look, here: str) -> Filters:
    """Those of the board but for the age of the data: each day stands as it was."""
    every = board_filters(user, asked, here)
    return replace(
        every,
        selects=tuple(one for one in every.selects if one.name != "age"),
        with_closed=False,
        hidden=tuple(one for one in every.hidden if one[0] == "municipality"),
    )


def _not_here(params: Params) -> tuple[Notice, ...]:
    if not params.get("age"):
        return ()
    return (
        not_understood(
            _("Aquí no se filtra por la edad de los datos"), _("Cada día se muestra como estaba, con todos.")
        ),
    )


def _days(user: User, asked: Look) -> tuple[list[Day], datetime | None]:
    """The days, oldest first, and the hour of the last one where that is now."""
    sites = wanted(visible_to(user), asked)
    last = asked.as_of.day
    if last is not None:
        return list(days_of(sites, days_before(last, DAYS), asked.standards).values()), None
    past, now = days_before(timezone.localdate(), DAYS)[:-1], timezone.now()
    today = Day(timezone.localdate(now))
    at_now = replace(asked, as_of=look(user, {}).as_of) if asked.as_of.last else asked
    for one in judged(open_on(sites, None), at_now):
        today.take(one)
    return [*days_of(sites, past, asked.standards).values(), today], now


# --- a day against the one before


def _change(before: Day, after: Day) -> Change:
    return change_between(before.people, after.people, since=end_of(before.day))


def _row(day: Day, before: Day | None, now: datetime | None, params: Mapping[str, str]) -> v.TrendDay:
    is_now = now is not None and day.day == timezone.localdate(now)
    url = address(reverse("board"), {**params, "date": "" if is_now else day.day.isoformat()})
    label = _("Hoy") if is_now else formats.day(day.day)
    if not day.kept:
        return v.TrendDay(label, url, False, sites=day.sites)
    change = _change(before, day) if before is not None and before.kept else None
    return v.TrendDay(
        label=label,
        url=url,
        kept=True,
        sites=day.sites,
        people=day.total,
        counted=day.counted,
        grave=day.grave,
        silent=day.silent,
        moved=change.moved if change is not None and change.both else None,
        coverage=change.gained - change.lost if change is not None else None,
    )


# --- drawn


def _charts(days: Sequence[Day], now: datetime | None) -> list[v.TrendChart]:
    moments = [
        now if now is not None and day.day == timezone.localdate(now) else end_of(day.day) for day in days
    ]
    whole: list[tuple[str, str, str, str, list[float | None]]] = [
        ("people", _("Personas"), "anil", "", [day.total if day.kept else None for day in days]),
        ("sites", _("Albergues abiertos"), "anil", "", [day.sites for day in days]),
        (
            "grave",
            _("Con peligro de vida"),
            "grave",
            _("Albergues con una falta grave"),
            [day.grave if day.kept else None for day in days],
        ),
        (
            "silent",
            _("Sin reporte"),
            "ink",
            _("Albergues sin reporte en 24 horas"),
            [day.silent if day.kept else None for day in days],
        ),
        (
            "coverage",
            _("Albergues contados"),
            "anil",
            _("De los abiertos, los que tenían conteo vigente. Si baja, las personas parecen bajar."),
            [day.counted if day.kept else None for day in days],
        ),
    ]
    return [_chart(*one, moments) for one in whole]


def _chart(
    key: str, title: str, kind: str, note: str, values: Sequence[float | None], moments: Sequence[datetime]
) -> v.TrendChart:
    readings = tuple(
        Reading(when, None if value is None else float(value))
        for when, value in zip(moments, values, strict=True)
    )
    known = [int(value) for value in values if value is not None]
    return v.TrendChart(
        key=key,
        title=title,
        series=Series(title, readings, kind),
        now=None if values[-1] is None else int(values[-1]),
        before=known[0] if known else None,
        note=note,
    )
