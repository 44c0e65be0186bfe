"""The shipped forms as XLSForm workbooks: what phones' forms are converted from, and what people may edit."""

import csv
import datetime as dt
import io
from pathlib import Path

import xlsxwriter

SHEETS = ("survey", "choices", "settings")
_FOLDER = Path(__file__).parent
_WRITTEN = dt.datetime(2026, 1, 1)  # noqa: DTZ001  a fixed date makes the same text the same file
_WIDTHS = {"label": 48, "hint": 32, "constraint_message": 32, "relevant": 32, "calculation": 32}


def names() -> tuple[str, ...]:
    """Names of the shipped forms; each is its form_id and its folder."""
    return tuple(sorted(each.name for each in _FOLDER.iterdir() if (each / "survey.csv").is_file()))


def workbook(name: str) -> bytes:
    """A shipped form as an .xlsx file, the same bytes each time. Raises KeyError for an unknown name."""
    if name not in names():
        raise KeyError(name)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": name, "created": _WRITTEN})
        bold = book.add_format({"bold": True, "bottom": 1})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for sheet in SHEETS:
            _write(book.add_worksheet(sheet), _rows(_FOLDER / name / f"{sheet}.csv"), bold, wrapped)
    return out.getvalue()


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))


def _write(
    page: xlsxwriter.worksheet.Worksheet,
    rows: list[list[str]],
    bold: xlsxwriter.format.Format,
    wrapped: xlsxwriter.format.Format,
) -> None:
    header, *rest = rows
    for column, title in enumerate(header):
        page.write_string(0, column, title, bold)
        page.set_column(column, column, _WIDTHS.get(title.partition("::")[0], 18), wrapped)
    for number, row in enumerate(rest, start=1):
        for column, text in enumerate(row):
            if text:
                page.write_string(number, column, text)
    page.freeze_panes(1, 2)
