"""What comes in, declared: forms, phones and messages. Their pages say more than a Resource can and are hand-made."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.intake.actions.devices import revoke_device
from amparo.intake.models import Device, Form, RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.queries.activity import by_form, by_phone, newest_versions
from amparo.intake.queries.devices import devices_visible_to
from amparo.intake.queries.forms import forms_visible_to
from amparo.intake.queries.mappings import targets
from amparo.intake.queries.messages import messages_visible_to
from amparo.intake.reasons import reasons
from amparo.kernel.access import may
from amparo.kernel.models import Holding
from amparo.places.queries import label, places_at
from amparo.toolkit.resources import (
    Action,
    Choice,
    Choices,
    Column,
    Empty,
    Permissions,
    Resource,
    choices_of,
)
from amparo.toolkit.templatetags.toolkit import pill

MARKS = {"waiting": "bajo", "received": "nada", "applied": "cumple", "discarded": "mudo"}


class MessageResource(Resource):
    """Whatever came from a phone, a browser or a sheet, as it came."""

    noun = "message"
    slug = "messages"
    model = RawMessage
    permissions = Permissions(Intake.REVIEW)
    hand_made = frozenset({"page"})
    icon = "sms"
    order = 50
    singular = gettext_lazy("Mensaje")
    plural = gettext_lazy("Mensajes")
    title = gettext_lazy("¿Qué mensajes esperan a una persona?")
    lead = gettext_lazy("Están guardados tal como llegaron: no se pierden.")
    help = gettext_lazy(
        "Un mensaje se guarda antes de avisar al teléfono. Lo que no se reconoce espera aquí."
    )
    search_label = gettext_lazy("Buscar por folio, formulario o persona")
    empty = Empty(
        gettext_lazy("Ningún mensaje espera"),
        gettext_lazy(
            "Lo que llega de teléfonos y hojas se aplica solo. Aquí queda lo que necesita que alguien decida."
        ),
    )
    chips = Choices(
        "state",
        gettext_lazy("Estado"),
        tuple(Choice(str(value), words, Q(state=value)) for value, words in RawMessage.State.choices),
        usual=RawMessage.State.WAITING.value,
    )
    sort = "-folio"
    identify = ("folio",)

    def visible_to(self, user: Any) -> "QuerySet[RawMessage]":
        return messages_visible_to(user).select_related("by").defer("content")

    def search(self, records: "QuerySet[Any]", text: str) -> "QuerySet[Any]":
        where = Q(form_id__icontains=text) | Q(by__name__icontains=text)
        if text.isascii() and text.isdigit() and len(text) < 19:
            where |= Q(pk=int(text))
        return records.filter(where)

    def name_of(self, record: RawMessage) -> str:
        return _("Folio %(folio)s") % {"folio": record.folio}

    def note(self, record: RawMessage) -> str:
        return record.form_id

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column("folio", gettext_lazy("Mensaje"), self.name_of, hxl="#meta+id", sort="pk"),
            Column(
                "form", gettext_lazy("Formulario"), lambda one: one.form_id, hxl="#meta+form", listed=False
            ),
            Column(
                "channel",
                gettext_lazy("Por dónde llegó"),
                lambda one: one.channel,
                "choice",
                hxl="#meta+channel",
                choices=choices_of(RawMessage.Channel.choices),
                listed=False,
            ),
            Column(
                "received_at",
                gettext_lazy("Recibido"),
                lambda one: one.received_at,
                "moment",
                hxl="#date+received",
                sort="received_at",
            ),
            Column("sender", gettext_lazy("Quién lo envió"), lambda one: one.by.name, hxl="#contact+name"),
            Column(
                "state",
                gettext_lazy("Estado"),
                lambda one: one.state,
                "choice",
                hxl="#status",
                choices=choices_of(RawMessage.State.choices),
                shown=lambda one: pill(MARKS[one.state], str(one.get_state_display())),
            ),
            Column("reason", gettext_lazy("Por qué"), why, hxl="#meta+reason"),
        )


def why(message: RawMessage) -> str:
    """Why it waits, in words."""
    if message.state != RawMessage.State.WAITING:
        return ""
    return reasons().get(message.reason, (message.detail, ""))[0]


class FormResource(Resource):
    """Questionnaires that phones and browsers fill."""

    noun = "form"
    slug = "forms"
    model = Form
    permissions = Permissions(Intake.MANAGE_FORMS)
    hand_made = frozenset({"page", "upload"})
    icon = "reporte"
    order = 60
    singular = gettext_lazy("Formulario")
    plural = gettext_lazy("Formularios")
    title = gettext_lazy("¿Qué formularios llenan los teléfonos?")
    lead = gettext_lazy("Funcionan con ODK Collect y KoboCollect.")
    help = gettext_lazy(
        "Un formulario nuevo no borra el anterior: lo que viene del viejo se sigue recibiendo."
    )
    search_label = gettext_lazy("Buscar formulario")
    empty = Empty(
        gettext_lazy("Todavía no hay formularios"),
        gettext_lazy(
            "Suba una hoja XLSForm. Amparo la revisa, dice en palabras qué corregir y la entrega a los teléfonos."
        ),
    )
    new_label = gettext_lazy("Subir formulario")
    new_screen = "upload"
    searched = ("title", "form_id")
    sort = "title"
    identify = ("form_id",)

    def visible_to(self, user: Any) -> "QuerySet[Form]":
        return forms_visible_to(user)

    def may_create(self, user: Any) -> bool:
        return may(user, Intake.MANAGE_FORMS)

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        newest, counts = newest_versions(records), by_form()
        for form in records:
            form.newest = newest.get(form.pk)
            form.counts = counts.get(form.form_id, {})

    def note(self, record: Form) -> str:
        return record.form_id

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column("title", gettext_lazy("Formulario"), lambda form: form.title, sort="title"),
            Column("form_id", gettext_lazy("Identificador"), lambda form: form.form_id, listed=False),
            Column(
                "version",
                gettext_lazy("Versión"),
                lambda form: form.newest.version if form.newest else "",
            ),
            Column("questions", gettext_lazy("Preguntas"), asked, "whole"),
            Column("used", gettext_lazy("Se usan"), used, "whole"),
            Column(
                "received", gettext_lazy("Mensajes"), lambda form: form.counts.get("received", 0), "whole"
            ),
            Column(
                "waiting", gettext_lazy("Por revisar"), lambda form: form.counts.get("waiting", 0), "whole"
            ),
            Column("last", gettext_lazy("Último"), lambda form: form.counts.get("last"), "moment"),
            Column("state", gettext_lazy("Estado"), form_state, shown=form_mark),
        )


def asked(form: Any) -> int:
    return len(form.newest.questions) if form.newest else 0


def used(form: Any) -> int:
    """How many of its questions become something."""
    if not form.newest:
        return 0
    bound = targets(form.mapping_id, [question["path"] for question in form.newest.questions])
    return sum(bool(bound.get(question["path"])) for question in form.newest.questions)


def form_state(form: Form) -> str:
    if form.retired_at:
        return _("Retirado")
    return _("Sin guía de lectura") if form.mapping_id is None else _("Publicado")


def form_mark(form: Form) -> SafeString:
    if form.retired_at:
        return pill("mudo", form_state(form))
    return pill("bajo" if form.mapping_id is None else "cumple", form_state(form))


class WhyForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Por qué"), required=False, max_length=200)


REVOKE = Action(
    key="revoke",
    label=gettext_lazy("Cortar este teléfono"),
    title=lambda device: _("¿Cortar el teléfono %(name)s?") % {"name": device.label},
    submit=gettext_lazy("Cortar este teléfono"),
    text=gettext_lazy("Dejará de enviar de inmediato."),
    consequences=(
        gettext_lazy("Lo que ya envió sigue guardado."),
        gettext_lazy("Lo que quede en él no llegará si no se inscribe otra vez."),
    ),
    do=revoke_device,
    done=gettext_lazy("Cortado. Lo próximo que envíe ese teléfono no se aceptará."),
    permission=Intake.MANAGE_DEVICES,
    form=lambda device, data: WhyForm(data),
    when=lambda device: device.revoked_at is None,
)


class PhoneResource(Resource):
    """Phones that may send, each with a secret of its own."""

    noun = "phone"
    slug = "phones"
    model = Device
    permissions = Permissions(Intake.MANAGE_DEVICES)
    hand_made = frozenset({"page", "enrol"})
    icon = "tel"
    order = 70
    singular = gettext_lazy("Teléfono")
    plural = gettext_lazy("Teléfonos")
    title = gettext_lazy("¿Qué teléfonos pueden enviar?")
    lead = gettext_lazy("Cada teléfono tiene su propia contraseña. Si se pierde, se corta solo ese.")
    help = gettext_lazy("Si un teléfono se pierde o cambia de manos, córtelo. Los demás siguen igual.")
    search_label = gettext_lazy("Buscar teléfono")
    empty = Empty(
        gettext_lazy("Todavía no hay teléfonos"),
        gettext_lazy("Inscriba uno: Amparo le da un código QR que ODK Collect lee."),
    )
    new_label = gettext_lazy("Inscribir teléfono")
    new_screen = "enrol"
    searched = ("label", "user__username")
    actions = (REVOKE,)
    verbs = {
        "device.enrolled": gettext_lazy("Se inscribió"),
        "device.revoked": gettext_lazy("Se cortó"),
        "device.secret_renewed": gettext_lazy("Recibió otra contraseña"),
    }
    sort = "label"
    identify = ("username",)

    def visible_to(self, user: Any) -> "QuerySet[Device]":
        return devices_visible_to(user)

    def may_create(self, user: Any) -> bool:
        return may(user, Intake.MANAGE_DEVICES)

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        activity, areas = by_phone(records), areas_of(records)
        for device in records:
            device.activity = activity.get(device.user_id, {})
            device.area = areas.get(device.user_id, "")

    def name_of(self, record: Device) -> str:
        return record.user.username

    def may_act(self, user: Any, permission: str, record: Device) -> bool:
        """A phone lies where its area is; whoever sees it in the list may shut it out."""
        return devices_visible_to(user).filter(pk=record.pk).exists()

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column(
                "username",
                gettext_lazy("Teléfono"),
                lambda device: device.user.username,
                sort="user__username",
            ),
            Column("label", gettext_lazy("Quién lo usa"), lambda device: device.label, sort="label"),
            Column("area", gettext_lazy("Dónde puede reportar"), lambda device: device.area),
            Column("seen_at", gettext_lazy("Visto"), lambda device: device.activity.get("last"), "moment"),
            Column("received", gettext_lazy("Mensajes"), lambda device: device.activity.get("n", 0), "whole"),
            Column(
                "revoked_at",
                gettext_lazy("Cortado"),
                lambda device: device.revoked_at,
                "moment",
                listed=False,
            ),
            Column("state", gettext_lazy("Estado"), phone_state, shown=phone_mark),
        )


def areas_of(devices: Sequence[Device]) -> dict[int, str]:
    """Where each phone may report, in words. Two queries for all."""
    held = list(
        Holding.objects.filter(user__in=[device.user_id for device in devices]).values_list("user", "scope")
    )
    known = places_at([path for _user, path in held])
    return {
        user: label(known[path]) if path in known else path or _("En todas partes") for user, path in held
    }


def phone_state(device: Device) -> str:
    return _("Cortado") if device.revoked_at else _("Puede enviar")


def phone_mark(device: Device) -> SafeString:
    return pill("mudo" if device.revoked_at else "cumple", phone_state(device))
