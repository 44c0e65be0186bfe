"""What is asked about accounts, roles, keys and organisations."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from amparo.kernel.access import roles, roles_held, scopes
from amparo.kernel.models import Organisation, User
from amparo.parties.actions.accounts import LONGEST_DAYS, USUAL_DAYS
from amparo.parties.actions.tokens import NEVER
from amparo.parties.models import Contact
from amparo.parties.queries.accounts import roles_to_give
from amparo.places.models import Place
from amparo.places.queries import at_path, resolve

DAYS = [(7, _("Una semana")), (30, _("Un mes")), (USUAL_DAYS, _("Tres meses")), (365, _("Un año"))]


class WhereForm(forms.Form):
    """A form that names a place by what a person would type; "" is everywhere."""

    place = forms.CharField(
        label=_("Dónde"),
        required=False,
        max_length=80,
        help_text=_("Código o nombre del municipio o departamento. Vacío: en todas partes."),
    )

    def clean_place(self) -> str:
        """The path of the place."""
        text: str = self.cleaned_data["place"].strip()
        if not text:
            return ""
        match = resolve(code=text, names=(text,))
        if match.place is None:
            raise forms.ValidationError(_("No se encontró ese lugar. Escriba su código o su nombre."))
        return match.place.path

    def begin_at_home(self, by: User) -> None:
        """Fill in the one place where the person works: empty means everywhere, which few may give."""
        worked = {scope.path for _role, scope in roles_held(by)}
        home = at_path(worked.pop()) if len(worked) == 1 else None
        self.fields["place"].initial = home.code if home is not None else ""


class _RoleFields(WhereForm):
    role = forms.ChoiceField(label=_("Cargo"))
    only = forms.BooleanField(
        label=_("Solo los albergues de su institución"),
        required=False,
        help_text=_("Sin marcar: los de todas las instituciones de ese lugar."),
    )

    def choose_roles(self, by: User) -> None:
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.name, role.label) for role in roles_to_give(by)]
        self.begin_at_home(by)


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

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_roles(by)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Organisation.objects.all()
        field.initial = by.organisation_id


class RoleForm(_RoleFields):
    days = forms.TypedChoiceField(
        label=_("Dura"),
        choices=[("", _("Lo que dure la cuenta")), *DAYS],
        coerce=int,
        required=False,
        empty_value=None,
    )
    field_order = ["role", "place", "only", "days"]

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choose_roles(by)


class RenewForm(forms.Form):
    days = forms.TypedChoiceField(label=_("Desde hoy"), choices=DAYS, coerce=int, initial=USUAL_DAYS)


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

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begin_at_home(by)
        held = {permission for role in roles().values() for permission in role.permissions}
        field = self.fields["permissions"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [
            (str(permission), words)
            for permission, words in WHAT.items()
            if permission in held and permission not in NEVER and scopes(by, permission)
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
