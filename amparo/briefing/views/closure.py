"""An ordered closure: written down, withdrawn, carried out, and the building handed back. It blocks nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from amparo.briefing.doors import done, opened_by, person, site_for
from amparo.briefing.forms import AboutSite, CloseForm, HandOverForm, OrderClosureForm, WithdrawClosureForm
from amparo.kernel.access import require
from amparo.sites.actions.closing import close_site, hand_over, order_closure, withdraw_closure
from amparo.sites.models import Closure, Site
from amparo.sites.permissions import Sites
from amparo.toolkit.asked import address
from amparo.toolkit.frames import FormPage, Notice


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be done about a closure: its words, its form, and the action that takes the answers.

    `form` takes the data sent and the centre; `act` what it is done to (the centre, or its closure), who does it, and
    the answers by name.
    """

    name: str
    title: Any
    submit: Any
    success: Any
    form: Callable[..., AboutSite]
    act: Callable[..., object]
    text: Any = ""


ORDER = Step(
    name="order",
    title=_("¿Quién ordena el cierre y para cuándo?"),
    submit=_("Guardar la orden"),
    text=_("Se anota y no impide nada: las personas pueden seguir entrando."),
    success=_("Orden de cierre guardada. El albergue sigue abierto."),
    form=OrderClosureForm,
    act=order_closure,
)
CLOSE = Step(
    name="close",
    title=_("¿Ya cerró este albergue?"),
    submit=_("Cerrar el albergue"),
    text=_("Deja de contar entre los abiertos. Su historia se conserva."),
    success=_("Albergue cerrado."),
    form=CloseForm,
    act=close_site,
)
WITHDRAW = Step(
    name="withdraw",
    title=_("¿Se retira la orden de cierre?"),
    submit=_("Retirar la orden"),
    success=_("Orden retirada. El albergue sigue abierto."),
    form=WithdrawClosureForm,
    act=withdraw_closure,
)
HAND_OVER = Step(
    name="hand_over",
    title=_("¿Se entregó el edificio?"),
    submit=_("Guardar la entrega"),
    success=_("Entrega del edificio guardada."),
    form=HandOverForm,
    act=hand_over,
)


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
    step, subject = steps.get(asked) or next(iter(steps.values()))
    form = step.form(request.POST or None, site=site)
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: step.act(subject, by=person(request), **form.cleaned_data))
    ):
        messages.success(request, step.success)
        return HttpResponseRedirect(reverse("site_page", args=[uid]))
    page = FormPage(
        title=str(step.title),
        submit=str(step.submit),
        text=str(step.text),
        action=address(here, {"step": step.name}),
        cancel_url=reverse("site_page", args=[uid]),
        crumb=site.name,
        crumb_url=reverse("site_page", args=[uid]),
        notices=tuple(
            Notice("info", str(other.title), "", address(here, {"step": other.name}), str(other.submit))
            for other, _subject in steps.values()
            if other is not step
        ),
    )
    return render(request, "toolkit/form.html", {"vm": page, "form": form})


def _steps(site: Site) -> dict[str, tuple[Step, Site | Closure]]:
    """What can be done now and to what, the most likely first, by name."""
    ordered = (
        Closure.objects.filter(site=site, withdrawn=False, handed_over_on=None).select_related("site").first()
    )
    found: list[tuple[Step, Site | Closure]] = []
    if site.status == Site.Status.OPEN:
        found = [(CLOSE, site), (WITHDRAW, ordered)] if ordered else [(ORDER, site), (CLOSE, site)]
    elif site.status == Site.Status.CLOSED and ordered:
        found = [(HAND_OVER, ordered)]
    return {step.name: (step, subject) for step, subject in found}
