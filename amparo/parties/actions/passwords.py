"""Passwords are chosen by those who use them. A supervisor gives a code; nobody gives a password by mail."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.sealing import keyed_hash
from amparo.parties.actions.sessions import end_sessions
from amparo.parties.actions.tokens import revoke_tokens
from amparo.parties.models import OneTimeCode
from amparo.parties.queries.accounts import accounts_answered_for

PURPOSE = "one-time code"
LASTS = timedelta(hours=72)
CODES_AT_ONCE = 100  # more is a mistake, or more than anybody hands over in three days
CLEAR = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is mistaken for another by voice or by hand
GROUPS, LETTERS = 3, 4  # 59 random bits


@transaction.atomic
def give_code(user: User, *, by: User) -> str:
    """A code with which the person chooses a new password; told once. The old password, its sessions and the account's
    keys for programs end now."""
    user = answered_for(user, by=by)
    code = "-".join("".join(secrets.choice(CLEAR) for _letter in range(LETTERS)) for _group in range(GROUPS))
    now = timezone.now()
    OneTimeCode.objects.update_or_create(
        user=user,
        defaults={"digest": _digest(code), "given_by": by, "given_at": now, "ends_at": now + LASTS},
    )
    user.set_unusable_password()
    user.save(update_fields=["password"])
    end_sessions(user)
    revoke_tokens(user, by=by)
    _tell("user.code_given", user, by=by)
    return code


@transaction.atomic
def give_codes(
    users: Iterable[User], *, by: User, asked_at: datetime
) -> tuple[list[tuple[User, str]], list[User]]:
    """A code for each of them, told once; and those who got one after `asked_at`, whose code stays as it is.

    Two people at the same page, or the same page sent twice, so leave no slip that opens nothing.
    """
    wanted = [user.pk for user in users]
    if len(wanted) > CODES_AT_ONCE:
        raise Refused(
            "too_many_codes",
            _("Se dan %(n)s códigos a la vez como máximo. No se dio ninguno.") % {"n": CODES_AT_ONCE},
        )
    there = User.objects.select_for_update(of=("self",)).select_related("organisation").in_bulk(wanted)
    since = set(
        OneTimeCode.objects.filter(user__in=wanted, given_at__gte=asked_at).values_list("user_id", flat=True)
    )
    given = [(there[pk], give_code(there[pk], by=by)) for pk in wanted if pk not in since]
    return given, [there[pk] for pk in wanted if pk in since]


def person_of_code(username: str, code: str) -> User | None:
    """The living account to which this code was given, if it still holds. Nothing tells why it does not."""
    given = (
        OneTimeCode.objects.select_related("user__organisation")
        .filter(user__username__iexact=username.strip(), ends_at__gt=timezone.now())
        .first()
    )
    if given is None or not secrets.compare_digest(given.digest, _digest(code)) or not given.user.may_act():
        return None
    return given.user


@transaction.atomic
def choose_password(user: User, *, code: str, password: str) -> User:
    """Take the code and set the password. Raises `Refused` where the code was used meanwhile."""
    user = User.objects.select_for_update().get(pk=user.pk)
    taken, _rows = OneTimeCode.objects.filter(user=user, digest=_digest(code)).delete()
    if not taken:
        raise Refused("code_used", _("Ese código ya se usó. Pida otro a quien se lo dio."))
    change_password(user, password)
    return user


@transaction.atomic
def change_password(user: User, password: str) -> None:
    """Set what the person chose. Every session opened with the old one ends; whoever calls keeps their own."""
    user.set_password(password)
    user.save(update_fields=["password"])
    end_sessions(user)
    _tell("user.password_changed", user, by=user)


@transaction.atomic
def take_away_factors(user: User, *, by: User, why: str) -> None:
    """For somebody who lost their phone. The next log-in asks for none; where the role wants one, it is set then."""
    user = answered_for(user, by=by)
    Authenticator.objects.filter(user=user).delete()
    end_sessions(user)
    revoke_tokens(user, by=by)
    _tell("user.factors_taken_away", user, by=by, why=why)


def answered_for(user: User, *, by: User) -> User:
    """The account, locked, if `by` answers for it; else as if it did not exist."""
    if not accounts_answered_for(by).filter(pk=user.pk).exists():
        raise OutOfSight
    return User.objects.select_for_update().select_related("organisation").get(pk=user.pk)


def _digest(code: str) -> str:
    plain = "".join(letter for letter in code.upper() if letter in CLEAR)
    return keyed_hash(plain, purpose=PURPOSE)


def _tell(verb: str, user: User, *, by: User, why: str = "") -> None:
    ledger.record(
        verb,
        user,
        by=by,
        organisation_id=user.organisation_id,
        data_class=DataClass.PERSONAL,
        why=why,
        user=str(user.uid),
    )
