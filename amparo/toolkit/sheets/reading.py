"""From a file to a table."""

from collections.abc import Collection
from pathlib import Path

from django.utils.translation import gettext as _

from amparo.toolkit.sheets import delimited, geojson, header, limits, workbook
from amparo.toolkit.sheets.archive import too_large
from amparo.toolkit.sheets.grid import Grid
from amparo.toolkit.sheets.problems import SheetProblem
from amparo.toolkit.sheets.table import Cell, Column, Note, Row, Table, is_blank

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read(
    source: Path | str | bytes,
    filename: str = "",
    *,
    sheet: str | None = None,
    expect: Collection[str] = (),
    header_row: int = 0,
) -> Table:
    """The table in a CSV, TSV, XLSX, XLS, ODS or GeoJSON file; the content decides which, not the name.

    `source` is a path or the bytes themselves. `sheet` names one sheet of a workbook; without it the one with
    the data is chosen. `expect` are names or question codes that the header should hold; they help to find
    the header row, the sheet and the delimiter. `header_row` says which row is the header, from 1, where somebody
    looked; 0 lets it be found. Raises `SheetProblem`.
    """
    data = source if isinstance(source, bytes) else _load(Path(source))
    grid = _read_grid(data, sheet, expect)
    if not header_row:
        return _table(grid, header.find(grid, expect))
    if header_row > len(grid.rows):
        raise SheetProblem(
            "no_header",
            _("La hoja tiene %(count)d filas: la de títulos no puede ser la %(row)d. No se cambió nada.")
            % {"count": len(grid.rows), "row": header_row},
        )
    return _table(grid, header_row - 1)


def _load(path: Path) -> bytes:
    try:
        if path.stat().st_size > limits.MAX_BYTES:
            raise too_large()
        return path.read_bytes()
    except (OSError, ValueError):
        raise SheetProblem(
            "not_found", _("No se pudo abrir el archivo «%(name)s». Revise el nombre.") % {"name": path.name}
        ) from None


def _read_grid(data: bytes, sheet: str | None, expect: Collection[str]) -> Grid:
    if len(data) > limits.MAX_BYTES:
        raise too_large()
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start and not data.strip():
        raise delimited.empty()
    if data.startswith(b"PK\x03\x04"):
        return workbook.read_archive(data, sheet, expect)
    if data.startswith(_OLE):
        return workbook.read_xls(data, sheet, expect)
    if start.startswith((b"{", b"[")):
        return geojson.read(data)
    if start.startswith((b"<", b"%PDF", b"PK")):
        raise delimited.not_a_sheet()
    return delimited.read(data, expect)


def _table(grid: Grid, header_at: int) -> Table:
    columns = header.columns(grid, header_at)
    notes = list(grid.notes)
    if header_at and any(header.is_total(row) or _has_total(row) for row in grid.rows[:header_at]):
        above = [
            at + 1 for at, row in enumerate(grid.rows[:header_at]) if header.is_total(row) or _has_total(row)
        ]
        notes.append(_totals_note(above))
    notes += _unmerge(grid, header_at)
    rows, widest, seen = _rows(grid, header_at)
    notes += seen
    columns = _widen(columns, widest)
    columns, rows = _trim(columns, rows)
    if not rows:
        raise SheetProblem(
            "no_rows", _("La hoja tiene títulos pero ninguna fila de datos. No se cambió nada.")
        )
    width = len(columns)
    table_rows = []
    ragged = []
    for number, cells in rows:
        if len(cells) != width:
            if len(cells) > width:
                del cells[width:]
            else:
                ragged.append(number)
                cells.extend([""] * (width - len(cells)))
        table_rows.append(Row(number, tuple(cells)))
    if ragged:
        notes.append(
            Note(
                "short_rows",
                _("Filas con menos celdas que títulos: %(count)d.") % {"count": len(ragged)},
                tuple(ragged[:100]),
            )
        )
    return Table(
        columns=columns,
        rows=tuple(table_rows),
        header_row=header_at + 1,
        format=grid.format,
        sheet=grid.sheet,
        encoding=grid.encoding,
        notes=tuple(notes),
    )


def _has_total(row: list[Cell]) -> bool:
    """A line of figures above the header, such as "12,419 | TOTAL HH"."""
    return any(isinstance(cell, str) and "total" in cell.casefold() for cell in row)


