from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, override
from django.views.decorators.http import require_safe

from amparo.briefing.documents import render_site_sheet
from amparo.briefing.doors import opened_by, person, site_for
from amparo.briefing.queries.asked import as_of, as_of_exactly
from amparo.briefing.queries.history import history_page
from amparo.briefing.queries.sheet import sheet_name, sheets_of
from amparo.briefing.queries.site_page import site_page
from amparo.briefing.queries.trend import trend_page
from amparo.sites.permissions import Sites


@require_safe
@opened_by(Sites.VIEW)
def site_view(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    page = site_page(person(request), site, as_of(request.GET))
    # What nobody measured is most of the standards, and heavy: it comes when it is asked for.
    whole = request.GET.copy()
    whole["unmeasured"] = "1"
    context = {"vm": page, "whole": "unmeasured" in request.GET, "whole_url": f"?{whole.urlencode()}"}
    return render(request, "briefing/site_page.html", context)


@require_safe
@opened_by(Sites.VIEW)
def site_history(request: HttpRequest, uid: UUID) -> HttpResponse:
    page = history_page(person(request), site_for(request, uid), request.GET)
    return render(request, "briefing/site_history.html", {"vm": page})


@require_safe
@opened_by(Sites.VIEW)
def site_trend(request: HttpRequest, uid: UUID, key: str) -> HttpResponse:
    page = trend_page(person(request), site_for(request, uid), key, request.GET, as_of(request.GET))
    return render(request, "briefing/site_trend.html", {"vm": page})


@require_safe
@opened_by(Sites.VIEW)
def site_sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One A4 page in PDF; `language=en` for English, whatever the screen speaks."""
    site = site_for(request, uid)
    moment = as_of_exactly(request.GET).moment
    asked = request.GET.get("language", "") or (get_language() or "es")[:2]
    language = asked if asked in dict(settings.LANGUAGES) else "es"
    with override(language):
        sheet = next(iter(sheets_of([site], moment, reader=person(request), printed_by=person(request).name)))
        content = render_site_sheet(sheet, language)
    name = sheet_name(site, set())
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
