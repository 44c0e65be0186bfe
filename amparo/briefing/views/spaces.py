"""The building: seen, and written down line by line."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.briefing.doors import done, opened_by, person, site_for
from amparo.briefing.forms import FacilityFormSet, Lines, SpaceFormSet, as_lines
from amparo.briefing.queries.spaces import spaces_form, spaces_page
from amparo.kernel.access import require
from amparo.sites.actions.building import FACILITY_FIELDS, SPACE_FIELDS, write_facilities, write_spaces
from amparo.sites.models import Facility, Site, Space
from amparo.sites.permissions import Sites
from amparo.toolkit.asked import address


@require_safe
@opened_by(Sites.VIEW)
def site_spaces(request: HttpRequest, uid: UUID) -> HttpResponse:
    page = spaces_page(person(request), site_for(request, uid))
    return render(request, "briefing/site_spaces.html", {"vm": page})


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VIEW)
def site_spaces_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    return _edit(
        request,
        site,
        Space.objects.filter(site=site),
        fields=SPACE_FIELDS,
        formset=SpaceFormSet,
        write=write_spaces,
        name="site_spaces_edit",
        title=_("Corregir espacios de %(name)s") % {"name": site.name},
        question=_("¿Cómo está el edificio?"),
        section=(_("Espacios"), _("Las aulas, salones y pasillos, con sus metros.")),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VIEW)
def site_facilities_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    return _edit(
        request,
        site,
        Facility.objects.filter(site=site),
        fields=FACILITY_FIELDS,
        formset=FacilityFormSet,
        write=write_facilities,
        name="site_facilities_edit",
        title=_("Corregir servicios de %(name)s") % {"name": site.name},
        question=_("¿Qué servicios hay?"),
        section=(_("Servicios del albergue"), _("Cuántos hay y cuántos funcionan hoy.")),
    )


def _edit(
    request: HttpRequest,
    site: Site,
    rows: "QuerySet[Any]",
    *,
    fields: Sequence[str],
    formset: type[Lines],
    write: Callable[..., Site],
    name: str,
    title: str,
    question: str,
    section: tuple[str, str],
) -> HttpResponse:
    """Show the list as a form, or write it. Nobody overwrites unknowingly what another wrote meanwhile."""
    require(request.user, Sites.REPORT, site)
    before = as_lines(rows, fields)
    # What was sent is read alone: beside today's list, a line equal to it would pass for a blank one.
    lines = formset(request.POST) if request.method == "POST" else formset(initial=before)
    if request.method == "POST" and lines.is_valid():
        written = [_complete(line, fields) for line in lines.written()]
        if _digest(written) == _digest(before):
            return _saved(request, site)
        if request.GET.get("seen") not in (None, _digest(before)):
            lines.non_form_errors().append(
                _("Otra persona cambió esta lista mientras usted escribía. Revise y guarde otra vez.")
            )
        elif done(lines, lambda: write(site, by=person(request), lines=written)):
            return _saved(request, site)
    action = address(reverse(name, args=[site.uid]), {"seen": _digest(before)})
    page = spaces_form(site, title=title, question=question, action=action)
    context = {"vm": page, "sections": [(*section, lines)]}
    return render(request, "briefing/site_spaces_edit.html", context)


def _complete(line: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {field: line.get(field) for field in fields}


def _digest(lines: Sequence[dict[str, Any]]) -> str:
    """What a list says, whatever its order."""
    said = sorted(repr(sorted((name, str(value)) for name, value in line.items())) for line in lines)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:16]


def _saved(request: HttpRequest, site: Site) -> HttpResponse:
    messages.success(request, _("Guardado. El cupo ya está calculado otra vez."))
    return HttpResponseRedirect(reverse("site_spaces", args=[site.uid]))
