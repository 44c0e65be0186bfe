"""Keys for programs: one's own, and those of the accounts one answers for."""

from django.db.models import Q, QuerySet

from amparo.kernel.models import User
from amparo.parties.models import ApiToken
from amparo.parties.queries.accounts import accounts_answered_for


def tokens_of(user: User) -> "QuerySet[ApiToken]":
    return ApiToken.objects.filter(user=user)


def tokens_revocable_by(user: User) -> "QuerySet[ApiToken]":
    return ApiToken.objects.select_related("user").filter(
        Q(user=user) | Q(user__in=accounts_answered_for(user).values("pk"))
    )
