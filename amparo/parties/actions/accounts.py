"""Accounts: opened for a while, renewed, ended. What the kernel knows how to do, for those whom one answers for."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from amparo.kernel import actions as kernel
from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere, standing
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.parties.actions.passwords import answered_for, give_code
from amparo.parties.actions.sessions import end_sessions
from amparo.parties.actions.tokens import revoke_tokens
from amparo.parties.models import OneTimeCode
from amparo.parties.queries.accounts import accounts_answered_for, last_day

USUAL_DAYS = 90  # trust, A3: every account has an end, renewed by the supervisor with one tap
LONGEST_DAYS = 366


@transaction.atomic
def add_account(
    *,
    by: User,
    username: str,
    name: str,
    organisation: Organisation,
    role: str,
    scope: str,
    of: Organisation | None = None,
    ends_at: datetime,
    uid: UUID | None = None,
) -> User:
    """A new account with one role. It has no password and waits for a code."""
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    user = kernel.add_user(
        by=by,
        username=account_name(username),
        name=one_line(name),
        organisation=organisation,
        ends_at=ends_at,
        uid=uid,
    )
    kernel.grant(by=by, user=user, role=role, scope=scope, organisation=of)
    return user


def open_account(*, by: User, days: int = USUAL_DAYS, **facts: Any) -> tuple[User, str]:
    """`add_account` for some days. Returns it with the code by which the person chooses a password."""
    with transaction.atomic():
        user = add_account(by=by, ends_at=ends_after(days), **facts)
        return user, give_code(user, by=by)


def account_name(text: str) -> str:
    """The name of an account as it is kept: "Marta.Lima" -> "marta-lima". Raises `Refused` where nothing is left."""
    name = slugify(text.replace(".", "-"))[:60]
    if not name:
        raise Refused(
            "account_needs_a_name", _("Escriba un nombre de cuenta: letras y números, sin espacios.")
        )
    return name


def one_line(name: str) -> str:
    """The name of a person as it is kept. Raises `Refused` for an empty one."""
    name = " ".join(name.split())[:200]
    if not name:
        raise Refused("person_needs_a_name", _("Escriba el nombre de la persona."))
    return name


@transaction.atomic
def correct_account(user: User, *, by: User, name: str | None = None, ends_on: date | None = None) -> User:
    """Another name, or another last day; what is not given stays. A closed account is not opened by it."""
    user = answered_for(user, by=by)
    before = _told(user)
    if name is not None:
        user.name = one_line(name)
    if ends_on is not None and ends_on != last_day(user):
        refuse_last_day(ends_on, user)
        user.ends_at = ends_with(ends_on)
    return _changed(user, before, by=by)


@transaction.atomic
def undo_correction(user: User, *, by: User, said: Mapping[str, Any], of: str) -> User:
    """Put back what an entry `of` the ledger changed, unless somebody changed it again; `said` is its payload."""
    user = answered_for(user, by=by)
    before, changed = _told(user), said.get("changed") or {}
    if not changed or any(before.get(key) != left for key, (_was, left) in changed.items()):
        raise Refused("changed_since", _("No se deshizo nada: cambió después. Revísela y corríjala a mano."))
    if "name" in changed:
        user.name = changed["name"][0]
    if "ends_on" in changed:
        was = changed["ends_on"][0]
        user.ends_at = ends_with(date.fromisoformat(was)) if was else None
    return _changed(user, before, by=by)


def _told(user: User) -> dict[str, str | None]:
    day = last_day(user)
    return {"name": user.name, "ends_on": day.isoformat() if day else None}


def _changed(user: User, before: Mapping[str, str | None], *, by: User) -> User:
    """Save what is new of the account and write it down; nothing where nothing is."""
    changed = {key: [before[key], value] for key, value in _told(user).items() if value != before[key]}
    if changed:
        user.save(update_fields=["name", "ends_at"])
        ledger.record(
            "user.changed",
            user,
            by=by,
            organisation_id=user.organisation_id,
            data_class=DataClass.PERSONAL,
            changed=changed,
        )
    return user


@transaction.atomic
def take_back_account(user: User, *, by: User, why: str) -> User:
    """Undo an account that nobody has entered with: closed, its role ended, its name free for another.

    It is not deleted, for the ledger names it.
    """
    user = answered_for(user, by=by)
    if user.has_usable_password() or user.last_login is not None:
        raise Refused(
            "account_in_use",
            _("Esta persona ya eligió su contraseña. Su cuenta queda como está; ciérrela en su página."),
        )
    held = list(standing(Holding.objects.filter(user=user)))
    if len(held) > 1:
        raise Refused("changed_since", _("Alguien le dio otro cargo después. La cuenta queda como está."))
    for holding in held:
        kernel.end_holding(holding, by=by, why=why)
    OneTimeCode.objects.filter(user=user).delete()
    before, user.username = user.username, f"{user.username[:60]}-{user.uid.hex[:8]}"
    user.save(update_fields=["username"])
    user = kernel.end_user(user, by=by, why=why)
    ledger.record(
        "user.taken_back",
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        why=why,
        changed={"username": [before, user.username]},
    )
    return user


@transaction.atomic
def renew(user: User, *, by: User, days: int = USUAL_DAYS) -> User:
    """Let an account live on from today. One that had ended lives again; the roles that ended with it do not."""
    user = answered_for(user, by=by)
    before = user.ends_at
    user.ends_at, user.is_active = ends_after(days), True
    user.save(update_fields=["ends_at", "is_active"])
    ledger.record(
        "user.renewed",
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        user=str(user.uid),
        changed={"ends_at": [before, user.ends_at]},
    )
    return user


@transaction.atomic
def end(user: User, *, by: User, why: str) -> User:
    """Close an account at once, on every device and with its keys: renewed later, it begins without any."""
    user = kernel.end_user(answered_for(user, by=by), by=by, why=why)
    end_sessions(user)
    revoke_tokens(user, by=by)
    return user


@transaction.atomic
def give_role(
    user: User, *, by: User, role: str, scope: str, of: Organisation | None = None, days: int | None = None
) -> Holding:
    """Another role for an account one answers for. `days` ends it by itself; None lasts as long as the account."""
    user = answered_for(user, by=by)
    return kernel.grant(
        by=by, user=user, role=role, scope=scope, organisation=of, ends_at=ends_after(days) if days else None
    )


@transaction.atomic
def end_role(holding: Holding, *, by: User, why: str) -> Holding:
    if not accounts_answered_for(by).filter(pk=holding.user_id).exists():
        raise OutOfSight
    return kernel.end_holding(holding, by=by, why=why)


def ends_after(days: int) -> datetime:
    """So many days from now. Raises `Refused` beyond `LONGEST_DAYS`."""
    if not 0 < days <= LONGEST_DAYS:
        raise Refused(
            "too_long",
            _("Una cuenta dura de 1 a %(days)s días; después se renueva.") % {"days": LONGEST_DAYS},
        )
    return timezone.now() + timedelta(days=days)


def ends_with(day: date) -> datetime:
    """The last second of a day, here."""
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))


def refuse_last_day(day: date, user: User | None = None) -> None:
    """Raise `Refused` for a last day that a new account, or this one, cannot have."""
    today = timezone.localdate()
    if user is not None and not user.is_active:
        raise Refused(
            "account_closed",
            _("Esta cuenta se cerró. Si la persona vuelve, ábrala con «Renovar» en su página."),
        )
    if not today < day <= today + timedelta(days=LONGEST_DAYS):
        raise Refused(
            "too_long",
            _("Escriba un día desde mañana y hasta un año. Para cerrar una cuenta ya, vaya a su página."),
        )
