"""Who comes through the doors: what allauth asks of this house, in its words.

Log-in by account name, no open sign-up, no e-mail at all: most centres have none.
"""

import time
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.sealing import seal, unseal
from amparo.parties.actions.passwords import change_password

FACTOR_CONTEXT = "second factor"
SAID = {
    "account/messages/password_changed.txt": _("Su contraseña cambió. Se cerraron sus otras sesiones."),
    "mfa/messages/totp_activated.txt": _("La aplicación de códigos quedó puesta."),
    "mfa/messages/totp_deactivated.txt": _("Se quitó la aplicación de códigos."),
    "mfa/messages/webauthn_added.txt": _("La llave de acceso quedó puesta."),
    "mfa/messages/webauthn_removed.txt": _("Se quitó la llave de acceso."),
}


class AccountAdapter(DefaultAccountAdapter):
    """One answer for an unknown account, a wrong password and an account that ended."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("La cuenta o la contraseña no son correctas."),
        "too_many_login_attempts": _(
            "Demasiados intentos. Espere cinco minutos y pruebe otra vez. Nada se ha perdido."
        ),
        "rate_limited": _("Demasiados intentos. Espere un momento y pruebe otra vez."),
        "incorrect_password": _("La contraseña no es correcta."),
        "enter_current_password": _("La contraseña actual no es correcta."),
        "incorrect_code": _("El código no es correcto, o ya se usó."),
        "same_as_current": _("Escriba una contraseña distinta de la actual."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The account alone: another name of the same server must not begin the count anew."""
        return str(credentials.get("username", "")).strip().casefold()

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse(settings.LOGIN_REDIRECT_URL)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("my_account")

    def set_password(self, user: Any, password: str) -> None:
        change_password(user, password)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        words = message or SAID.get(message_template or "")
        if words:
            messages.add_message(request, level, str(words), extra_tags=extra_tags)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever showed who they are within the last minutes, by log-in or again, is not asked twice."""
        return not showed_lately(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        words = {
            "reauthenticate": _("Con su contraseña"),
            "mfa_reauthenticate": _("Con un código"),
            "mfa_reauthenticate:webauthn": _("Con su llave de acceso"),
        }
        return [
            method | {"description": words[method["id"]]}
            for method in super().get_reauthentication_methods(user)
        ]


def showed_lately(request: HttpRequest) -> bool:
    """Whether the person showed who they are within ACCOUNT_REAUTHENTICATION_TIMEOUT."""
    shown = [record["at"] for record in get_authentication_records(request, request.user)]
    return bool(shown) and time.time() - max(shown) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


class FactorAdapter(DefaultMFAAdapter):
    """Second factors: secrets sealed, nothing of the inside given to a phone's keys."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("El código no es correcto, o ya se usó. Espere el siguiente."),
        "cannot_delete_authenticator": _("Su cargo pide un segundo paso: ponga otro antes de quitar este."),
        "cannot_generate_recovery_codes": _("Ponga antes una aplicación de códigos o una llave de acceso."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text.encode(), DataClass.PERSONAL, context=FACTOR_CONTEXT).hex()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(bytes.fromhex(encrypted_text), DataClass.PERSONAL, context=FACTOR_CONTEXT).decode()

    def get_totp_issuer(self) -> str:
        return "Amparo PRACTICA" if settings.HOME.exercise.exists() else "Amparo"

    def build_totp_svg(self, url: str) -> str:
        return ""  # the page draws its own

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        from amparo.parties.queries.factors import may_take_away

        return may_take_away(authenticator)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": context.request.get_host().partition(":")[0], "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: Any) -> dict:
        assert isinstance(user, User)
        return {"id": user.uid.bytes, "display_name": user.name, "name": user.username}
