"""The round of calls: which silent centres to call first, who is calling which, and what came of the last try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from amparo.kernel.models import User
from amparo.sites.models import CallAttempt, Site
from amparo.sites.queries.daily import reported_by, silent_since
from amparo.sites.queries.gaps import Assessed, Moment, assess, longest_silent

CLAIM_LASTS = timedelta(minutes=10)
"""How long a call that nobody finished keeps others from calling the same centre."""
TRY_AGAIN = timedelta(hours=1)
"""How long a centre that was tried in vain waits behind those that nobody has tried."""

REMEMBERED = timedelta(days=7)
"""How far back a call to a centre that is still silent says anything."""


@dataclass(frozen=True, slots=True)
class ToCall:
    """A silent centre of the round. `last`: the newest finished call since it fell silent; `claim`: one under way."""

    assessed: Assessed
    last: CallAttempt | None = None
    claim: CallAttempt | None = None

    @property
    def site(self) -> Site:
        return self.assessed.site

    def waits(self, moment: datetime) -> bool:
        """Whether it was tried a short while ago and stands behind the others."""
        ended = self.last.ended_at if self.last is not None else None
        return ended is not None and moment - ended < TRY_AGAIN


def round_of(user: User, moment: datetime) -> list[ToCall]:
    """The silent centres of which this person may report, in the order to call them. A constant count of queries.

    Lives at risk first, then people, then hours of silence; those tried within the hour after all others.
    """
    sites = list(silent_since(reported_by(user).select_related("place__parent"), moment))
    calls = _calls(sites, since=moment - REMEMBERED)
    found = []
    for one in assess(sites, Moment(moment)):
        ended, under_way = calls.get(one.site.pk, (None, None))
        if ended is not None and one.site.last_told_at and (ended.ended_at or moment) < one.site.last_told_at:
            ended = None
        claim = under_way if under_way is not None and is_live(under_way, moment) else None
        found.append(ToCall(one, ended, claim))
    return sorted(found, key=lambda one: _order(one, moment))


def next_of(user: User, moment: datetime) -> ToCall | None:
    """The first of the round that nobody is calling and that was not tried within the hour."""
    return next((one for one in round_of(user, moment) if one.claim is None and not one.waits(moment)), None)


def is_live(call: CallAttempt, moment: datetime) -> bool:
    """Whether a call is under way: not finished, and not lapsed."""
    return call.ended_at is None and moment - call.started_at < CLAIM_LASTS


def _order(one: ToCall, moment: datetime) -> tuple:
    return one.waits(moment), *longest_silent(one.assessed)


def _calls(
    sites: Sequence[Site], *, since: datetime
) -> dict[int, tuple[CallAttempt | None, CallAttempt | None]]:
    """For each centre its newest finished call and the one under way. One query."""
    found: dict[int, list[CallAttempt | None]] = {}
    calls: Iterable[CallAttempt] = (
        CallAttempt.objects.filter(site__in=[site.pk for site in sites], started_at__gt=since)
        .exclude(outcome=CallAttempt.Outcome.LAPSED)
        .select_related("by")
        .order_by("started_at", "pk")
    )
    for call in calls:
        pair = found.setdefault(call.site_id, [None, None])
        pair[call.ended_at is None] = call
    return {pk: (pair[0], pair[1]) for pk, pair in found.items()}


def calls_in_vain(site: Site) -> "QuerySet[CallAttempt]":
    """The finished calls to a centre that gave no report, the newest first. One that nobody ended says nothing."""
    return (
        CallAttempt.objects.filter(site=site, ended_at__isnull=False)
        .exclude(outcome__in=(CallAttempt.Outcome.REPORTED, CallAttempt.Outcome.LAPSED))
        .select_related("by")
        .order_by("-ended_at", "-pk")
    )


def claim_on(site: Site, moment: datetime) -> CallAttempt | None:
    """The call to this centre that is under way now, whoever makes it."""
    call = CallAttempt.objects.filter(site=site, ended_at=None).select_related("by").first()
    return call if call is not None and is_live(call, moment) else None
