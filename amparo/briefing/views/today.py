"""The centre's door: today, the daily report, and the same on paper."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.briefing import viewmodels_day as v
from amparo.briefing.documents.daily_report import render_daily_report
from amparo.briefing.doors import opened_by, person, site_for
from amparo.briefing.forms_daily import DailyForm, typed
from amparo.briefing.queries import today as asked
from amparo.briefing.queries.lacking import site_url
from amparo.kernel.access import require
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.sites.actions.reporting import confirm, report_day
from amparo.sites.daily import POSSIBLE
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.daily import last_told
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.toolkit.asked import address, paged, plain

View = Callable[..., HttpResponse]


def keeps_what_was_typed(view: View) -> View:
    """Where the session ended while somebody typed, the figures go through the door with them."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            return redirect_to_login(address(request.path, typed(request.POST)))
        return view(request, *args, **kwargs)

    return wrapped


@require_safe
@opened_by(Sites.REPORT)
def today_view(request: HttpRequest) -> HttpResponse:
    """`/hoy/`: one's centre; of several, which one."""
    sites = asked.centres(person(request))
    if len(sites) == 1:
        page = asked.today(person(request), sites[0], several=False)
        return render(request, "briefing/today.html", {"vm": page})
    search = plain(request.GET.get("q", ""))
    found = asked.choices(sites, search)
    rows, pages = paged(found, request.GET, request.path)
    page_of_all = v.CentreChoices(tuple(rows), search, request.path, pages, len(sites))
    return render(request, "briefing/today_choice.html", {"vm": page_of_all})


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
@opened_by(Sites.REPORT)
def today_site(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One centre. POST says of one figure that it is still so."""
    site = site_for(request, uid)
    require(request.user, Sites.REPORT, site)
    if request.method == "POST":
        _say_still_so(request, site)
        return HttpResponseRedirect(site_url("today_site", site))
    page = asked.today(person(request), site, several=True)
    return render(request, "briefing/today.html", {"vm": page})


def _say_still_so(request: HttpRequest, site: Site) -> None:
    try:
        token: UUID | None = UUID(request.POST.get("token", ""))
    except ValueError:
        token = None
    try:
        confirm(site, by=person(request), keys=[plain(request.POST.get("same", ""))], uid=token)
    except NotPermitted:
        raise
    except Refused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Anotado: sigue igual. No cuenta como medida."))


@require_http_methods(["GET", "HEAD", "POST"])
@keeps_what_was_typed
@opened_by(Sites.REPORT)
def daily_report(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    require(request.user, Sites.REPORT, site)
    one = assess_one(site, Moment.now())
    ten = last_told(site, one.inputs, one.at)
    form = asked.daily_form(request.POST or None, site, ten, initial=typed(request.GET))
    if request.method == "POST" and form.is_valid() and (said := send(form, site, request)):
        messages.success(request, said)
        return HttpResponseRedirect(site_url("today_site", site))
    page = v.DailyPage(
        name=site.name,
        url=site_url("today_site", site),
        action=request.path,
        rows=asked.rows_of(form, ten, one.at),
        paper_url=site_url("report_paper", site),
        paper_en_url=address(site_url("report_paper", site), {"language": "en"}),
        sms=asked.message_of(site),
        central=settings.AMPARO_CENTRAL_NUMBER,
        may_all_stay=bool(form.may_stay),
        notices=asked.nothing_told(ten),
    )
    return render(request, "briefing/daily_report.html", {"vm": page, "form": form})


def send(form: DailyForm, site: Site, request: HttpRequest) -> str:
    """Send the report; what was taken, in words, or "" where a rule said no: the form says so and keeps everything."""
    try:
        batch = report_day(
            site,
            by=person(request),
            values=form.values,
            same=form.same,
            sure=form.cleaned_data["sure"],
            uid=form.uid,
        )
    except NotPermitted:
        raise
    except Refused as refusal:
        refuse(form, refusal)
        return ""
    other = asked.meanwhile(site, form, person(request))
    return " ".join(part for part in (asked.taken_words(batch, form), other) if part)


def refuse(form: DailyForm, refusal: Refused) -> None:
    """Say a refusal in the form; for what is only odd, offer to say that it is so."""
    form.asks = refusal.code in POSSIBLE
    form.add_error(refusal.of if refusal.of in form.fields else None, refusal.message)


@require_safe
@opened_by(Sites.REPORT)
def report_paper(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One A4 page with ten empty boxes; `language=en` for English, whatever the screen speaks."""
    site = site_for(request, uid)
    require(request.user, Sites.REPORT, site)
    wanted = request.GET.get("language", "") or (get_language() or "es")[:2]
    language = wanted if wanted in dict(settings.LANGUAGES) else "es"
    with override(language):
        content = render_daily_report(site, language, exercise=settings.HOME.exercise.exists())
    name = f"reporte-{timezone.localdate().isoformat()}-{site.uid.hex[:8]}.pdf"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
