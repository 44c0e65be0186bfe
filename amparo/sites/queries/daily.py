"""What a centre's person in charge meets each morning: the ten figures as they were last told, and who is silent."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from amparo.kernel.access import limit, scopes
from amparo.kernel.models import User
from amparo.sites.daily import FIGURES, MOST_CONFIRMATIONS, PERSONS, WOMEN, Figure
from amparo.sites.models import Confirmation, LatestObservation, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import SILENT_AFTER
from amparo.sites.queries.observed import Inputs
from amparo.standards import INDICATORS, Measurement, expires_at

_A_CENTRE = re.compile(r"[0-9a-f]{32}/$")


def silent_since(
    sites: "QuerySet[Site]", moment: datetime, *, hours: float = SILENT_AFTER.total_seconds() / 3600
) -> "QuerySet[Site]":
    """The open ones of these that nobody has reported of in so many hours before the moment. One condition."""
    return sites.filter(
        Q(last_told_at=None) | Q(last_told_at__lt=moment - timedelta(hours=hours)), status=Site.Status.OPEN
    )


def reported_by(user: User) -> "QuerySet[Site]":
    """The open centres of which this person may report."""
    sites = Site.objects.select_related("place", "holder").filter(status=Site.Status.OPEN)
    return limit(sites, user, Sites.REPORT)


def runs_a_centre(user: User) -> bool:
    """Whether this person may report, and only of centres named one by one: a person in charge. No query."""
    held = scopes(user, Sites.REPORT)
    return bool(held) and all(_A_CENTRE.search(scope.path) for scope in held)


def reports_of_an_area(user: User) -> bool:
    """Whether this person may report of a whole area: an operator of the round of calls."""
    return any(not _A_CENTRE.search(scope.path) for scope in scopes(user, Sites.REPORT))


@dataclass(frozen=True, slots=True)
class LastTold:
    """One of the ten as it was last told. `stays`: what "sigue igual" may still say of it; None: nothing, ever."""

    figure: Figure
    told: Measurement | None
    stays: "Stays | None" = None

    @property
    def may_stay(self) -> bool:
        return self.stays is not None and self.stays.may_be_said


@dataclass(frozen=True, slots=True)
class Stays:
    """How many more times "sigue igual" may be said of a value, and whether somebody said it today already."""

    left: int = MOST_CONFIRMATIONS
    said_today: bool = False

    @property
    def may_be_said(self) -> bool:
        return self.left > 0 and not self.said_today


def last_told(site: Site, inputs: Inputs, at: datetime) -> tuple[LastTold, ...]:
    """The ten figures as they stand; `inputs` as `assess` read them. One query."""
    known = {figure.indicator: inputs.get(figure.indicator) for figure in FIGURES}
    if overtaken(known[PERSONS], known[WOMEN]):
        known[WOMEN] = None
    stays = confirmations_left(site, known, at)
    found = []
    for figure in FIGURES:
        told = known[figure.indicator]
        if told is None or told.low != told.high:
            found.append(LastTold(figure, None))
            continue
        expired = expires_at(told, INDICATORS[figure.indicator]) <= at
        may = figure.may_stay and not expired
        found.append(LastTold(figure, told, stays[figure.indicator] if may else None))
    return tuple(found)


def overtaken(people: Measurement | None, women: Measurement | None) -> bool:
    """Whether a newer headcount left fewer people than there were women."""
    return (
        people is not None
        and women is not None
        and women.low > people.high
        and women.heard_at < people.heard_at
    )


def confirmations_left(site: Site, known: "dict[str, Measurement | None]", at: datetime) -> dict[str, Stays]:
    """How many more times each of these values may be confirmed, once a day at most. One query."""
    found = {key: Stays() for key in known}
    counted = (
        Confirmation.objects.filter(site=site, indicator__key__in=list(known))
        .order_by()
        .values_list("indicator__key", "of_id")
        .annotate(n=Count("pk"), last=Max("confirmed_at"))
    )
    for key, of_id, times, last in counted.filter(of_id__in=[told.ref for told in known.values() if told]):
        told = known[key]
        if told is not None and told.ref == of_id:
            found[key] = Stays(max(MOST_CONFIRMATIONS - times, 0), same_day(last, at))
    return found


def same_day(seconds: int, at: datetime) -> bool:
    """Whether a moment, in seconds since 1970 UTC, lies on the same day here."""
    return timezone.localdate(datetime.fromtimestamp(seconds, UTC)) == timezone.localdate(at)


def latest_values(site: Site, keys: Iterable[str]) -> dict[str, LatestObservation]:
    """The newest row of each of these indicators, by key."""
    rows = LatestObservation.objects.filter(site=site, indicator__key__in=list(keys))
    return {row.indicator.key: row for row in rows.select_related("indicator")}
