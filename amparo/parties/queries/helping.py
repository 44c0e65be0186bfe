"""Who helps for a day in the centres that someone is in charge of."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from amparo.kernel.access import limit, standing
from amparo.kernel.models import Holding, User
from amparo.parties.permissions import Parties

ROLE = "helper"
SHOWN = timedelta(
    days=7
)  # those whose day ended are still shown for a week: they come back, or left something


def helping_under(by: User, *, ended: bool = False) -> "QuerySet[Holding]":
    """The helpers' holdings in the centres of this person; with `ended`, also those of the last week.

    An account that holds anything more, another role or help in somebody else's centre, is no longer theirs to open,
    prolong or close: with it they would have what they do not hold.
    """
    mine = limit(
        Holding.objects.filter(role=ROLE).select_related("user", "granted_by", "organisation"),
        by,
        Parties.ENROL_HELPERS,
        path="scope",
        holder="organisation",
    )
    more = standing(Holding.objects.filter(user=OuterRef("user"))).exclude(pk__in=mine.values("pk"))
    held = mine.filter(~Exists(more))
    if ended:
        return held.filter(ends_at__gt=timezone.now() - SHOWN)
    return standing(held).filter(user__is_active=True)


def is_helper(user: User) -> bool:
    """Whether an account came in by a QR to help for a day, now or once."""
    return Holding.objects.filter(user=user, role=ROLE).exists()
