"""An ordered closure: written down, withdrawn, carried out, and the building handed back. It blocks nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amparo.briefing.doors import done, opened_by, person, site_for
from amparo.briefing.forms import CloseForm, HandOverForm, OrderClosureForm, WhyForm
from amparo.briefing.queries.asked import address
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.sites.actions.closing import close_site, hand_over, order_closure, withdraw_closure
from amparo.sites.models import Closure, Site
from amparo.sites.permissions import Sites
from amparo.toolkit.frames import FormPage, Notice

ORDER, WITHDRAW, CLOSE, HAND_OVER = "order", "withdraw", "close", "hand_over"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done about a closure now."""

    name: str
    title: str
    submit: str
    form: Callable[..., forms.Form]
    act: Callable[[User, dict[str, Any]], object]
    text: str = ""
    success: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VIEW)
def site_closure(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    require(request.user, Sites.MANAGE, site)
    steps = _steps(site)
    here = reverse("site_closure", args=[uid])
    asked = request.GET.get("step", "")
    if not steps or (request.method == "POST" and asked and asked not in steps):
        # Nothing (more) to do: the same form sent twice ends here.
        return HttpResponseRedirect(reverse("site_page", args=[uid]))
    step = steps.get(asked) or next(iter(steps.values()))
    form = step.form(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: step.act(person(request), form.cleaned_data))
    ):
        messages.success(request, step.success)
        return HttpResponseRedirect(reverse("site_page", args=[uid]))
    page = FormPage(
        title=step.title,
        submit=step.submit,
        text=step.text,
        action=address(here, {"step": step.name}),
        cancel_url=reverse("site_page", args=[uid]),
        crumb=site.name,
        crumb_url=reverse("site_page", args=[uid]),
        notices=tuple(
            Notice("info", other.title, "", address(here, {"step": other.name}), other.submit)
            for other in steps.values()
            if other is not step
        ),
    )
    return render(request, "toolkit/form.html", {"vm": page, "form": form})


def _steps(site: Site) -> dict[str, Step]:
    """What can be done now, the most likely first."""
    standing = (
        Closure.objects.filter(site=site, withdrawn=False, handed_over_on=None).select_related("site").first()
    )
    if site.status == Site.Status.CLOSED:
        found = [_hand_over(standing)] if standing else []
    elif site.status != Site.Status.OPEN:
        found = []
    elif standing is None:
        found = [_order(site), _close(site)]
    else:
        found = [_close(site), _withdraw(standing)]
    return {step.name: step for step in found}


def _order(site: Site) -> Step:
    return Step(
        name=ORDER,
        title=_("¿Quién ordena el cierre y para cuándo?"),
        submit=_("Guardar la orden"),
        form=OrderClosureForm,
        act=lambda by, said: order_closure(site, by=by, **said),
        text=_("Se anota y no impide nada: las personas pueden seguir entrando."),
        success=_("Orden de cierre guardada. El albergue sigue abierto."),
    )


def _close(site: Site) -> Step:
    return Step(
        name=CLOSE,
        title=_("¿Ya cerró este albergue?"),
        submit=_("Cerrar el albergue"),
        form=lambda data: CloseForm(data, opened_on=site.opened_on),
        act=lambda by, said: close_site(site, by=by, **said),
        text=_("Deja de contar entre los abiertos. Su historia se conserva."),
        success=_("Albergue cerrado."),
    )


def _withdraw(closure: Closure) -> Step:
    return Step(
        name=WITHDRAW,
        title=_("¿Se retira la orden de cierre?"),
        submit=_("Retirar la orden"),
        form=WhyForm,
        act=lambda by, said: withdraw_closure(closure, by=by, **said),
        success=_("Orden retirada. El albergue sigue abierto."),
    )


def _hand_over(closure: Closure) -> Step:
    return Step(
        name=HAND_OVER,
        title=_("¿Se entregó el edificio?"),
        submit=_("Guardar la entrega"),
        form=HandOverForm,
        act=lambda by, said: hand_over(closure, by=by, **said),
        success=_("Entrega del edificio guardada."),
    )
