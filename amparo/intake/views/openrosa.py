"""What phones with ODK Collect or KoboCollect call: form list, manifest, forms, media, submission.

Every answer is OpenRosa's: its headers, its XML, 401 with a challenge, 201 only once the message is durable.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt

from amparo.intake.actions.receiving import Incoming, receive
from amparo.intake.models import FormMedia, FormVersion
from amparo.intake.openrosa.answers import (
    CONTENT_TYPE,
    SUBMIT_ERROR,
    SUBMIT_SUCCESS,
    ListedFile,
    ListedForm,
    form_list,
    manifest,
    response,
    wire_headers,
)
from amparo.intake.openrosa.credentials import challenge, check
from amparo.intake.openrosa.multipart import open_envelope
from amparo.intake.openrosa.submission_xml import identify
from amparo.intake.permissions import Intake
from amparo.intake.photos import bare
from amparo.intake.queries.devices import REALM, KnownDevice, known_device
from amparo.intake.queries.forms import current_versions, find_version
from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.kernel.disk import is_disk_full
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import signing_key

log = logging.getLogger(__name__)

View = Callable[..., HttpResponse]


def _say(message: str, status: int, **headers: str) -> HttpResponse:
    nature = SUBMIT_SUCCESS if status < 300 else SUBMIT_ERROR
    answer = HttpResponse(response(message, nature), content_type=CONTENT_TYPE, status=status)
    for name, value in headers.items():
        answer.headers[name.replace("_", "-")] = value
    return answer


def _ask_who(stale: bool = False) -> HttpResponse:
    key = signing_key("digest nonce")
    return _say(
        _("Este teléfono no está inscrito o se cortó. Sus formularios siguen en él."),
        401,
        WWW_Authenticate=challenge(REALM, key, datetime.now(UTC), stale=stale),
    )


def for_phones(view: View) -> View:
    """Let an enrolled phone in; answer everything else in OpenRosa's words, never with a stack trace."""

    @csrf_exempt
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer = _with_device(view, request, *args, **kwargs)
        except Refused as refusal:
            answer = _say(refusal.message, refusal.status)
        except Http404:
            answer = _say(_("No existe, o no es para este teléfono."), 404)
        except (RequestDataTooBig, UnreadablePostError):
            answer = _say(_("El envío llegó incompleto. Sigue en el teléfono; se enviará otra vez."), 400)
        except Exception as error:
            if is_disk_full(error):
                answer = _say(
                    _("El equipo central está lleno. Su formulario sigue en el teléfono. Avise al comité."),
                    507,
                )
            elif isinstance(error, (OperationalError, InterfaceError)):
                log.warning("the database does not answer: %s", error)
                answer = _say(
                    _(
                        "El equipo central no puede atender ahora. "
                        "Su formulario sigue en el teléfono y se enviará otra vez."
                    ),
                    503,
                )
            else:
                raise
        for name, value in wire_headers(datetime.now(UTC), settings.SUBMISSION_LIMIT).items():
            answer.headers[name] = value
        return answer

    return wrapped


def _with_device(view: View, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    seen: dict[str, KnownDevice] = {}

    def lookup(username: str) -> Any:
        device = known_device(username)
        if device is None:
            return None
        seen[username] = device
        return device.verifier

    header = request.headers.get("Authorization", "")
    checked = check(
        header,
        method=request.method or "",
        uri=request.get_full_path(),
        lookup=lookup,
        realm=REALM,
        key=signing_key("digest nonce"),
        now=datetime.now(UTC),
    )
    if checked.device is None or checked.device not in seen:
        return _ask_who(stale=checked.stale)
    device = seen[checked.device]
    if not may(device.user, Intake.SEND):
        return _say(_("Este teléfono no puede enviar."), 403)
    return view(request, device, *args, **kwargs)


@for_phones
def form_list_view(request: HttpRequest, device: KnownDevice) -> HttpResponse:
    versions: Any = current_versions(form_id=request.GET.get("formID", ""))
    listed = [
        ListedForm(
            form_id=version.form.form_id,
            name=version.form.title,
            version=version.version,
            hash=f"md5:{version.md5}",
            download_url=request.build_absolute_uri(
                reverse("openrosa_form", args=[version.form.uid, version.pk])
            ),
            manifest_url=request.build_absolute_uri(
                reverse("openrosa_manifest", args=[version.form.uid, version.pk])
            )
            if version.has_media
            else "",
        )
        for version in versions
    ]
    return HttpResponse(form_list(listed), content_type=CONTENT_TYPE)


def _version(uid: str, pk: int) -> FormVersion:
    return get_object_or_404(FormVersion.objects.select_related("form"), pk=pk, form__uid=uid)


@for_phones
def form_view(request: HttpRequest, device: KnownDevice, uid: str, pk: int) -> HttpResponse:
    return HttpResponse(bytes(_version(uid, pk).xml), content_type=CONTENT_TYPE)


@for_phones
def manifest_view(request: HttpRequest, device: KnownDevice, uid: str, pk: int) -> HttpResponse:
    version = _version(uid, pk)
    listed = [
        ListedFile(
            name=media.name,
            hash=f"md5:{media.md5}",
            download_url=request.build_absolute_uri(
                reverse("openrosa_media", args=[version.form.uid, version.pk, media.pk])
            ),
        )
        for media in version.media.all()
    ]
    return HttpResponse(manifest(listed), content_type=CONTENT_TYPE)


@for_phones
def media_view(request: HttpRequest, device: KnownDevice, uid: str, pk: int, media: int) -> HttpResponse:
    file = get_object_or_404(FormMedia, pk=media, version=_version(uid, pk))
    return HttpResponse(
        bytes(file.content),
        content_type="application/octet-stream",
        headers={"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"},
    )


@for_phones
def submission_view(request: HttpRequest, device: KnownDevice) -> HttpResponse:
    if request.method == "HEAD":
        return HttpResponse(
            status=204, headers={"Location": request.build_absolute_uri(reverse("openrosa_submission"))}
        )
    if request.method != "POST":
        return _say(_("Aquí solo se reciben formularios."), 405, Allow="HEAD, POST")
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > settings.SUBMISSION_LIMIT:
        return _say(
            _(
                "El envío es demasiado grande (más de %(mb)d MB). Sigue en el teléfono; use fotos más pequeñas."
            )
            % {"mb": settings.SUBMISSION_LIMIT // (1024 * 1024)},
            413,
        )
    envelope = open_envelope(
        request.body,
        content_type=request.META.get("CONTENT_TYPE", ""),
        content_encoding=request.headers.get("Content-Encoding", ""),
    )
    identity = identify(envelope.xml)
    form, version = find_version(identity.form_id, identity.version)
    receipt = receive(
        Incoming(
            form_id=form.form_id,
            instance_id=identity.instance_id,
            fingerprint=identity.fingerprint,
            content=bytes(envelope.xml),
            by=device.user,
            holder_id=device.holder_id,
            form_version=version,
            replaces=identity.deprecated_id,
            content_class=DataClass(form.answers_class),
            attachments=tuple((file.name, bare(bytes(file.content))) for file in envelope.attachments),
        )
    )
    if receipt.again:
        return _say(_("Ya estaba recibido. Folio %(folio)s.") % {"folio": receipt.folio}, 201)
    files = len(envelope.attachments)
    received = _("Recibido. Folio %(folio)s.") % {"folio": receipt.folio}
    if files:
        received += " " + ngettext("%(n)d archivo.", "%(n)d archivos.", files) % {"n": files}
    return _say(received, 201)
