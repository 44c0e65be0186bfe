"""Workbooks: XLSX and ODS once their archive has proved harmless, XLS in a process of its own."""

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from amparo.toolkit.sheets import limits, marks, names
from amparo.toolkit.sheets.archive import Archive, Oddities, damaged, encrypted, too_large
from amparo.toolkit.sheets.delimited import cell_too_long, empty, too_many_columns, too_many_rows
from amparo.toolkit.sheets.grid import Grid
from amparo.toolkit.sheets.header import count_expected
from amparo.toolkit.sheets.problems import SheetProblem
from amparo.toolkit.sheets.table import Cell, Note, Uncomputed, is_blank

_READER = Path(__file__).with_name("old_workbook.py")
_PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet as read. `merged` as in a Grid."""

    name: str
    visible: bool
    cells: list[list[Cell]]
    merged: list[tuple[int, int, int, int]]
    oddities: Oddities


def read_archive(data: bytes, sheet: str | None, expect: Collection[str]) -> Grid:
    """The chosen sheet of an XLSX or ODS file."""
    archive = Archive(data)
    return _grid(_read_sheets(data, archive.inspect()), archive.format, sheet, expect)


def read_xls(data: bytes, sheet: str | None, expect: Collection[str]) -> Grid:
    """The chosen sheet of an XLS file, the format of before 2007."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise encrypted()
    return _grid(_read_old_sheets(data), "xls", sheet, expect)


def _grid(sheets: list[_Sheet], file_format: str, wanted: str | None, expect: Collection[str]) -> Grid:
    chosen, others = _choose(_with_data(sheets), wanted, expect)
    notes = _mark(chosen.cells, chosen.oddities)
    if others:
        notes.append(
            Note(
                "other_sheets",
                _("Se leyó la hoja «%(name)s». No se leyeron: %(others)s.")
                % {"name": chosen.name, "others": ", ".join(others[:10])},
            )
        )
    _check(chosen.cells)
    return Grid(rows=chosen.cells, format=file_format, sheet=chosen.name, merged=chosen.merged, notes=notes)


def _read_sheets(data: bytes, oddities: list[Oddities]) -> list[_Sheet]:
    """The filled worksheets, in order.

    A panic of the reader is no Exception; it is a damaged file all the same.
    """
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            found = []
            for at, entry in enumerate(workbook.sheets_metadata):
                sheet = workbook.get_sheet_by_index(at)
                if entry.typ != SheetTypeEnum.WorkSheet or not sheet.height:
                    continue
                _measure(sheet.total_height, sheet.total_width)
                found.append(
                    _Sheet(
                        name=entry.name,
                        visible=entry.visible == SheetVisibleEnum.Visible,
                        cells=sheet.to_python(skip_empty_area=False),  # type: ignore[arg-type]
                        merged=[(*start, *end) for start, end in sheet.merged_cell_ranges or []],
                        oddities=oddities[at] if at < len(oddities) else Oddities(),
                    )
                )
            return found
    except PasswordError:
        raise encrypted() from None
    except (CalamineError, OSError, ValueError, OverflowError):
        raise damaged() from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise damaged() from None
        raise


def _read_old_sheets(data: bytes) -> list[_Sheet]:
    try:
        reader = subprocess.run(
            [sys.executable, "-I", str(_READER)],
            input=data,
            capture_output=True,
            timeout=_PATIENCE,
            check=True,
        )
        answer = json.loads(reader.stdout, object_hook=_from_plain)
    except (subprocess.SubprocessError, OSError, ValueError):
        raise damaged() from None
    if "problem" in answer:
        raise encrypted() if answer["problem"] == "encrypted" else too_large()
    found = []
    for sheet in answer["sheets"]:
        if sheet["data"] and sheet["cells"]:
            _measure(len(sheet["cells"]), len(sheet["cells"][0]))
            merged = [(*start, *end) for start, end in sheet["merged"]]
            found.append(_Sheet(sheet["name"], sheet["visible"], sheet["cells"], merged, Oddities()))
    return found


