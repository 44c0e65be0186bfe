"""Centres, declared once."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.access import scopes
from amparo.kernel.models import User
from amparo.places.forms import PlaceField
from amparo.places.queries import at_path, label
from amparo.places.resources import PlaceFilter
from amparo.sites.actions.erasing import erase_site
from amparo.sites.actions.site import EDITABLE, add_site, edit_site, open_site, place_site
from amparo.sites.actions.undoing import undo_edit, undo_opening, undo_placing
from amparo.sites.daily import name_of
from amparo.sites.forms import EditSiteForm, NewSiteForm, OpenSiteForm
from amparo.sites.models import Closure, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.telephones import reads_telephone, telephone
from amparo.standards import INDICATORS
from amparo.toolkit.resources import (
    Action,
    Choice,
    Choices,
    Column,
    Empty,
    Permissions,
    Resource,
    choices_of,
)

FACTS = ("address", "institution", "phone", "lat", "lon", "opened_on")

SITUATION = Choices(
    "status",
    gettext_lazy("Estado"),
    (
        Choice(Site.Status.OPEN.value, gettext_lazy("Abiertos"), Q(status=Site.Status.OPEN)),
        Choice(Site.Status.CLOSED.value, gettext_lazy("Cerrados"), Q(status=Site.Status.CLOSED)),
        Choice(
            Site.Status.CANDIDATE.value, gettext_lazy("Lugares posibles"), Q(status=Site.Status.CANDIDATE)
        ),
        Choice("doubt", gettext_lazy("Lugar por confirmar"), ~Q(place_doubt="")),
    ),
    everything=gettext_lazy("Todos"),
)

OPEN = Action(
    key="open",
    label=gettext_lazy("Abrir albergue"),
    title=lambda site: _("¿Abre este albergue?"),
    submit=gettext_lazy("Abrir albergue"),
    text=gettext_lazy("Desde hoy cuenta entre los abiertos. Su historia se conserva."),
    do=open_site,
    done=gettext_lazy("Abierto. Ya cuenta en el tablero."),
    permission=Sites.MANAGE,
    form=lambda site, data: OpenSiteForm(data, site=site),
    when=lambda site: site.status != Site.Status.OPEN,
)


def _near(form: forms.Form, user: Any) -> forms.Form:
    """The form, its municipality being rather one of the person's own area."""
    field = form.fields["place"]
    assert isinstance(field, PlaceField)
    field.near = tuple(scope.path for scope in scopes(user, Sites.MANAGE) if scope.path)
    return form


