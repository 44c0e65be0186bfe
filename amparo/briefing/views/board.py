from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from amparo.briefing.doors import opened_by, person
from amparo.briefing.queries.board import board
from amparo.sites.permissions import Sites


@require_safe
@opened_by(Sites.VIEW)
def board_view(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/board.html", {"vm": board(person(request), request.GET)})
