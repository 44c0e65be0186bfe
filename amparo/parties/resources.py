"""Organisations and accounts, declared once. Their pages are made by hand."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.disclosure import Purpose
from amparo.kernel.access import may, roles, standing
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.parties.actions.accounts import (
    USUAL_DAYS,
    add_account,
    correct_account,
    ends_after,
    ends_with,
    take_back_account,
    undo_correction,
)
from amparo.parties.actions.organisations import facts_of, undo_change, write_organisation
from amparo.parties.forms.accounts import AccountEditForm, AccountRowForm, OrganisationForm
from amparo.parties.permissions import Parties
from amparo.parties.queries.accounts import (
    NOT_FOR_PEOPLE,
    SOON,
    accounts_answered_for,
    alive,
    ending,
    last_day,
    living,
    over,
    place_code,
    scope_words,
    waiting,
    with_roles,
)
from amparo.parties.queries.helping import ROLE as HELPER
from amparo.parties.queries.organisations import organisations_visible_to
from amparo.parties.stepping import stepped_up
from amparo.toolkit import formats
from amparo.toolkit.asked import address, quoted
from amparo.toolkit.doors import opened_by
from amparo.toolkit.frames import Link, Option
from amparo.toolkit.imports.queries import added_by
from amparo.toolkit.resources import (
    Choice,
    Choices,
    Column,
    Empty,
    Filter,
    NotUnderstood,
    Permissions,
    Resource,
    choices_of,
)
from amparo.toolkit.templatetags.toolkit import pill

PUBLIC, PERSONAL = DataClass.PUBLIC, DataClass.PERSONAL


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


# --- accounts

STATES = Choices(
    "state",
    gettext_lazy("Estado"),
    (
        Choice("alive", gettext_lazy("Abiertas"), living),
        Choice("soon", gettext_lazy("Terminan en 14 días"), ending),
        Choice("waiting", gettext_lazy("Esperan un código"), waiting),
        Choice("ended", gettext_lazy("Terminadas"), over),
    ),
    usual="alive",
)


class RoleFilter(Filter):
    """`role=committee`: those who hold that role now."""

    key = "role"
    label: Any = gettext_lazy("Cargo")

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        if not asked:
            return records
        if asked not in role_labels():
            raise NotUnderstood(
                _("No se conoce el cargo «%(asked)s»") % {"asked": quoted(asked)},
                _("Se muestran todos los cargos."),
            )
        held = standing(Holding.objects.filter(user=OuterRef("pk"), role=asked))
        return records.filter(Exists(held))

    def options(self, asked: str) -> tuple[Option, ...]:
        known = ((name, str(label)) for name, label in role_labels().items())
        return (
            Option("", _("Todos los cargos"), not asked),
            *(Option(name, label, name == asked) for name, label in known),
        )


class BodyFilter(Filter):
    """`organisation=` the name of one: the accounts of its people."""

    key = "organisation"
    label: Any = gettext_lazy("Institución")

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        if not asked:
            return records
        if not Organisation.objects.filter(name=asked).exists():
            raise NotUnderstood(
                _("No se conoce la institución «%(asked)s»") % {"asked": quoted(asked)},
                _("No se muestra ninguna fila. Escriba su nombre completo, o búsquela con palabras."),
                nothing=True,
            )
        return records.filter(organisation__name=asked)

    def options(self, asked: str) -> tuple[Option, ...]:
        """Those that have accounts, where they are few; else the one asked for alone: words find the others."""
        people = User.objects.filter(organisation=OuterRef("pk"), kind=User.Kind.PERSON)
        names = Organisation.objects.filter(Exists(people)).order_by("name").values_list("name", flat=True)
        listed = list(names[: MOST_LISTED + 1])
        if len(listed) > MOST_LISTED:
            listed = [asked] if asked else []
        return (
            (
                Option("", _("Todas las instituciones"), not asked),
                *(Option(name, name, name == asked) for name in listed),
            )
            if listed
            else ()
        )


MOST_LISTED = 60  # organisations that a list can still be chosen from on a phone


def role_labels() -> dict[str, Any]:
    """Each role that a person may hold, in words; helpers' among them."""
    return {name: role.label for name, role in roles().items() if name not in NOT_FOR_PEOPLE}


def role_of(user: Any) -> str:
    """The one role somebody holds, by its name; of several, the words of all."""
    names = list(dict.fromkeys(one.role for one in user.held))
    labels = role_labels()
    return names[0] if len(names) == 1 else ", ".join(str(labels.get(name, name)) for name in names)


def role_words(user: Any) -> str:
    labels = role_labels()
    return ", ".join(dict.fromkeys(str(labels.get(one.role, one.role)) for one in user.held)) or "–"


def place_of(user: Any) -> str:
    return ", ".join(dict.fromkeys(filter(None, (place_code(one.scope) for one in user.held))))


