"""What an export says of itself, and the columns it is made of."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

FORMAT = "amparo/1"


class Field(Protocol):
    """A column of an export; `amparo.toolkit.resources.Column` is one."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> Any: ...
    @property
    def kind(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def hxl(self) -> str: ...
    @property
    def choices(self) -> tuple[tuple[str, Any], ...]: ...


@dataclass(frozen=True, slots=True)
class About:
    """What stands in the export beside its rows. `at` is aware; `selection` are the filters in words.

    The same rows with the same `About` give the same bytes.
    """

    title: str
    source: str
    selection: str
    by: str
    at: dt.datetime
    notes: tuple[str, ...] = ()

    def facts(self) -> dict[str, str]:
        """For machines: short names that do not change with the language."""
        return {
            "formato": FORMAT,
            "fecha": timezone.localtime(self.at).isoformat(timespec="seconds"),
            "fuente": self.source,
            "contenido": self.title,
            "filtro": self.selection,
            "quien": self.by,
        }


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: rows of data, and the SHA-256 of the content (64 hex digits; see `whole`)."""

    rows: int
    digest: str
    shortened: int = 0  # texts cut to what a workbook can hold


def title_of(field: Field) -> str:
    """The title over a column, with the unit of its figures."""
    return f"{field.label} ({field.unit})" if field.unit else str(field.label)


def in_words(field: Field) -> Callable[[Any], Any] | None:
    """How a value of this column is said in a sheet: the label of a choice, a word for yes or no. None: as it is."""
    if field.kind == "choice":
        labels = {code: str(label) for code, label in field.choices}
        return lambda value: "" if value is None else labels.get(str(value), str(value))
    if field.kind == "yesno":
        words = {True: _("Sí"), False: _("No")}
        return lambda value: "" if value is None else words[bool(value)]
    return None
