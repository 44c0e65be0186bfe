"""Accounts: opened for a while, renewed, ended. What the kernel knows how to do, for those whom one answers for."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from amparo.kernel import actions as kernel
from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.parties.actions.passwords import answered_for, give_code
from amparo.parties.actions.sessions import end_sessions
from amparo.parties.queries.accounts import accounts_answered_for

USUAL_DAYS = 90  # trust, A3: every account has an end, renewed by the supervisor with one tap
LONGEST_DAYS = 366


@transaction.atomic
def open_account(
    *,
    by: User,
    username: str,
    name: str,
    organisation: Organisation,
    role: str,
    scope: str,
    of: Organisation | None = None,
    days: int = USUAL_DAYS,
) -> tuple[User, str]:
    """A new account with one role, for some days. Returns it with the code by which the person chooses a password."""
    require_anywhere(by, Kernel.MANAGE_ACCOUNTS)
    username = slugify(username.replace(".", "-"))[:60]
    if not username:
        raise Refused(
            "account_needs_a_name", _("Escriba un nombre de cuenta: letras y números, sin espacios.")
        )
    user = kernel.add_user(
        by=by, username=username, name=name.strip()[:200], organisation=organisation, ends_at=_end(days)
    )
    kernel.grant(by=by, user=user, role=role, scope=scope, organisation=of)
    return user, give_code(user, by=by)


@transaction.atomic
def renew(user: User, *, by: User, days: int = USUAL_DAYS) -> User:
    """Let an account live on from today. One that had ended lives again; the roles that ended with it do not."""
    user = answered_for(user, by=by)
    before = user.ends_at
    user.ends_at, user.is_active = _end(days), True
    user.save(update_fields=["ends_at", "is_active"])
    ledger.record(
        "user.renewed",
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        user=str(user.uid),
        changed={"ends_at": [before, user.ends_at]},
    )
    return user


@transaction.atomic
def end(user: User, *, by: User, why: str) -> User:
    """Close an account at once, on every device."""
    user = kernel.end_user(answered_for(user, by=by), by=by, why=why)
    end_sessions(user)
    return user


@transaction.atomic
def give_role(
    user: User, *, by: User, role: str, scope: str, of: Organisation | None = None, days: int | None = None
) -> Holding:
    """Another role for an account one answers for. `days` ends it by itself; None lasts as long as the account."""
    user = answered_for(user, by=by)
    return kernel.grant(
        by=by, user=user, role=role, scope=scope, organisation=of, ends_at=_end(days) if days else None
    )


@transaction.atomic
def end_role(holding: Holding, *, by: User, why: str) -> Holding:
    if not accounts_answered_for(by).filter(pk=holding.user_id).exists():
        raise OutOfSight
    return kernel.end_holding(holding, by=by, why=why)


def _end(days: int) -> datetime:
    if not 0 < days <= LONGEST_DAYS:
        raise Refused(
            "too_long",
            _("Una cuenta dura de 1 a %(days)s días; después se renueva.") % {"days": LONGEST_DAYS},
        )
    return timezone.now() + timedelta(days=days)
