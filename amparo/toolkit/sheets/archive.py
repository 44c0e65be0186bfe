"""The zip behind a workbook, looked at before anything unpacks it: bombs, passwords, formulas without result.

The workbook reader fills the whole rectangle between the first and the last used cell, and copies a shared
text into every cell that uses it. A file of a few kilobytes can ask for terabytes so; here it is measured
first. The reader also shows a formula without result, and an error such as #REF!, as an empty cell; here they
are found.
"""

import io
import itertools
import posixpath
import re
import struct
import zipfile
import zlib
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

import defusedxml.ElementTree as ElementTree
from defusedxml import DefusedXmlException
from django.utils.translation import gettext as _

from amparo.toolkit.sheets import limits
from amparo.toolkit.sheets.delimited import not_a_sheet, too_many_columns, too_many_rows
from amparo.toolkit.sheets.problems import SheetProblem

_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# Every pattern here is linear on any text: none looks for an end that never comes, once for each beginning.
_CELL_TAG = re.compile(rb"<(?:\w+:)?c\b([^<>]*)>")
_FORMULA_TAG = re.compile(rb"<(?:\w+:)?f\b[^<>]*>")
_VALUE_TAG = re.compile(rb"<(?:\w+:)?v\b[^<>]*>")
_ITEM_TAG = re.compile(rb"<(?:\w+:)?si\b")
_REFERENCE = re.compile(rb"[ \t\r\n]r\s*=\s*[\"']\s*([A-Za-z]*)([0-9]+)")
_COLUMN_REFERENCE = re.compile(rb"[ \t\r\n]r\s*=\s*[\"']\s*([A-Za-z]+)")
_IS_ERROR = re.compile(rb"\bt\s*=\s*[\"']e[\"']")
_IS_TEXT = re.compile(rb"\bt\s*=\s*[\"'](?:str|inlineStr)[\"']")
_STRETCH = 8 * 1024 * 1024
_SHARED_USE = re.compile(rb"\bt\s*=\s*[\"']s[\"'][^<>]{0,200}>\s*<(?:\w{1,20}:)?v>\s*([0-9]{1,9})")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    LookupError,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What the standard library raises at one or the other broken zip."""


@dataclass
class Oddities:
    """What the workbook reader does not tell, by (row, column) counted from 0."""

    formulas: int = 0
    uncomputed: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)


class Archive:
    """A zip that proved to be a workbook of bounded size. `format` is "xlsx" or "ods"."""

    def __init__(self, data: bytes) -> None:
        """Raises `SheetProblem`: not_a_sheet, damaged, encrypted, too_large."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGE:
            raise damaged() from None
        parts = self._zip.infolist()
        if any(part.flag_bits & 1 for part in parts):
            raise encrypted()
        unpacked = sum(part.file_size for part in parts)
        packed = max(1, sum(part.compress_size for part in parts))
        bomb = unpacked > limits.RATIO_MATTERS_FROM and unpacked / packed > limits.MAX_UNPACKED_RATIO
        if len(parts) > limits.MAX_PARTS or unpacked > limits.MAX_UNPACKED_BYTES or bomb:
            raise too_large()
        if any(part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for part in parts):
            raise not_a_sheet()  # no program writes such workbooks, and bzip2 unpacks without measure
        self._names = {part.filename for part in parts}
        if len(self._names) < len(parts):
            raise not_a_sheet()  # two parts of one name: each reader would see another file
        self.format = self._find_format()

    def _find_format(self) -> str:
        if "xl/workbook.xml" in self._names:
            return "xlsx"
        kind = self.part("mimetype").strip() if "mimetype" in self._names else b""
        if (
            kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet")
            and "content.xml" in self._names
        ):
            if "META-INF/manifest.xml" in self._names and b"encryption-data" in self.part(
                "META-INF/manifest.xml"
            ):
                raise encrypted()
            return "ods"
        raise not_a_sheet()

    def part(self, name: str) -> bytes:
        """The unpacked bytes of one part; reading them whole also proves the size that the zip states."""
        try:
            return self._zip.read(name)
        except _DAMAGE:
            raise damaged() from None

    def inspect(self) -> list[Oddities]:
        """One entry per sheet, in the workbook's order.

        Raises `SheetProblem("too_large")` before a dangerous read.
        """
        return self._inspect_xlsx() if self.format == "xlsx" else _OdsScan(self.part("content.xml")).sheets

    def _inspect_xlsx(self) -> list[Oddities]:
        shared = _item_lengths(self._optional("xl/sharedStrings.xml"))
        longest = max(shared, default=0)
        if longest > 8 * limits.MAX_CELL_CHARACTERS:
            raise too_large()
        workbook = self.part("xl/workbook.xml")
        stale = re.search(rb"fullCalcOnLoad\s*=\s*[\"'](1|true)", workbook) is not None
        text_budget = limits.MAX_UNPACKED_BYTES
        found = []
        for name in self._sheet_parts(workbook):
            xml = self._optional(name) if name else b""
            _measure(xml)
            if longest * xml.count(b'"s"') + longest * xml.count(b"'s'") > text_budget:
                uses = Counter(map(int, _SHARED_USE.findall(xml)))
                text_budget -= sum(shared[at] * times for at, times in uses.items() if at < len(shared))
                if text_budget < 0:
                    raise too_large()
            found.append(_oddities(xml, stale))
        return found

    def _optional(self, name: str) -> bytes:
        return self.part(name) if name in self._names else b""

    def _sheet_parts(self, workbook: bytes) -> list[str]:
        """The part of each sheet, in order; "" for one that cannot be found."""
        try:
            tree = ElementTree.fromstring(workbook)
            relations = ElementTree.fromstring(self.part("xl/_rels/workbook.xml.rels"))
        except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError):
            raise damaged() from None
        targets = {relation.get("Id"): relation.get("Target") or "" for relation in relations}
        parts = []
        for element in tree.iter():
            if element.tag.rpartition("}")[2] == "sheet":
                identity = element.get(_RELATION) or next(
                    (value for key, value in element.attrib.items() if key.endswith("}id")), ""
                )
                target = targets.get(identity, "")
                parts.append(posixpath.normpath(posixpath.join("/xl", target)).lstrip("/") if target else "")
        return parts


