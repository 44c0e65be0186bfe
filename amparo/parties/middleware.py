"""The doorkeeper: sessions that stood too long end, what was being sent is kept, and a second factor comes first."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from amparo.kernel.models import User
from amparo.parties.actions.kept_forms import keep
from amparo.parties.actions.sessions import see
from amparo.parties.queries.factors import asks_for_factor, factor_is_obligatory, has_factor
from amparo.parties.queries.helping import is_helper
from amparo.parties.queries.sessions import is_over
from amparo.parties.sessions import HELP_ENDED

Answer = Callable[[HttpRequest], HttpResponse]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# Where nobody is stopped: the doors themselves.
ALWAYS_OPEN = frozenset(
    {
        "login", "account_login", "code_enter", "logout", "set_language", "trust", "authority", "alive", "helper_enter",
        "account_reauthenticate", "account_change_password", "my_account", "session_end",
    }
)  # fmt: skip
FACTOR_SET = "factor_set"


class Doorkeeper(MiddlewareMixin):
    """Before each page. Only asks the session where a cookie came: phones and strangers cost nothing."""

    def process_request(self, request: HttpRequest) -> None:
        request.left = None  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        known = request.session.get(SESSION_KEY)
        if known is None:
            return
        row = request.session.row  # type: ignore[attr-defined]
        if not request.user.is_authenticated:  # the account ended, or its password changed
            left = request.left = _person(known)  # type: ignore[attr-defined]
            request.session.flush()
            if left is not None and not left.may_act() and is_helper(left):
                request.session[HELP_ENDED] = True
        elif row is None or is_over(
            request.user, began_at=row.began_at, seen_at=row.seen_at, now=timezone.now()
        ):
            request.left = _person(known)  # type: ignore[attr-defined]
            logout(request)
            request.user = AnonymousUser()
        else:
            see(row)

    def process_view(
        self, request: HttpRequest, view: Any, arguments: Any, named: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in ALWAYS_OPEN or (name or "").startswith("mfa_"):
            return None
        left: User | None = request.left  # type: ignore[attr-defined]
        if left is not None and request.method == "POST" and _is_a_form(request, view):
            return _keep(request, left)
        if request.user.is_authenticated and _must_set_factor(request):
            return HttpResponseRedirect(reverse("mfa_index"))
        return None


def doorkeeper(get_response: Answer) -> Doorkeeper:
    return Doorkeeper(get_response)


def _person(number: str) -> User | None:
    return User.objects.select_related("organisation").filter(pk=number, kind=User.Kind.PERSON).first()


def _is_a_form(request: HttpRequest, view: Any) -> bool:
    """A page's own form, sent by a person. Programs and the offline queue keep theirs themselves."""
    return (
        request.content_type in FORMS
        and not getattr(view, "csrf_exempt", False)
        and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    )


def _keep(request: HttpRequest, left: User) -> HttpResponse:
    kept = keep(user=left, path=request.get_full_path(), fields=dict(request.POST.lists()))
    if not left.may_act():
        return render(request, "parties/account_ended.html", {"kept": kept}, status=403)
    if kept is None:
        messages.warning(request, _("Su sesión había terminado. Esto no se guardó: vuelva atrás y cópielo."))
        return redirect_to_login(request.path)
    words = _("Su sesión había terminado. Lo que escribió está guardado: entre y siga.")
    if request.FILES:
        words += " " + _("Los archivos tendrá que elegirlos otra vez.")
    messages.warning(request, words)
    return redirect_to_login(reverse("kept_form", args=[kept.uid]))


def _must_set_factor(request: HttpRequest) -> bool:
    if not factor_is_obligatory() or request.session.get(FACTOR_SET) or not asks_for_factor(request.user):
        return False
    if has_factor(request.user):
        request.session[FACTOR_SET] = True
        return False
    return True
