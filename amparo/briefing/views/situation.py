"""The situation report: on the screen, its two tables whole, and as files to take along."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.briefing.actions import leave_situation
from amparo.briefing.documents.situation_report import between, lacking, method, nothing_to_report
from amparo.briefing.doors import opened_by, person
from amparo.briefing.queries.asked import as_of_exactly
from amparo.briefing.queries.changes import change_in_words
from amparo.briefing.queries.look import Look, look
from amparo.briefing.queries.situation import Asked, SiteRow, Situation, asked_for, situation
from amparo.briefing.viewmodels import Link
from amparo.sites.permissions import Sites
from amparo.toolkit.asked import address, page_not_understood, paged

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "hxl": "text/csv; charset=utf-8",
}
PARAMS = ("place", "crisis", "date", "at")
WORST = 20  # rows of each table on the page; the whole table is a page of its own
PER_PAGE = 50


@require_safe
@opened_by(Sites.VIEW)
def situation_view(request: HttpRequest) -> HttpResponse:
    """The report as a page. What the address asks and nobody understands is said above it."""
    asked = look(person(request), request.GET)
    report = situation(person(request), _of(asked), most=WORST)
    kept = _kept(asked)
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
        "places": report.places[:WORST],
        "places_url": _whole("situation_places", len(report.places), kept),
        "sites": _site_rows(report.sites, asked),
        "sites_url": _whole("situation_sites", report.open_sites, kept),
        "not_understood": asked.not_understood,
    }
    return render(request, "briefing/situation.html", context)


@require_safe
@opened_by(Sites.VIEW)
def situation_places(request: HttpRequest) -> HttpResponse:
    """Every municipality of the report, page by page."""
    asked = look(person(request), request.GET)
    report = situation(person(request), _of(asked), most=0)
    places, pages = paged(report.places, request.GET, request.path, per_page=PER_PAGE)
    context = {"title": _("Municipios, primero donde urge"), "places": places, "pages": pages}
    return _table(request, asked, report, len(report.places), context)


@require_safe
@opened_by(Sites.VIEW)
def situation_sites(request: HttpRequest) -> HttpResponse:
    """Every open centre of the report, page by page."""
    asked = look(person(request), request.GET)
    report = situation(person(request), _of(asked))
    sites, pages = paged(report.sites, request.GET, request.path, per_page=PER_PAGE)
    title = _("Albergues, primero donde urge")
    context = {"title": title, "sites": _site_rows(sites, asked), "pages": pages}
    return _table(request, asked, report, report.open_sites, context)


def _of(asked: Look) -> Asked:
    return Asked(asked.as_of.moment, asked.place.place if asked.place else None, asked.crisis)


def _kept(asked: Look) -> dict[str, str]:
    return {name: value for name, value in asked.params.items() if name in PARAMS}


def _whole(name: str, rows: int, kept: dict[str, str]) -> str:
    """The address of the whole table; "" where the page has all of it."""
    return address(reverse(name), kept) if rows > WORST else ""


def _site_rows(sites: Sequence[SiteRow], asked: Look) -> list[tuple[SiteRow, str, str]]:
    """Each centre, what it lacks first in words, and its page as of the same moment."""
    return [
        (row, lacking(row), address(reverse("site_page", args=[row.uid]), asked.as_of.params))
        for row in sites
    ]


def _table(
    request: HttpRequest, asked: Look, report: Situation, total: int, table: dict[str, Any]
) -> HttpResponse:
    context = {
        "report": report,
        "rows": "briefing/situation_places.html" if "places" in table else "briefing/situation_sites.html",
        "nothing": nothing_to_report(),
        "report_url": address(reverse("situation"), _kept(asked)),
        "not_understood": (
            *asked.not_understood,
            *page_not_understood(total, request.GET, per_page=PER_PAGE),
        ),
        **table,
    }
    return render(request, "briefing/situation_table.html", context)


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
