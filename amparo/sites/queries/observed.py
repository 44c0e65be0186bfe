"""What is known of centres: the latest value of each indicator, now or on a past day, and its history."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice

from django.db import connection

from amparo.sites.models import Indicator, ObservationBatch, Site
from amparo.standards import INDICATORS, Measurement

Inputs = dict[str, Measurement]

NOW = """
SELECT site_id, indicator_id, told_at, low, high, batch_id, confirmed_at
FROM sites_latestobservation WHERE site_id IN ({sites})
"""
# The newest row not after a moment: what is latest now when it is old enough, else one seek in the history.
THEN = """
SELECT l.site_id, l.indicator_id, o.told_at, o.low, o.high, o.batch_id, (
    SELECT MAX(c.confirmed_at) FROM sites_confirmation c
    WHERE c.site_id = l.site_id AND c.indicator_id = l.indicator_id AND c.of_id = o.batch_id
      AND c.confirmed_at <= {moment})
FROM sites_latestobservation l
JOIN sites_observation o ON o.site_id = l.site_id AND o.indicator_id = l.indicator_id AND o.told_at = (
    SELECT MAX(e.told_at) FROM sites_observation e
    WHERE e.site_id = l.site_id AND e.indicator_id = l.indicator_id AND e.told_at <= {moment})
WHERE l.site_id IN ({sites})
ORDER BY o.batch_id
"""
CHUNK = 500
EVER = 2**60


@lru_cache(maxsize=1)
def _keys() -> dict[int, str]:
    return dict(Indicator.objects.values_list("id", "key"))


def _key(indicator_id: int) -> str:
    """The key of a stored number. A process that started before the indicator was added reads the table again."""
    if indicator_id not in _keys():
        _keys.cache_clear()
    return _keys()[indicator_id]


def inputs(site_ids: Iterable[int], *, at: datetime | None = None) -> dict[int, Inputs]:
    """The latest measurement per indicator of each site; with `at`, as it was known at that moment.

    `Measurement.ref` is the id of the batch that told it.
    """
    found: dict[int, Inputs] = {}
    remaining = iter(site_ids)
    while chunk := list(islice(remaining, CHUNK)):
        found.update({site_id: {} for site_id in chunk})
        sites = _listed(chunk)
        sql = NOW.format(sites=sites) if at is None else THEN.format(sites=sites, moment=int(at.timestamp()))
        with connection.cursor() as cursor:
            cursor.execute(sql)
            for site_id, indicator_id, told_at, low, high, batch_id, confirmed_at in cursor.fetchall():
                key = _key(indicator_id)
                if key in INDICATORS:
                    confirmed = None if confirmed_at is None else _moment(confirmed_at)
                    found[site_id][key] = Measurement(low, high, _moment(told_at), confirmed, batch_id)
    return found


def newest_in_history(site_ids: Collection[int]) -> list[tuple[int, int, int, float, float, int, int | None]]:
    """The newest value of each indicator that these sites have as latest, looked up in the history itself.

    Rows of (site, indicator, told at, low, high, batch, confirmed at); of values told at one time, each, the later
    batch after the earlier. An indicator of which the history holds nothing any more is not among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(THEN.format(sites=_listed(site_ids), moment=EVER))
        return cursor.fetchall()


def _listed(site_ids: Iterable[int]) -> str:
    return ",".join(str(int(site_id)) for site_id in site_ids)


@lru_cache(maxsize=100_000)
def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """One value of the history, with its batch."""

    told_at: datetime
    low: float
    high: float
    batch_id: int


def history(
    site: Site, indicators: Collection[str], *, since: datetime | None = None, until: datetime | None = None
) -> dict[str, list[Told]]:
    """The values of these indicators at one site, oldest first."""
    ids = {i.pk: i.key for i in Indicator.objects.filter(key__in=indicators)}
    low = int(since.timestamp()) if since else -EVER
    high = int(until.timestamp()) if until else EVER
    told: dict[str, list[Told]] = {key: [] for key in indicators}
    with connection.cursor() as cursor:
        for pk, key in ids.items():
            cursor.execute(
                "SELECT told_at, low, high, batch_id FROM sites_observation "
                "WHERE site_id = %s AND indicator_id = %s AND told_at BETWEEN %s AND %s ORDER BY told_at, batch_id",
                [site.pk, pk, low, high],
            )
            told[key] = [Told(_moment(row[0]), *row[1:]) for row in cursor.fetchall()]
    return told


def sources(batch_ids: Iterable[int]) -> dict[int, ObservationBatch]:
    """The batches that told these values, with their authors."""
    return ObservationBatch.objects.select_related("by").in_bulk(list(set(batch_ids)))
