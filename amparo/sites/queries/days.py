"""Many days at once of what was kept of centres: one query for all, a line of each read without unpacking the rest.

Thirty boards of the past would be read thirty times by `standings`. What a trend needs of each centre and day is four
figures; where a day is not kept by today's rules, it says so and computes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain

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

CHUNK = 500
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
    """How these centres stood at the end of each of these days gone by, by the standards named (None: all)."""
    found = {day: Day(day) for day in days}
    if not days:
        return found
    rows = _begun(sites)
    phases = _phases(rows, days)
    rules = _Rules()
    kept = _kept([row.pk for row in rows], days[0], days[-1])
    wanted = None if standards is None else frozenset(position_of(key) for key in standards)
    ends = {day: int(end_of(day).timestamp()) for day in days}
    for day in days:
        into, stands, before = found[day], phases[day], ends[day] - int(SILENT_AFTER.total_seconds())
        lines = kept.get(day, {})
        for row in rows:
            if not row.open_on(day):
                continue
            line = lines.get(row.pk)
            if row.told is None or row.told > day:
                into.people[row.pk] = None  # nobody had told anything yet: nothing is kept, and nothing known
                into.silent += 1
                continue
            if line is None or line[0] != rules.of(row.kind, stands[row.path]):
                into.missing.append(row.pk)
                continue
            told_at, count = _told_and_count(line[1])
            into.people[row.pk] = None if count == NONE else count
            into.silent += told_at == NONE or told_at < before
            into.grave += _is_grave(line[1], wanted)
    _compute(sites, found, standards)
    return found


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
    pk: int
    path: str
    kind: str
    begun: date
    ended: date | None
    told: date | None  # the first day of which anything was told

    def open_on(self, day: date) -> bool:
        return self.begun <= day and (self.ended is None or self.ended > day)


def _begun(sites: "QuerySet[Site]") -> list[_Row]:
    """Each centre with the first day on which it counts as open and the first on which it no longer does.

    The rules are those of `queries.standing`, read once for all days.
    """
    told = ObservationBatch.objects.filter(site=OuterRef("pk")).order_by().values("site")
    first = told.annotate(first=Min("told_at")).values("first")
    fields = ("pk", "path", "kind", "status", "opened_on", "closed_on", "recorded_at")
    asked = sites.exclude(status=Site.Status.CANDIDATE).annotate(first_told=Subquery(first))
    rows = []
    for pk, path, kind, status, opened_on, closed_on, recorded_at, first_told in asked.values_list(
        *fields, "first_told"
    ):
        told_on = None if first_told is None else timezone.localdate(first_told)
        begun = opened_on or min(filter(None, (timezone.localdate(recorded_at), told_on)))
        if status == Site.Status.CLOSED and closed_on is None:
            continue
        rows.append(_Row(pk, path, kind, begun, closed_on if status == Site.Status.CLOSED else None, told_on))
    return rows


def _phases(rows: Iterable[_Row], days: Sequence[date]) -> dict[date, dict[str, str]]:
    """The phase of each path on each day; days that no change of a crisis parts share one answer."""
    paths = [row.path for row in rows]
    alike = stretches(days)
    by_stretch = {day: phases_for(paths, day) for day in set(alike.values())}
    return {day: by_stretch[alike[day]] for day in days}


class _Rules:
    """What a line must have been computed by, for each kind of centre and phase."""

    def __init__(self) -> None:
        self.confirmed = confirmed_standards()
        self.known: dict[tuple[str, str], bytes] = {}

    def of(self, kind: str, phase: str) -> bytes:
        found = self.known.get((kind, phase))
        if found is None:
            found = self.known[kind, phase] = rules_of(kind, phase, self.confirmed)
        return found


def _kept(keys: Sequence[int], first: date, last: date) -> dict[date, dict[int, tuple[bytes, bytes]]]:
    """(rules, content) by day and centre. One query for five hundred centres."""
    found: dict[date, dict[int, tuple[bytes, bytes]]] = {}
    days: dict[str | date, dict[int, tuple[bytes, bytes]]] = {}
    for start in range(0, len(keys), CHUNK):
        sites = ",".join(str(int(key)) for key in keys[start : start + CHUNK])
        with connection.cursor() as cursor:
            cursor.execute(KEPT.format(sites=sites), [first, last])
            for day, site_id, rules, content in cursor.fetchall():
                into = days.get(day)
                if into is None:
                    into = days[day] = found.setdefault(_day(day), {})
                into[site_id] = (bytes(rules), bytes(content))
    return found


def _day(stored: str | date) -> date:
    return stored if isinstance(stored, date) else date.fromisoformat(stored)


def _told_and_count(content: bytes) -> tuple[int, int]:
    told_at, count, *_rest = HEAD.unpack_from(content)
    return told_at, count


def _is_grave(content: bytes, wanted: frozenset[int] | None) -> bool:
    """Whether a standard asked for is failed so that lives are at risk. The grave lines are kept first."""
    verdicts = content[HEAD.size + VERDICT_AT :: LINE.size]
    if not verdicts or verdicts[0] != GRAVE:
        return False
    if wanted is None:
        return True
    graves = verdicts.count(GRAVE)
    return any(
        LINE.unpack_from(content, HEAD.size + number * LINE.size)[0] in wanted for number in range(graves)
    )


def days_before(last: date, count: int) -> list[date]:
    """So many days that end with `last`, oldest first."""
    return [last - timedelta(days=back) for back in range(count - 1, -1, -1)]
