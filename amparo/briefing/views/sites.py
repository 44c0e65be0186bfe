"""The list of centres, and the forms that add, edit and open one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from amparo.briefing.doors import done, opened_by, person, site_for
from amparo.briefing.forms import EditSiteForm, NewSiteForm, OpenSiteForm
from amparo.briefing.queries.sites_list import sites_page
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.sites.actions.site import EDITABLE, add_site, edit_site, open_site, place_site
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.sites import visible_to
from amparo.toolkit.frames import FormPage

FACTS = ("address", "institution", "phone", "lat", "lon", "opened_on")


@require_safe
@opened_by(Sites.VIEW)
def sites_list(request: HttpRequest) -> HttpResponse:
    return render(request, "briefing/sites_list.html", {"vm": sites_page(person(request), request.GET)})


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.MANAGE)
def site_new(request: HttpRequest) -> HttpResponse:
    form = NewSiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        uid = form.cleaned_data["token"]
        if visible_to(person(request)).filter(uid=uid).exists():
            return _to(uid)
        if not Site.objects.filter(uid=uid).exists() and done(
            form, lambda: _add(form.cleaned_data, person(request))
        ):
            messages.success(request, _("Albergue guardado."))
            return _to(uid)
    page = FormPage(
        title=_("¿Qué albergue es?"),
        submit=_("Guardar albergue"),
        action=reverse("site_new"),
        cancel_url=reverse("sites_list"),
        crumb=_("Albergues"),
        crumb_url=reverse("sites_list"),
    )
    return _form(request, page, form)


def _add(said: dict[str, Any], by: User) -> Site:
    candidate = said["status"] == NewSiteForm.CANDIDATE
    return add_site(
        by=by,
        holder=by.organisation,
        place=said["place"],
        name=said["name"],
        kind=Site.Kind.CANDIDATE_SITE if candidate else said["kind"],
        status=Site.Status.CANDIDATE if candidate else Site.Status.OPEN,
        uid=said["token"],
        **{field: said[field] for field in FACTS},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VIEW)
def site_edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    site = site_for(request, uid)
    require(request.user, Sites.MANAGE, site)
    form = EditSiteForm(
        request.POST or None, site=site, initial={field: getattr(site, field) for field in EDITABLE}
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: _edit(site, form.cleaned_data, person(request)))
    ):
        messages.success(request, _("Cambios guardados."))
        return _to(uid)
    page = FormPage(
        title=_("¿Qué cambia de este albergue?"),
        submit=_("Guardar cambios"),
        action=reverse("site_edit", args=[uid]),
        cancel_url=reverse("site_page", args=[uid]),
        crumb=site.name,
        crumb_url=reverse("site_page", args=[uid]),
    )
    return _form(request, page, form)


@transaction.atomic
def _edit(site: Site, said: dict[str, Any], by: User) -> None:
    edit_site(site, by=by, **{field: said[field] for field in EDITABLE if field in said})
    place = said.get("place")
    if place is not None and (place.pk != site.place_id or site.place_doubt):
        place_site(site, by=by, place=place)


@require_http_methods(["GET", "HEAD", "POST"])
@opened_by(Sites.VIEW)
def site_open(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Open a possible place, or a centre that had closed. Sent twice, it opens once."""
    site = site_for(request, uid)
    require(request.user, Sites.MANAGE, site)
    if site.status == Site.Status.OPEN:
        return _to(uid)
    form = OpenSiteForm(request.POST or None, site=site)
    if (
        request.method == "POST"
        and form.is_valid()
        and done(form, lambda: open_site(site, by=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Abierto. Ya cuenta en el tablero."))
        return _to(uid)
    page = FormPage(
        title=_("¿Abre este albergue?"),
        submit=_("Abrir albergue"),
        text=_("Desde hoy cuenta entre los abiertos. Su historia se conserva."),
        action=reverse("site_open", args=[uid]),
        cancel_url=reverse("site_page", args=[uid]),
        crumb=site.name,
        crumb_url=reverse("site_page", args=[uid]),
    )
    return _form(request, page, form)


def _to(uid: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("site_page", args=[uid]))


def _form(request: HttpRequest, page: FormPage, form: Any) -> HttpResponse:
    return render(request, "toolkit/form.html", {"vm": page, "form": form})
