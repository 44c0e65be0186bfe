"""Which row is the header, and what the rows around it are: titles, banners, totals, tags."""

import datetime as dt
import re
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from amparo.toolkit.sheets import limits, names
from amparo.toolkit.sheets.grid import Grid
from amparo.toolkit.sheets.problems import SheetProblem
from amparo.toolkit.sheets.table import Cell, Column, is_blank, missing_columns

_NUMBER = re.compile(r"[-+]?[.,\s]*\d[\d.,\s]*%?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")
_TOTAL = {
    "total",
    "totales",
    "gran total",
    "total general",
    "grand total",
    "suma",
    "sum",
    "subtotal",
    "sub total",
}
_TOTAL_OF = re.compile(r"(gran total|sub ?total|total)(es)?\b")


def count_expected(row: Sequence[Cell], expect: Collection[str]) -> int:
    """How many of the expected names stand in this row."""
    headers = [cell for cell in row if isinstance(cell, str) and cell and len(cell) < 500]
    if not headers or not expect:
        return 0
    folded = {names.fold(header) for header in headers}
    coded = [header for header in headers if header.lstrip()[:1].isdigit()]
    return sum(
        names.fold(name) in folded
        or (names.is_code(name) and any(names.has_code(header, name) for header in coded))
        for name in set(expect)
    )


def find(grid: Grid, expect: Collection[str]) -> int:
    """The index of the header row within the first fifty.

    With expected names: the row that holds most of them. Without: the first row that is text, nearly as wide
    as the table, and all of whose words differ. Raises `SheetProblem` missing_columns or no_header.
    """
    top = grid.rows[: limits.HEADER_WITHIN]
    if expect:
        counts = [count_expected(titles(grid, at), expect) for at in range(len(top))]
        best = max(counts, default=0)
        if best >= min(2, len(set(expect)), max((_filled(row) for row in top), default=0)) and best:
            return counts.index(best)
    shaped = _find_by_shape(top, grid.merged)
    if expect:
        present = [_name(cell) for cell in top[shaped]] if shaped is not None else []
        raise missing_columns(list(expect), [name for name in present if name])
    if shaped is None:
        raise SheetProblem(
            "no_header",
            _("No hay fila de títulos en las primeras %(count)d filas. No se cambió nada. Póngala arriba.")
            % {"count": limits.HEADER_WITHIN},
        )
    return shaped


def _filled(row: Sequence[Cell]) -> int:
    return sum(not is_blank(cell) for cell in row)


def _find_by_shape(top: Sequence[Sequence[Cell]], merged: Sequence[tuple[int, int, int, int]]) -> int | None:
    width = max((_filled(row) for row in top), default=0)
    for index, row in enumerate(top):
        words = [cell for cell in row if _is_words(cell)]
        enough = max(min(2, width), 0.5 * width)
        if words and len(words) >= enough and _filled(row) - len(words) <= 0.2 * len(words):
            distinct = len({names.fold(str(word)) for word in words})
            if distinct >= 0.4 * len(words):
                return index + (_is_banner(top, index, merged) or _parts(top, index + 1))
    return None


def _is_banner(
    top: Sequence[Sequence[Cell]], index: int, merged: Sequence[tuple[int, int, int, int]]
) -> bool:
    """Whether the row only groups the titles of the next one: its cells reach over several, or most are
    blank."""
    if index + 1 >= len(top) or not all(_is_words(cell) for cell in top[index + 1] if not is_blank(cell)):
        return False
    if any(row == index and right > left and bottom == index for row, left, bottom, right in merged):
        return True
    return _filled(top[index]) <= 0.6 * _filled(top[index + 1])


def titles(grid: Grid, index: int) -> list[Cell]:
    """The titles that a row holds as a header. Where titles stand on two rows ("Ubicación" above "Departamento" and
    "Municipio"), a blank of the lower row has the title right above it."""
    row = list(grid.rows[index])
    for top, left, bottom, right in grid.merged:
        if left == right and top < index <= bottom and left < len(row) and is_blank(row[left]):
            row[left] = grid.rows[top][left]
    if not grid.merged and _parts(grid.rows, index):
        above = grid.rows[index - 1]
        row += [""] * (len(above) - len(row))
        return [over if is_blank(cell) else cell for cell, over in zip(row, _padded(above, row), strict=True)]
    return row


