"""Observations in, in bulk: `observe_many` is the one door through which a value reaches a site (ADR 0005)."""

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import covers, scopes
from amparo.kernel.models import User
from amparo.kernel.narrow import write_narrow
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.sites.actions.keeping import forget_days
from amparo.sites.models import (
    Confirmation,
    Indicator,
    LatestObservation,
    Observation,
    ObservationBatch,
    Site,
)
from amparo.sites.permissions import Sites
from amparo.sites.queries.observed import newest_in_history
from amparo.standards import INDICATORS

COLUMNS = {
    "site_id": "bigint",
    "indicator_id": "smallint",
    "told_at": "bigint",
    "batch_id": "bigint",
    "low": "float8",
    "high": "float8",
}
KEEP_FIRST = "(site_id, indicator_id, told_at, batch_id) DO NOTHING"
KEEP_NEWEST = """(site_id, indicator_id) DO UPDATE
SET told_at = excluded.told_at, batch_id = excluded.batch_id, low = excluded.low, high = excluded.high,
    confirmed_at = NULL
WHERE excluded.told_at > sites_latestobservation.told_at
   OR (excluded.told_at = sites_latestobservation.told_at AND excluded.batch_id > sites_latestobservation.batch_id)
"""

Row = tuple[int, int, int, int, float, float]
"""(site, indicator, told at in seconds, batch, low, high)"""

RAISE_VERSION = """
UPDATE sites_site SET version = version + 1,
    last_told_at = CASE WHEN last_told_at IS NULL OR last_told_at < %s THEN %s ELSE last_told_at END
WHERE id = %s
"""

AT_ONCE = 200  # batches taken back in one go
TELL_LAST = "UPDATE sites_site SET version = version + 1, last_told_at = %s WHERE id = %s"
CONFIRMED = "UPDATE sites_latestobservation SET confirmed_at = %s WHERE site_id = %s AND indicator_id = %s"


@dataclass(frozen=True, slots=True)
class Report:
    """What one source told of one site at one time: `values` are (indicator key, low, high)."""

    site: Site
    told_at: datetime
    values: Sequence[tuple[str, float, float]]
    source: str
    source_name: str = ""
    message: UUID | None = None
    told_offset: int = 0
    told_by: User | None = None  # who told it, when another (a job, an operator) records it
    told: int | None = None  # how many values were told, where others follow from them
    uid: UUID | None = None  # the batch's own, where the sender chose it so that a report sent twice is one


@lru_cache(maxsize=1)
def indicator_ids() -> dict[str, int]:
    """The stored number of every indicator key; missing ones are added (never renumbered)."""
    known = dict(Indicator.objects.values_list("key", "id"))
    missing = [key for key in INDICATORS if key not in known]
    if missing:
        Indicator.objects.bulk_create([Indicator(key=key) for key in missing], ignore_conflicts=True)
        known = dict(Indicator.objects.values_list("key", "id"))
    return known


@transaction.atomic
def observe_many(reports: Iterable[Report], *, by: User) -> list[ObservationBatch]:
    """Record what was told of many sites. One ledger entry covers them all, with a digest of the rows.

    Raises `OutOfSight` for a site beyond the person's reach, `Refused` for an unknown indicator, a value that is
    not a number, or a time to come.
    """
    reports = list(reports)
    held = scopes(by, Sites.REPORT)
    if not held:
        raise NotPermitted("not_permitted", _("Su cargo no incluye reportar datos de albergues."))
    for report in reports:
        if not covers(held, report.site.path, report.site.holder_id):
            raise OutOfSight
        _check(report)
    batches = ObservationBatch.objects.bulk_create(
        [
            ObservationBatch(
                uid=report.uid or uuid4(),
                holder_id=report.site.holder_id,
                site_id=report.site.pk,
                source=report.source,
                source_name=report.source_name[:200],
                by=report.told_by or by,
                message=report.message,
                told_at=report.told_at,
                told_offset=report.told_offset,
                rows=len(report.values) if report.told is None else report.told,
            )
            for report in reports
        ]
    )
    ids = indicator_ids()
    rows = [
        (report.site.pk, ids[key], int(report.told_at.timestamp()), batch.pk, low, high)
        for report, batch in zip(reports, batches, strict=True)
        for key, low, high in report.values
    ]
    if rows:
        write_narrow("sites_observation", COLUMNS, rows, KEEP_FIRST)
        write_narrow("sites_latestobservation", COLUMNS, _newest(rows), KEEP_NEWEST)
    _raise_versions(reports)
    forget_days((report.site.pk, report.told_at) for report in reports)
    if batches:
        entry = ledger.record(
            "sites.observed",
            by=by,
            organisation_id=_common_holder(reports),
            batches=[str(batch.uid) for batch in batches],
            rows=len(rows),
            digest=hashlib.sha256(repr(sorted(rows)).encode()).hexdigest(),
        )
        ObservationBatch.objects.filter(pk__in=[batch.pk for batch in batches]).update(entry=entry.counter)
    return batches


