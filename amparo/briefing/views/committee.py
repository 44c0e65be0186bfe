"""The committee's other pages: where a figure comes from, thirty days, the map."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amparo.briefing.doors import opened_by, person
from amparo.briefing.queries.map import map_data, map_page
from amparo.briefing.queries.origin import origin_page
from amparo.briefing.queries.trends import trends_page
from amparo.sites.permissions import Sites

# What MapLibre needs beyond the house's policy: it draws in a worker of its own file, and decodes nothing from abroad.
MAP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "manifest-src 'self'"
)


@require_safe
@opened_by(Sites.VIEW)
def origin_view(request: HttpRequest, key: str) -> HttpResponse:
    return render(
        request, "briefing/figure_origin.html", {"vm": origin_page(person(request), key, request.GET)}
    )


@require_safe
@opened_by(Sites.VIEW)
def trends_view(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/trends.html", {"vm": trends_page(person(request), request.GET)})


@require_safe
@opened_by(Sites.VIEW)
def map_view(request: HttpRequest) -> HttpResponse:
    response = render(request, "briefing/map.html", {"vm": map_page(person(request), request.GET)})
    response.headers["Content-Security-Policy"] = MAP_POLICY
    return response


@require_safe
@opened_by(Sites.VIEW)
def map_points(request: HttpRequest) -> HttpResponse:
    """Centres and outlines as GeoJSON, of what this person may see and asks for."""
    return JsonResponse(
        map_data(person(request), request.GET), json_dumps_params={"ensure_ascii": False, "allow_nan": False}
    )