class SiteResource(Resource):
    """A centre, a camp, or a building that may become one."""

    noun = "site"
    slug = "sites"
    list_name = "sites_list"
    model = Site
    permissions = Permissions(Sites.VIEW, Sites.MANAGE, Sites.MANAGE)
    icon = "albergues"
    order = 20
    singular = gettext_lazy("Albergue")
    plural = gettext_lazy("Albergues")
    title = gettext_lazy("¿Qué albergues hay?")
    search_label = gettext_lazy("Buscar albergue o aldea")
    empty = Empty(
        gettext_lazy("Todavía no hay albergues"),
        gettext_lazy("Agregue el primero con su nombre y su municipio. Lo demás puede esperar."),
    )
    new_label = gettext_lazy("Agregar albergue")
    new_title = gettext_lazy("¿Qué albergue es?")
    new_submit = gettext_lazy("Guardar albergue")
    new_done = gettext_lazy("Albergue guardado.")
    edit_title = gettext_lazy("¿Qué cambia de este albergue?")
    chips = SITUATION
    filters = (PlaceFilter(),)
    searched = ("name", "code", "address", "place__name")
    sort = "name"
    identify = ("code",)
    form_new = NewSiteForm
    answered = {"other": "on"}  # a sheet asks of each row whether it is a centre that is there
    form_edit = EditSiteForm
    actions = (OPEN,)
    verbs = {
        "site.added": gettext_lazy("Se agregó el albergue"),
        "site.edited": gettext_lazy("Se corrigieron sus datos"),
        "site.placed": gettext_lazy("Se dijo dónde está"),
        "site.opened": gettext_lazy("Abrió"),
        "site.assessed": gettext_lazy("Una hoja de evaluaciones cambió sus datos"),
        "site.assessment_undone": gettext_lazy("Se deshizo lo que cambió una hoja de evaluaciones"),
        "site.spaces_written": gettext_lazy("Se escribieron los espacios"),
        "site.facilities_written": gettext_lazy("Se escribieron los servicios"),
        "site.closure_ordered": gettext_lazy("Se ordenó el cierre"),
        "site.closure_withdrawn": gettext_lazy("Se retiró la orden de cierre"),
        "site.closed": gettext_lazy("Cerró"),
        "site.handed_over": gettext_lazy("Se entregó el edificio"),
        "site.confirmed": gettext_lazy("Dijo «sigue igual»"),
        "site.opening_undone": gettext_lazy("Se deshizo la apertura"),
        "site.edit_undone": gettext_lazy("Se deshizo una corrección"),
        "site.placing_undone": gettext_lazy("Se deshizo un cambio de lugar"),
    }
    reversals = {
        "site.edited": undo_edit,
        "site.edit_undone": undo_edit,
        "site.opened": undo_opening,
        "site.placed": undo_placing,
        "site.placing_undone": undo_placing,
    }

    def visible_to(self, user: Any) -> "QuerySet[Site]":
        return visible_to(user).select_related("place__parent")

    def note(self, record: Site) -> str:
        return label(record.place)

    def subjects(self, record: Site) -> list[UUID]:
        return [record.uid, *Closure.objects.filter(site=record).values_list("uid", flat=True)]

    def detail(self, said: Mapping[str, Any]) -> list[str]:
        parts = []
        if said.get("ordered_by"):
            parts.append(_("Lo ordena: %(who)s.") % {"who": said["ordered_by"]})
        if said.get("closes_on"):
            parts.append(_("Cierra: %(day)s.") % {"day": said["closes_on"]})
        if said.get("still_staying") is not None:
            parts.append(_("Siguen aquí: %(n)s.") % {"n": said["still_staying"]})
        if said.get("indicators"):
            parts.append("; ".join(name_of(key) for key in said["indicators"] if key in INDICATORS) + ".")
        return parts

    def value_words(self, name: str, value: Any) -> str | None:
        if name != "path" or not value:
            return None
        place = at_path(value)
        return label(place) if place is not None else str(value)

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column(
                "name",
                gettext_lazy("Albergue"),
                lambda site: site.name,
                hxl="#loc+name",
                sort="name",
                editable=True,
                required=True,
            ),
            Column(
                "code",
                gettext_lazy("Código"),
                lambda site: site.code,
                hxl="#loc+code",
                sort="code",
                listed=False,
            ),
            Column(
                "place",
                gettext_lazy("Municipio"),
                lambda site: site.place.code,
                "place",
                hxl="#adm2+code",
                listed=False,
                required=True,
                shown=lambda site: label(site.place),
            ),
            Column(
                "place_name",
                gettext_lazy("Nombre del municipio"),
                lambda site: site.place.name,
                hxl="#adm2+name",
                listed=False,
            ),
            Column(
                "kind",
                gettext_lazy("Tipo"),
                lambda site: site.kind,
                "choice",
                hxl="#loc+type",
                sort="kind",
                choices=choices_of(Site.Kind.choices),
                editable=True,
                required=True,
            ),
            Column(
                "status",
                gettext_lazy("Estado"),
                lambda site: site.status,
                "choice",
                hxl="#status",
                sort="status",
                choices=choices_of(Site.Status.choices),
            ),
            Column(
                "address",
                gettext_lazy("Dirección"),
                lambda site: site.address,
                hxl="#loc+address",
                listed=False,
                editable=True,
            ),
            Column(
                "institution",
                gettext_lazy("Edificio"),
                lambda site: site.institution,
                hxl="#loc+building",
                listed=False,
                editable=True,
            ),
            Column(
                "phone",
                gettext_lazy("Teléfono"),
                lambda site: telephone(site, user),
                "phone",
                hxl="#contact+phone",
                listed=False,
                editable=True,
            ),
            Column(
                "lat",
                gettext_lazy("Latitud"),
                lambda site: site.lat,
                "coordinate",
                hxl="#geo+lat",
                listed=False,
            ),
            Column(
                "lon",
                gettext_lazy("Longitud"),
                lambda site: site.lon,
                "coordinate",
                hxl="#geo+lon",
                listed=False,
            ),
            Column(
                "opened_on",
                gettext_lazy("Abierto desde"),
                lambda site: site.opened_on,
                "date",
                hxl="#date+start",
                listed=False,
                editable=True,
            ),
            Column(
                "closed_on",
                gettext_lazy("Cerrado desde"),
                lambda site: site.closed_on,
                "date",
                hxl="#date+end",
                listed=False,
            ),
            Column(
                "holder",
                gettext_lazy("Institución"),
                lambda site: site.holder.name,
                hxl="#org+name",
                listed=False,
            ),
        )

    def may_be_told(self, user: Any, record: Site, name: str) -> bool:
        return name != "phone" or reads_telephone(user, record)

    def edit_form(
        self, user: Any, record: Site, data: Any = None, *, prefix: str | None = None
    ) -> forms.Form:
        form = EditSiteForm(data, site=record, initial=self.initial(record), prefix=prefix)
        return _near(form, user)

    def initial(self, record: Site) -> dict[str, Any]:
        return {name: getattr(record, name) for name in EDITABLE}

    def new_form(
        self, user: Any, data: Any = None, *, initial: Mapping[str, Any] | None = None
    ) -> forms.Form:
        form = NewSiteForm(data, initial=dict(initial or {}), there=self.visible_to(user))
        return _near(form, user)

    def create(self, *, by: User, uid: UUID, **cleaned: Any) -> Site:
        candidate = cleaned["status"] == NewSiteForm.CANDIDATE
        return add_site(
            by=by,
            holder=by.organisation,
            place=cleaned["place"],
            name=cleaned["name"],
            kind=Site.Kind.CANDIDATE_SITE if candidate else cleaned["kind"],
            status=Site.Status.CANDIDATE if candidate else Site.Status.OPEN,
            uid=uid,
            **{name: cleaned[name] for name in FACTS if name in cleaned},
        )

    @transaction.atomic
    def update(self, record: Site, *, by: User, **cleaned: Any) -> Site:
        site = edit_site(record, by=by, **{name: cleaned[name] for name in EDITABLE if name in cleaned})
        place = cleaned.get("place")
        if place is not None and (place.pk != site.place_id or site.place_doubt):
            return place_site(site, by=by, place=place)
        return site

    def erase(self, record: Site, *, by: User, why: str) -> None:
        """Take away what a sheet added; refused where anybody has spoken of it since."""
        erase_site(record, by=by, why=why)
