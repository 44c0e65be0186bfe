"""Organisations, declared once. Their page, with whom to call there, is made by hand."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy

from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation
from amparo.parties.actions.organisations import facts_of, undo_change, write_organisation
from amparo.parties.forms.accounts import OrganisationForm
from amparo.parties.permissions import Parties
from amparo.parties.queries.organisations import organisations_visible_to
from amparo.toolkit.resources import Choice, Choices, Column, Empty, Permissions, Resource, choices_of

PUBLIC = DataClass.PUBLIC


def profile_of(organisation: Organisation) -> Any:
    return getattr(organisation, "profile", None)


def parent_name(organisation: Organisation) -> str | None:
    profile = profile_of(organisation)
    return profile.parent.name if profile and profile.parent else None


KINDS = Choices(
    "group",
    gettext_lazy("Quiénes"),
    (
        Choice("civil", gettext_lazy("Civiles"), lambda: ~Q(kind__in=Organisation.ENFORCEMENT)),
        Choice(
            "enforcing",
            gettext_lazy("Seguridad y justicia penal"),
            lambda: Q(kind__in=Organisation.ENFORCEMENT),
        ),
    ),
    everything=gettext_lazy("Todas"),
)


class OrganisationResource(Resource):
    """A body that holds data or to which people belong."""

    noun = "organisation"
    slug = "organisations"
    model = Organisation
    permissions = Permissions(Parties.VIEW, Parties.MANAGE, Parties.MANAGE)
    hand_made = frozenset({"page"})
    icon = "comite"
    order = 80
    singular = gettext_lazy("Institución")
    plural = gettext_lazy("Instituciones")
    title = gettext_lazy("¿Quiénes trabajan aquí?")
    lead = gettext_lazy("Instituciones, y a quién llamar en cada una.")
    search_label = gettext_lazy("Nombre o siglas")
    help = gettext_lazy("El tipo decide qué cargos pueden tener sus cuentas.")
    empty = Empty(
        gettext_lazy("Ninguna todavía"),
        gettext_lazy("Agregue las que trabajan en la emergencia, y a quién llamar en cada una."),
    )
    new_label = gettext_lazy("Agregar institución")
    new_title = gettext_lazy("¿Qué institución es?")
    edit_title = gettext_lazy("¿Qué institución es?")
    chips = KINDS
    searched = ("name", "profile__acronym", "profile__parent__name")
    sort = "name"
    identify = ("name",)
    form_new = OrganisationForm
    form_edit = OrganisationForm
    verbs = {
        "organisation.added": gettext_lazy("Se agregó"),
        "organisation.changed": gettext_lazy("Cambió"),
        "contact.added": gettext_lazy("Se agregó a quién llamar"),
        "contact.changed": gettext_lazy("Cambió a quién llamar"),
        "contact.removed": gettext_lazy("Se quitó a quién llamar"),
    }

    reversals = {"organisation.changed": undo_change}

    def visible_to(self, user: Any) -> "QuerySet[Organisation]":
        return organisations_visible_to(user)

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column(
                "name",
                gettext_lazy("Institución"),
                lambda one: one.name,
                hxl="#org+name",
                data_class=PUBLIC,
                sort="name",
                required=True,
            ),
            Column(
                "acronym",
                gettext_lazy("Siglas"),
                lambda one: profile_of(one).acronym if profile_of(one) else "",
                hxl="#org+acronym",
                data_class=PUBLIC,
                sort="profile__acronym",
            ),
            Column(
                "kind",
                gettext_lazy("Tipo"),
                lambda one: one.kind,
                "choice",
                hxl="#org+type",
                data_class=PUBLIC,
                sort="kind",
                choices=choices_of(Organisation.Kind.choices),
                required=True,
            ),
            Column(
                "country",
                gettext_lazy("País"),
                lambda one: profile_of(one).country if profile_of(one) else "",
                hxl="#country+code",
                data_class=PUBLIC,
                sort="profile__country",
                listed=False,
            ),
            Column(
                "parent",
                gettext_lazy("Es parte de"),
                parent_name,
                hxl="#org+parent",
                data_class=PUBLIC,
                sort="profile__parent__name",
            ),
        )

    def name_of(self, record: Any) -> str:
        return str(record.name)

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        """The list is one for the house: whoever writes it anywhere writes all of it."""
        return may(user, permission)

    def new_form(
        self, user: Any, data: Any = None, *, initial: Mapping[str, Any] | None = None
    ) -> forms.Form:
        return OrganisationForm(data, initial=dict(initial or {}))

    def edit_form(self, user: Any, record: Any, data: Any = None, *, prefix: str | None = None) -> forms.Form:
        return OrganisationForm(data, initial=self.initial(record), prefix=prefix, organisation=record)

    def initial(self, record: Any) -> dict[str, Any]:
        return facts_of(record) | {"parent": parent_name(record)}

    def create(self, *, by: Any, uid: UUID, **cleaned: Any) -> Organisation:
        return write_organisation(None, by=by, uid=uid, **cleaned)

    def update(self, record: Any, *, by: Any, **cleaned: Any) -> Organisation:
        return write_organisation(record, by=by, **(facts_of(record) | cleaned))
