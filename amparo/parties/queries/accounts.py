"""Which accounts someone answers for, and when they end.

Someone answers for an account when they could themselves give every role that it holds now: otherwise giving it a
new password would be a way to take what they do not have.
"""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.access import Role, Scope, grantable, roles, scopes, standing
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.parties.models import OneTimeCode
from amparo.parties.queries.helping import ROLE as HELPER
from amparo.parties.queries.scopes import record_name
from amparo.places.queries import at_path, label

SOON = timedelta(days=14)
NOT_FOR_PEOPLE = frozenset({"console", "device"})
_IS_A_CENTRE = re.compile("[0-9a-f]{32}")


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


def roles_of_people() -> dict[str, Role]:
    """The roles that are given to people by name, whoever may give them."""
    return {name: role for name, role in roles().items() if name not in NOT_FOR_PEOPLE | {HELPER}}


def roles_to_give(by: User, *, to: Organisation | None = None) -> list[Role]:
    """The roles that someone may give somewhere, helpers' apart: those come through their own door."""
    return [
        role
        for role in roles_of_people().values()
        if grantable(by, role)
        and not (role.handles_people and to is not None and to.kind in Organisation.ENFORCEMENT)
    ]


def living(now: datetime | None = None) -> Q:
    """The condition of an account that opens something today."""
    return Q(is_active=True) & (Q(ends_at=None) | Q(ends_at__gt=now or timezone.now()))


def over(now: datetime | None = None) -> Q:
    return Q(is_active=False) | Q(ends_at__lte=now or timezone.now())


def ending(now: datetime | None = None) -> Q:
    """Within fourteen days. Helpers, whose accounts always end soon, have a page of their own."""
    now = now or timezone.now()
    return Q(is_active=True, ends_at__gt=now, ends_at__lte=now + SOON) & ~Q(_helps())


def waiting(now: datetime | None = None) -> Q:
    """Alive, without a password, and nobody has given a code that still holds."""
    given = OneTimeCode.objects.filter(user=OuterRef("pk"), ends_at__gt=now or timezone.now())
    none = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX)
    return living(now) & none & ~Q(Exists(given)) & ~Q(_helps())


def _helps() -> Exists:
    return Exists(Holding.objects.filter(user=OuterRef("pk"), role=HELPER))


def ending_soon(accounts: "QuerySet[User]", now: datetime | None = None) -> "QuerySet[User]":
    """Those that end within fourteen days and have not ended, the first to end first."""
    return accounts.filter(ending(now)).order_by("ends_at")


def alive(accounts: "QuerySet[User]", now: datetime | None = None) -> "QuerySet[User]":
    return accounts.filter(living(now))


def with_roles(accounts: "QuerySet[User]") -> "QuerySet[User]":
    """With what a list says of each: the roles held now (`held`) and the code that was given."""
    held = standing(Holding.objects.select_related("organisation"))
    return accounts.select_related("one_time_code").prefetch_related(
        Prefetch("holdings", queryset=held, to_attr="held")
    )


def who_may_get_codes(accounts: "QuerySet[User]") -> "QuerySet[User]":
    """Those who come in with a password, the ones who wait for a code first. Helpers come in by a QR."""
    return (
        accounts.filter(living() & ~Q(_helps())).annotate(waits=Q(waiting())).order_by("-waits", "name", "pk")
    )


def last_day(user: User) -> date | None:
    """The day with which an account ends, here; None where it has no end."""
    return timezone.localdate(user.ends_at) if user.ends_at else None


def scope_words(path: str) -> str:
    """Where a scope works, as people say it. A centre that nobody knows any more says its municipality."""
    if path == "":
        return _("En todas partes")
    steps = path.rstrip("/").split("/")
    if _IS_A_CENTRE.fullmatch(steps[-1]) and (name := record_name(path)):
        return name
    while steps:
        place = at_path("/".join(steps) + "/")
        if place is not None:
            words: str = label(place)
            return words if path == place.path else _("Un albergue de %(place)s") % {"place": words}
        steps.pop()
    return path


def place_code(path: str) -> str:
    """The code of the place that a scope names; "" is everywhere. A centre's own scope says its municipality."""
    steps = path.rstrip("/").split("/")
    return steps[-2] if len(steps) > 1 and _IS_A_CENTRE.fullmatch(steps[-1]) else steps[-1]
