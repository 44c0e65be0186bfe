"""The addresses of a Resource, from its declaration."""

from collections.abc import Iterable

from django.urls import URLPattern, path

from amparo.toolkit.resources.actions import ActionScreen
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.forms import EditScreen, NewScreen
from amparo.toolkit.resources.grid import GridScreen
from amparo.toolkit.resources.history import HistoryScreen, UndoScreen
from amparo.toolkit.resources.listing import ExportScreen, ListScreen
from amparo.toolkit.resources.pages import PageScreen
from amparo.toolkit.resources.saved_views import ViewsScreen
from amparo.toolkit.resources.screens import Screen

SCREENS: dict[str, tuple[type[Screen], str]] = {
    "list": (ListScreen, ""),
    "export": (ExportScreen, "export.<slug:form>"),
    "views": (ViewsScreen, "views/"),
    "grid": (GridScreen, "grid/"),
    "new": (NewScreen, "new/"),
    "page": (PageScreen, "<uuid:uid>/"),
    "edit": (EditScreen, "<uuid:uid>/edit/"),
    "history": (HistoryScreen, "<uuid:uid>/history/"),
    "undo": (UndoScreen, "<uuid:uid>/undo/"),
}


def urls_of(resource: Resource) -> list[URLPattern]:
    """The screens built here; those made by hand bring their own addresses."""
    built = resource.screens - resource.hand_made
    found = [
        path(f"{resource.slug}/{route}", screen.as_view(resource=resource), name=resource.named(name))
        for name, (screen, route) in SCREENS.items()
        if name in built
    ]
    return found + [
        path(
            f"{resource.slug}/<uuid:uid>/{action.key}/",
            ActionScreen.as_view(resource=resource, key=action.key),
            name=resource.named(action.key),
        )
        for action in resource.actions
        if action.key in built
    ]


def urls(resources: Iterable[Resource]) -> list[URLPattern]:
    return [one for resource in resources for one in urls_of(resource)]
