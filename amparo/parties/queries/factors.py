"""Who needs a second factor, and who has one."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from amparo.kernel.access import roles_held

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def asks_for_factor(user: Any) -> bool:
    """Whether one of the person's roles asks for a second factor."""
    return any(role.second_factor for role, _scope in roles_held(user))


def factor_is_obligatory() -> bool:
    """Everywhere but in the exercise, where it is offered: its accounts are for everybody and its people invented."""
    return settings.AMPARO_SECOND_FACTOR and not settings.HOME.exercise.exists()


def has_factor(user: Any) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def may_take_away(authenticator: Authenticator) -> bool:
    """Whoever must have one keeps at least one."""
    user = authenticator.user
    if authenticator.type not in FACTORS or not (factor_is_obligatory() and asks_for_factor(user)):
        return True
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=authenticator.pk).exists()


def takes_passkeys(request: HttpRequest) -> bool:
    """Browsers keep passkeys for a name under HTTPS, or for `localhost`; never for a bare number."""
    host = request.get_host().partition(":")[0]
    if host == "localhost":
        return True
    return request.is_secure() and not host.replace(".", "").isdigit() and not host.startswith("[")
