"""Which centres were open on a day gone by: a centre that has closed since stood open then.

Only the last opening is known: a centre that closed and opened again counts from then.

Often nobody says when a centre opened. It then counts as open from the first day on which anybody is known to have
known of it: the day of its first report, or the day on which it was written down, whichever came first. Before that
day it is neither open nor closed, and stands on no list of that day. A centre that is closed, nobody says since when,
counts as closed from that same day on.
"""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from amparo.kernel.fields import subtree
from amparo.sites.models import ObservationBatch, Site

NOT_YET = ""  # the status of a centre on a day before anybody is known to have known of it as open


def end_of(day: date) -> datetime:
    """The last second of a day, here."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def begun_by(day: date) -> Q:
    """The condition of having opened by the end of a day, as this module says."""
    end = end_of(day)
    told = ObservationBatch.objects.filter(site=OuterRef("pk"), told_at__lte=end)
    return Q(opened_on__lte=day) | Q(opened_on=None) & (Q(recorded_at__lte=end) | Q(Exists(told)))


def open_then(day: date) -> Q:
    """The condition of having stood open at the end of a day gone by."""
    return begun_by(day) & (Q(status=Site.Status.OPEN) | Q(status=Site.Status.CLOSED, closed_on__gt=day))


def closed_then(day: date) -> Q:
    """The condition of having closed by the end of a day gone by."""
    return Q(status=Site.Status.CLOSED) & (Q(closed_on__lte=day) | Q(closed_on=None) & begun_by(day))


def open_on(sites: "QuerySet[Site]", day: date | None) -> list[Site]:
    """Those that were open on a day gone by, with the status they had; None is today."""
    if day is None:
        return list(sites.filter(status=Site.Status.OPEN))
    found = list(sites.filter(open_then(day)))
    for site in found:
        site.status = Site.Status.OPEN  # as it was; these rows are read, never saved
    return found


def stood_open(sites: "QuerySet[Site]", day: date, known: Iterable[Site]) -> list[Site]:
    """Those that were open on a day gone by; of them, the open ones that are `known` are not read again."""
    keys = set(sites.filter(open_then(day)).values_list("pk", flat=True))
    found = [site for site in known if site.pk in keys]
    gone = list(sites.filter(pk__in=keys - {site.pk for site in found}))
    for site in gone:
        site.status = Site.Status.OPEN  # as it was; these rows are read, never saved
    return [*found, *gone]


def closed_on(sites: "QuerySet[Site]", day: date | None) -> list[Site]:
    """Those that had closed by a day gone by; None is today."""
    return list(_closed(sites, day))


def how_many_closed(sites: "QuerySet[Site]", day: date | None) -> int:
    """How many had closed by a day gone by; None is today."""
    return _closed(sites, day).count()


def _closed(sites: "QuerySet[Site]", day: date | None) -> "QuerySet[Site]":
    return sites.filter(closed_then(day) if day is not None else Q(status=Site.Status.CLOSED))


def statuses(sites: Iterable[Site], day: date | None) -> dict[int, str]:
    """The status that each of these had on a day gone by, by key, or `NOT_YET`; None is today. One query."""
    if day is None:
        return {site.pk: site.status for site in sites}
    found = {
        site.pk: Site.Status.CANDIDATE if site.status == Site.Status.CANDIDATE else NOT_YET for site in sites
    }
    stood = Site.objects.filter(open_then(day) | closed_then(day), pk__in=list(found))
    for key, status, closed in stood.values_list("pk", "status", "closed_on"):
        since = status == Site.Status.CLOSED and closed is not None and closed > day
        found[key] = Site.Status.OPEN if since else status
    return found


def under(sites: "QuerySet[Site]", paths: Iterable[str]) -> "QuerySet[Site]":
    """Those that lie in any of these places or below; none where there are no paths."""
    where: Any = Q(pk__in=[])
    for path in paths:
        low, high = subtree(path)
        where |= Q(path__gte=low, path__lt=high)
    return sites.filter(where)
