"""The cells of one sheet before anybody knows which row is the header."""

from dataclasses import dataclass, field

from amparo.toolkit.sheets.table import Cell, Note


@dataclass
class Grid:
    """Rows of cells from row 1, column A.

    `merged` holds (top, left, bottom, right), counted from 0, inclusive.
    """

    rows: list[list[Cell]]
    format: str
    sheet: str = ""
    encoding: str = ""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
