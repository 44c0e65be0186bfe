"""Places on screen and by sheet, and the filter by which every list that lies somewhere is narrowed."""

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.access import covers, may, scopes
from amparo.kernel.classes import DataClass
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.places.actions import add_place, correct_place, remove_place, undo_correction
from amparo.places.actions.moving import EVERY_ORGANISATION
from amparo.places.forms import NewPlaceForm, PlaceForm
from amparo.places.models import UNKNOWN_COUNTRY, Place, PlaceName
from amparo.places.names import spell_out
from amparo.places.permissions import Places
from amparo.places.queries import label, search
from amparo.places.queries.asking import place_asked
from amparo.places.queries.merged import MERGED
from amparo.places.queries.tree import during
from amparo.toolkit.asked import address
from amparo.toolkit.frames import Link, Option
from amparo.toolkit.resources import (
    Choice,
    Choices,
    Column,
    Empty,
    Filter,
    NotUnderstood,
    Permissions,
    Resource,
)

FOUND = 200  # places that a search shows


class PlaceFilter(Filter):
    """`place=San Lorenzo, Valle` or its code: what lies there or below. `path` leads to the path of a record."""

    key = "place"
    label: Any = gettext_lazy("Lugar")

    def __init__(self, path: str = "path") -> None:
        self.path = path

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        if not asked:
            return records
        found = place_asked(asked)
        if found.place is None:
            said = f"{_('No se muestra ninguna fila.')} {found.advice}"
            raise NotUnderstood(found.unknown, said, nothing=True)
        low, high = subtree(found.place.path)
        return records.filter(**{f"{self.path}__gte": low, f"{self.path}__lt": high})

    def options(self, asked: str) -> tuple[Option, ...]:
        """A country has too many places to list: only the one asked for stands here, and all of them."""
        found = place_asked(asked) if asked else None
        if found is None or found.place is None:
            return ()
        return (Option("", _("Todos los lugares")), Option(asked, label(found.place), True))


def above(place: Place) -> str:
    return label(place.parent) if place.parent is not None else ""


def standing_today() -> Q:
    return during(timezone.localdate())


STATUS = Choices(
    "status",
    gettext_lazy("Estado"),
    (
        Choice("standing", gettext_lazy("Existen hoy"), standing_today),
        Choice(
            "provisional", gettext_lazy("Sin código oficial"), lambda: standing_today() & Q(provisional=True)
        ),
        Choice("ended", gettext_lazy("Hoy no existen"), lambda: ~standing_today()),
    ),
    usual="standing",
)


