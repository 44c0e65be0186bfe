"""XLSX: one sheet of rows, one that says where they come from. Text is text, numbers and dates are what they are.

Written row by row (xlsxwriter's `constant_memory`): a row is on disk before the next one comes.
"""

import datetime as dt
import hashlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused
from amparo.toolkit.exports.about import About, Field, Written, in_words, title_of
from amparo.toolkit.exports.hostile import is_hostile
from amparo.toolkit.formats import number
from amparo.toolkit.sheets import marks

MOST_ROWS = 1_048_575  # of a sheet, without its titles
MOST_LETTERS = 32_767  # of a cell
FIGURES = ("whole", "number")
_MADE = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - the same in every file, so that the same rows are the same bytes
_EARLIEST = dt.date(1900, 3, 1)  # before it the two calendars of spreadsheet programs disagree
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_xlsx(
    file: IO[bytes], fields: Sequence[Field], rows: Iterable[Sequence[Any]], about: About, *, folder: Path
) -> Written:
    """Write values in the order of `fields`. `folder` takes the parts of the workbook while it is made.

    Raises `Refused("too_many_rows")` where a sheet cannot hold them all.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="workbook-") as parts:
        book = xlsxwriter.Workbook(file, _OPTIONS | {"tmpdir": parts})
        book.set_properties({"created": _MADE, "title": about.title, "author": "Amparo"})
        sheet = _Sheet(book, about.title, fields)
        sheet.fill(rows)
        written = Written(sheet.count, sheet.digest.hexdigest(), sheet.shortened)
        _write_about(book, about, written)
        book.close()
    return written


class _Sheet:
    """The sheet of rows, as it grows."""

    def __init__(self, book: Any, title: str, fields: Sequence[Field]) -> None:
        self.sheet = book.add_worksheet(sheet_name(title))
        self.fields, self.words = fields, [in_words(field) for field in fields]
        self.count = self.shortened = 0
        self.digest = hashlib.sha256()
        self.text = book.add_format({"num_format": "@"})
        self.quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.sheet.freeze_panes(1, 1)
        for at, field in enumerate(fields):
            wide = min(max(len(title_of(field)) + 2, 12 if field.kind != "text" else 24), 40)
            self.sheet.set_column(
                at, at, wide, self.text if field.kind in ("text", "phone", "place") else None
            )
        head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        for at, field in enumerate(fields):
            self._write_text(0, at, title_of(field), head)

    def fill(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            if self.count == MOST_ROWS:
                raise Refused(
                    "too_many_rows",
                    _("Son más de %(n)s filas: no caben en un libro de Excel. Bájelas como CSV.")
                    % {"n": number(MOST_ROWS)},
                )
            self.count += 1
            told = []
            for at, value in enumerate(row):
                said = self.words[at]
                told.append(self._write(at, said(value) if said is not None else value))
            self.digest.update(joined(told))

    def _write(self, at: int, value: Any) -> Any:
        """Write one cell; return it as a reader will find it."""
        if value is None or value == "":
            return ""
        if type(value) is str and self.fields[at].kind in FIGURES:
            value = _figure(value)
        if isinstance(value, bool):
            value = int(value)
        if isinstance(value, int | float):
            if abs(value) < 1e15:  # neither endless nor no number
                self.sheet.write_number(self.count, at, value)
                return value
            value = str(value)
        if isinstance(value, dt.datetime):
            there = (timezone.localtime(value) if timezone.is_aware(value) else value).replace(
                microsecond=0, tzinfo=None
            )
            if there.date() >= _EARLIEST:
                self.sheet.write_datetime(self.count, at, there, self.moment)
                return there
            value = there.isoformat()
        elif isinstance(value, dt.date):
            if value >= _EARLIEST:
                self.sheet.write_datetime(self.count, at, value, self.day)
                return value
            value = value.isoformat()
        text = _NO_XML.sub("", str(value))
        if len(text) > MOST_LETTERS:
            text, self.shortened = text[: MOST_LETTERS - 1] + "…", self.shortened + 1
        self._write_text(self.count, at, text, self.quoted if is_hostile(text) else self.text)
        return text

    def _write_text(self, row: int, at: int, text: str, look: Any) -> None:
        if text.startswith("<r>"):
            # xlsxwriter lets a text that looks like its own marked text into the XML as it is: say it in two pieces.
            self.sheet.write_rich_string(row, at, look, "<r", look, text[2:], look)
        else:
            self.sheet.write_string(row, at, text, look)


def _figure(text: str) -> float | str:
    """A number where it is written as we would write it; else the text, as it came: "007" is no 7."""
    for kind in (int, float):
        try:
            value = kind(text)
        except ValueError:
            continue
        if str(value) == text:
            return value
    return text


def joined(cells: Sequence[Any]) -> bytes:
    """A row as it goes into the digest: what a reader of the workbook finds, whatever it makes of spaces.

    The cells as plain text, those that are empty at the end left out, parted by a letter that no cell holds.
    """
    texts = [_CONTROL.sub(" ", _as_text(cell)) for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    return ("\x1f".join(texts) + "\x1e").encode("utf-8", "replace")


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, int | float):
        return format(float(cell), ".12g")
    if isinstance(cell, dt.datetime):
        at = cell + dt.timedelta(microseconds=500_000)  # a moment is kept there as a fraction of days
        return (
            at.replace(microsecond=0).isoformat() if at.time() >= dt.time(0, 0, 1) else at.date().isoformat()
        )
    if isinstance(cell, dt.date):
        return cell.isoformat()
    return str(cell)


def sheet_name(title: str) -> str:
    """A title as the tab of a sheet: 31 letters, without those that none may have."""
    return re.sub(r"[\[\]:*?/\\']", " ", title).strip()[:31].strip() or "Datos"


def _write_about(book: Any, about: About, written: Written) -> None:
    sheet = book.add_worksheet(sheet_name(_("Acerca de")))
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 80)
    lines = [
        (_("Contenido"), about.title),
        (_("Filas"), str(written.rows)),
        (_("Fecha"), about.facts()["fecha"]),
        (_("Fuente"), about.source),
        (_("Filtro"), about.selection),
        (_("Quién lo bajó"), about.by),
        *((_("Nota"), note) for note in about.notes),
    ]
    if written.shortened:
        lines.append((_("Nota"), _("Textos cortados por largos: %(n)s.") % {"n": number(written.shortened)}))
    facts = {"filas": written.rows, "sha256": written.digest} | about.facts()
    lines.append((_("Control"), marks.written(marks.END, facts)))
    wrap = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    bold = book.add_format({"bold": True, "valign": "top"})
    for row, (label, value) in enumerate(lines):
        sheet.write_string(row, 0, label, bold)
        sheet.write_string(row, 1, _NO_XML.sub("", value).replace("<r>", "<r >")[:MOST_LETTERS], wrap)


def write_tables(
    file: IO[bytes],
    tables: Iterable[tuple[str, Sequence[Field], Iterable[Sequence[Any]]]],
    about: About,
    *,
    folder: Path,
) -> Written:
    """Several tables in one workbook, a sheet for each (title, fields, rows); the last says where they come from.

    The digest is that of the tables' digests, in their order.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="workbook-") as parts:
        book = xlsxwriter.Workbook(file, _OPTIONS | {"tmpdir": parts})
        book.set_properties({"created": _MADE, "title": about.title, "author": "Amparo"})
        whole, count, shortened = hashlib.sha256(), 0, 0
        for title, fields, rows in tables:
            sheet = _Sheet(book, title, fields)
            sheet.fill(rows)
            whole.update(sheet.digest.digest())
            count, shortened = count + sheet.count, shortened + sheet.shortened
        written = Written(count, whole.hexdigest(), shortened)
        _write_about(book, about, written)
        book.close()
    return written
