"""Places on screen, and the filter by which every list that lies somewhere is narrowed."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.kernel.fields import subtree
from amparo.places.models import UNKNOWN_COUNTRY, Place
from amparo.places.permissions import Places
from amparo.places.queries import label, search, standing
from amparo.places.queries.asking import place_asked
from amparo.toolkit.frames import Option
from amparo.toolkit.resources import Column, Empty, Filter, NotUnderstood, Permissions, Resource

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


class PlaceResource(Resource):
    """Countries, departments, municipalities: read on screen, loaded from lists."""

    noun = "place"
    slug = "places"
    model = Place
    permissions = Permissions(Places.VIEW)
    icon = "lugar"
    order = 90
    menu_permission = Places.MANAGE
    singular = gettext_lazy("Lugar")
    plural = gettext_lazy("Lugares")
    title = gettext_lazy("¿Qué lugares hay?")
    lead = gettext_lazy("Departamentos y municipios con su código P.")
    search_label = gettext_lazy("Buscar lugar o código")
    help = gettext_lazy("Los lugares se cargan de la lista oficial de cada país.")
    empty = Empty(
        gettext_lazy("Todavía no hay lugares"),
        gettext_lazy("Cargue la lista de lugares del país con el comando: amparo places import."),
    )
    filters = (PlaceFilter(),)
    identify = ("code",)
    sort = ""
    verbs = {
        "place.renamed": gettext_lazy("Cambió su nombre"),
        "place.moved": gettext_lazy("Cambió de lugar"),
    }

    def visible_to(self, user: Any) -> "QuerySet[Place]":
        places = standing(Place.objects.select_related("parent__parent")).exclude(code=UNKNOWN_COUNTRY)
        return places if may(user, Places.VIEW) else places.none()

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
            ),
            Column(
                "code",
                gettext_lazy("Código P"),
                lambda one: one.code,
                hxl="#loc+code",
                data_class=public,
                sort="code",
            ),
            Column("above", gettext_lazy("Está en"), above, "place", hxl="#adm+name", data_class=public),
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
        )

    def search(self, records: "QuerySet[Any]", text: str) -> "QuerySet[Any]":
        """As people say it: by sound, by the beginning, by code, with the place above after a comma."""
        return records.filter(pk__in=[place.pk for place in search(text, limit=FOUND)])
