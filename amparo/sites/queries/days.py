"""Many days at once of what was kept of centres: one query for all, a line of each read without unpacking the rest.

Thirty boards of the past would be read thirty times by `standings`. What a trend needs of each centre and day is four
figures; where a day is not kept by today's rules, it says so and computes nothing.
"""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from amparo.crises.queries import phases_for
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.queries.gaps import SILENT_AFTER, Stood, confirmed_standards
from amparo.sites.queries.phases import stretches
from amparo.sites.queries.standing import end_of
from amparo.sites.queries.standings import (
    GRAVE,
    HEAD,
    LINE,
    NONE,
    VERDICT_AT,
    position_of,
    rules_of,
    standings,
)
from amparo.standards import Phase

CHUNK = 500
REMEMBERED = 4_000  # centres
COMPUTED_AT_MOST = 40  # lines that are not kept and are computed while somebody waits
KEPT = """
SELECT day, site_id, rules, content FROM sites_daysummary
WHERE site_id IN ({sites}) AND day >= %s AND day <= %s
"""


@dataclass(slots=True)
class Day:
    """The centres that stood open at the end of one day. `people`: of each centre, None where no count stood.

    `missing`: open centres of which nothing is kept by today's rules: with any, no figure of the day may be used.
    """

    day: date
    people: dict[int, int | None] = field(default_factory=dict)
    grave: int = 0
    silent: int = 0
    missing: list[int] = field(default_factory=list)

    @property
    def kept(self) -> bool:
        return not self.missing

    @property
    def sites(self) -> int:
        return len(self.people) + len(self.missing)

    @property
    def counted(self) -> int:
        return sum(count is not None for count in self.people.values())

    @property
    def total(self) -> int | None:
        """People in the centres that were counted; None where none was."""
        known = [count for count in self.people.values() if count is not None]
        return sum(known) if known else None

    def take(self, one: Stood) -> None:
        """The line of a centre that was judged in full."""
        self.people[one.site.pk] = one.people()
        self.grave += bool(one.summary.grave)
        self.silent += one.silent


def days_of(
    sites: "QuerySet[Site]", days: Sequence[date], standards: Collection[str] | None = None
) -> dict[date, Day]:
    """How these centres stood at the end of each of these days gone by in a row, by these standards (None: all)."""
    found = [Day(day) for day in days]
    if not days:
        return {}
    rows = _begun(sites)
    stretch = stretches(days)
    rules = _Rules({day: phases_for([row.path for row in rows], day) for day in set(stretch.values())})
    kept = _remembered(rows, days)
    wanted = None if standards is None else frozenset(position_of(key) for key in standards)
    since = [int((end_of(day) - SILENT_AFTER).timestamp()) for day in days]
    marks = set(stretch.values())
    for row in rows:
        lines, expected = kept[row.pk], {mark: rules.of(row, mark) for mark in marks}
        for number in range(*row.open_from_to(days)):
            day, into = days[number], found[number]
            if row.told is None or row.told > day:
                into.people[row.pk] = None  # nobody had told anything yet: nothing is kept, and nothing known
                into.silent += 1
                continue
            line = lines.get(day)
            if line is None or line.rules != expected[stretch[day]]:
                into.missing.append(row.pk)
                continue
            into.people[row.pk] = line.people
            into.silent += line.told_at < since[number]
            if line.graves:
                into.grave += wanted is None or not wanted.isdisjoint(line.graves)
    by_day = {day.day: day for day in found}
    _compute(sites, by_day, standards)
    return by_day


def _compute(sites: "QuerySet[Site]", found: Mapping[date, Day], standards: Collection[str] | None) -> None:
    """A late report takes away what was kept of its centre: a few lines are computed at once, many wait."""
    if not 0 < sum(len(day.missing) for day in found.values()) <= COMPUTED_AT_MOST:
        return
    by_key = sites.in_bulk(set(chain.from_iterable(day.missing for day in found.values())))
    for day in found.values():
        lacking = [by_key[pk] for pk in day.missing if pk in by_key]
        for site in lacking:
            site.status = Site.Status.OPEN  # as it was; these rows are read, never saved
        day.missing = []
        for one in standings(lacking, day.day):
            day.take(one if standards is None else one.by(frozenset(standards)))


@dataclass(frozen=True, slots=True)
class _Row:
    """A centre: open from which day until before which, and the first day of which anything was told."""

    pk: int
    path: str
    kind: str
    version: int
    begun: date
    ended: date | None
    told: date | None

    def open_from_to(self, days: Sequence[date]) -> tuple[int, int]:
        """Which of these days in a row it stood open: the number of the first, and of the first after the last."""
        first = max((self.begun - days[0]).days, 0)
        last = len(days) if self.ended is None else min((self.ended - days[0]).days, len(days))
        return first, max(first, last)