def only_own(user: Any) -> bool | None:
    """Whether the one role somebody holds is for centres of one organisation; None where that has no one answer."""
    return user.held[0].organisation_id is not None if len(user.held) == 1 else None


def days_left(user: Any) -> int | None:
    day = last_day(user)
    return max((day - timezone.localdate()).days, 0) if day is not None and user.may_act() else None


def waits(user: Any) -> bool:
    """As `waiting`, of one account."""
    code = getattr(user, "one_time_code", None)
    lives = code is not None and code.ends_at > timezone.now()
    helps = any(one.role == HELPER for one in user.held)
    return user.may_act() and not user.has_usable_password() and not lives and not helps


def entered(user: Any) -> str | SafeString:
    if waits(user):
        return pill("bajo", _("Espera un código"))
    return "" if user.last_login else format_html('<span class="quiet">{}</span>', _("Nunca"))


def end_words(user: Any) -> str | SafeString:
    """The last day; with the way to renew it while that is near."""
    words = formats.day(last_day(user))
    soon = user.may_act() and user.ends_at is not None and user.ends_at <= timezone.now() + SOON
    if not soon or any(one.role == HELPER for one in user.held):
        return words
    return format_html(
        '{} <a href="{}">{}<span class="vh"> {}</span></a>',
        words,
        ACCOUNTS.url("renew", user),
        _("Renovar"),
        user.name,
    )


