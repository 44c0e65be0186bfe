"""The same figures for machines."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from amparo.briefing.doors import opened_by, person, site_for
from amparo.briefing.queries.asked import as_of_exactly
from amparo.briefing.queries.figures import gap_figures, site_figures
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.sites.permissions import Sites
from amparo.toolkit.asked import plain


@require_safe
@opened_by(Sites.VIEW)
def gaps_api(request: HttpRequest) -> HttpResponse:
    asked = request.GET
    try:
        figures = gap_figures(
            person(request),
            indicator=plain(asked.get("indicator", "")),
            include_closed=asked.get("include_closed") == "1",
            moment=as_of_exactly(asked).moment,
            place=plain(asked.get("place", "")),
            crisis=plain(asked.get("crisis", "")),
            search=plain(asked.get("q", "")),
            age=plain(asked.get("age", "")),
            municipality=plain(asked.get("municipality", "")),
        )
    except NotPermitted:
        raise
    except Refused as refusal:
        return _refused(refusal)
    return _json(figures)


@require_safe
@opened_by(Sites.VIEW)
def site_gaps_api(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    try:
        moment = as_of_exactly(request.GET).moment
    except Refused as refusal:
        return _refused(refusal)
    return _json(site_figures(site, moment))


def _refused(refusal: Refused) -> JsonResponse:
    return _json({"code": refusal.code, "message": refusal.message}, status=refusal.status)


def _json(data: Mapping[str, Any], *, status: int = 200) -> JsonResponse:
    return JsonResponse(data, status=status, json_dumps_params={"allow_nan": False, "ensure_ascii": False})
