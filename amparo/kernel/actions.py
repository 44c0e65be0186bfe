"""What can be done to accounts, organisations and holdings."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import covers, grantable, require_anywhere, roles, scopes
from amparo.kernel.classes import DataClass
from amparo.kernel.dropbox import DropKey, current_key, write_drop_key
from amparo.kernel.events import scope_moved
from amparo.kernel.fields import subtree
from amparo.kernel.models import Erased, Holding, LedgerEntry, Organisation, Record, User
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import OutOfSight, Refused


@transaction.atomic
def add_organisation(*, by: User, name: str, kind: str = Organisation.Kind.GOVERNMENT) -> Organisation:
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    if kind not in Organisation.Kind.values:
        known = ", ".join(Organisation.Kind.values)
        raise Refused(
            "unknown_kind", _("Ese tipo de institución no existe. Hay: %(known)s.") % {"known": known}
        )
    organisation = Organisation.objects.create(name=name, kind=kind)
    ledger.record("organisation.added", by=by, organisation_id=organisation.pk, name=name, kind=kind)
    return organisation


@transaction.atomic
def add_user(
    *,
    by: User,
    username: str,
    name: str,
    organisation: Organisation,
    password: str | None = None,
    kind: str = User.Kind.PERSON,
    language: str = "es",
    ends_at: datetime | None = None,
    uid: UUID | None = None,
) -> User:
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    if User.objects.filter(username__iexact=username).exists():
        raise Refused("username_taken", _("Ya hay una cuenta con ese nombre. Elija otro."))
    user = User(
        username=username,
        name=name,
        organisation=organisation,
        kind=kind,
        language=language,
        ends_at=ends_at,
        **({"uid": uid} if uid else {}),
    )
    user.set_password(password)
    user.save()
    ledger.record(
        "user.added",
        user,
        by=by,
        organisation_id=organisation.pk,
        data_class=DataClass.PERSONAL,
        user=str(user.uid),
        username=username,
        kind=kind,
    )
    return user


@transaction.atomic
def end_user(user: User, *, by: User, why: str) -> User:
    """Close an account at once: its sessions stop being anybody's on their next request."""
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.kind == User.Kind.CONSOLE:
        raise Refused("console_never_ends", _("La consola de este equipo no se puede cerrar."))
    user.ends_at, user.is_active = timezone.now(), False
    user.save(update_fields=["ends_at", "is_active"])
    ledger.record(
        "user.ended",
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        why=why,
        user=str(user.uid),
    )
    return user


@transaction.atomic
def give_password(user: User, *, by: User) -> str:
    """A new random password, told once. Sessions opened with the old one end."""
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    user = User.objects.select_for_update().get(pk=user.pk, kind=User.Kind.PERSON)
    password = "-".join(secrets.token_hex(3) for _part in range(3))
    user.set_password(password)
    user.save(update_fields=["password"])
    ledger.record(
        "user.password_given",
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        user=str(user.uid),
    )
    return password


def require_grantable(
    *, by: User, member_of: Organisation, role: str, scope: str, organisation: Organisation | None
) -> None:
    """Hold a role that is to be given to somebody of a body to the rules of `grant`.

    Raises `Refused`; `OutOfSight` where `by` manages no accounts there.
    """
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    if role not in roles():
        raise Refused("unknown_role", _("Ese cargo no existe."))
    if roles()[role].handles_people and member_of.kind in Organisation.ENFORCEMENT:
        raise Refused(
            "enforcement_never_handles_people",
            _(
                "Este cargo llega a datos de personas. Las cuentas de policía, fuerza militar, control migratorio,"
                " seguridad o justicia penal no pueden tenerlo."
            ),
        )
    holder_id = organisation.pk if organisation else 0
    if not covers(scopes(by, Kernel.MANAGE_ACCOUNTS), scope, holder_id):
        raise OutOfSight
    if not covers(grantable(by, roles()[role]), scope, holder_id):
        raise Refused(
            "more_than_one_holds",
            _("Este cargo puede más que el suyo. Pídalo a quien tenga ese cargo o administre Amparo."),
        )


@transaction.atomic
def grant(
    *,
    by: User,
    user: User,
    role: str,
    scope: str = "",
    organisation: Organisation | None = None,
    ends_at: datetime | None = None,
) -> Holding:
    """Give a role within a scope. Nobody gives more than they hold; enforcement bodies never handle people."""
    require_grantable(by=by, member_of=user.organisation, role=role, scope=scope, organisation=organisation)
    holding = Holding.objects.create(
        user=user, role=role, scope=scope, organisation=organisation, ends_at=ends_at, granted_by=by
    )
    ledger.record(
        "holding.granted",
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=Holding.data_class,
        user=str(user.uid),
        role=role,
        scope=scope,
        of=str(organisation.uid) if organisation else None,
        ends_at=ends_at,
    )
    return holding


@transaction.atomic
def end_holding(holding: Holding, *, by: User, why: str) -> Holding:
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    if not covers(scopes(by, Kernel.MANAGE_ACCOUNTS), holding.scope, holding.organisation_id or 0):
        raise OutOfSight
    holding = Holding.objects.select_for_update().select_related("user").get(pk=holding.pk)
    holding.ends_at = max(timezone.now(), holding.starts_at)
    holding.save(update_fields=["ends_at"])
    ledger.record(
        "holding.ended",
        holding.user,
        by=by,
        organisation_id=holding.user.organisation_id,
        data_class=Holding.data_class,
        why=why,
        user=str(holding.user.uid),
        role=holding.role,
        scope=holding.scope,
    )
    return holding


def move_holdings(*, before: str, after: str) -> int:
    """Follow a place, or a record that is a scope, to where it lies now: holdings under `before` lie under `after`.

    `scope_moved` tells those who keep scopes of their own.
    """
    moved = 0
    low, high = subtree(before)
    for holding in Holding.objects.filter(scope__gte=low, scope__lt=high):
        holding.scope = after + holding.scope[len(before) :]
        holding.save(update_fields=["scope"])
        moved += 1
    scope_moved.send(sender=Holding, before=before, after=after)
    return moved


def erase(record: Record, *, by: User, why: str) -> None:
    """Remove a record and leave its id, so that a late message cannot revive it. Called by a noun's own action."""
    noun = record._meta.label_lower
    Erased.objects.create(uid=record.uid, noun=noun)
    ledger.record(f"{record._meta.model_name}.erased", record, by=by, why=why)
    record.delete()


def was_erased(uid: UUID) -> bool:
    return Erased.objects.filter(uid=uid).exists()


def console(**_nothing: Any) -> User:
    """The account under which this machine's own command line and jobs act."""
    return User.objects.select_related("organisation").get(kind=User.Kind.CONSOLE)


@transaction.atomic
def rotate_drop_key(*, by: User) -> DropKey:
    """From now on browsers seal to a new key pair; what they sealed to older ones still opens. The new one."""
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    write_drop_key(settings.HOME.keys)
    key = current_key()
    ledger.record("drop_key.rotated", by=by, organisation_id=by.organisation_id, key=key.name.hex())
    return key


@transaction.atomic
def note_export(*, by: User, what: str, rows: int, sha256: str, **detail: Any) -> LedgerEntry:
    """Write down that `rows` records left, before the first of them does: what, by which filter, their digest."""
    return ledger.record(
        "export.left",
        by=by,
        organisation_id=by.organisation_id,
        what=what,
        rows=rows,
        sha256=sha256,
        **detail,
    )
