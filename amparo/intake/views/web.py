"""Where browsers put sealed forms: 201 with a folio once durable; else words, and the form stays on the phone.

There is no token to keep fresh, so that a page kept for weeks may still send: the browser itself says that the call
comes from our own pages (Sec-Fetch-Site, or Origin), and nobody else's page may send such a body unasked.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from amparo.intake.actions.delivering import deliver
from amparo.intake.permissions import Intake
from amparo.intake.web.words import LOG_IN_AGAIN
from amparo.kernel.access import require_anywhere
from amparo.kernel.disk import is_disk_full
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused

BODY = "application/octet-stream"


def _say(code: str, message: Any, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "message": str(message)}, status=status)


def _in_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Refused as refusal:
            return _say(refusal.code, refusal.message, refusal.status)
        except (RequestDataTooBig, UnreadablePostError):
            return _say("broken_off", _("El envío llegó incompleto. Sigue en el teléfono."), 408)
        except Exception as error:
            if not is_disk_full(error):
                raise
            return _say("disk_full", _("El equipo central está lleno. Sigue en el teléfono."), 507)

    return wrapped


def from_our_pages(request: HttpRequest) -> bool:
    """Whether the browser says that one of our own pages calls."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()


@csrf_exempt
@require_POST
@_in_words
def web_submission(request: HttpRequest) -> HttpResponse:
    user = request.user
    if not isinstance(user, User):
        return _say("log_in", LOG_IN_AGAIN, 401)
    require_anywhere(user, Intake.SEND)
    if not from_our_pages(request) or request.content_type != BODY:
        return _say("not_from_here", _("Solo las páginas de este equipo central envían aquí."), 400)
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.SUBMISSION_LIMIT:
        mb = settings.SUBMISSION_LIMIT // (1024 * 1024)
        return _say(
            "too_large",
            _("Es demasiado grande (más de %(mb)d MB). Use fotos más pequeñas.") % {"mb": mb},
            413,
        )
    sealed = request.body
    receipt = deliver(sealed, by=user)
    said = {"folio": receipt.folio, "again": receipt.again, "digest": hashlib.sha256(sealed).hexdigest()}
    return JsonResponse(said, status=201)