class AccountResource(Resource):
    """What a person logs in with. Its list leaves with names, to those who answer for these very people.

    It is not in the API: no key may read names of accounts or open one (`amparo.parties.actions.tokens.NEVER`).
    """

    noun = "account"
    slug = "accounts"
    model = User
    permissions = Permissions(Kernel.MANAGE_ACCOUNTS, Kernel.MANAGE_ACCOUNTS, Kernel.MANAGE_ACCOUNTS)
    hand_made = frozenset({"page", "new", "renew", "codes"})
    purpose = Purpose.CARE
    for_machines = False
    shares_sheets = False  # the same area is not the same right to give roles
    icon = "personas"
    singular = gettext_lazy("Cuenta")
    plural = gettext_lazy("Cuentas")
    title = gettext_lazy("¿Quién puede entrar?")
    lead = gettext_lazy("Las cuentas de las que usted responde.")
    search_label = gettext_lazy("Nombre, cuenta o institución")
    help = gettext_lazy("Usted ve las cuentas cuyos cargos podría dar. Las demás las cuida otra persona.")
    empty = Empty(
        gettext_lazy("Ninguna aquí"),
        gettext_lazy(
            "Cada persona entra con su propia cuenta: así se sabe quién hizo qué. "
            "Las que terminan se avisan catorce días antes."
        ),
    )
    new_label = gettext_lazy("Crear cuenta")
    edit_title = gettext_lazy("¿Qué cambia de esta cuenta?")
    chips = STATES
    filters = (RoleFilter(), BodyFilter())
    searched = ("name", "username", "organisation__name")
    sort = "name"
    identify = ("username", "name")
    form_new = AccountRowForm
    form_edit = AccountEditForm
    verbs = {
        "user.added": gettext_lazy("Se abrió la cuenta"),
        "user.changed": gettext_lazy("Cambiaron sus datos"),
        "user.renewed": gettext_lazy("Se renovó"),
        "user.ended": gettext_lazy("Se cerró"),
        "user.taken_back": gettext_lazy("Se deshizo: nadie había entrado con ella"),
        "user.code_given": gettext_lazy("Se le dio un código"),
        "user.password_given": gettext_lazy("Se le dio una contraseña"),
        "user.password_changed": gettext_lazy("Eligió su contraseña"),
        "user.factors_taken_away": gettext_lazy("Se le quitó el segundo paso"),
        "holding.granted": gettext_lazy("Se le dio un cargo"),
        "holding.ended": gettext_lazy("Terminó un cargo"),
        "helper.entered": gettext_lazy("Entró a apoyar"),
        "helper.extended": gettext_lazy("Apoya un día más"),
        "helper.ended": gettext_lazy("Terminó su apoyo"),
    }
    reversals = {"user.changed": undo_correction}

    def visible_to(self, user: Any) -> "QuerySet[User]":
        return with_roles(accounts_answered_for(user))

    def may_be_repeated(self, user: Any) -> "QuerySet[User]":
        """Somebody who left and comes back is renewed; their name is no reason to doubt a new row."""
        return alive(self.visible_to(user))

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column(
                "name",
                gettext_lazy("Nombre"),
                lambda one: one.name,
                hxl="#contact+name",
                data_class=PERSONAL,
                sort="name",
                editable=True,
                required=True,
            ),
            Column(
                "username",
                gettext_lazy("Cuenta"),
                lambda one: one.username,
                hxl="#contact+account",
                data_class=PERSONAL,
                sort="username",
                listed=False,
                required=True,
            ),
            Column(
                "organisation",
                gettext_lazy("Institución"),
                lambda one: one.organisation.name,
                hxl="#org+name",
                sort="organisation__name",
                listed=False,
                required=True,
            ),
            Column(
                "role",
                gettext_lazy("Cargo"),
                role_of,
                "choice",
                hxl="#contact+role",
                choices=tuple(role_labels().items()),
                required=True,
                shown=role_words,
            ),
            Column(
                "place",
                gettext_lazy("Dónde"),
                place_of,
                "place",
                hxl="#loc+code",
                listed=False,
                required=True,
            ),
            Column(
                "only",
                gettext_lazy("Solo su institución"),
                only_own,
                "yesno",
                hxl="#org+only",
                listed=False,
            ),
            Column(
                "last_login",
                gettext_lazy("Entró"),
                lambda one: one.last_login,
                "moment",
                hxl="#date+entered",
                data_class=PERSONAL,
                sort="last_login",
                shown=entered,
            ),
            Column(
                "waits",
                gettext_lazy("Espera un código"),
                waits,
                "yesno",
                hxl="#status+code",
                listed=False,
            ),
            Column(
                "ends_on",
                gettext_lazy("Termina"),
                last_day,
                "date",
                hxl="#date+end",
                sort="ends_at",
                editable=True,
                shown=end_words,
            ),
            Column(
                "days",
                gettext_lazy("Días"),
                days_left,
                "whole",
                hxl="#meta+days",
                listed=False,
            ),
        )

    def name_of(self, record: Any) -> str:
        return str(record.name)

    def note(self, record: Any) -> str:
        return format_html("<code>{}</code> {}", record.username, record.organisation.name)

    def list_links(self, user: Any, params: Mapping[str, str]) -> tuple[Link, ...]:
        return (Link(_("Dar códigos"), address(self.url("codes"), params)),)

    def after_import(self, user: Any, run: Any) -> tuple[Link, ...]:
        wait = self.visible_to(user).filter(waiting(), uid__in=added_by(run))
        return (Link(_("Dar códigos"), f"{self.url('codes')}?import={run.uid}"),) if wait.exists() else ()

    def detail(self, said: Mapping[str, Any]) -> list[str]:
        if "role" not in said:
            return []
        return [f"{role_labels().get(said['role'], said['role'])}. {scope_words(said.get('scope', ''))}."]

    def value_words(self, name: str, value: Any) -> str | None:
        return formats.day(as_day(value)) if name in ("ends_on", "ends_at") else None

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        """A record always comes from `visible_to`: those one answers for, whom one may do all of this to."""
        return may(user, permission)

    def guard(self, view: Any) -> Any:
        """A sheet opens and closes accounts: it asks who is there, as opening or closing one does."""
        return opened_by(Kernel.MANAGE_ACCOUNTS)(stepped_up(view))

    def new_form(
        self, user: Any, data: Any = None, *, initial: Mapping[str, Any] | None = None
    ) -> forms.Form:
        return AccountRowForm(data, by=user, initial=dict(initial or {}))

    def edit_form(self, user: Any, record: Any, data: Any = None, *, prefix: str | None = None) -> forms.Form:
        return AccountEditForm(data, account=record, initial=self.initial(record), prefix=prefix)

    def initial(self, record: Any) -> dict[str, Any]:
        return {"name": record.name, "ends_on": last_day(record)}

    def create(self, *, by: Any, uid: UUID, **cleaned: Any) -> User:
        """It has no password: the person waits for a code. The last day that is told counts before the days."""
        day = cleaned["ends_on"]
        return add_account(
            by=by,
            uid=uid,
            username=cleaned["username"],
            name=cleaned["name"],
            organisation=cleaned["organisation"],
            role=cleaned["role"],
            scope=cleaned["place"],
            of=cleaned["organisation"] if cleaned["only"] else None,
            ends_at=ends_with(day) if day else ends_after(cleaned["days"] or USUAL_DAYS),
        )

    def update(self, record: Any, *, by: Any, **cleaned: Any) -> User:
        return correct_account(record, by=by, **cleaned)

    def erase(self, record: Any, *, by: Any, why: str) -> None:
        """Close what a sheet opened, while nobody has entered with it; the ledger names it, so it stays."""
        take_back_account(record, by=by, why=why)


def as_day(value: Any) -> date | None:
    """The day of a date or a moment as the ledger keeps it."""
    if not isinstance(value, str) or not value:
        return None
    moment = datetime.fromisoformat(value)
    return timezone.localdate(moment) if timezone.is_aware(moment) else moment.date()


ACCOUNTS = AccountResource()
