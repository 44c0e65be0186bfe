from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from amparo.briefing.doors import opened_by, person
from amparo.briefing.queries.board import board
from amparo.kernel.refusals import NotPermitted
from amparo.sites.permissions import Sites
from amparo.toolkit.resources.menu import first_page


@require_safe
def board_view(request: HttpRequest) -> HttpResponse:
    """`/`: the board; whoever may not open it begins with the first page of their menu."""
    start = first_page(request.user)
    if request.user.is_authenticated and not start:
        raise NotPermitted(
            "no_pages", _("Su cuenta aún no abre ninguna página. Pida un cargo a quien administra Amparo.")
        )
    return HttpResponseRedirect(start) if start not in ("", request.path) else _board(request)


@opened_by(Sites.VIEW)
def _board(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/board.html", {"vm": board(person(request), request.GET)})
