"""Mappings: read from a file, shipped ones by name, and held against a sheet or a form."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amparo.intake.mapping import document
from amparo.intake.mapping.bound import Bound
from amparo.intake.mapping.problems import MappingProblem, Trouble
from amparo.toolkit.sheets import Column
from amparo.toolkit.sheets.names import nearest

FOLDER = Path(__file__).resolve().parent.parent / "mappings"


@dataclass(frozen=True)
class Mapping:
    """One version of a mapping file.

    `source` is its whole text, to be kept beside what was read through it.
    """

    document: document.Document
    source: str

    @property
    def name(self) -> str:
        return self.document.name

    @property
    def version(self) -> int:
        return self.document.version

    @property
    def kind(self) -> str:
        """ "assessment" or "sites"."""
        return self.document.purpose

    @property
    def title(self) -> str:
        """In the active language."""
        titles = dict(self.document.title)
        return titles.get((get_language() or "es")[:2]) or titles.get("es", self.name)

    @cached_property
    def expected(self) -> tuple[str, ...]:
        """Names and codes by which its header row is recognised:

        `sheets.read(..., expect=mapping.expected)`.
        """
        return tuple(
            dict.fromkeys(name for __, address in self.document.addresses() for name in address.names)
        )

    def bind(self, columns: Iterable[Column | str]) -> Bound:
        """Held against a table's columns, or a form's question paths ("wash/latrines").

        Raises `MappingProblem` listing everything that does not fit.
        """
        return Bound(
            self.document,
            [
                column if isinstance(column, Column) else Column(index=index, name=column)
                for index, column in enumerate(columns)
            ],
        )


def shipped() -> tuple[str, ...]:
    """Names of the mappings that come with the system."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def load(source: str | Path) -> Mapping:
    """A shipped mapping by its name, or a mapping file by its path (which ends in .toml).

    Raises `MappingProblem`.
    """
    if isinstance(source, str) and not source.endswith(".toml"):
        if source not in shipped():
            raise MappingProblem([_no_such(source)])
        source = FOLDER / f"{source}.toml"
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        message = _("No se pudo leer el archivo «%(name)s».") % {"name": path.name}
        raise MappingProblem([Trouble("not_found", path.name, message)]) from None
    return parse(text, path.name)


def parse(text: str, name: str = "") -> Mapping:
    """A mapping from the text of its file. `name` says where the text came from. Raises `MappingProblem`."""
    return Mapping(document.read(text, name), text)


def _no_such(name: str) -> Trouble:
    close = nearest(name, shipped()) or list(shipped())
    message = _("No existe la guía de lectura «%(name)s». Hay: %(close)s.") % {
        "name": name,
        "close": ", ".join(close),
    }
    return Trouble("not_found", name, message)
