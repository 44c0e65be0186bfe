"""The second factor: what one has, setting it up, and the step at log-in. Ceremonies are allauth's, pages are ours."""

from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, add_webauthn
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from amparo.parties.queries.factors import asks_for_factor, factor_is_obligatory, has_factor, takes_passkeys
from amparo.toolkit.doors import known, person


class SecondStep(AuthenticateView):
    """After the password: a code, or a key of the phone where this address takes one."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        keyed = Authenticator.objects.filter(user=self.stage.login.user, type=Authenticator.Type.WEBAUTHN)
        context["with_key"] = takes_passkeys(self.request) and keyed.exists()
        context["with_code"] = Authenticator.objects.filter(user=self.stage.login.user).exclude(
            type=Authenticator.Type.WEBAUTHN
        )
        return context


class KeyAgain(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        return HttpResponseRedirect(self.request.get_full_path())


@known
def factors_page(request: HttpRequest) -> HttpResponse:
    """What stands beside the password, and what can be added."""
    user = person(request)
    every = list(Authenticator.objects.filter(user=user))
    papers = next((one for one in every if one.type == Authenticator.Type.RECOVERY_CODES), None)
    context = {
        "totp": next((one for one in every if one.type == Authenticator.Type.TOTP), None),
        "keys": [
            (one.pk, one.wrap().name, one.last_used_at)
            for one in every
            if one.type == Authenticator.Type.WEBAUTHN
        ],
        "papers_left": len(papers.wrap().get_unused_codes()) if papers else None,
        "asked": asks_for_factor(user),
        "obligatory": factor_is_obligatory(),
        "has_factor": has_factor(user),
        "takes_passkeys": takes_passkeys(request),
    }
    return render(request, "mfa/index.html", context)


def key_add(request: HttpRequest) -> HttpResponse:
    if not takes_passkeys(request):
        return HttpResponseRedirect(reverse("mfa_index"))
    answer: HttpResponse = add_webauthn(request)
    return answer
