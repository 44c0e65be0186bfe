"""Text with delimiters: CSV, TSV and their cousins, in whatever encoding a spreadsheet program wrote."""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection

from django.utils.translation import gettext as _

from amparo.toolkit.sheets import limits, marks, names
from amparo.toolkit.sheets.grid import Grid
from amparo.toolkit.sheets.problems import SheetProblem
from amparo.toolkit.sheets.table import Cell, Note

DELIMITERS = ("\t", ";", "|", ",", "^", "~", "\x1f")  # earlier wins a draw
_SAMPLE = 128 * 1024
_BYTES = {
    **{chr(code): code for code in range(0x80, 0x100)},
    **{
        bytes([code]).decode("cp1252"): code
        for code in range(0x80, 0xA0)
        if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # which Windows-1252 does not have
    },
}
_TAKEN_APART = re.compile(
    "[\u00c2\u00c3].|\u00e2..", re.DOTALL
)  # Â. and Ã.: signs and letters; â..: dashes, quotes
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 26, 31))


def decode(data: bytes) -> tuple[str, str, list[Note]]:
    """The text, the name of its encoding, and what was seen. Raises `SheetProblem("not_a_sheet")` for binary
    data.

    A byte-order mark decides; then UTF-16 without one (every other byte is zero); then UTF-8; then
    Windows-1252, which is what Excel in Central America writes as "CSV".
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace"), "utf-8-sig", []
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace"), "utf-16", []
    sample = data[:_SAMPLE]
    if len(sample) > 3:
        for encoding, start in (("utf-16-le", 1), ("utf-16-be", 0)):
            high = sample[start::2]
            if high.count(0) > 0.6 * len(high) and sample[1 - start :: 2].count(0) == 0:
                return data.decode(encoding, "replace"), encoding, []
    if sum(sample.count(code) for code in _CONTROLS) > 0.01 * len(sample):
        raise not_a_sheet()
    try:
        return data.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError:
        pass
    forgiving = data.decode("utf-8", "replace")
    damaged = forgiving.count("\ufffd")
    if sum(1 for letter in forgiving if letter > "\x7f") - damaged > 5 * damaged:
        note = Note("damaged_letters", _("Letras que venían dañadas: %(count)d.") % {"count": damaged})
        return forgiving, "utf-8", [note]
    try:
        return data.decode("cp1252"), "cp1252", []
    except UnicodeDecodeError:
        return data.decode("latin-1"), "latin-1", []


def mended(text: str) -> tuple[str, int]:
    """The text with its letters as they were where a program took UTF-8 for Windows-1252 and wrote it again
    ("DirecciÃ³n"), and how many these were. What does not give a letter stays."""
    found = 0

    def letter(taken: re.Match[str]) -> str:
        nonlocal found
        try:
            meant = bytes(_BYTES[one] for one in taken.group()).decode("utf-8")
        except (KeyError, UnicodeDecodeError):
            return taken.group()
        found += 1
        return meant

    return _TAKEN_APART.sub(letter, text), found


def read(data: bytes, expect: Collection[str]) -> Grid:
    """The cells as text. A quoted line break does not start a row, as in a spreadsheet program."""
    text, encoding, notes = decode(data)
    text, letters = mended(text)
    if letters:
        message = _("Letras que venían dañadas y se repararon: %(count)d.") % {"count": letters}
        notes.append(Note("mended_letters", message))
    if "\0" in text:
        text = text.replace("\0", "")
        notes.append(Note("zero_bytes", _("Se quitaron bytes vacíos del texto.")))
    if not text.strip():
        raise empty()
    delimiter, skip = _delimiter(text, expect)
    rows: list[list[Cell]] = [[]] if skip else []
    reader = csv.reader(io.StringIO(text[skip:], newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if row and max(map(len, row)) > limits.MAX_CELL_CHARACTERS:
                raise cell_too_long(len(rows) + 1)
            if len(row) > limits.MAX_COLUMNS:
                raise too_many_columns()
            rows.append([] if marks.is_marked(row) else row)  # type: ignore[arg-type]
            if len(rows) > limits.MAX_ROWS + limits.HEADER_WITHIN:
                raise too_many_rows()
    except csv.Error:
        raise cell_too_long(len(rows) + 1) from None
    return Grid(rows=rows, format="tsv" if delimiter == "\t" else "csv", encoding=encoding, notes=notes)


def _delimiter(text: str, expect: Collection[str]) -> tuple[str, int]:
    """The delimiter, and how many characters to skip (Excel's own `sep=;` line says it outright)."""
    first, __, __ = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip("\r")) == 5:
        return first[4], len(first) + 1
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    wanted = {names.fold(name) for name in expect}
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        score = _agreement(sample, delimiter, wanted)
        if score > best_score + 0.02:
            best, best_score = delimiter, score
    return best, 0


def _agreement(sample: str, delimiter: str, wanted: set[str]) -> float:
    """How well the delimiter explains the sample: rows that agree on their width, and expected names it
    reveals."""
    rows = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if any(row):
                rows.append(row)
            if len(rows) == limits.HEADER_WITHIN:
                break
    except csv.Error:
        return 0.0
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0
    width, agreeing = widths.most_common(1)[0]
    seen = {names.fold(cell) for row in rows for cell in row if len(cell) < 300} & wanted
    return agreeing / len(rows) + 0.002 * min(width, 50) + 0.05 * min(len(seen), 20)


def empty() -> SheetProblem:
    return SheetProblem(
        "empty", _("El archivo está vacío. No se cambió nada. Revise que eligió el correcto.")
    )


def not_a_sheet() -> SheetProblem:
    return SheetProblem(
        "not_a_sheet",
        _("El archivo no es una hoja de cálculo. No se cambió nada. Guárdelo como .xlsx o .csv."),
    )


def too_many_rows() -> SheetProblem:
    return SheetProblem(
        "too_large",
        _("La hoja tiene más de %(count)d filas. No se cambió nada. Divídala en partes.")
        % {"count": limits.MAX_ROWS},
    )


def too_many_columns() -> SheetProblem:
    return SheetProblem(
        "too_large",
        _("La hoja tiene más de %(count)d columnas. No se cambió nada. Quite las que sobran.")
        % {"count": limits.MAX_COLUMNS},
    )


def cell_too_long(row: int) -> SheetProblem:
    return SheetProblem(
        "cell_too_long",
        _("La fila %(row)d trae un texto demasiado largo. No se cambió nada. Quizá falta cerrar comillas.")
        % {"row": row},
    )