def _measure(xml: bytes) -> None:
    """Refuses a sheet whose used rectangle is larger than memory should hold."""
    rows, columns = _extent(xml)
    if columns > limits.MAX_COLUMNS:
        raise too_many_columns()
    if rows > limits.MAX_ROWS + limits.HEADER_WITHIN:
        raise too_many_rows()
    if rows * columns > limits.MAX_CELLS:
        raise too_large()


def _extent(xml: bytes) -> tuple[int, int]:
    """Upper bounds of the last row and the last column that the sheet's rows and cells name.

    The rows are counted one by one only when their number of digits leaves a doubt: millions of cells are
    usual.
    """
    used: set[bytes] = set()
    for at in range(0, len(xml), _STRETCH):
        used.update(_COLUMN_REFERENCE.findall(xml, at, at + _STRETCH + 64))
    columns = max(map(_column_index, used), default=0) + 1
    digits = next((n for n in (6, 5, 4) if re.search(rb"r\s*=\s*[\"']\s*[A-Za-z]*[0-9]{%d}" % n, xml)), 3)
    rows = int(10**digits) - 1
    if digits == 6 or rows * columns > limits.MAX_CELLS:
        rows = 0
        for at in range(0, len(xml), _STRETCH):
            rows = max(rows, *(int(n[:9]) for __, n in _REFERENCE.findall(xml, at, at + _STRETCH + 64)), 0)
    return rows, columns


def _column_index(letters: bytes) -> int:
    index = 0
    for letter in letters[:6].upper():
        index = index * 26 + letter - 64
    return index - 1


def _item_lengths(xml: bytes) -> list[int]:
    """About how long each shared text is, in order."""
    starts = [match.start() for match in _ITEM_TAG.finditer(xml)]
    return [end - start for start, end in itertools.pairwise([*starts, len(xml)])]


def _oddities(xml: bytes, stale: bool) -> Oddities:
    """Formulas and errors of one sheet.

    `stale`: the workbook asks to be calculated when opened. Programs that write formulas without calculating
    set it and store 0 as the result; such a 0 is nobody's measurement.
    """
    found = Oddities()
    if not any(mark in xml for mark in (b"<f", b":f", b'"e"', b"'e'")):
        return found
    tags = _CELL_TAG.finditer(xml)
    tag = next(tags, None)
    while tag is not None:
        following = next(tags, None)
        inside = xml[tag.end() : following.start() if following else len(xml)]
        attributes = tag[1]
        tag = following
        if attributes.endswith(b"/"):
            continue
        formula = _FORMULA_TAG.search(inside)
        error = _IS_ERROR.search(attributes)
        place = _REFERENCE.search(b" " + attributes) if formula or error else None
        if place is None or not place[1] or len(place[2]) > 7:
            continue
        at = (int(place[2]) - 1, _column_index(place[1]))
        text = _content(inside, _VALUE_TAG)
        if error:
            found.errors[at] = text or "#ERROR"
        elif (not text and not _IS_TEXT.search(attributes)) or (stale and text == "0"):
            found.uncomputed[at] = "=" + _content(inside, _FORMULA_TAG)
        found.formulas += formula is not None
    return found


