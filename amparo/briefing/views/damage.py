"""Damage and needs: by municipality, one figure, and telling new ones."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from amparo.briefing import words
from amparo.briefing.doors import done, opened_by, person
from amparo.briefing.queries.damage import damage_figure_page, damage_page, mark_of, prefilled
from amparo.crises.actions import record_damage
from amparo.crises.damage import FIGURES, definition
from amparo.crises.forms import DamageForm
from amparo.crises.models import DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.queries import visible_to as crises_visible_to
from amparo.crises.queries.damage import visible_to
from amparo.kernel.access import require_anywhere
from amparo.toolkit.asked import address
from amparo.toolkit.resources import again, drafts


@require_safe
@opened_by(Crises.VIEW)
def damage_view(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/damage.html", {"vm": damage_page(person(request), request.GET)})


@require_safe
@opened_by(Crises.VIEW)
def damage_figure(request: HttpRequest, uid: UUID) -> HttpResponse:
    one = get_object_or_404(visible_to(person(request)), uid=uid)
    page = damage_figure_page(person(request), one, request.GET)
    return render(request, "briefing/damage_page.html", {"vm": page})


@require_http_methods(["GET", "HEAD", "POST"])
def damage_new(request: HttpRequest) -> HttpResponse:
    """All that one report tells of one municipality, on one page. Kept over a session that ends while it is typed."""
    if not request.user.is_authenticated:
        drafts.keep(request)
        return redirect_to_login(request.get_full_path())
    require_anywhere(request.user, Crises.MANAGE)
    user = person(request)
    draft = drafts.kept_for(request) if request.method != "POST" else None
    form = DamageForm(
        request.POST if request.method == "POST" else draft,
        crises=crises_visible_to(user)[:200],
        initial=prefilled(request.GET),
    )
    if draft is not None:
        form.full_clean()
    if request.method == "POST":
        told = _told_before(request) or (_recorded(form, request) if form.is_valid() else None)
        if told is not None:
            drafts.forget(request)
            return HttpResponseRedirect(
                address(reverse("damage"), {"crisis": str(told.crisis.uid), "place": told.place.code})
            )
    context = {
        "form": form,
        "rows": _rows(form),
        "draft": draft is not None,
        "mark": drafts.mark_of(user),
        "who": drafts.WHO,
    }
    return render(request, "briefing/damage_new.html", context)


def _told_before(request: HttpRequest) -> DamageFigure | None:
    """The first figure of what somebody sends who went back to the form. One taken back may be told again."""
    uid = again.made_before(request, "token")
    return visible_to(person(request)).filter(uid=uid, withdrawn_at=None).first() if uid else None


def _recorded(form: DamageForm, request: HttpRequest) -> DamageFigure | None:
    """The first figure of the report; None where a rule says no."""
    said = form.cleaned_data
    by = person(request)
    told: list[DamageFigure] = []
    if not done(
        form,
        lambda: told.extend(
            record_damage(
                by=by,
                holder=by.organisation,
                crisis=said["crisis"],
                place=said["place"],
                told_at=said["told_at"],
                source=said["source"],
                note=said["note"],
                figures=form.told,
            )
        ),
    ):
        return None
    again.remember(request, told[0], "token")
    n = len(told)
    text = ngettext(
        "%(n)s cifra anotada. Lo dicho antes queda en la historia.",
        "%(n)s cifras anotadas. Lo dicho antes queda en la historia.",
        n,
    )
    messages.success(request, text % {"n": n})
    return told[0]


def _rows(form: DamageForm) -> list[tuple[str, str, str, list[forms.BoundField]]]:
    """Each figure: its name, what it means, the mark of that, and its boxes."""
    rows = []
    for figure in FIGURES.values():
        meaning = definition(figure, "")
        boxes = [form[f"{figure.key}-{unit.value}"] for unit in figure.units]
        rows.append(
            (words.said(figure.name), words.said(meaning.says), mark_of(meaning.own, meaning.verified), boxes)
        )
    return rows
