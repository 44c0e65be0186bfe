"""Phones: who may send, enrol one with its QR, shut one out."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.intake.actions.devices import enrol_device, revoke_device
from amparo.intake.models import Device, RawMessage
from amparo.intake.openrosa.settings_qr import encode, phone_settings
from amparo.intake.permissions import Intake
from amparo.intake.queries.devices import devices_visible_to
from amparo.kernel.models import Holding
from amparo.kernel.refusals import Refused
from amparo.places.queries import at_path, label, resolve
from amparo.toolkit.frames import ConfirmPage, FormPage


class EnrolForm(forms.Form):
    label = forms.CharField(
        label=gettext_lazy("Quién lo usará o dónde estará"),
        max_length=120,
        help_text=gettext_lazy("Por ejemplo: equipo 2, o Escuela La Esperanza."),
    )
    place = forms.CharField(
        label=gettext_lazy("Zona donde puede reportar"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Código o nombre del municipio. Vacío: en todas partes."),
    )


class WhyForm(forms.Form):
    why = forms.CharField(label=gettext_lazy("Por qué"), required=False, max_length=200)


def _activity(devices: list[Device]) -> dict[int, dict]:
    rows: Any = (
        RawMessage.objects.filter(by__in=[device.user_id for device in devices])
        .values("by")
        .annotate(n=Count("pk"), last=Max("received_at"))
    )
    return {row["by"]: row for row in rows}


def _scopes(devices: list[Device]) -> dict[int, str]:
    held = Holding.objects.filter(user__in=[device.user_id for device in devices]).values_list(
        "user", "scope"
    )
    named: dict[str, str] = {"": _("En todas partes")}
    scopes = {}
    for user, path in held:
        if path not in named:
            place = at_path(path)
            named[path] = label(place) if place else path
        scopes[user] = named[path]
    return scopes


def _row(device: Device, activity: dict[int, dict], scopes: dict[int, str]) -> vm.PhoneRow:
    done = activity.get(device.user_id, {})
    return vm.PhoneRow(
        name=device.user.username,
        url=reverse("phone_page", args=[device.uid]),
        person=device.label,
        scope=scopes.get(device.user_id, ""),
        seen_at=done.get("last"),
        received=done.get("n", 0),
        revoked_on=device.revoked_at.date() if device.revoked_at else None,
    )


def _trust_url(request: HttpRequest) -> str:
    return reverse("trust") if request.is_secure() else ""


@opened_by(Intake.MANAGE_DEVICES)
def phones_list(request: HttpRequest) -> HttpResponse:
    devices = list(devices_visible_to(person(request)))
    activity, scopes = _activity(devices), _scopes(devices)
    page = vm.PhonesPage(
        rows=tuple(_row(device, activity, scopes) for device in devices),
        enrol_url=reverse("phone_enrol"),
        trust_url=_trust_url(request),
    )
    return render(request, "briefing/phones.html", {"vm": page})


@opened_by(Intake.MANAGE_DEVICES)
def phone_enrol(request: HttpRequest) -> HttpResponse:
    """Enrol and show the secret once: the answer to the POST is the page with the QR, kept by no cache."""
    form = EnrolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["place"].strip()
        match = resolve(code=text, names=(text,)) if text else None
        if match is not None and match.place is None:
            form.add_error("place", _("No se encontró ese lugar. Escriba su código o su nombre."))
        else:
            scope = match.place.path if match is not None and match.place is not None else ""
            try:
                done = enrol_device(
                    by=person(request),
                    label=form.cleaned_data["label"],
                    holder=person(request).organisation,
                    scope=scope,
                )
            except Refused as refusal:
                form.add_error(None, refusal.message)
            else:
                server_url = request.build_absolute_uri("/openrosa")
                settings = phone_settings(
                    server_url=server_url, device=done.username, secret=done.secret, project="Amparo"
                )
                return _page(
                    request,
                    done.device,
                    server_url=server_url,
                    qr_text=encode(settings),
                    username=done.username,
                    password=done.secret,
                )
    frame = FormPage(
        title=_("¿Qué teléfono quiere agregar?"),
        submit=_("Agregar"),
        cancel_url=reverse("phones"),
        crumb=_("Teléfonos"),
        crumb_url=reverse("phones"),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


def _page(
    request: HttpRequest,
    device: Device,
    *,
    server_url: str = "",
    qr_text: str = "",
    username: str = "",
    password: str = "",
) -> HttpResponse:
    page = vm.PhonePage(
        phone=_row(device, _activity([device]), _scopes([device])),
        phones_url=reverse("phones"),
        server_url=server_url,
        qr_text=qr_text,
        username=username,
        password=password,
        trust_url=_trust_url(request),
        revoke_url=reverse("phone_revoke", args=[device.uid]),
        entries=tuple(
            vm.HistoryEntry(
                message.received_at,
                _("Envió el mensaje %(folio)s") % {"folio": message.folio},
                "",
                message.form_id,
            )
            for message in RawMessage.objects.filter(by=device.user_id).order_by("-pk")[:10]
        ),
    )
    return render(request, "briefing/phone_page.html", {"vm": page})


@opened_by(Intake.MANAGE_DEVICES)
def phone_page(request: HttpRequest, uid: str) -> HttpResponse:
    return _page(request, get_object_or_404(devices_visible_to(person(request)), uid=uid))


@opened_by(Intake.MANAGE_DEVICES)
def phone_revoke(request: HttpRequest, uid: str) -> HttpResponse:
    device = get_object_or_404(devices_visible_to(person(request)), uid=uid)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        revoke_device(device, by=person(request), why=form.cleaned_data["why"])
        messages.success(request, _("Cortado. Lo próximo que envíe ese teléfono no se aceptará."))
        return HttpResponseRedirect(reverse("phone_page", args=[device.uid]))
    frame = ConfirmPage(
        title=_("¿Cortar el teléfono %(name)s?") % {"name": device.label},
        text=_("Dejará de enviar de inmediato."),
        submit=_("Cortar este teléfono"),
        cancel_url=reverse("phone_page", args=[device.uid]),
        consequences=(
            _("Lo que ya envió sigue guardado."),
            _("Lo que quede en él no llegará hasta que se inscriba otra vez."),
        ),
        crumb=_("Teléfonos"),
        crumb_url=reverse("phones"),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": form})
