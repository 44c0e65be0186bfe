"""Phones: who may send, enrol one with its QR, shut one out."""

from uuid import UUID, uuid4, uuid5

from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from amparo.briefing import shown_once
from amparo.briefing import viewmodels as vm
from amparo.briefing.doors import opened_by, person
from amparo.intake.actions.devices import enrol_device, renew_secret
from amparo.intake.models import Device, RawMessage
from amparo.intake.openrosa.settings_qr import encode, leads_to_itself, phone_settings
from amparo.intake.permissions import Intake
from amparo.intake.queries.activity import by_phone
from amparo.intake.queries.devices import devices_visible_to
from amparo.intake.resources import areas_of
from amparo.kernel.refusals import Refused
from amparo.places.queries import resolve
from amparo.toolkit.frames import FormPage, Notice
from amparo.toolkit.resources import again


class EnrolForm(forms.Form):
    """`token` is this form's own: with what was asked it makes the phone's id, so a double tap enrols once."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4, required=False)
    label = forms.CharField(
        label=gettext_lazy("Quién lo usará o dónde estará"),
        max_length=120,
        help_text=gettext_lazy("Por ejemplo: brigada 2, o Escuela La Esperanza."),
    )
    place = forms.CharField(
        label=gettext_lazy("Dónde puede reportar"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Código o nombre del municipio. Vacío: en todas partes."),
    )


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


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Intake.MANAGE_DEVICES)
def phone_enrol(request: HttpRequest) -> HttpResponse:
    """Enrol a phone, then lead to the page that shows its secret once: reloading that page enrols no other."""
    before = again.made_before(request, "token") if request.method == "POST" else None
    if before and devices_visible_to(person(request)).filter(uid=before, revoked_at=None).exists():
        return HttpResponseRedirect(reverse("phone_secret", args=[before]))
    form = EnrolForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["place"].strip()
        match = resolve(code=text, names=(text,)) if text else None
        if match is not None and match.place is None:
            form.add_error("place", _("No se encontró ese lugar. Escriba su código o su nombre."))
        else:
            scope = match.place.path if match is not None and match.place is not None else ""
            uid = uuid5(form.cleaned_data["token"] or uuid4(), f"{scope} {form.cleaned_data['label']}")
            try:
                _enrol(request, uid, label=form.cleaned_data["label"], scope=scope)
            except Refused as refusal:
                if not devices_visible_to(person(request)).filter(uid=uid).exists():
                    form.add_error(None, refusal.message)
            if not form.errors:
                return HttpResponseRedirect(reverse("phone_secret", args=[uid]))
    frame = FormPage(
        title=_("¿Qué teléfono quiere inscribir?"),
        submit=_("Inscribir"),
        cancel_url=reverse("phones"),
        crumb=_("Teléfonos"),
        crumb_url=reverse("phones"),
        notices=_out_of_reach(request),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


@transaction.atomic
def _enrol(request: HttpRequest, uid: UUID, *, label: str, scope: str) -> None:
    by = person(request)
    done = enrol_device(by=by, label=label, holder=by.organisation, scope=scope, uid=uid)
    # Inside the transaction: the twin of a double tap, let in when it ends, must find the secret.
    shown_once.keep(request, done.device.uid, done.secret)
    again.remember(request, done.device, "token")


@transaction.atomic
def _renew(request: HttpRequest, device: Device) -> None:
    done = renew_secret(device, by=person(request))
    shown_once.keep(request, done.device.uid, done.secret)  # inside: the one kept last is the one that holds


def _server_url(request: HttpRequest) -> str:
    return request.build_absolute_uri("/openrosa")


def _out_of_reach(request: HttpRequest) -> tuple[Notice, ...]:
    """What to do where the address of this page would lead a phone to itself."""
    if not leads_to_itself(_server_url(request)):
        return ()
    return (
        Notice(
            "grave",
            _("Un teléfono no puede llegar a esta dirección: %(host)s.") % {"host": request.get_host()},
            _(
                "Solo existe en este equipo. Encienda «amparo serve --lan», abra la dirección que diga "
                "y dé la contraseña desde ahí. "
                "Si ODK Collect no acepta su certificado, lea «Teléfonos y HTTPS» en la guía."
            ),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Intake.MANAGE_DEVICES)
def phone_secret(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET shows the secret the one time, then says that it was shown; POST gives the phone another."""
    device = get_object_or_404(devices_visible_to(person(request)), uid=uid)
    here = reverse("phone_secret", args=[device.uid])
    if request.method == "POST":
        _renew(request, device)
        return HttpResponseRedirect(here)
    secret = shown_once.take(request, device.uid) if request.method == "GET" else None
    row, url = _row(device, by_phone([device]), areas_of([device])), reverse("phone_page", args=[device.uid])
    if secret is None:
        page = vm.PhoneSecret(row, url, renew_url="" if device.revoked_at else here)
    else:
        settings = phone_settings(
            server_url=_server_url(request), device=device.user.username, secret=secret, project="Amparo"
        )
        page = vm.PhoneSecret(
            row,
            url,
            server_url=_server_url(request),
            qr_text=encode(settings),
            username=device.user.username,
            password=secret,
            trust_url=_trust_url(request),
            notices=_out_of_reach(request),
        )
    return render(request, "briefing/phone_secret.html", {"vm": page})


@opened_by(Intake.MANAGE_DEVICES)
def phone_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    device = get_object_or_404(devices_visible_to(person(request)), uid=uid)
    page = vm.PhonePage(
        phone=_row(device, by_phone([device]), areas_of([device])),
        phones_url=reverse("phones"),
        revoke_url=reverse("phone_revoke", args=[device.uid]),
        renew_url=reverse("phone_secret", args=[device.uid]),
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
