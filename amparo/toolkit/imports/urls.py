"""The addresses of bringing sheets, for each noun that has forms and lets somebody write."""

from collections.abc import Iterable

from django.urls import URLPattern, path

from amparo.toolkit.imports.screens import ApplyScreen, ProblemsScreen, RunScreen, UndoScreen, UploadScreen
from amparo.toolkit.resources import Resource

SCREENS = {
    "import": (UploadScreen, ""),
    "import_run": (RunScreen, "<uuid:uid>/"),
    "import_apply": (ApplyScreen, "<uuid:uid>/apply/"),
    "import_undo": (UndoScreen, "<uuid:uid>/undo/"),
    "import_problems": (ProblemsScreen, "<uuid:uid>/problems.xlsx"),
}


def import_urls(resources: Iterable[Resource]) -> list[URLPattern]:
    return [
        path(f"{one.slug}/import/{route}", screen.as_view(resource=one), name=one.named(name))
        for one in resources
        if one.form_edit is not None and one.permissions.edit
        for name, (screen, route) in SCREENS.items()
    ]