def _from_plain(value: dict[str, Any]) -> object:
    """The other side of `old_workbook._plain`."""
    if "datetime" in value:
        return dt.datetime.fromisoformat(value["datetime"])
    if "date" in value:
        return dt.date.fromisoformat(value["date"])
    if "time" in value:
        return dt.time.fromisoformat(value["time"])
    if "seconds" in value:
        return dt.timedelta(seconds=value["seconds"])
    return value


def _measure(height: int, width: int) -> None:
    if width > limits.MAX_COLUMNS:
        raise too_many_columns()
    if height > limits.MAX_ROWS + limits.HEADER_WITHIN:
        raise too_many_rows()
    if height * width > limits.MAX_CELLS:
        raise too_large()


def _with_data(sheets: list[_Sheet]) -> list[_Sheet]:
    """Without the one in which our own exports say what they hold."""
    return [
        sheet for sheet in sheets if not any(marks.is_mark(cell) for row in sheet.cells[:50] for cell in row)
    ]


def _choose(sheets: list[_Sheet], wanted: str | None, expect: Collection[str]) -> tuple[_Sheet, list[str]]:
    """The sheet asked for; else the one with most expected columns, else the fullest, visible ones first."""
    if not sheets:
        raise empty()
    if wanted is not None:
        for sheet in sheets:
            if names.fold(sheet.name) == names.fold(wanted):
                return sheet, []
        raise SheetProblem(
            "sheet_not_found",
            _("El archivo no tiene la hoja «%(name)s». Tiene: %(others)s. No se cambió nada.")
            % {"name": wanted, "others": ", ".join(f"«{sheet.name}»" for sheet in sheets[:20])},
        )
    chosen = max(sheets, key=lambda sheet: _promise(sheet, expect))
    return chosen, [sheet.name for sheet in sheets if sheet is not chosen]


def _promise(sheet: _Sheet, expect: Collection[str]) -> tuple[int, bool, int]:
    """How likely this is the sheet with the data; larger is likelier."""
    top = sheet.cells[: limits.HEADER_WITHIN]
    expected = max((count_expected(row, expect) for row in top), default=0)
    return expected, sheet.visible, len(sheet.cells) * len(sheet.cells[0])


def _mark(rows: list[list[Cell]], oddities: Oddities) -> list[Note]:
    """Puts formulas without result and errors back where the reader left an empty cell."""
    notes = []
    for (row, column), formula in oddities.uncomputed.items():
        _put(rows, row, column, Uncomputed(formula))
    for (row, column), text in oddities.errors.items():
        _put(rows, row, column, text)
    if oddities.formulas:
        notes.append(
            Note(
                "formulas",
                _("Celdas con fórmula: %(count)d. Se usó el resultado que trae el archivo.")
                % {"count": oddities.formulas},
            )
        )
    if oddities.uncomputed:
        notes.append(
            Note(
                "formulas_without_result",
                _("Fórmulas sin resultado: %(count)d. Abra el archivo, guárdelo y envíelo otra vez.")
                % {"count": len(oddities.uncomputed)},
                tuple(sorted({row + 1 for row, __ in oddities.uncomputed})[:100]),
            )
        )
    return notes


def _put(rows: list[list[Cell]], row: int, column: int, cell: Cell) -> None:
    while len(rows) <= row:
        rows.append([])
    rows[row].extend([""] * (column + 1 - len(rows[row])))
    rows[row][column] = cell


def _check(rows: list[list[Cell]]) -> None:
    for number, row in enumerate(rows, start=1):
        for cell in row:
            if type(cell) is str and len(cell) > limits.MAX_CELL_CHARACTERS:
                raise cell_too_long(number)
    if not any(not is_blank(cell) for row in rows for cell in row):
        raise empty()
