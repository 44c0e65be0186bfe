"""One's own account: where one is logged in, the password, the second factor, keys for programs."""

from typing import Any

from allauth.account import views as account
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from amparo.kernel.access import roles_held
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.parties.actions.sessions import end_session, end_sessions
from amparo.parties.actions.tokens import make_token, revoke_token
from amparo.parties.forms.accounts import TokenForm
from amparo.parties.models import ApiToken
from amparo.parties.queries.accounts import scope_words
from amparo.parties.queries.factors import asks_for_factor, factor_is_obligatory, has_factor
from amparo.parties.queries.kept_forms import kept_for
from amparo.parties.queries.sessions import sessions_of
from amparo.parties.queries.tokens import tokens_of, tokens_revocable_by
from amparo.parties.sessions import hashed
from amparo.parties.stepping import stepped_up
from amparo.parties.views.within import done_within
from amparo.toolkit.doors import known, person
from amparo.toolkit.frames import ConfirmPage, FormPage


@known
def my_account(request: HttpRequest) -> HttpResponse:
    user = person(request)
    context = {
        "who": user,
        "roles": [(role.label, scope_words(scope.path)) for role, scope in roles_held(user)],
        "sessions": [(one, one.session_key == _here(request)) for one in sessions_of(user)],
        "has_factor": has_factor(user),
        "factor_asked": asks_for_factor(user),
        "factor_obligatory": factor_is_obligatory(),
        "tokens": tokens_of(user),
        "kept": kept_for(user),
        "has_password": user.has_usable_password(),
    }
    return render(request, "parties/my_account.html", context)


@known
def password_change(request: HttpRequest) -> HttpResponse:
    """Whoever came in with a QR has no password to change."""
    if not person(request).has_usable_password():
        return HttpResponseRedirect(reverse("my_account"))
    answer: HttpResponse = account.password_change(request)
    return answer


@require_POST
@known
def session_end(request: HttpRequest) -> HttpResponse:
    """End one of one's own sessions, or all the others."""
    user, which = person(request), request.POST.get("which", "")
    count = end_session(user, which=which) if which else end_sessions(user, but=request.session.session_key)
    if count:
        messages.success(request, _("Se cerró. En ese aparato habrá que entrar otra vez."))
    return HttpResponseRedirect(reverse("my_account"))


@known
@stepped_up
def token_make(request: HttpRequest) -> HttpResponse:
    """A new key; its secret is on the answer to the POST and nowhere else."""
    form = TokenForm(request.POST or None, by=person(request))
    made: list[tuple[ApiToken, str]] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if done_within(
            form,
            lambda: made.append(
                make_token(
                    by=person(request),
                    label=said["label"],
                    permissions=said["permissions"],
                    scope=said["place"],
                    of=_only_holder(person(request), said["place"]),
                    days=said["days"],
                )
            ),
        ):
            token, secret = made[0]
            return render(request, "parties/token_secret.html", {"token": token, "secret": secret})
    frame = FormPage(
        title=_("Nueva llave para un programa"),
        text=_("Un programa podrá actuar por usted, con menos de lo que usted puede."),
        submit=_("Hacer la llave"),
        cancel_url=reverse("my_account"),
        crumb=_("Mi cuenta"),
        crumb_url=reverse("my_account"),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


def _only_holder(user: User, path: str) -> Any:
    """Whose records the key reaches: one institution's where the person's roles are limited to one there."""
    from amparo.kernel.models import Organisation

    holders = {
        scope.organisation_id
        for _role, scope in roles_held(user)
        if subtree(scope.path)[0] <= path < subtree(scope.path)[1]
    }
    if len(holders) == 1 and (only := holders.pop()) is not None:
        return Organisation.objects.get(pk=only)
    return None


@known
def token_revoke(request: HttpRequest, uid: Any) -> HttpResponse:
    token = get_object_or_404(tokens_revocable_by(person(request)), uid=uid)
    if request.method == "POST":
        revoke_token(token, by=person(request))
        messages.success(request, _("La llave ya no abre nada."))
        return HttpResponseRedirect(reverse("my_account"))
    frame = ConfirmPage(
        title=_("¿Quitar la llave «%(label)s»?") % {"label": token.label},
        text=_("El programa que la usa dejará de funcionar de inmediato."),
        submit=_("Quitar la llave"),
        cancel_url=reverse("my_account"),
        crumb=_("Mi cuenta"),
        crumb_url=reverse("my_account"),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": None})


def _here(request: HttpRequest) -> str:
    return hashed(request.session.session_key or "")
