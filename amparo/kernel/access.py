"""The one place that answers "may this person do this, here?" and "which of these may they see?".

A holding gives a role within a scope: a place subtree x an organisation. `Scope` says both answers, so that a
page and a list cannot disagree.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from amparo.kernel.fields import subtree
from amparo.kernel.models import Holding, Organisation
from amparo.kernel.refusals import NotPermitted, OutOfSight

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Role:
    """A named set of permissions, in code. `handles_people` bars police, migration control and the military."""

    name: str
    label: Any
    permissions: frozenset[str]
    handles_people: bool = False


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


@lru_cache(maxsize=1)
def roles() -> Mapping[str, Role]:
    """Every role of the installation, by name."""
    return import_string(settings.AMPARO_ROLES)


def scopes(user: Any, permission: str) -> tuple[Scope, ...]:
    """Where the user holds the permission now. Read once per user object (one request)."""
    if not getattr(user, "is_authenticated", False) or not user.may_act():
        return ()
    held = getattr(user, "_held", None)
    if held is None:
        now = timezone.now()
        held = tuple(
            Holding.objects.filter(user=user, starts_at__lte=now)
            .filter(Q(ends_at=None) | Q(ends_at__gt=now))
            .values_list("role", "scope", "organisation_id")
        )
        user._held = held
    known = roles()
    enforcement = user.organisation.kind in Organisation.ENFORCEMENT if held else False
    return tuple(
        dict.fromkeys(
            Scope(path, organisation_id)
            for role, path, organisation_id in held
            if role in known
            and permission in known[role].permissions
            and not (enforcement and known[role].handles_people)
        )
    )


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
        raise NotPermitted(
            "not_permitted", _("Su cargo no incluye esto. Pídalo a quien administra el sistema.")
        )
    if not covers(held, path, holder_id):
        raise OutOfSight


def require_anywhere(user: Any, permission: str) -> None:
    """For things without a place: raise `NotPermitted` unless the user holds the permission somewhere."""
    if not may(user, permission):
        raise NotPermitted(
            "not_permitted", _("Su cargo no incluye esto. Pídalo a quien administra el sistema.")
        )
