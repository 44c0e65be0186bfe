"""The doors: log in, choose a password with a code, a kept form comes back."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.account.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from amparo.kernel.refusals import Refused
from amparo.parties.actions.kept_forms import drop
from amparo.parties.actions.passwords import choose_password, person_of_code
from amparo.parties.forms.entrance import OneTimeCodeForm
from amparo.parties.queries.kept_forms import fields_of, kept_for, typed
from amparo.parties.sessions import HELP_ENDED
from amparo.toolkit.doors import known, person


class Door(LoginView):
    """One form, no sign-up, nothing that tells whether an account exists."""

    template_name = "briefing/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Only the device of a helper knows that their day is over: who asks with a name learns nothing."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"help_ended": self.request.session.get(HELP_ENDED, False)}


@never_cache
@sensitive_post_parameters("code", "password", "again")
@require_http_methods(["GET", "HEAD", "POST"])
def code_enter(request: HttpRequest) -> HttpResponse:
    """Whoever was given a code chooses a password with it and is in, second factor apart."""
    form = OneTimeCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            get_adapter().pre_authenticate(request, username=said["username"])
            user = person_of_code(said["username"], said["code"])
            if user is None:
                raise ValidationError(_("La cuenta o el código no son correctos, o el código ya no vale."))
            choose_password(user, code=said["code"], password=said["password"])
        except ValidationError as problem:
            form.add_error(None, problem)
        except Refused as refusal:
            form.add_error(None, refusal.message)
        else:
            user.refresh_from_db()
            return perform_password_login(request, {"username": user.username}, Login(user=user))
    return render(request, "parties/code_enter.html", {"form": form})


@known
def kept_form(request: HttpRequest, uid: Any) -> HttpResponse:
    """What was typed when the session had ended: to be sent now, or dropped."""
    kept = get_object_or_404(kept_for(person(request)), uid=uid)
    if request.method == "POST":
        drop(kept, by=person(request))
        return HttpResponseRedirect(reverse("board"))
    fields = fields_of(kept)
    context = {
        "kept": kept,
        "own": kept.user_id == person(request).pk,
        "fields": [(name, value) for name, values in fields.items() for value in values],
        "typed": typed(fields),
    }
    return render(request, "parties/kept_form.html", context)


@require_POST
@known
def kept_form_open(request: HttpRequest, uid: Any) -> HttpResponse:
    """Send it on: the same fields to the same page, by whoever is here now. 307 keeps the form as it is."""
    kept = get_object_or_404(kept_for(person(request)), uid=uid)
    path = kept.path
    drop(kept, by=person(request))
    return HttpResponseRedirect(path, preserve_request=True)