def _begun(sites: "QuerySet[Site]") -> list[_Row]:
    """The rules are those of `queries.standing`, read once for all days. One query."""
    told = ObservationBatch.objects.filter(site=OuterRef("pk")).order_by().values("site")
    first = told.annotate(first=Min("told_at")).values("first")
    fields = ("pk", "path", "kind", "version", "status", "opened_on", "closed_on", "recorded_at")
    asked = sites.exclude(status=Site.Status.CANDIDATE).annotate(first_told=Subquery(first))
    rows = []
    for pk, path, kind, version, status, opened_on, closed_on, recorded_at, first_told in asked.values_list(
        *fields, "first_told"
    ):
        if status == Site.Status.CLOSED and closed_on is None:
            continue
        told_on = None if first_told is None else timezone.localdate(first_told)
        begun = opened_on or min(filter(None, (timezone.localdate(recorded_at), told_on)))
        ended = closed_on if status == Site.Status.CLOSED else None
        rows.append(_Row(pk, path, kind, version, begun, ended, told_on))
    return rows


class _Rules:
    """What a line must have been computed by, for each kind of centre and phase, by stretch of days."""

    def __init__(self, phases: Mapping[date, Mapping[str, Phase]]) -> None:
        self.phases = phases
        self.confirmed = confirmed_standards()
        self.known: dict[tuple[str, Phase], bytes] = {}

    def of(self, row: _Row, stretch: date) -> bytes:
        key = (row.kind, self.phases[stretch][row.path])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = rules_of(*key, self.confirmed)
        return found


# --- lines as they were kept, remembered while nothing new is told of their centre


class _Line(NamedTuple):
    """What a trend asks of a line: `told_at` in seconds, `graves` as the numbers of standards."""

    rules: bytes
    told_at: int
    people: int | None
    graves: tuple[int, ...]


Lines = dict[date, _Line]
_memory: "OrderedDict[tuple, tuple[int, Lines]]" = OrderedDict()
_lock = Lock()


def _remembered(rows: Sequence[_Row], days: Sequence[date]) -> dict[int, Lines]:
    """The lines of each centre, read where they are not remembered. A late report raises the version of its centre in
    the transaction that removes its lines, so what is remembered under a version holds."""
    found: dict[int, Lines] = {}
    unread = []
    with _lock:
        for row in rows:
            version, lines = _memory.get((settings.HOME, row.pk), (-1, {}))
            found[row.pk] = lines if version == row.version else {}
            first, last = row.open_from_to(days)
            if not all(day in found[row.pk] for day in days[first:last] if row.told and row.told <= day):
                unread.append(row)
    for start in range(0, len(unread), CHUNK):
        some = unread[start : start + CHUNK]
        read = _read([row.pk for row in some], days[0], days[-1])
        with _lock:
            for row in some:
                found[row.pk] = read.get(row.pk, {})
                _memory[settings.HOME, row.pk] = (row.version, found[row.pk])
                _memory.move_to_end((settings.HOME, row.pk))
            while len(_memory) > REMEMBERED:
                _memory.popitem(last=False)
    return found


def _read(keys: Sequence[int], first: date, last: date) -> dict[int, Lines]:
    """One query."""
    found: dict[int, Lines] = {}
    days: dict[str | date, date] = {}
    with connection.cursor() as cursor:
        cursor.execute(KEPT.format(sites=",".join(str(int(key)) for key in keys)), [first, last])
        for stored, site_id, rules, content in cursor.fetchall():
            day = days.get(stored)
            if day is None:
                day = days[stored] = stored if isinstance(stored, date) else date.fromisoformat(stored)
            found.setdefault(site_id, {})[day] = _line(bytes(rules), bytes(content))
    return found


def _line(rules: bytes, content: bytes) -> _Line:
    """The grave lines are kept first."""
    told_at, count, *_rest = HEAD.unpack_from(content)
    graves = content[HEAD.size + VERDICT_AT :: LINE.size].count(GRAVE)
    numbers = (LINE.unpack_from(content, HEAD.size + at * LINE.size)[0] for at in range(graves))
    return _Line(rules, told_at, None if count == NONE else count, tuple(numbers))


def days_before(last: date, count: int) -> list[date]:
    """So many days that end with `last`, oldest first."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
