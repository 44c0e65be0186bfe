"""A table as it was found in a file: columns, rows with their original numbers, and what was seen."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from amparo.toolkit.sheets import names
from amparo.toolkit.sheets.problems import SheetProblem


@dataclass(frozen=True, slots=True)
class Uncomputed:
    """A formula that the file carries without its result. It is never evaluated here."""

    formula: str


Cell = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta | Uncomputed | None
"""What a cell holds: exactly what the file says. Empty is "" or None; nothing is converted."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `nth` tells apart columns of the same name, from 1; `section` is the banner title above, or "".
    """

    index: int
    name: str
    section: str = ""
    nth: int = 1

    @property
    def label(self) -> str:
        """The name as a message says it: with its turn unless the first, by letter when it has none."""
        if not self.name:
            return _("columna %(letters)s") % {"letters": letters(self.index)}
        return self.name if self.nth == 1 else f"{self.name} ({self.nth})"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of data. `number` is what a spreadsheet program shows beside it, from 1."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Something seen while reading that a person may want to know.

    `rows` are row numbers, the first hundred.
    """

    code: str
    message: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """The rows under one header row. Every row has as many cells as there are columns."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    header_row: int
    format: str
    sheet: str = ""
    encoding: str = ""
    notes: tuple[Note, ...] = field(default=())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str, nth: int = 1) -> Column | None:
        """The nth column whose header is `name` (or begins with it, when it is a question code)."""
        found = [column for column in self.columns if names.matches(name, column.name)]
        return found[nth - 1] if 0 < nth <= len(found) else None

    def require(self, expected: Collection[str]) -> None:
        """Raises `SheetProblem("missing_columns")` naming every expected column that is not here."""
        missing = [name for name in expected if self.column(name) is None]
        if missing:
            raise missing_columns(missing, self.names)


def missing_columns(missing: Collection[str], present: Collection[str]) -> SheetProblem:
    """The problem that names the columns not found, each with the closest ones that are there."""
    lines = []
    for name in list(missing)[:8]:
        close = names.nearest(name, present)
        if close:
            lines.append(
                _("«%(name)s» (¿será «%(close)s»?)") % {"name": name, "close": _("» o «").join(close)}
            )
        else:
            lines.append(f"«{name}»")
    if len(missing) > 8:
        lines.append(_("y %(count)d más") % {"count": len(missing) - 8})
    return SheetProblem(
        "missing_columns",
        _("Faltan columnas: %(names)s. No se cambió nada. Corrija los títulos o use otra guía de lectura.")
        % {"names": "; ".join(lines)},
    )


def letters(index: int) -> str:
    """The letters of a column as spreadsheet programs write them: 0 is A, 26 is AA."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text


def is_blank(cell: Cell) -> bool:
    """Whether nobody wrote anything in the cell. Zero and False are something."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
