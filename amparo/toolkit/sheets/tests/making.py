"""Small invented files of every kind, made in memory."""

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape

import xlsxwriter


def csv_file(rows: Sequence[Sequence[object]], *, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_file(
    rows: Sequence[Sequence[object]] = (), draw: Callable[[xlsxwriter.Workbook], None] | None = None
) -> bytes:
    """The rows on a sheet called Hoja1, or whatever `draw` puts into the workbook."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy"})
    if draw is None:
        sheet = book.add_worksheet("Hoja1")
        for at, row in enumerate(rows):
            sheet.write_row(at, 0, row)
    else:
        draw(book)
    book.close()
    return out.getvalue()


def with_part(workbook: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same zip with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            data = old.read(part.filename)
            new.writestr(part.filename, change(data) if part.filename == name else data)
    return out.getvalue()


def as_saved_by_a_spreadsheet_program(workbook: bytes) -> bytes:
    """Without the mark that asks for calculation on opening, which programs drop when they save results."""
    return with_part(workbook, "xl/workbook.xml", lambda xml: xml.replace(b' fullCalcOnLoad="1"', b""))


_ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
)


def ods_file(rows: Sequence[Sequence[object]] = (), *, xml: str = "", encrypted: bool = False) -> bytes:
    """The rows on a sheet called Hoja1, or the table XML given."""
    lines = ("".join(map(_ods_cell, row)) for row in rows)
    body = xml or "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NAMESPACES}><office:body>'
        f'<office:spreadsheet><table:table table:name="Hoja1">{body}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    secret = "<manifest:encryption-data/>" if encrypted else ""
    manifest = (
        '<?xml version="1.0"?>'
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS}"/>'
        f'<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml">{secret}'
        "</manifest:file-entry></manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _ODS, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return out.getvalue()


def _ods_cell(value: object) -> str:
    if value in (None, ""):
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def xls_file(rows: Sequence[Sequence[object]], *, stream: str = "Workbook") -> bytes:
    """The rows in the format of before 2007: BIFF8 records in a compound file."""
    cells = b""
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                cells += _record(0x0203, struct.pack("<HHHd", at, column, 0, float(value)))
            elif value:
                text = str(value).encode("utf-16-le")
                cells += _record(0x0204, struct.pack("<HHHHB", at, column, 0, len(text) // 2, 1) + text)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + cells + _record(0x000A, b"")
    name = b"\x05\x00Hoja1"
    globals_length = 20 + 4 + 6 + len(name) + 4
    book = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    book += _record(0x0085, struct.pack("<IH", globals_length, 0) + name) + _record(0x000A, b"")
    return _compound(stream, (book + sheet).ljust(4096, b"\0"))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _compound(name: str, data: bytes) -> bytes:
    """A compound file with one stream of at least 4,096 bytes: header, table, directory, stream."""
    sectors = -(-len(data) // 512)
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [table, end, *range(3, 2 + sectors), end]
    allocation = struct.pack("<128I", *(chain + [free] * (128 - len(chain))))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<6H", 0x3E, 3, 0xFFFE, 9, 6, 0)
    header += struct.pack("<10I", 0, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<I", 0) + struct.pack("<I", free) * 108
    entries = _entry("Root Entry", 5, end, 0, child=1) + _entry(name, 2, 2, len(data)) + bytes(256)
    return header + allocation + entries + data.ljust(sectors * 512, b"\0")


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le")
    none = 0xFFFFFFFF
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text) + 2, kind, 1, none, none, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
