"""The addresses of bringing sheets, for each noun that has forms and lets somebody write."""

from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, path

from amparo.toolkit.imports.screens import (
    ApplyScreen,
    ImportScreen,
    ProblemsScreen,
    RunScreen,
    UndoScreen,
    UploadScreen,
)
from amparo.toolkit.resources import Resource

SCREENS = {
    "import": (UploadScreen, ""),
    "import_run": (RunScreen, "<uuid:uid>/"),
    "import_apply": (ApplyScreen, "<uuid:uid>/apply/"),
    "import_undo": (UndoScreen, "<uuid:uid>/undo/"),
    "import_problems": (ProblemsScreen, "<uuid:uid>/problems.xlsx"),
}

WRITE = frozenset({"import_apply", "import_undo"})


def import_urls(resources: Iterable[Resource]) -> list[URLPattern]:
    return [
        path(f"{one.slug}/import/{route}", _view(one, name, screen), name=one.named(name))
        for one in resources
        if "import" in one.screens and one.permissions.sheet
        for name, (screen, route) in SCREENS.items()
    ]


def _view(resource: Resource, name: str, screen: type[ImportScreen]) -> Any:
    view = screen.as_view(resource=resource)
    return resource.guard(view) if name in WRITE else view
