"""The forms at the door: allauth's, in our words and without its placeholders."""

from typing import Any

from allauth.account import forms as account
from allauth.account.adapter import get_adapter
from allauth.mfa.base import forms as factors
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

CODE_LIVES = 120  # seconds: a code, with a drift of one step either way, is good for ninety


def typed(field: forms.Field, label: Any, hint: Any = "") -> None:
    field.label, field.help_text = label, hint
    field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):
    """Account and password. What is wrong is never said more exactly than "one of the two"."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        )
        self.fields["username"] = forms.CharField(label=_("Cuenta"), max_length=150, widget=widget)
        typed(self.fields["password"], _("Contraseña"))
        self.fields["password"].max_length = 500
        del self.fields["login"]
        self.order_fields(["username", "password"])

    def clean(self) -> Any:
        self.cleaned_data["login"] = self.cleaned_data.get("username", "").strip()
        return super().clean()


class AgainForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed(self.fields["password"], _("Su contraseña"))


class ChangeForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed(self.fields["oldpassword"], _("Contraseña actual"))
        typed(self.fields["password1"], _("Contraseña nueva"), LENGTH)
        typed(self.fields["password2"], _("La nueva, otra vez"))


LENGTH = _("Quince letras o más; ocho si tiene un segundo paso. Cuatro palabras sueltas valen.")
DIGITS = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "none",
    "autofocus": True,
}


class _CodeOnce:
    """A code opens once, also while the clock still takes it."""

    fields: dict[str, forms.Field]
    user: Any

    def in_our_words(self) -> None:
        typed(
            self.fields["code"],
            _("Código"),
            _("Los seis números de su aplicación, o uno de sus códigos de papel."),
        )
        self.fields["code"].widget.attrs |= DIGITS

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        digits = "".join(filter(str.isalnum, code))
        if not cache.add(f"amparo.code.{self.user.pk}.{digits}", 1, CODE_LIVES):
            raise get_adapter().validation_error("incorrect_code")
        return code


class CodeForm(_CodeOnce, factors.AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_our_words()


class CodeAgainForm(_CodeOnce, factors.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.in_our_words()


class SetCodesForm(ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        typed(self.fields["code"], _("Los seis números que muestra ahora"))
        self.fields["code"].widget.attrs |= DIGITS


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = self.initial["name"] = ""
        typed(self.fields["name"], _("Cómo la llamará"), _("Por ejemplo: mi teléfono."))

    def clean_name(self) -> str:
        return self.cleaned_data["name"].strip()[:60] or str(_("Llave de acceso"))


class OneTimeCodeForm(forms.Form):
    """The account and the code that somebody gave; then a password of one's own."""

    username = forms.CharField(
        label=_("Cuenta"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    code = forms.CharField(
        label=_("Código que le dieron"),
        max_length=40,
        help_text=_("Doce letras y números, en tres grupos."),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )
    password = forms.CharField(
        label=_("Contraseña nueva"),
        max_length=500,
        strip=False,
        help_text=LENGTH,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("La nueva, otra vez"),
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_password(self) -> str:
        """Judged without knowing the account: what is refused must not tell whether there is one."""
        password: str = self.cleaned_data["password"]
        validate_password(password)
        return password

    def clean(self) -> Any:
        said = super().clean() or {}
        if said.get("password") and said.get("again") and said["password"] != said["again"]:
            self.add_error("again", _("Las dos contraseñas no son iguales."))
        return said
