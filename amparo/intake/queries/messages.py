"""Which messages someone may review."""

from django.db.models import Q, QuerySet

from amparo.intake.models import RawMessage
from amparo.intake.permissions import Intake
from amparo.kernel.access import roles, scopes
from amparo.kernel.fields import subtree
from amparo.kernel.models import Holding, User


def messages_visible_to(user: User) -> "QuerySet[RawMessage]":
    """Filled forms of senders whose area lies within the reviewer's scopes, of the organisations they review.

    A message has no place until it is applied; its sender's area stands for it, all of it: what somebody sends who
    works in two areas is seen by reviewers of both. Sheets come from the console or from whoever imported them, and
    are seen by reviewers of the whole installation. A text message belongs where the centre lies that it names; one
    that names none for sure is seen by whoever reviews a whole country.
    """
    held = scopes(user, Intake.REVIEW)
    if not held:
        return RawMessage.objects.none()
    senders = [name for name, role in roles().items() if Intake.SEND in role.permissions]
    where = Q()
    for scope in held:
        if scope.path == "":
            here = Q()
        else:
            low, high = subtree(scope.path)
            areas = Holding.objects.filter(role__in=senders)
            within = areas.filter(scope__gte=low, scope__lt=high).values("user")
            beyond = areas.filter(Q(scope__lt=low) | Q(scope__gte=high)).values("user")
            here = Q(channel__in=RawMessage.FILLED, by__in=within) & ~Q(by__in=beyond)
            here |= Q(channel=RawMessage.Channel.SMS, site__path__gte=low, site__path__lt=high)
        if scope.organisation_id is not None:
            here &= Q(holder_id=scope.organisation_id)
        if not here:
            return RawMessage.objects.all()
        where |= here
        if scope.path.count("/") <= 1:
            where |= Q(channel=RawMessage.Channel.SMS, site=None)
    return RawMessage.objects.filter(where)