def _rows(grid: Grid, header_at: int) -> tuple[list[tuple[int, list[Cell]]], int, list[Note]]:
    """The rows of data with their numbers, the widest of them, and what was left out."""
    titles = [cell for cell in grid.rows[header_at] if not is_blank(cell)]
    rows: list[tuple[int, list[Cell]]] = []
    blank, totals, repeated, tags = [], [], [], []
    widest = 0
    for number, cells in enumerate(grid.rows[header_at + 1 :], start=header_at + 2):
        if _is_blank_row(cells):
            blank.append(number)
        elif header.is_total(cells):
            totals.append(number)
        elif cells[0] == grid.rows[header_at][0] and [c for c in cells if not is_blank(c)] == titles:
            repeated.append(number)
        elif not rows and header.is_tags(cells):
            tags.append(number)
        else:
            rows.append((number, cells))
            if len(cells) > widest:
                widest = len(cells)
    if len(rows) > limits.MAX_ROWS:
        raise delimited.too_many_rows()
    last = rows[-1][0] if rows else 0
    blank = [number for number in blank if number < last]
    notes = []
    if blank:
        message = _("Filas vacías que se saltaron: %(count)d.") % {"count": len(blank)}
        notes.append(Note("blank_rows", message, tuple(blank[:100])))
    if totals:
        notes.append(_totals_note(totals))
    if repeated:
        message = _("Filas que repiten los títulos y se saltaron: %(count)d.") % {"count": len(repeated)}
        notes.append(Note("repeated_header", message, tuple(repeated[:100])))
    if tags:
        notes.append(Note("tags_row", _("Se saltó la fila de etiquetas HXL."), tuple(tags)))
    return rows, widest, notes


def _is_blank_row(cells: list[Cell]) -> bool:
    empty = cells.count("")
    if empty == len(cells):
        return True
    return len(cells) - empty <= 3 and all(is_blank(cell) for cell in cells)


def _totals_note(rows: list[int]) -> Note:
    message = _("Filas de totales que se saltaron: %(count)d.") % {"count": len(rows)}
    return Note("totals_rows", message, tuple(rows[:100]))


def _unmerge(grid: Grid, header_at: int) -> list[Note]:
    """Repeats words merged over several rows on each of them, as the eye reads them.

    A merged figure is not repeated: twelve toilets over three rows are not thirty-six. It stays on its first
    row.
    """
    words, figures = [], []
    left_to_fill = limits.MAX_ROWS
    for top, left, bottom, right in grid.merged:
        if bottom == top or bottom <= header_at or top >= len(grid.rows) or left >= len(grid.rows[top]):
            continue
        value = grid.rows[top][left]
        if top <= header_at or is_blank(value):
            continue
        if isinstance(value, str) and not header.is_figure(value) and left == right:
            left_to_fill -= bottom - top
            if (
                left_to_fill < 0
            ):  # more merged rows than a sheet may have: they overlap, which no program writes
                break
            for row in grid.rows[top + 1 : bottom + 1]:
                row.extend([""] * (left + 1 - len(row)))
                row[left] = value
            words.append(top + 1)
        else:
            figures.append(top + 1)
    notes = []
    if words:
        notes.append(
            Note(
                "merged_words",
                _("Celdas combinadas con texto: %(count)d. Se repitió en cada fila.") % {"count": len(words)},
                tuple(sorted(words)[:100]),
            )
        )
    if figures:
        notes.append(
            Note(
                "merged_figures",
                _("Celdas combinadas con cifras: %(count)d. Quedaron en la primera fila.")
                % {"count": len(figures)},
                tuple(sorted(figures)[:100]),
            )
        )
    return notes


def _widen(columns: tuple[Column, ...], width: int) -> tuple[Column, ...]:
    """Nameless columns for cells that stand to the right of the last title."""
    if width > limits.MAX_COLUMNS:
        raise delimited.too_many_columns()
    extra = range(len(columns), width)
    return columns + tuple(Column(index=index, name="") for index in extra)


def _trim(
    columns: tuple[Column, ...], rows: list[tuple[int, list[Cell]]]
) -> tuple[tuple[Column, ...], list[tuple[int, list[Cell]]]]:
    """Without the nameless, empty columns at the right end."""
    width = len(columns)
    while width and not columns[width - 1].name:
        at = width - 1
        if any(len(cells) > at and not is_blank(cells[at]) for __, cells in rows):
            break
        width -= 1
    return columns[:width], rows
