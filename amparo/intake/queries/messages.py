"""Which messages someone may review."""

from django.db.models import Q, QuerySet

from amparo.intake.models import RawMessage
from amparo.intake.permissions import Intake
from amparo.kernel.access import scopes
from amparo.kernel.fields import subtree
from amparo.kernel.models import Holding, User


def messages_visible_to(user: User) -> "QuerySet[RawMessage]":
    """Messages from phones whose area lies within the reviewer's scopes, of the organisations they review.

    A message has no place until it is applied; its sender's area stands for it. Sheets come from the console or
    from whoever imported them, and are seen by reviewers of the whole installation.
    """
    held = scopes(user, Intake.REVIEW)
    if not held:
        return RawMessage.objects.none()
    where = Q()
    for scope in held:
        if scope.path == "":
            here = Q()
        else:
            low, high = subtree(scope.path)
            within = Holding.objects.filter(role="device", scope__gte=low, scope__lt=high).values("user")
            here = Q(by__in=within)
        if scope.organisation_id is not None:
            here &= Q(holder_id=scope.organisation_id)
        if not here:
            return RawMessage.objects.all()
        where |= here
    return RawMessage.objects.filter(where)
