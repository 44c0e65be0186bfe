"""The round of calls: whom to call, and one call after another by keyboard alone."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from amparo.briefing import viewmodels_day as v
from amparo.briefing.doors import opened_by, person, site_for
from amparo.briefing.forms_daily import DailyForm, any_figure, typed
from amparo.briefing.queries import today as asked
from amparo.briefing.queries.calls import call_row, calls_page
from amparo.briefing.queries.lacking import site_url
from amparo.briefing.views.today import keeps_what_was_typed, refuse
from amparo.kernel.access import require
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.sites.actions.calling import end_in_vain, end_with_report, take_call
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.calls import ToCall, claim_on, next_of
from amparo.sites.queries.daily import last_told
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.toolkit.frames import Notice


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.REPORT)
def calls_view(request: HttpRequest) -> HttpResponse:
    """The round. POST begins with the first that nobody is calling."""
    if request.method == "POST":
        return _next(request)
    return render(request, "briefing/calls.html", {"vm": calls_page(person(request), request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
@opened_by(Sites.REPORT)
def call_view(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One call: its figures, or why there are none; then the next centre."""
    site = site_for(request, uid)
    require(request.user, Sites.REPORT, site)
    outcome, left = request.POST.get("outcome", ""), request.POST.get("left", "")
    if request.method == "POST" and outcome == "take":
        return _take(request, site)
    one = assess_one(site, Moment.now())
    ten = last_told(site, one.inputs, one.at)
    form = asked.daily_form(request.POST or None, site, ten, initial=typed(request.GET), calling=True)
    asks = ""
    if request.method == "POST" and outcome and any_figure(request.POST):
        asks = outcome
    elif request.method == "POST" and (outcome or left):
        if _in_vain(request, site, form, outcome or left):
            return _next(request)
    elif request.method == "POST" and form.is_valid() and _reported(request, site, form):
        return _next(request)
    now = timezone.now()
    row = call_row(ToCall(one, claim=claim_on(site, now)), person(request), now)
    page = v.CallPage(
        row=row,
        rows=asked.rows_of(form, ten, one.at),
        action=request.path,
        back_url=reverse("calls"),
        asks=asks,
        notices=(
            Notice(
                "bajo",
                _("%(name)s está llamando a este albergue") % {"name": row.calling},
                _("Si no terminó en diez minutos, podrá tomar la llamada."),
                reverse("calls"),
                _("Volver a la ronda"),
            ),
        )
        if row.calling
        else (),
    )
    return render(request, "briefing/call.html", {"vm": page, "form": form})


def _take(request: HttpRequest, site: Site) -> HttpResponse:
    try:
        take_call(site, by=person(request))
    except NotPermitted:
        raise
    except Refused as refusal:
        messages.warning(request, refusal.message)
        return HttpResponseRedirect(reverse("calls"))
    return HttpResponseRedirect(site_url("call", site))


def _in_vain(request: HttpRequest, site: Site, form: DailyForm, outcome: str) -> bool:
    try:
        call = end_in_vain(site, by=person(request), outcome=outcome)
    except NotPermitted:
        raise
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return False
    words = _("Anotado: %(outcome)s, %(name)s.") % {
        "outcome": call.get_outcome_display().lower(),
        "name": site.name,
    }
    # Whoever pressed the wrong button goes back and writes the figures: the newest call is the one that counts.
    back = site_url("call", site)
    messages.success(request, format_html('{} <a href="{}">{}</a>', words, back, _("Volver a este albergue")))
    return True


def _reported(request: HttpRequest, site: Site, form: DailyForm) -> bool:
    try:
        end_with_report(
            site, by=person(request), values=form.values, sure=form.cleaned_data["sure"], uid=form.uid
        )
    except NotPermitted:
        raise
    except Refused as refusal:
        refuse(form, refusal)
        return False
    other = asked.meanwhile(site, form, person(request))
    messages.success(request, " ".join(filter(None, [_("Guardado: %(name)s.") % {"name": site.name}, other])))
    return True


def _next(request: HttpRequest) -> HttpResponse:
    """Take the next of the round; one that another took meanwhile is passed over."""
    for _try in range(3):
        following = next_of(person(request), timezone.now())
        if following is None:
            break
        try:
            take_call(following.site, by=person(request))
        except NotPermitted:
            raise
        except Refused:
            continue
        return HttpResponseRedirect(site_url("call", following.site))
    messages.success(request, _("No queda ningún albergue por llamar ahora."))
    return HttpResponseRedirect(reverse("calls"))