def observe(
    site: Site,
    *,
    by: User,
    told_at: datetime,
    values: Sequence[tuple[str, float, float]],
    source: str,
    source_name: str = "",
) -> ObservationBatch:
    """Record what one source told of one site."""
    return observe_many([Report(site, told_at, values, source, source_name)], by=by)[0]


def _check(report: Report) -> None:
    if report.told_at > timezone.now() + timedelta(hours=1):
        raise Refused(
            "told_in_the_future", _("La fecha del dato está en el futuro. Corrija la hora del equipo.")
        )
    for key, low, high in report.values:
        if key not in INDICATORS:
            raise Refused("unknown_indicator", _("No existe el dato «%(key)s».") % {"key": key})
        if math.isnan(low) or math.isnan(high) or math.isinf(low) or low < 0 or high < low:
            raise Refused("not_a_value", _("El valor de «%(key)s» no es un número válido.") % {"key": key})


def _newest(rows: Sequence[Row]) -> list[Row]:
    """The newest of each indicator of each site, in the order in which every writer takes them."""
    newest: dict[tuple[int, int], Row] = {}
    for row in rows:
        kept = newest.setdefault(row[:2], row)
        if row[2:4] > kept[2:4]:
            newest[row[:2]] = row
    return [newest[key] for key in sorted(newest)]


def _common_holder(reports: Sequence[Report]) -> int | None:
    holders = {report.site.holder_id for report in reports}
    return holders.pop() if len(holders) == 1 else None


def _raise_versions(reports: Sequence[Report]) -> None:
    newest: dict[int, datetime] = {}
    for report in reports:
        newest[report.site.pk] = max(newest.get(report.site.pk, report.told_at), report.told_at)
    stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(
            RAISE_VERSION,
            [(stored(told_at), stored(told_at), site_id) for site_id, told_at in newest.items()],
        )


@transaction.atomic
def withdraw(batches: Iterable[ObservationBatch], *, by: User, why: str) -> int:
    """Take back what these batches said (a mapping was corrected, an import undone); return how many rows.

    The raw message stays; the ledger says who and why. Older values stand again.
    """
    batches = list(batches)
    held = scopes(by, Sites.REPORT)
    sites = Site.objects.in_bulk({batch.site_id for batch in batches})
    if any(not covers(held, site.path, site.holder_id) for site in sites.values()):
        raise OutOfSight
    removed = sum(_take_back(batches[start : start + AT_ONCE]) for start in range(0, len(batches), AT_ONCE))
    if batches:
        ledger.record(
            "sites.observations_withdrawn",
            by=by,
            why=why,
            batches=[str(batch.uid) for batch in batches],
            rows=removed,
        )
    return removed


def _take_back(batches: Sequence[ObservationBatch]) -> int:
    """Remove these batches and what they said, and let older values stand; return how many values."""
    keys, sites = [batch.pk for batch in batches], {batch.site_id for batch in batches}
    rows = Observation.objects.filter(site_id__in=sites, batch_id__in=keys)
    confirmed = Confirmation.objects.filter(batch__in=keys)
    removed = rows.count()
    touched = {
        *rows.values_list("indicator_id", flat=True),
        *confirmed.values_list("indicator_id", flat=True),
    }
    rows.delete()
    confirmed.delete()
    _stand_again(sites, touched)
    forget_days((batch.site_id, batch.told_at) for batch in batches)
    ObservationBatch.objects.filter(pk__in=keys).delete()
    left = ObservationBatch.objects.filter(site_id__in=sites).order_by().values_list("site_id")
    newest = dict(left.annotate(newest=Max("told_at")))
    stored = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.executemany(TELL_LAST, [(stored(newest.get(site)), site) for site in sorted(sites)])
    return removed


def _stand_again(sites: set[int], indicators: set[int]) -> None:
    """Let the newest remaining value of each of these indicators stand as the latest at each of these sites."""
    left: dict[tuple[int, int], Row] = {}
    again: dict[tuple[int, int], int | None] = {}
    for site, key, told_at, low, high, batch, confirmed_at in newest_in_history(sites):
        if key in indicators:
            left[site, key] = (site, key, told_at, batch, low, high)
            again[site, key] = confirmed_at
    LatestObservation.objects.filter(site_id__in=sites, indicator_id__in=indicators).delete()
    if left:
        rows = [left[key] for key in sorted(left)]
        write_narrow("sites_latestobservation", COLUMNS, rows, KEEP_NEWEST)
        with connection.cursor() as cursor:
            cursor.executemany(CONFIRMED, [(at, *key) for key, at in again.items() if at is not None])
