"""People and organisations for tests, by what they may do."""

import itertools

from amparo.kernel.access import Role, roles
from amparo.kernel.models import Holding, LedgerOrigin, Organisation, User

_number = itertools.count(1)


def organisation(name: str | None = None, *, kind: str = Organisation.Kind.NGO) -> Organisation:
    return Organisation.objects.create(name=name or f"Organización inventada {next(_number)}", kind=kind)


def person(
    *permissions: str, scope: str = "", of: Organisation | None = None, member_of: Organisation | None = None
) -> User:
    """Someone with just these permissions in a scope (`of` limits it to one organisation's records)."""
    here()
    user = User.objects.create(
        username=f"persona{next(_number)}",
        name="Persona Inventada",
        organisation=member_of or of or organisation(),
    )
    if permissions:
        name = f"test-{'-'.join(sorted(permissions))}"[:40]
        role = Role(name, f"Prueba {name}", frozenset(map(str, permissions)))
        roles()[role.name] = role  # type: ignore[index]
        Holding.objects.create(user=user, role=role.name, scope=scope, organisation=of)
    return user


def holding_role(role: str, *, scope: str = "", of: Organisation | None = None) -> User:
    """Someone who holds a real role."""
    user = person(scope=scope, of=of)
    Holding.objects.create(user=user, role=role, scope=scope, organisation=of)
    return user


def here() -> LedgerOrigin:
    """The ledger's origin, as `amparo init` makes it."""
    return LedgerOrigin.objects.get_or_create(here=True, defaults={"name": "here"})[0]
