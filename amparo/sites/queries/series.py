"""The past of one centre: what was told of some indicators over time, and what was known at each of many hours."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection

from amparo.sites.models import Confirmation, Indicator, Site
from amparo.sites.queries.observed import Inputs, Told
from amparo.standards import INDICATORS, MEASURES, Measure, Measurement

History = dict[str, list[Told]]

SINCE = (
    "SELECT indicator_id, told_at, low, high, batch_id FROM sites_observation "
    "WHERE site_id = %s AND indicator_id IN ({indicators}) AND told_at BETWEEN %s AND %s"
)


def told_since(site: Site, since: Mapping[str, datetime], *, until: datetime) -> History:
    """What was told of each indicator from its own `since` to `until`, oldest first. One query for the values."""
    ids = dict(Indicator.objects.filter(key__in=since).values_list("key", "id"))
    windows: dict[int, list[str]] = defaultdict(list)
    for key in ids:
        windows[int(since[key].timestamp())].append(key)
    found: History = {key: [] for key in since}
    if not windows:
        return found
    parts, arguments = [], []
    for start, keys in windows.items():
        parts.append(SINCE.format(indicators=",".join(str(ids[key]) for key in keys)))
        arguments += [site.pk, start, int(until.timestamp())]
    named = {pk: key for key, pk in ids.items()}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), arguments)
        for indicator_id, told_at, low, high, batch_id in cursor.fetchall():
            found[named[indicator_id]].append(Told(datetime.fromtimestamp(told_at, UTC), low, high, batch_id))
    for told in found.values():
        told.sort(key=lambda one: (one.told_at, one.batch_id))
    return found


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Somebody said that a value is still so: of which indicator, when, of which batch's value, in which batch."""

    key: str
    at: datetime
    of: int
    batch_id: int


def confirmed_since(
    site: Site, keys: Collection[str], since: datetime, *, until: datetime
) -> list[Confirmed]:
    """Each "sigue igual" said of these indicators from `since` to `until`, oldest first. One query."""
    rows = Confirmation.objects.filter(
        site=site,
        indicator__key__in=list(keys),
        confirmed_at__range=(int(since.timestamp()), int(until.timestamp())),
    ).order_by("confirmed_at", "pk")
    return [
        Confirmed(key, datetime.fromtimestamp(at, UTC), of, batch_id)
        for key, at, of, batch_id in rows.values_list("indicator__key", "confirmed_at", "of_id", "batch_id")
    ]


def reach(keys: Collection[str], start: datetime) -> dict[str, datetime]:
    """From when to read each indicator so that whatever still counted at `start` is found."""
    return {key: start - INDICATORS[key].expires for key in keys}


def known_at(history: History, moments: Sequence[datetime]) -> list[Inputs]:
    """What was known at each of these hours (in order): the newest value of each indicator told by then."""
    steps: list[Inputs] = [{} for _moment in moments]
    for key, told in history.items():
        position = 0
        for step, moment in zip(steps, moments, strict=True):
            while position < len(told) and told[position].told_at <= moment:
                position += 1
            if position:
                one = told[position - 1]
                step[key] = Measurement(one.low, one.high, one.told_at, None, one.batch_id)
    return steps


def keys_of(measure: Measure) -> frozenset[str]:
    """Every indicator that may enter this measure, or settle whether it applies."""
    whole = {"persons", "women", "men"} if measure.key not in INDICATORS or measure.numerator else set()
    named = {
        measure.numerator,
        measure.denominator,
        measure.observed,
        measure.separated,
        measure.shared,
        measure.whole_site,
        *measure.only_if_told,
        *measure.unless_told,
        *measure.gives_way_to,
        *(other for other, _worth in measure.worth),
    }
    own = {measure.key} if measure.key in INDICATORS else set()
    parts = {
        f"{key}{suffix}"
        for key in named
        if key in ("toilets", "showers")
        for suffix in ("_women", "_men", "_shared", "_separated")
    }
    people = whole | own | parts | {key for key in named if key}
    return frozenset(key for key in people if key in INDICATORS)


def days_back(until: datetime, days: int) -> list[datetime]:
    """The same hour of each of the last days, the oldest first, ending with `until`."""
    return [until - timedelta(days=back) for back in range(days - 1, -1, -1)]


ALL_KEYS = {key: keys_of(measure) for key, measure in MEASURES.items()}
