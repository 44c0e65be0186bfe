"""The situation report: on the screen, and as files to take along."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.briefing.actions import leave_situation
from amparo.briefing.documents.situation_report import between, method, nothing_to_report
from amparo.briefing.doors import opened_by, person
from amparo.briefing.queries.asked import as_of_exactly
from amparo.briefing.queries.look import look
from amparo.briefing.queries.situation import Asked, asked_for, change_in_words, situation
from amparo.briefing.viewmodels import Link
from amparo.sites.permissions import Sites
from amparo.toolkit.asked import address

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "hxl": "text/csv; charset=utf-8",
}
PARAMS = ("place", "crisis", "date", "at")


@require_safe
@opened_by(Sites.VIEW)
def situation_view(request: HttpRequest) -> HttpResponse:
    """The report as a page. What the address asks and nobody understands is said above it."""
    asked = look(person(request), request.GET)
    report = situation(
        person(request),
        Asked(asked.as_of.moment, asked.place.place if asked.place else None, asked.crisis),
    )
    kept = {name: value for name, value in asked.params.items() if name in PARAMS}
    files = [
        Link(
            _("PDF en español"), address(reverse("situation_file", args=["pdf"]), {**kept, "language": "es"})
        ),
        Link(
            _("PDF en inglés"), address(reverse("situation_file", args=["pdf"]), {**kept, "language": "en"})
        ),
        Link(_("Hoja de cálculo"), address(reverse("situation_file", args=["xlsx"]), kept)),
        Link(_("HXL"), address(reverse("situation_file", args=["hxl"]), kept)),
    ]
    context = {
        "report": report,
        "files": files,
        "change": change_in_words(report.change) if report.change and not report.empty else (),
        "nothing": nothing_to_report(),
        "method": list(method(report)),
        "headlines": [(one, between(one.oldest, one.newest)) for one in report.headlines],
        "not_understood": asked.not_understood,
    }
    return render(request, "briefing/situation.html", context)


@require_safe
@opened_by(Sites.VIEW)
def situation_file(request: HttpRequest, form: str) -> HttpResponse:
    """The report as one file, in `language` or that of the screen."""
    language = request.GET.get("language", "") or (get_language() or "es")[:2]
    asked = asked_for(
        person(request),
        place=request.GET.get("place", ""),
        crisis=request.GET.get("crisis", ""),
        moment=as_of_exactly(request.GET).moment,
    )
    name, content = leave_situation(
        asked, by=person(request), language=language if language in ("es", "en") else "es", form=form
    )
    shown = "inline" if form == "pdf" else "attachment"
    return HttpResponse(
        content,
        content_type=TYPES[form],
        headers={"Content-Disposition": f'{shown}; filename="{name}"'},
    )
