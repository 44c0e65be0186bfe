"""Who helps for a day in the centres that someone is in charge of."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from amparo.kernel.access import limit, standing
from amparo.kernel.models import Holding, User
from amparo.parties.permissions import Parties

ROLE = "helper"
SHOWN = timedelta(
    days=7
)  # those whose day ended are still shown for a week: they come back, or left something


def helping_under(by: User, *, ended: bool = False) -> "QuerySet[Holding]":
    """The helpers' holdings in the centres of this person; with `ended`, also those of the last week."""
    held = limit(
        Holding.objects.filter(role=ROLE).select_related("user", "granted_by", "organisation"),
        by,
        Parties.ENROL_HELPERS,
        path="scope",
        holder="organisation",
    )
    if ended:
        return held.filter(ends_at__gt=timezone.now() - SHOWN)
    return standing(held).filter(user__is_active=True)
