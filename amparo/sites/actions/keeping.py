"""Keeping how centres stood on each day gone by, and forgetting what a late report changes.

What is kept can always be computed again from the observations, so nothing is written to the ledger.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from amparo.crises.queries import phases_for
from amparo.sites.models import DaySummary, ObservationBatch, Site
from amparo.sites.queries.gaps import Moment, assess, confirmed_standards
from amparo.sites.queries.standing import closed_then, end_of, open_then
from amparo.sites.queries.standings import packed, rules_of, standing_of

YEAR = 366
AT_ONCE = 100  # centres judged between two looks at whether to stop

KEEP = """
INSERT INTO sites_daysummary (day, site_id, rules, content) VALUES (%s, %s, %s, %s)
ON CONFLICT (day, site_id) DO UPDATE SET rules = excluded.rules, content = excluded.content
"""
FORGET = "DELETE FROM sites_daysummary WHERE site_id = %s AND day >= %s"


def keep_days(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Keep how every centre stood on each day of the last year, yesterday first; return how many lines were written.

    Run by the worker; what is already kept costs one look per day. `stop` is asked between batches of centres.
    """
    first = ObservationBatch.objects.aggregate(first=Min("told_at"))["first"]
    if first is None:
        return 0
    today = timezone.localdate()
    days = min((today - timezone.localdate(first)).days, YEAR)
    written = 0
    for back in range(1, days + 1):
        if stop():
            break
        written += keep_day(today - timedelta(days=back), stop=stop)
    return written


def keep_day(day: date, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Keep how every centre that was there stood at the end of one day, where that is not kept by today's rules."""
    sites = list(Site.objects.filter(open_then(day) | closed_then(day)).order_by("pk"))
    phases = phases_for([site.path for site in sites], day)
    confirmed = confirmed_standards()
    rules = {site.pk: rules_of(site.kind, phases[site.path], confirmed) for site in sites}
    kept = {pk: bytes(by) for pk, by in DaySummary.objects.filter(day=day).values_list("site_id", "rules")}
    missing = [site for site in sites if kept.get(site.pk) != rules[site.pk]]
    written = 0
    for start in range(0, len(missing), AT_ONCE):
        if stop():
            break
        some = missing[start : start + AT_ONCE]
        lines = [packed(standing_of(one)) for one in assess(some, Moment.on(end_of(day)))]
        written += _write(
            [(site, (day, site.pk, rules[site.pk], line)) for site, line in zip(some, lines, strict=True)]
        )
    return written


@transaction.atomic
def _write(lines: list[tuple[Site, tuple]]) -> int:
    """Write the lines of the centres of which nothing was told meanwhile; the others wait for the next round."""
    locked = Site.objects.select_for_update().filter(pk__in=[site.pk for site, _row in lines]).order_by("pk")
    versions = dict(locked.values_list("pk", "version"))
    rows = [row for site, row in lines if versions.get(site.pk) == site.version]
    with connection.cursor() as cursor:
        cursor.executemany(KEEP, rows)
    return len(rows)


def forget_days(told: Iterable[tuple[int, datetime]]) -> None:
    """Forget what was kept of centres (by key) from the day of a report on. Inside the report's own transaction."""
    today = timezone.localdate()
    late = [(site_id, day) for site_id, told_at in told if (day := timezone.localdate(told_at)) < today]
    if late:
        with connection.cursor() as cursor:
            cursor.executemany(FORGET, late)
