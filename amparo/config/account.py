"""Log in and out, choose a language, trust this server, and the pages for when something is wrong."""

import re
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.contrib.auth import logout as leave
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from amparo.briefing.viewmodels import TrustPage
from amparo.config.exercise import ACCOUNTS, PASSWORD
from amparo.config.lan import ROOT, fingerprint
from amparo.parties.doors import AccountAdapter
from amparo.parties.views.entrance import Door
from amparo.toolkit.built import asset_path
from amparo.toolkit.resources.api import not_there
from amparo.toolkit.resources.menu import first_page


class Login(Door):
    """The door, with the accounts of the exercise on it where there is one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        if settings.HOME.exercise.exists():
            context["demo"] = [(account.username, PASSWORD) for account in ACCOUNTS]
        return context


class Adapter(AccountAdapter):
    """Who comes in begins with the first page of their menu."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return first_page(request.user) or reverse("board")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    leave(request)
    return HttpResponseRedirect(reverse("login"))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and go back to the page."""
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        back = reverse("board")
    response = HttpResponseRedirect(back)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax", httponly=True
        )
    return response


def trust_page(address: str) -> TrustPage | None:
    """What a phone needs to know to trust this server; None without a certificate authority of our own."""
    root = settings.HOME.keys / ROOT
    if not root.is_file():
        return None
    return TrustPage(
        address=address,
        certificate_url=f"{address}/ca.crt",
        fingerprint=fingerprint(root),
        page_url=f"{address}/",
        valid_until=x509.load_pem_x509_certificate(root.read_bytes()).not_valid_after_utc.date(),
    )


def trust(request: HttpRequest) -> HttpResponse:
    """How to trust this server's certificate; open to anybody who can reach it."""
    page = trust_page(f"{request.scheme}://{request.get_host()}/trust")
    if page is None:
        raise Http404
    return render(request, "briefing/trust.html", {"vm": page})


def trust_page_alone(address: str) -> bytes:
    """The same page whole in one file, for the plain-HTTP door of a local network."""
    html: str = render_to_string("briefing/trust.html", {"vm": trust_page(address), "alone": True})
    style = f"<style>{asset_path('amparo.css').read_text(encoding='utf-8')}</style>"
    html = re.sub(r"<link[^>]*stylesheet[^>]*>", lambda _link: style, html)
    return re.sub(r"<script\b.*?</script>|<link[^>]*>", "", html, flags=re.DOTALL).encode()


def authority(request: HttpRequest) -> HttpResponse:
    """The certificate authority of this installation, to be installed on a phone."""
    root = settings.HOME.keys / ROOT
    if not root.is_file():
        raise Http404
    der = x509.load_pem_x509_certificate(root.read_bytes()).public_bytes(Encoding.DER)
    return HttpResponse(
        der,
        content_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="amparo-ca.crt"'},
    )


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """For a supervisor: this process answers."""
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if request.path.startswith("/api/"):
        return not_there(request)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
