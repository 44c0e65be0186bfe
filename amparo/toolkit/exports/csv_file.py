"""CSV (RFC 4180, UTF-8, lines ending in CR LF) and HXL, written row by row.

The last line of a CSV, the first of an HXL file, says how many rows there are and the SHA-256 of every other byte of
the file (`amparo.toolkit.sheets.marks`). HXL is a CSV with a row of hashtags under its titles; its readers would take
a last line for data, so its line stands above, where they look for titles.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Any

from django.utils import timezone

from amparo.toolkit.exports.about import About, Field, Written, in_words, title_of
from amparo.toolkit.exports.hostile import harmless, may_begin
from amparo.toolkit.sheets import marks

BOM = b"\xef\xbb\xbf"  # without it a spreadsheet program of the region reads "José" as "JosÃ©"
_STEP = 500
_AS_THEY_ARE = {str, int}


def write_csv(
    file: IO[bytes], fields: Sequence[Field], rows: Iterable[Sequence[Any]], about: About, *, bom: bool = True
) -> Written:
    """Write values in the order of `fields`, then the line that says how many. `file` is at its beginning."""
    body = _Body(file, fields)
    if bom:
        body.put(BOM)
    body.line([title_of(field) for field in fields])
    count = body.rows(rows)
    written = Written(count, body.digest.hexdigest())
    last = marks.written(marks.END, {"filas": count, "sha256": written.digest} | about.facts())
    file.write(_line([last, *[""] * (len(fields) - 1)]))
    return written


def write_hxl(
    file: IO[bytes], fields: Sequence[Field], rows: Iterable[Sequence[Any]], about: About
) -> Written:
    """The same with hashtags. The first line is written last, over as much room kept for it."""
    start = file.tell()
    file.write(_first(0, "0" * 64, about, len(fields)))
    body = _Body(file, fields)
    body.line([title_of(field) for field in fields])
    body.line([field.hxl for field in fields])
    count = body.rows(rows)
    written = Written(count, body.digest.hexdigest())
    file.seek(start)
    file.write(_first(count, written.digest, about, len(fields)))
    file.seek(0, io.SEEK_END)
    return written


def _first(count: int, digest: str, about: About, width: int) -> bytes:
    facts = {"filas": f"{count:010d}", "sha256": digest} | about.facts()
    return _line([marks.written(marks.START, facts), *[""] * (width - 1)])


def _line(cells: Sequence[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode()


class _Body:
    """Bytes on their way into the file, counted into the digest."""

    def __init__(self, file: IO[bytes], fields: Sequence[Field]) -> None:
        self.file, self.digest = file, hashlib.sha256()
        self.texts = [_text_of(field) for field in fields]
        self.buffer = io.StringIO()
        self.writer = csv.writer(self.buffer, lineterminator="\r\n")

    def put(self, content: bytes) -> None:
        self.file.write(content)
        self.digest.update(content)

    def line(self, cells: Sequence[str]) -> None:
        self.writer.writerow([harmless(cell) for cell in cells])
        self._flush()

    def rows(self, rows: Iterable[Sequence[Any]]) -> int:
        count, texts, write = 0, self.texts, self.writer.writerow
        for row in rows:
            # Whole numbers are left to the writer: no program makes anything else of a number.
            cells = [
                value if type(value) in _AS_THEY_ARE and text is None else self._text(value, text)
                for value, text in zip(row, texts, strict=True)
            ]
            if may_begin([cell for cell in cells if type(cell) is str]):
                cells = [
                    harmless(cell) if type(cell) is str and type(value) is not float else cell
                    for cell, value in zip(cells, row, strict=True)
                ]
            write(cells)
            count += 1
            if count % _STEP == 0:
                self._flush()
        self._flush()
        return count

    @staticmethod
    def _text(value: Any, text: Callable[[Any], str] | None) -> str:
        return _plain(value) if text is None else text(value)

    def _flush(self) -> None:
        self.put(self.buffer.getvalue().encode("utf-8", "replace"))
        self.buffer.seek(0)
        self.buffer.truncate()


def _text_of(field: Field) -> Callable[[Any], str] | None:
    said = in_words(field)
    return None if said is None else lambda value: str(said(value))


def _plain(value: Any) -> str:
    """A value as text that can be read back: 14.0 -> "14", dates as ISO 8601, moments in local time."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat(
            timespec="seconds"
        )
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