def _content(xml: bytes, tag: re.Pattern[bytes]) -> str:
    """The text directly inside the first such tag, "" when there is none or it is closed at once."""
    match = tag.search(xml)
    if match is None or match[0].endswith(b"/>"):
        return ""
    end = xml.find(b"<", match.end())
    return xml[match.end() : end if end >= 0 else len(xml)].strip().decode("utf-8", "replace")


class _OdsScan:
    """One pass over an ODS document: its sheets' extents, formulas without result, errors."""

    def __init__(self, xml: bytes) -> None:
        self.sheets: list[Oddities] = []
        self._depth = 0  # a table may stand in a cell of another; only the outer ones are sheets
        self._row = self._column = self._width = 0
        self._row_repeat = 1
        self._row_used = False
        self._cells_used = 0
        self._attributes: dict[str, str] = {}
        self._text: list[str] | None = None
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._hear
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(xml, True)
        except (expat.ExpatError, LookupError, ValueError):
            raise damaged() from None

    def _doctype(self, *__: object) -> None:
        raise not_a_sheet()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self._depth += 1
            if self._depth == 1:
                self.sheets.append(Oddities())
                self._row = self._width = 0
        if self._depth != 1:
            return
        if name == "table-row":
            self._column, self._row_used = 0, False
            self._row_repeat = _repeats(attributes, "rows-repeated")
        elif name in ("table-cell", "covered-table-cell"):
            self._attributes, self._text = attributes, []

    def _hear(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "table":
            self._depth -= 1
        if self._depth != 1:
            return
        if name in ("table-cell", "covered-table-cell"):
            self._end_cell()
        elif name == "table-row":
            if self._row_used:
                self._measure()
            self._row += self._row_repeat

    def _end_cell(self) -> None:
        values = {key.rpartition(":")[2]: value for key, value in self._attributes.items()}
        text = "".join(self._text or ()).strip()
        self._text = None
        repeat = _repeats(self._attributes, "columns-repeated")
        if text or any(key in values for key in ("value", "date-value", "boolean-value", "formula")):
            self._note(values, text)
            self._row_used = True
            self._width = max(self._width, self._column + repeat)
        self._column += repeat

    def _measure(self) -> None:
        """Refuses what the used rows ask for so far: each sheet's rectangle, and all of them together."""
        height = self._row + self._row_repeat
        self._cells_used += self._width * self._row_repeat
        if self._width > limits.MAX_COLUMNS:
            raise too_many_columns()
        if height > limits.MAX_ROWS + limits.HEADER_WITHIN:
            raise too_many_rows()
        if height * self._width > limits.MAX_CELLS or self._cells_used > limits.MAX_CELLS:
            raise too_large()

    def _note(self, values: dict[str, str], text: str) -> None:
        sheet = self.sheets[-1]
        at = (self._row, self._column)
        if "formula" in values:
            sheet.formulas += 1
            if not text and not any(key.endswith("value") for key in values):
                sheet.uncomputed[at] = values["formula"].partition(":")[2] or "="
        if (text.startswith("#") and text.rstrip("!?").isupper()) or text.startswith("Err:"):
            sheet.errors[at] = text


def _repeats(attributes: dict[str, str], ending: str) -> int:
    for key, value in attributes.items():
        if key.endswith(ending):
            return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 1
    return 1


def damaged() -> SheetProblem:
    return SheetProblem(
        "damaged",
        _("El archivo llegó dañado. No se cambió nada. Ábralo, guárdelo de nuevo y envíelo."),
    )


def encrypted() -> SheetProblem:
    return SheetProblem(
        "encrypted",
        _("El archivo tiene contraseña. No se cambió nada. Guárdelo sin contraseña y envíelo."),
    )


def too_large() -> SheetProblem:
    return SheetProblem(
        "too_large",
        _("La hoja es demasiado grande para leerla. No se cambió nada. Divídala en partes."),
    )
