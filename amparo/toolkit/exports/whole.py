"""Whether a file of ours is whole: as many rows as it says, and the content it says, to the last byte.

A CSV that was cut has no last line; an HXL file that was cut has fewer bytes than its first line's SHA-256 covers; a
workbook that was cut is a broken archive. A file that somebody opened and saved is no longer what left, and says so.
"""

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _
from python_calamine import CalamineWorkbook

from amparo.toolkit.exports.workbook import joined
from amparo.toolkit.sheets import SheetProblem, marks
from amparo.toolkit.sheets.archive import Archive

State = Literal["whole", "cut", "changed", "strange"]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found. `rows` is how many there are, `stated` how many the file says; None: it does not say."""

    state: State
    rows: int = 0
    stated: int | None = None
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def words(self) -> str:
        numbers = {"rows": self.rows, "stated": self.stated}
        return {
            "whole": _("El archivo está completo: %(rows)s filas.") % numbers,
            "cut": _(
                "El archivo está cortado o no salió de aquí: le falta su línea de control. Bájelo otra vez."
            ),
            "changed": _(
                "El archivo no es como salió: dice %(stated)s filas y trae %(rows)s, o cambió su contenido."
            )
            % numbers,
            "strange": _("El archivo no se puede leer. Si salió de aquí, está cortado: bájelo otra vez."),
        }[self.state]


def is_whole(path: Path) -> bool:
    """Whether the file is one of ours, and exactly as it left."""
    return examine(path).state == "whole"


def examine(path: Path) -> Examined:
    """Read the file as far as need be to say whether it is whole. Raises `OSError` where there is none."""
    content = path.read_bytes()
    if content.startswith(b"PK"):
        return _workbook(content)
    first = content[: content.find(b"\n") + 1]
    if marks.START.encode() in first[:20]:
        return _text(first, content[len(first) :], extra=2)
    last = content.rfind(b"\n", 0, max(len(content) - 2, 0)) + 1
    return _text(content[last:], content[:last], extra=1)


def _text(line: bytes, rest: bytes, *, extra: int) -> Examined:
    """`line` says what `rest` should hold; `extra` lines of it are no rows."""
    try:
        cells = next(csv.reader(io.StringIO(line.decode())), [""])
        count = sum(1 for _row in csv.reader(io.StringIO(rest.decode("utf-8-sig"), newline=""))) - extra
    except (UnicodeDecodeError, csv.Error):
        return Examined("strange")
    if not line.endswith(b"\r\n") or not marks.is_marked(cells):
        return Examined("cut", max(count, 0))
    return _judged(marks.read(cells[0]), count, hashlib.sha256(rest).hexdigest())


def _workbook(content: bytes) -> Examined:
    try:
        Archive(content).inspect()
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            sheets = [book.get_sheet_by_index(at).to_python() for at in range(len(book.sheet_names))]
    except (SheetProblem, OSError, ValueError):
        return Examined("strange")
    except Exception as error:
        if type(error).__module__.startswith("python_calamine"):
            return Examined("strange")
        raise
    # The last sheet says where the others come from.
    tables, found = (
        sheets[:-1],
        [cell for row in sheets[-1] for cell in row if marks.is_mark(cell)] if sheets else [],
    )
    rows = sum(max(len(table) - 1, 0) for table in tables)
    if not tables or not found:
        return Examined("cut", rows)
    digests = [_of_table(table) for table in tables]
    digest = digests[0] if len(digests) == 1 else hashlib.sha256(b"".join(one.digest() for one in digests))
    return _judged(marks.read(str(found[-1])), rows, digest.hexdigest())


def _of_table(table: list[Any]) -> "hashlib._Hash":
    digest = hashlib.sha256()
    for row in table[1:]:
        digest.update(joined(row))
    return digest


def _judged(facts: dict[str, Any], rows: int, digest: str) -> Examined:
    stated = int(facts["filas"]) if facts.get("filas", "").isdigit() else None
    same = stated == rows and facts.get("sha256") == digest
    return Examined("whole" if same else "changed", rows, stated, tuple(facts.items()))
