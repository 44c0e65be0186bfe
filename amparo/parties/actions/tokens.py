"""Keys for programs: made with step-up, shown once, no wider and no longer-lived than their owner."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import covers, scopes
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.parties.models import ApiToken

MARK = "amparo_"  # so that whoever finds one in a script knows what it opens
LONGEST_DAYS = 366
NEVER = frozenset({"kernel.manage_accounts", "parties.manage", "parties.enrol_helpers"})


@transaction.atomic
def make_token(
    *,
    by: User,
    label: str,
    permissions: Iterable[str],
    scope: str = "",
    of: Organisation | None = None,
    days: int = 90,
) -> tuple[ApiToken, str]:
    """A key and its secret, told once. Its permissions must be the owner's in all of its scope."""
    wanted = sorted(set(permissions))
    if not label.strip():
        raise Refused("token_needs_a_label", _("Escriba para qué es la llave."))
    if not wanted:
        raise Refused("token_does_nothing", _("Elija qué puede hacer la llave."))
    if not 0 < days <= LONGEST_DAYS:
        raise Refused("too_long", _("Una llave dura de 1 a %(days)s días.") % {"days": LONGEST_DAYS})
    for permission in wanted:
        if permission in NEVER or not scopes(by, permission):
            raise Refused("more_than_one_holds", _("Una llave no puede más que quien la hace."))
        if not covers(scopes(by, permission), scope, of.pk if of else 0):
            raise OutOfSight
    secret, now = MARK + secrets.token_urlsafe(32), timezone.now()
    ends_at = now + timedelta(days=days)
    token = ApiToken.objects.create(
        user=by,
        label=label.strip()[:120],
        digest=digest_of(secret),
        permissions=wanted,
        scope=scope,
        organisation=of,
        made_at=now,
        ends_at=min(ends_at, by.ends_at) if by.ends_at else ends_at,
    )
    _tell("token.made", token, by=by)
    return token, secret


@transaction.atomic
def revoke_token(token: ApiToken, *, by: User) -> ApiToken:
    """Its next call is refused."""
    token = ApiToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        _tell("token.revoked", token, by=by)
    return token


@transaction.atomic
def revoke_tokens(user: User, *, by: User) -> None:
    """All of an account's keys: whoever had the account may have made one, or copied it."""
    for token in ApiToken.objects.filter(user=user, revoked_at=None, ends_at__gt=timezone.now()):
        revoke_token(token, by=by)


def note_use(token: ApiToken) -> None:
    """The day of its last call, written once a day."""
    today = timezone.localdate()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=today)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _tell(verb: str, token: ApiToken, *, by: User) -> None:
    ledger.record(
        verb,
        by=by,
        organisation_id=token.user.organisation_id,
        token=str(token.uid),
        of=str(token.user.uid),
        label=token.label,
        permissions=token.permissions,
        scope=token.scope,
        ends_at=token.ends_at,
    )
