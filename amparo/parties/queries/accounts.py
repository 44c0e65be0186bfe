"""Which accounts someone answers for, and when they end.

Someone answers for an account when they could themselves give every role that it holds now: otherwise giving it a
new password would be a way to take what they do not have.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from amparo.kernel.access import Role, Scope, grantable, roles, scopes, standing
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.parties.queries.helping import ROLE as HELPER

SOON = timedelta(days=14)
NOT_FOR_PEOPLE = frozenset({"console", "device"})


def accounts_answered_for(by: User) -> "QuerySet[User]":
    """Accounts of people whose every present role `by` could give, in their own scope. Never their own."""
    people = User.objects.filter(kind=User.Kind.PERSON).exclude(pk=by.pk).select_related("organisation")
    mine = scopes(by, Kernel.MANAGE_ACCOUNTS)
    if not mine:
        return people.none()
    theirs = Holding.objects.filter(user=OuterRef("pk"))
    within = _within(by)
    beyond = standing(theirs).exclude(within)
    inside = theirs.filter(_any(scope.as_filter("scope", "organisation") for scope in mine))
    return people.filter(~Exists(beyond)).filter(
        Exists(inside) | (~Exists(theirs) & _of_their_organisations(by, mine))
    )


def _within(by: User) -> Q:
    """The holdings that `by` could give."""
    return _any(
        Q(role=role.name) & scope.as_filter("scope", "organisation")
        for role in roles().values()
        for scope in grantable(by, role)
    )


def _of_their_organisations(by: User, mine: Iterable[Scope]) -> Q:
    """Accounts that never held anything have no place: they are their organisation's."""
    if any(scope.path == "" and scope.organisation_id is None for scope in mine):
        return Q()
    known = {scope.organisation_id or by.organisation_id for scope in mine}
    return Q(organisation__in=known)


def _any(conditions: Iterable[Q]) -> Q:
    found = Q(pk__in=[])
    for condition in conditions:
        if not condition:
            return Q()
        found |= condition
    return found


def roles_to_give(by: User, *, to: Organisation | None = None) -> list[Role]:
    """The roles that someone may give somewhere, helpers' apart: those come through their own door."""
    return [
        role
        for name, role in roles().items()
        if name not in NOT_FOR_PEOPLE | {HELPER}
        and grantable(by, role)
        and not (role.handles_people and to is not None and to.kind in Organisation.ENFORCEMENT)
    ]


def ending_soon(accounts: "QuerySet[User]", now: datetime | None = None) -> "QuerySet[User]":
    """Those that end within fourteen days and have not ended. Helpers, who always do, have a page of their own."""
    now = now or timezone.now()
    soon = accounts.filter(is_active=True, ends_at__gt=now, ends_at__lte=now + SOON)
    return soon.exclude(holdings__role=HELPER).order_by("ends_at")


def alive(accounts: "QuerySet[User]", now: datetime | None = None) -> "QuerySet[User]":
    return accounts.filter(is_active=True).filter(Q(ends_at=None) | Q(ends_at__gt=now or timezone.now()))


def ended(accounts: "QuerySet[User]", now: datetime | None = None) -> "QuerySet[User]":
    return accounts.filter(Q(is_active=False) | Q(ends_at__lte=now or timezone.now()))


def found(accounts: "QuerySet[User]", text: str) -> "QuerySet[User]":
    """By name, account or organisation, as somebody would type them."""
    for word in text.split():
        accounts = accounts.filter(
            Q(name__icontains=word) | Q(username__icontains=word) | Q(organisation__name__icontains=word)
        )
    return accounts
