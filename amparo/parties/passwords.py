"""What makes a password good enough: length and not being guessable here. No rules of composition, no rotation."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from amparo.kernel.words import fold

ALONE, WITH_FACTOR = 15, 8  # NIST 800-63B-4
# What people here would try first. A password is not one of these with some figures around it.
LOCAL = frozenset(
    word
    for line in (
        "amparo albergue refugio honduras guatemala elsalvador salvador tegucigalpa sanpedrosula",
        "copeco conred codem municipalidad municipal alcaldia contrasena clave emergencia",
        "olimpia motagua comunicaciones catracho chapin guanaco diosesamor bendiciones",
        "tormenta huracan practicadeamparo",
    )
    for word in line.split()
)


class LongEnough:
    """Fifteen characters alone; eight where a second factor stands beside it."""

    def validate(self, password: str, user: Any = None) -> None:
        from amparo.parties.queries.factors import has_factor

        least = WITH_FACTOR if user is not None and user.pk and has_factor(user) else ALONE
        if len(password) < least:
            raise ValidationError(
                _("Escriba %(least)s letras o más. Tres o cuatro palabras sueltas valen.") % {"least": least},
                code="password_too_short",
            )

    def get_help_text(self) -> str:
        return _("Quince letras o más: por ejemplo, cuatro palabras sueltas.")


class NotOfHere:
    """Neither the name of the account nor a word that everybody here would try, alone or with figures."""

    def validate(self, password: str, user: Any = None) -> None:
        core = re.sub(r"[^a-z]", "", fold(password))
        own = {
            re.sub(r"[^a-z]", "", fold(name))
            for name in (getattr(user, "username", ""), getattr(user, "name", ""))
        }
        for word in LOCAL | own - {""}:
            if core.replace(word, "") == "":
                raise ValidationError(
                    _(
                        "Es fácil de adivinar aquí. Elija palabras que no tengan que ver con usted ni con esto."
                    ),
                    code="password_of_here",
                )

    def get_help_text(self) -> str:
        return _("No use su nombre ni palabras de este trabajo.")
