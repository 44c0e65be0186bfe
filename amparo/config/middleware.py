"""What every answer carries, and how a refusal becomes words."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin

from amparo.kernel.disk import is_disk_full
from amparo.kernel.refusals import Refused

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)

Answer = Callable[[HttpRequest], HttpResponse]


def security_headers(get_response: Answer) -> Answer:
    """No inline script or style, no frame, no guessing of types, nothing kept by caches unless a view says so."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        if not request.path.startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        return response

    return middleware


class RefusalsInWords(MiddlewareMixin):
    """Turn a refusal, a full disk or a database that is away into a page that says what is safe and what to do."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Refused):
            context = {"message": exception.message}
            return render(request, "toolkit/refused.html", context, status=exception.status)
        if is_disk_full(exception):
            return render(request, "503_disk_full.html", status=503)
        if isinstance(exception, (OperationalError, InterfaceError)):
            log.warning("the database does not answer: %s", exception)
            return HttpResponse(render_to_string("503.html"), status=503)  # a page that asks it nothing
        return None


def refusals_in_words(get_response: Answer) -> RefusalsInWords:
    return RefusalsInWords(get_response)