def _parts(rows: Sequence[Sequence[Cell]], index: int) -> bool:
    """Whether the row parts some titles of the row above: each blank there, and the title that begins it, has its own
    title here, and nothing else has. So a text file writes titles that were merged over several columns."""
    if not 0 < index < len(rows):
        return False
    above, row = rows[index - 1], rows[index]
    if not all(_is_words(cell) for cell in (*above, *row) if not is_blank(cell)):
        return False
    upper = [not is_blank(cell) for cell in _padded(above, row)]
    lower = [not is_blank(cell) for cell in _padded(row, above)]
    last = max((at for at, filled in enumerate(lower) if filled), default=0)
    parted = {
        side
        for at in range(1, last + 1)
        if not upper[at] and (upper[at - 1] or (not upper[at - 1] and lower[at - 1]))
        for side in (at - 1, at)
    }
    whole = {at for at, filled in enumerate(upper) if filled} - parted
    return bool(parted and whole) and {at for at, filled in enumerate(lower) if filled} == parted


def _padded(row: Sequence[Cell], other: Sequence[Cell]) -> list[Cell]:
    return [*row, *[""] * (len(other) - len(row))]


def _is_words(cell: Cell) -> bool:
    return isinstance(cell, str) and not is_blank(cell) and not is_figure(cell) and not _DATE.match(cell)


def is_figure(cell: str) -> bool:
    """Whether the text is a number, with its marks and percent sign at most."""
    return len(cell) < 60 and _NUMBER.fullmatch(cell.strip()) is not None


def _name(cell: Cell) -> str:
    """A header as text:

    "2020" for the number 2020.0, a date as year-month-day, spaces and line breaks made one.
    """
    if cell is None or isinstance(cell, bool):
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, dt.datetime | dt.date):
        return cell.isoformat()[:10]
    return " ".join(str(cell).split())


def columns(grid: Grid, header: int) -> tuple[Column, ...]:
    """The columns under the header row, with the section each stands in."""
    cells = titles(grid, header)
    named = [_name(cell) for cell in cells]
    sections = _sections(grid, header, len(named))
    seen: dict[str, int] = {}
    found = []
    for index, name in enumerate(named):
        key = names.fold(name)
        seen[key] = seen.get(key, 0) + 1
        found.append(Column(index=index, name=name, section=sections[index], nth=seen[key]))
    return tuple(found)


def _sections(grid: Grid, header: int, width: int) -> list[str]:
    """The banner title over each column: the row above with most titles, each reaching until the next."""
    banner: dict[int, str] = {}
    banner_row = -1
    for index in range(max(0, header - 4), header):
        titles = {
            at: _name(cell)
            for at, cell in enumerate(grid.rows[index][:width])
            if _is_words(cell) and not names.fold(_name(cell)).startswith("total")
        }
        if len(titles) >= max(2, len(banner) + 1):
            banner, banner_row = titles, index
    ends = {left: right for top, left, bottom, right in grid.merged if top <= banner_row <= bottom}
    sections, current, until = [], "", width
    for at in range(width):
        if at in banner:
            current, until = banner[at], ends.get(at, width)
        sections.append(current if at <= until else "")
    return sections


def is_total(row: Sequence[Cell]) -> bool:
    """Whether the row is a line of totals: the first thing written in it says so, or the only words in it begin so
    ("Subtotal Choloma")."""
    first = next((cell for cell in row if not is_blank(cell)), None)
    if isinstance(first, str) and names.fold(first) in _TOTAL:
        return True
    words = [cell for cell in row if _is_words(cell)]
    return len(words) == 1 and _TOTAL_OF.match(names.fold(str(words[0]))) is not None


def is_tags(row: Sequence[Cell]) -> bool:
    """Whether the row holds HXL tags ("#adm1+name"), which describe the columns and are not data."""
    filled = [cell for cell in row if not is_blank(cell)]
    tags = [cell for cell in filled if isinstance(cell, str) and re.match(r"\s*#[A-Za-z]", cell)]
    return (
        len(filled) >= 2
        and len(tags) == len(filled)
        and not any(names.fold(t) in ("#ref!", "#name?") for t in tags)
    )