class PlaceResource(Resource):
    """Countries, departments, municipalities and what lies in them: loaded from lists, and put right by hand.

    They are everybody's: whoever writes one manages places for every organisation.
    """

    noun = "place"
    slug = "places"
    model = Place
    permissions = Permissions(Places.VIEW, Places.MANAGE, Places.MANAGE)
    icon = "lugar"
    order = 90
    menu_permission = Places.MANAGE
    singular = gettext_lazy("Lugar")
    plural = gettext_lazy("Lugares")
    title = gettext_lazy("¿Qué lugares hay?")
    lead = gettext_lazy("Departamentos, municipios, aldeas y caseríos, con su código P.")
    search_label = gettext_lazy("Buscar lugar o código")
    help = gettext_lazy(
        "Los lugares vienen de la lista oficial de cada país. Agregue aquí la aldea o el caserío que falte."
    )
    empty = Empty(
        gettext_lazy("Todavía no hay lugares"),
        gettext_lazy("Cargue la lista de lugares del país con el comando: amparo places import."),
    )
    new_label = gettext_lazy("Agregar lugar")
    new_title = gettext_lazy("¿Qué lugar falta?")
    new_submit = gettext_lazy("Guardar lugar")
    new_done = gettext_lazy("Lugar guardado. Ya se puede buscar y elegir.")
    edit_title = gettext_lazy("¿Qué cambia de este lugar?")
    edit_done = gettext_lazy("Cambios guardados. El nombre de antes también lo encuentra.")
    chips = STATUS
    filters = (PlaceFilter(),)
    identify = ("code",)
    sort = ""
    form_new = NewPlaceForm
    form_edit = PlaceForm
    verbs = {
        "place.added": gettext_lazy("Se agregó el lugar"),
        "place.corrected": gettext_lazy("Se corrigió"),
        "place.correction_undone": gettext_lazy("Se deshizo una corrección"),
        "place.provisional_made": gettext_lazy("Se anotó sin código"),
        "place.merged": gettext_lazy("Se le unió un lugar sin código"),
        "place.moved": gettext_lazy("Cambió de lugar"),
    }
    reversals = {"place.corrected": undo_correction, "place.correction_undone": undo_correction}

    def visible_to(self, user: Any) -> "QuerySet[Place]":
        """All that stand, stood or will stand; what was merged goes under the name of what it became."""
        places = Place.objects.select_related("parent__parent").exclude(code=UNKNOWN_COUNTRY).exclude(MERGED)
        return places if may(user, Places.VIEW) else places.none()

    def may_create(self, user: Any) -> bool:
        return any(scope.organisation_id is None for scope in scopes(user, Places.MANAGE))

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        return covers(scopes(user, permission), record.path, EVERY_ORGANISATION)

    def links(self, user: Any, record: Any) -> tuple[Link, ...]:
        if record.valid_to is not None or not self.may_edit(user, record):
            return ()
        return (Link(_("Agregar lugar aquí"), address(self.url("new"), {"parent": record.code})),)

    def columns(self, user: Any) -> tuple[Column, ...]:
        public = DataClass.PUBLIC
        return (
            Column(
                "name",
                gettext_lazy("Lugar"),
                lambda one: one.name,
                hxl="#loc+name",
                data_class=public,
                sort="name",
                editable=True,
                required=True,
            ),
            Column(
                "code",
                gettext_lazy("Código P"),
                lambda one: one.code,
                hxl="#loc+code",
                data_class=public,
                sort="code",
            ),
            Column(
                "parent",
                gettext_lazy("Está en"),
                above,
                "place",
                hxl="#adm+name",
                data_class=public,
                required=True,
            ),
            Column(
                "level",
                gettext_lazy("Nivel"),
                lambda one: one.level,
                "whole",
                hxl="#loc+level",
                data_class=public,
                sort="level",
            ),
            Column(
                "country",
                gettext_lazy("País"),
                lambda one: one.country,
                hxl="#country+code",
                data_class=public,
                sort="country",
                listed=False,
            ),
            Column(
                "lat",
                gettext_lazy("Latitud"),
                lambda one: one.lat,
                "coordinate",
                hxl="#geo+lat",
                data_class=public,
                listed=False,
            ),
            Column(
                "lon",
                gettext_lazy("Longitud"),
                lambda one: one.lon,
                "coordinate",
                hxl="#geo+lon",
                data_class=public,
                listed=False,
            ),
            Column(
                "valid_from",
                gettext_lazy("Existe desde"),
                lambda one: one.valid_from,
                "date",
                hxl="#date+start",
                data_class=public,
                listed=False,
            ),
            Column(
                "valid_to",
                gettext_lazy("Dejó de existir"),
                lambda one: one.valid_to,
                "date",
                hxl="#date+end",
                data_class=public,
                listed=False,
            ),
        )

    def search(self, records: "QuerySet[Any]", text: str) -> "QuerySet[Any]":
        """As people say it: by sound, by the beginning, by code, with the place above after a comma."""
        found = Q(pk__in=[place.pk for place in search(text, limit=FOUND)])
        named = PlaceName.objects.filter(name_key__startswith=spell_out(text) or text).values("place")
        return records.filter(found | ~standing_today() & Q(pk__in=named))

    def create(self, *, by: User, uid: UUID, **cleaned: Any) -> Place:
        return add_place(by=by, uid=uid, **cleaned)

    def update(self, record: Place, *, by: User, **cleaned: Any) -> Place:
        return correct_place(record, by=by, **cleaned)

    def erase(self, record: Place, *, by: User, why: str) -> None:
        """Take away what a sheet added; refused where something lies in it since."""
        remove_place(record, by=by, why=why)
