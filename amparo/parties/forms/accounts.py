"""What is asked about accounts, roles, keys and organisations."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from amparo.kernel.access import grantable, roles, roles_held, scopes
from amparo.kernel.actions import require_grantable
from amparo.kernel.models import Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.words import fold
from amparo.parties.actions.accounts import LONGEST_DAYS, USUAL_DAYS, account_name, refuse_last_day
from amparo.parties.actions.tokens import NEVER
from amparo.parties.models import Contact
from amparo.parties.queries.accounts import last_day, roles_of_people, roles_to_give, scope_words
from amparo.parties.queries.scopes import records_called
from amparo.places.models import Place
from amparo.places.queries import at_path, resolve
from amparo.places.queries.asking import place_words
from amparo.toolkit.asked import quoted
from amparo.toolkit.fields import Count, Day, held_to

DAYS = [(7, _("Una semana")), (30, _("Un mes")), (USUAL_DAYS, _("Tres meses")), (365, _("Un año"))]

NAMED = 3  # of what an error names


class WhereForm(forms.Form):
    """A form that names a place, or one centre, by what a person would type; "" is everywhere."""

    place = forms.CharField(
        label=_("Dónde"),
        required=False,
        max_length=200,
        help_text=_("Código o nombre del albergue, municipio o departamento. Vacío: en todas partes."),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_place(self) -> str:
        """The path of the place or of the centre. What is surely a place is one, but for who runs a centre."""
        text: str = self.cleaned_data["place"].strip()
        if not text:
            return ""
        match = resolve(code=text, names=(text,))
        role = roles().get(self.cleaned_data.get("role", ""))
        if match.place is not None and match.how == "exact" and not (role and role.needs_a_place):
            return match.place.path
        called = records_called(self.by, text)
        if len(called) > 1:
            raise forms.ValidationError(
                _("Hay varios así: %(names)s. Escriba su código."),
                params={"names": "; ".join(one.words for one in called[:NAMED])},
            )
        if called:
            return called[0].path
        if match.place is None:
            raise forms.ValidationError(_("No se encontró ese lugar. Escriba su código o su nombre."))
        if match.how != "exact":  # a centre with a slip in its name must not become a whole municipality
            raise forms.ValidationError(
                _("No se encontró ese lugar. ¿Quiso decir %(place)s? Escriba su código o su nombre."),
                params={"place": place_words(match.place)},
            )
        return match.place.path

    def keep_within(self, said: Mapping[str, Any]) -> None:
        """Say at the place where this person may give the role, if that is not where it was meant to be."""
        role, path = roles().get(said.get("role", "")), said.get("place")
        given = [scope.path for scope in grantable(self.by, role)] if role is not None else []
        if role is None or path is None or not given:
            return
        mine = ", ".join(scope_words(one) for one in dict.fromkeys(given[:NAMED]))
        if path == "" and "" not in given:
            self.add_error(
                "place", gettext("Escriba un lugar: usted responde por %(mine)s.") % {"mine": mine}
            )
        elif path == "" and role.needs_a_place:
            self.add_error("place", gettext("Escriba un lugar: el código o el nombre del albergue."))
        elif not any(path.startswith(one) for one in given):
            self.add_error(
                "place",
                gettext("Eso queda fuera de donde usted puede actuar. Usted responde por %(mine)s.")
                % {"mine": mine},
            )

    def begin_at_home(self) -> None:
        """Fill in the one place where the person works: empty means everywhere, which few may give."""
        worked = {scope.path for _role, scope in roles_held(self.by)}
        home = at_path(worked.pop()) if len(worked) == 1 else None
        self.fields["place"].initial = home.code if home is not None else ""


class _RoleFields(WhereForm):
    role = forms.ChoiceField(label=_("Cargo"))
    only = forms.BooleanField(
        label=_("Solo los albergues de su institución"),
        required=False,
        help_text=_("Sin marcar: los de todas las instituciones de ese lugar."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.name, role.label) for role in roles_to_give(self.by)]
        self.begin_at_home()

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        self.keep_within(said)
        return said


class AccountForm(_RoleFields):
    """A new account: who, of which institution, with which role where, for how long."""

    name = forms.CharField(label=_("Nombre de la persona"), max_length=200)
    username = forms.CharField(
        label=_("Cuenta"),
        max_length=60,
        help_text=_("Con ella entra. Corta, sin espacios: por ejemplo, marta-lima."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        ),
    )
    organisation = forms.ModelChoiceField(
        label=_("Institución de la persona"), queryset=Organisation.objects.none(), empty_label=None
    )
    days = forms.TypedChoiceField(label=_("Dura"), choices=DAYS, coerce=int, initial=USUAL_DAYS)
    field_order = ["name", "username", "organisation", "role", "place", "only", "days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.all()
        field.initial = self.by.organisation_id


class RoleForm(_RoleFields):
    days = forms.TypedChoiceField(
        label=_("Dura"),
        choices=[("", _("Lo que dure la cuenta")), *DAYS],
        coerce=int,
        required=False,
        empty_value=None,
    )
    field_order = ["role", "place", "only", "days"]


class RenewForm(forms.Form):
    days = forms.TypedChoiceField(label=_("Desde hoy"), choices=DAYS, coerce=int, initial=USUAL_DAYS)


class BodyField(forms.CharField):
    """An organisation by its name or its initials, as a sheet says it."""

    def clean(self, value: Any) -> Organisation | None:
        text = super().clean(value)
        if not text:
            return None
        named, called = self._known
        found = named.get(fold(text)) or called.get(fold(text), [])
        if len(found) == 1:
            return found[0]
        raise forms.ValidationError(
            _("Hay varias instituciones con las siglas «%(text)s». Escriba el nombre completo.")
            if found
            else _(
                "No hay ninguna institución «%(text)s». Escriba su nombre o sus siglas, o agréguela antes."
            ),
            params={"text": quoted(text)},
        )

    @cached_property
    def _known(self) -> tuple[dict[str, list[Organisation]], dict[str, list[Organisation]]]:
        """Every organisation by its folded name, and by its folded initials. Read once for all rows."""
        named: dict[str, list[Organisation]] = {}
        called: dict[str, list[Organisation]] = {}
        for one in Organisation.objects.select_related("profile"):
            named.setdefault(fold(one.name), []).append(one)
            initials = fold(one.profile.acronym) if hasattr(one, "profile") else ""
            if initials:
                called.setdefault(initials, []).append(one)
        return named, called


class AccountRowForm(WhereForm):
    """A new account as the row of a sheet says it. It says no for the same reasons as the screen, beforehand."""

    name = forms.CharField(label=_("Nombre"), max_length=200)
    username = forms.CharField(label=_("Cuenta"), max_length=60)
    organisation = BodyField(label=_("Institución"), max_length=200)
    role = forms.CharField(label=_("Cargo"), max_length=100)
    only = forms.BooleanField(label=_("Solo su institución"), required=False)
    ends_on = Day(label=_("Termina"), required=False)
    days = Count(label=_("Días"), required=False, min_value=1, max_value=LONGEST_DAYS)
    field_order = ["name", "username", "organisation", "role", "place", "only", "ends_on", "days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].required = True  # a box left empty by haste must not mean everywhere
        mine = scopes(self.by, Kernel.MANAGE_ACCOUNTS)
        self.fields["only"].initial = bool(mine) and all(one.organisation_id is not None for one in mine)

    def clean_username(self) -> str:
        try:
            name = account_name(self.cleaned_data["username"])
        except Refused as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(
                _("Ya hay una cuenta «%(account)s». Si es otra persona, escriba otro nombre de cuenta."),
                params={"account": name},
            )
        return name

    def clean_role(self) -> str:
        name: str = self.cleaned_data["role"]
        known = roles_of_people()
        if name not in known:
            raise forms.ValidationError(
                _("No se conoce el cargo «%(role)s». Hay: %(known)s."),
                params={
                    "role": quoted(name),
                    "known": ", ".join(str(role.label) for role in known.values()),
                },
            )
        return name

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None:
            held_to(refuse_last_day, day)
        return day

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        self.keep_within(said)
        if not {"organisation", "role", "place"} <= said.keys():
            return said
        try:
            require_grantable(
                by=self.by,
                member_of=said["organisation"],
                role=said["role"],
                scope=said["place"],
                organisation=said["organisation"] if said.get("only") else None,
            )
        except Refused as refusal:
            self.add_error("role", refusal.message)
        except OutOfSight:
            self.add_error("place", _("Eso queda fuera de donde usted puede actuar. Escriba un lugar suyo."))
        return said


class AccountEditForm(forms.Form):
    """What may be corrected of an account: the name, and its last day."""

    name = forms.CharField(label=_("Nombre"), max_length=200)
    ends_on = Day(label=_("Termina"), help_text=_("El último día en que puede entrar."))

    def __init__(self, *args: Any, account: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["ends_on"].required = account.ends_at is not None

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None and day != last_day(self.account):
            held_to(refuse_last_day, day, self.account)
        return day


class CodesForm(forms.Form):
    """To whom codes are given, of those that the page offers: (account, whether it waits for one)."""

    who = forms.MultipleChoiceField(label=_("A quiénes"), widget=forms.CheckboxSelectMultiple)
    asked_at = forms.IntegerField(min_value=0, widget=forms.HiddenInput)  # microseconds since 1970

    def __init__(self, *args: Any, offered: Sequence[tuple[User, bool]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["who"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(user.uid), _said(user, waits=waits)) for user, waits in offered]
        field.initial = [str(user.uid) for user, waits in offered if waits]


def _said(user: User, *, waits: bool) -> str:
    who = f"{user.name}, {user.username}. {user.organisation.name}"
    if user.has_usable_password():
        return gettext("%(who)s. Su contraseña dejará de valer") % {"who": who}
    return who if waits else gettext("%(who)s. El código que tiene dejará de valer") % {"who": who}


class WhyForm(forms.Form):
    why = forms.CharField(label=_("Por qué"), max_length=200)


WHAT = {
    "places.view": _("Ver lugares"),
    "crises.view": _("Ver emergencias"),
    "crises.manage": _("Escribir emergencias"),
    "sites.view": _("Ver albergues y sus cifras"),
    "sites.report": _("Reportar de un albergue"),
    "sites.manage": _("Crear y cambiar albergues"),
    "intake.send": _("Enviar formularios"),
    "intake.review": _("Ver y decidir mensajes"),
    "intake.manage_forms": _("Publicar formularios"),
    "parties.view": _("Ver instituciones"),
    "kernel.see_health": _("Ver la salud del sistema"),
}


class TokenForm(WhereForm):
    label = forms.CharField(
        label=_("Para qué es"), max_length=120, help_text=_("Por ejemplo: tablero de la oficina.")
    )
    permissions = forms.MultipleChoiceField(label=_("Qué podrá"), widget=forms.CheckboxSelectMultiple)
    days = forms.IntegerField(
        label=_("Días que dura"), min_value=1, max_value=LONGEST_DAYS, initial=USUAL_DAYS
    )
    field_order = ["label", "permissions", "place", "days"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin_at_home()
        held = {permission for role in roles().values() for permission in role.permissions}
        field = self.fields["permissions"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (str(permission), words)
            for permission, words in WHAT.items()
            if permission in held and permission not in NEVER and scopes(self.by, permission)
        ]


class OrganisationForm(forms.Form):
    name = forms.CharField(label=_("Nombre"), max_length=200)
    acronym = forms.CharField(label=_("Siglas"), max_length=30, required=False)
    kind = forms.ChoiceField(
        label=_("Tipo"),
        choices=Organisation.Kind.choices,
        help_text=_("El tipo decide qué cargos pueden tener sus cuentas."),
    )
    country = forms.ChoiceField(label=_("País"), required=False)
    parent = forms.ModelChoiceField(
        label=_("Es parte de"),
        queryset=Organisation.objects.none(),
        to_field_name="name",
        required=False,
        empty_label=_("De ninguna"),
    )

    def __init__(self, *args: Any, organisation: Organisation | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country, parent = self.fields["country"], self.fields["parent"]
        assert isinstance(country, forms.ChoiceField)
        assert isinstance(parent, forms.ModelChoiceField)
        countries = Place.objects.filter(level=0).order_by("name").values_list("country", "name")
        country.choices = [("", _("Varios, o ninguno de estos")), *countries]
        others = Organisation.objects.all()
        parent.queryset = others.exclude(pk=organisation.pk) if organisation else others


class ContactForm(forms.ModelForm):
    class Meta:
        model = Contact
        fields = ["name", "duty", "phone", "email"]
        widgets = {"phone": forms.TextInput(attrs={"inputmode": "tel"})}
