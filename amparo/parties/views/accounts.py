"""One account that someone answers for: open, page, renew, end, code, roles. The list is `parties.resources`'."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from amparo.kernel.access import roles, standing
from amparo.kernel.models import Holding, User
from amparo.kernel.permissions import Kernel
from amparo.parties.actions import accounts as act
from amparo.parties.actions.passwords import give_code, take_away_factors
from amparo.parties.actions.sessions import end_sessions
from amparo.parties.forms.accounts import AccountForm, RenewForm, RoleForm, WhyForm
from amparo.parties.models import OneTimeCode
from amparo.parties.queries.accounts import accounts_answered_for, scope_words
from amparo.parties.queries.factors import has_factor
from amparo.parties.queries.sessions import sessions_of
from amparo.parties.stepping import stepped_up
from amparo.parties.views.within import done_within
from amparo.toolkit.doors import opened_by, person
from amparo.toolkit.frames import ConfirmPage, FormPage
from amparo.toolkit.resources import again

KEYS_GO = gettext_lazy("Se quitan sus llaves para programas: habrá que hacer otras.")


def _form(**said: Any) -> FormPage:
    return FormPage(crumb=_("Cuentas"), crumb_url=reverse("accounts"), **said)


def _confirm(**said: Any) -> ConfirmPage:
    return ConfirmPage(crumb=_("Cuentas"), crumb_url=reverse("accounts"), **said)


def role_words(held: Any) -> list[tuple[str, str]]:
    """(role, where) of each holding, in words."""
    known = roles()
    return [
        (str(known[one.role].label) if one.role in known else one.role, scope_words(one.scope))
        for one in held
    ]


def account_of(request: HttpRequest, uid: Any) -> User:
    return get_object_or_404(accounts_answered_for(person(request)), uid=uid)


@opened_by(Kernel.MANAGE_ACCOUNTS)
@stepped_up
def account_new(request: HttpRequest) -> HttpResponse:
    """Open an account and show its code once: the answer to the POST, kept by no cache."""
    by = person(request)
    before = again.made_before(request) if request.method == "POST" else None
    opened = accounts_answered_for(by).filter(uid=before, is_active=True).first() if before else None
    if opened is not None:
        messages.info(request, _("Esta cuenta ya está creada. Si no tiene su código, dé otro."))
        return _to(opened)
    form = AccountForm(request.POST or None, by=by)
    made: list[tuple[User, str]] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if done_within(
            form,
            lambda: made.append(
                act.open_account(
                    by=by,
                    username=said["username"],
                    name=said["name"],
                    organisation=said["organisation"],
                    role=said["role"],
                    scope=said["place"],
                    of=said["organisation"] if said["only"] else None,
                    days=said["days"],
                )
            ),
        ):
            again.remember(request, made[0][0])
            return _code_page(request, *made[0])
    frame = _form(
        title=_("¿Quién va a entrar?"),
        text=_("La persona elige su contraseña con un código que usted le da."),
        submit=_("Crear la cuenta"),
        cancel_url=reverse("accounts"),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


@opened_by(Kernel.MANAGE_ACCOUNTS)
def account_page(request: HttpRequest, uid: Any) -> HttpResponse:
    user = account_of(request, uid)
    held = list(standing(Holding.objects.filter(user=user)))
    context = {
        "account": user,
        "alive": user.may_act(),
        "holdings": list(zip(held, role_words(held), strict=True)),
        "sessions": sessions_of(user),
        "has_factor": has_factor(user),
        "waits_for_code": not user.has_usable_password(),
        "has_code": OneTimeCode.objects.filter(user=user, ends_at__gt=timezone.now()).exists(),
        "tokens": user.tokens.filter(revoked_at=None, ends_at__gt=timezone.now()),
    }
    return render(request, "parties/account_page.html", context)


@opened_by(Kernel.MANAGE_ACCOUNTS)
def account_renew(request: HttpRequest, uid: Any) -> HttpResponse:
    user = account_of(request, uid)
    form = RenewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act.renew(user, by=person(request), days=form.cleaned_data["days"])
        messages.success(request, _("Renovada."))
        return _to(user)
    frame = _form(
        title=_("¿Hasta cuándo sigue %(name)s?") % {"name": user.name},
        submit=_("Renovar"),
        cancel_url=reverse("account_page", args=[user.uid]),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


@opened_by(Kernel.MANAGE_ACCOUNTS)
@stepped_up
def account_end(request: HttpRequest, uid: Any) -> HttpResponse:
    user = account_of(request, uid)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act.end(user, by=person(request), why=form.cleaned_data["why"])
        messages.success(request, _("Cerrada en todos sus aparatos. Lo que hizo sigue en la bitácora."))
        return _to(user)
    frame = _confirm(
        title=_("¿Cerrar la cuenta de %(name)s?") % {"name": user.name},
        text=_("Saldrá de inmediato de todos sus aparatos."),
        submit=_("Cerrar la cuenta"),
        cancel_url=reverse("account_page", args=[user.uid]),
        consequences=(
            _("Lo que reportó sigue guardado."),
            _("Puede renovarla después."),
            KEYS_GO,
        ),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": form})


@opened_by(Kernel.MANAGE_ACCOUNTS)
@stepped_up
def account_code(request: HttpRequest, uid: Any) -> HttpResponse:
    """A new code: the old password stops at once."""
    user = account_of(request, uid)
    if request.method == "POST":
        return _code_page(request, user, give_code(user, by=person(request)))
    frame = _confirm(
        title=_("¿Dar un código a %(name)s?") % {"name": user.name},
        text=_("Su contraseña de ahora deja de valer y sale de todos sus aparatos."),
        submit=_("Dar un código"),
        cancel_url=reverse("account_page", args=[user.uid]),
        consequences=(
            _("Asegúrese de que es la persona: en frente, o por una llamada que usted hace."),
            _("El código vale 72 horas y una sola vez."),
            KEYS_GO,
        ),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": None})


@opened_by(Kernel.MANAGE_ACCOUNTS)
@stepped_up
def account_factors(request: HttpRequest, uid: Any) -> HttpResponse:
    """For somebody who lost the phone with their codes."""
    user = account_of(request, uid)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        take_away_factors(user, by=person(request), why=form.cleaned_data["why"])
        messages.success(request, _("Se quitó. Al entrar podrá poner otro."))
        return _to(user)
    frame = _confirm(
        title=_("¿Quitar el segundo paso de %(name)s?") % {"name": user.name},
        text=_("Hágalo solo si perdió su teléfono, y con la persona en frente."),
        submit=_("Quitar el segundo paso"),
        cancel_url=reverse("account_page", args=[user.uid]),
        consequences=(
            _("Sale de todos sus aparatos."),
            KEYS_GO,
            _("Queda escrito en la bitácora quién lo quitó."),
        ),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": form})


@require_POST
@opened_by(Kernel.MANAGE_ACCOUNTS)
def account_sessions_end(request: HttpRequest, uid: Any) -> HttpResponse:
    user = account_of(request, uid)
    end_sessions(user)
    messages.success(request, _("Salió de todos sus aparatos."))
    return _to(user)


@opened_by(Kernel.MANAGE_ACCOUNTS)
@stepped_up
def role_give(request: HttpRequest, uid: Any) -> HttpResponse:
    user, by = account_of(request, uid), person(request)
    form = RoleForm(request.POST or None, by=by)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        of = user.organisation if said["only"] else None
        held = Holding.objects.filter(user=user, role=said["role"], scope=said["place"], organisation=of)
        if again.made_before(request) is not None and standing(held).exists():
            return _to(user)
        if done_within(
            form,
            lambda: act.give_role(
                user, by=by, role=said["role"], scope=said["place"], of=of, days=said["days"]
            ),
        ):
            again.remember(request, user)
            messages.success(request, _("Cargo dado."))
            return _to(user)
    frame = _form(
        title=_("¿Qué cargo tendrá %(name)s?") % {"name": user.name},
        text=_("Puede dar los cargos que no pueden más que el suyo."),
        submit=_("Dar el cargo"),
        cancel_url=reverse("account_page", args=[user.uid]),
    )
    return render(request, "toolkit/form.html", {"vm": frame, "form": form})


@opened_by(Kernel.MANAGE_ACCOUNTS)
def role_end(request: HttpRequest, uid: Any, pk: int) -> HttpResponse:
    user = account_of(request, uid)
    holding = get_object_or_404(standing(Holding.objects.filter(user=user)), pk=pk)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        act.end_role(holding, by=person(request), why=form.cleaned_data["why"])
        messages.success(request, _("Cargo terminado. Vale desde ya."))
        return _to(user)
    [(role, where)] = role_words([holding])
    frame = _confirm(
        title=_("¿Terminar un cargo de %(name)s?") % {"name": user.name},
        text=f"{role}. {where}.",
        submit=_("Terminar el cargo"),
        cancel_url=reverse("account_page", args=[user.uid]),
    )
    return render(request, "toolkit/confirm.html", {"vm": frame, "form": form})


def _code_page(request: HttpRequest, user: User, code: str) -> HttpResponse:
    return render(
        request,
        "parties/account_code.html",
        {"account": user, "code": code, "door": request.build_absolute_uri(reverse("code_enter"))},
    )


def _to(user: User) -> HttpResponse:
    return HttpResponseRedirect(reverse("account_page", args=[user.uid]))
