"""Who calls with a key: the account behind it, with no more than the key allows (settings.AMPARO_TOKENS)."""

from django.utils import timezone

from amparo.kernel.access import Limits, Scope, limited
from amparo.kernel.models import User
from amparo.parties.actions.tokens import MARK, digest_of, note_use
from amparo.parties.models import ApiToken


def bearer(secret: str) -> User | None:
    """The owner of a living key, limited to it; None for anything else. Rights are looked up at each call."""
    if not secret.startswith(MARK):
        return None
    token = (
        ApiToken.objects.select_related("user__organisation")
        .filter(digest=digest_of(secret), revoked_at=None, ends_at__gt=timezone.now())
        .first()
    )
    if token is None or not token.user.may_act():
        return None
    note_use(token)
    scope = Scope(token.scope, token.organisation_id)
    user: User = limited(token.user, Limits(frozenset(token.permissions), scope))
    return user
