"""The one place that answers "may this person do this, here?" and "which of these may they see?".

A holding gives a role within a scope: a place subtree x an organisation. `Scope` says both answers, so that a
page and a list cannot disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from amparo.kernel.fields import subtree
from amparo.kernel.models import Holding, Organisation
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import NotPermitted, OutOfSight

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Role:
    """A named set of permissions, in code.

    `handles_people`: it reaches names of people, so accounts of `Organisation.ENFORCEMENT` never hold it.
    `second_factor`: outside the exercise it opens nothing until a second factor is set. `idle`: how long a
    session may stand unused; of several roles the shortest counts. `needs_a_place`: a form never gives it everywhere.
    """

    name: str
    label: Any
    permissions: frozenset[str]
    handles_people: bool = False
    second_factor: bool = False
    idle: timedelta = timedelta(minutes=30)
    needs_a_place: bool = False


class Located(Protocol):
    """A record that lies somewhere and is held by someone."""

    path: str
    holder_id: int


@dataclass(frozen=True)
class Scope:
    """Where a permission works: a place subtree ("" is everywhere) and one organisation (None is all)."""

    path: str
    organisation_id: int | None

    def covers(self, path: str, holder_id: int) -> bool:
        low, high = subtree(self.path)
        return low <= path < high and self.organisation_id in (None, holder_id)

    def as_filter(self, path: str, holder: str) -> Q:
        low, high = subtree(self.path)
        where = Q() if self.path == "" else Q(**{f"{path}__gte": low, f"{path}__lt": high})
        if self.organisation_id is not None:
            where &= Q(**{f"{holder}_id": self.organisation_id})
        return where

    def meets(self, other: "Scope") -> "Scope | None":
        """What lies in both; None where nothing does."""
        if self.path.startswith(other.path):
            path = self.path
        elif other.path.startswith(self.path):
            path = other.path
        else:
            return None
        if self.organisation_id is None or self.organisation_id == other.organisation_id:
            return Scope(path, other.organisation_id)
        return Scope(path, self.organisation_id) if other.organisation_id is None else None


@dataclass(frozen=True)
class Limits:
    """What is left of someone's rights when they act through a key of theirs: these permissions, in this scope."""

    permissions: frozenset[str]
    scope: Scope


def limited(user: Any, limits: Limits) -> Any:
    """The same account, acting with no more than this. Its rights are read anew."""
    user._limits, user._held = limits, None
    return user


@lru_cache(maxsize=1)
def roles() -> Mapping[str, Role]:
    """Every role of the installation, by name."""
    return import_string(settings.AMPARO_ROLES)


def scopes(user: Any, permission: str) -> tuple[Scope, ...]:
    """Where the user holds the permission now."""
    found = tuple(dict.fromkeys(scope for role, scope in roles_held(user) if permission in role.permissions))
    limits: Limits | None = getattr(user, "_limits", None)
    if limits is None:
        return found
    if permission not in limits.permissions:
        return ()
    return tuple(dict.fromkeys(filter(None, (scope.meets(limits.scope) for scope in found))))


def roles_held(user: Any) -> tuple[tuple[Role, Scope], ...]:
    """The roles someone has now, each with its scope. Read once per user object (one request).

    What an account of an enforcement body holds beyond its due counts for nothing, however it came there.
    """
    if not getattr(user, "is_authenticated", False) or not user.may_act():
        return ()
    held = getattr(user, "_held", None)
    if held is None:
        held = tuple(
            standing(Holding.objects.filter(user=user)).values_list("role", "scope", "organisation_id")
        )
        user._held = held
    known = roles()
    enforcement = user.organisation.kind in Organisation.ENFORCEMENT if held else False
    return tuple(
        (known[role], Scope(path, organisation_id))
        for role, path, organisation_id in held
        if role in known and not (enforcement and known[role].handles_people)
    )


def standing(holdings: "QuerySet[Holding]", at: datetime | None = None) -> "QuerySet[Holding]":
    """Those that have begun and not ended at `at` (now by default)."""
    at = at or timezone.now()
    return holdings.filter(starts_at__lte=at).filter(Q(ends_at=None) | Q(ends_at__gt=at))


def grantable(user: Any, role: Role) -> tuple[Scope, ...]:
    """Where someone may give a role: where they manage accounts and hold every permission of it themselves."""
    found = scopes(user, Kernel.MANAGE_ACCOUNTS)
    for permission in sorted(role.permissions):
        mine = scopes(user, permission)
        found = tuple(
            dict.fromkeys(met for one in found for other in mine if (met := one.meets(other)) is not None)
        )
    return found


def may(user: Any, permission: str) -> bool:
    """Whether the user holds the permission anywhere."""
    return bool(scopes(user, permission))


def can(user: Any, permission: str, record: Located) -> bool:
    """Whether the user holds the permission where this record lies and for whom it is held."""
    return covers(scopes(user, permission), record.path, record.holder_id)


def covers(held: Iterable[Scope], path: str, holder_id: int) -> bool:
    return any(scope.covers(path, holder_id) for scope in held)


def limit(
    queryset: "QuerySet[M]", user: Any, permission: str, *, path: str = "path", holder: str = "holder"
) -> "QuerySet[M]":
    """Keep the rows that `can` would allow. `path` and `holder` name the fields, through relations if need be."""
    held = scopes(user, permission)
    if not held:
        return queryset.none()
    where = Q()
    for scope in held:
        condition = scope.as_filter(path, holder)
        if not condition:
            return queryset
        where |= condition
    return queryset.filter(where)


def require(user: Any, permission: str, record: Located) -> None:
    """Raise `OutOfSight` (404) unless `can`; `NotPermitted` (403) when the user holds it nowhere."""
    require_within(user, permission, path=record.path, holder_id=record.holder_id)


def require_within(user: Any, permission: str, *, path: str, holder_id: int) -> None:
    """The same for something that does not exist yet and will lie at `path`, held by `holder_id`."""
    held = scopes(user, permission)
    if not held:
        raise NotPermitted("not_permitted", _("Su cargo no incluye esto. Pídalo a quien administra Amparo."))
    if not covers(held, path, holder_id):
        raise OutOfSight


def require_anywhere(user: Any, permission: str) -> None:
    """For things without a place: raise `NotPermitted` unless the user holds the permission somewhere."""
    if not may(user, permission):
        raise NotPermitted("not_permitted", _("Su cargo no incluye esto. Pídalo a quien administra Amparo."))
