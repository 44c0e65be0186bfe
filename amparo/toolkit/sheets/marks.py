"""The line by which our own exports say what they hold. It is no row of data: whoever reads a sheet passes over it.

    # fin: filas=2; sha256=9f86...; fecha=2026-11-22T06:41:00-06:00; fuente=...; filtro=...; quien=...

The last line of a CSV (so that a file that was cut has none), the first of an HXL file (whose readers take every
later line for data), a cell of the sheet «Acerca de» in a workbook.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

START, END = "# inicio: ", "# fin: "
_PLAIN = re.compile(r"[^\w .:/()#áéíóúñü«»¿?¡!-]")


def is_mark(cell: Any) -> bool:
    """Whether the cell holds such a line."""
    return isinstance(cell, str) and cell.startswith((START, END))


def is_marked(row: Sequence[Any]) -> bool:
    """Whether the row is such a line: it begins with one."""
    return bool(row) and is_mark(row[0])


def written(mark: str, facts: Mapping[str, object]) -> str:
    """The line. What could part it, or be taken for a formula, is written as %XX."""
    return mark + "; ".join(f"{name}={_PLAIN.sub(_coded, str(value))}" for name, value in facts.items())


def read(cell: str) -> dict[str, str]:
    """The facts of such a line; what cannot be read is left out."""
    facts = {}
    for part in cell.partition(": ")[2].split("; "):
        name, equals, value = part.partition("=")
        if equals:
            facts[name.strip()] = _decoded(value)
    return facts


def _coded(found: "re.Match[str]") -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode("utf-8", "replace"))


def _decoded(text: str) -> str:
    return re.sub(
        r"(?:%[0-9A-F]{2})+",
        lambda found: bytes.fromhex(found.group().replace("%", "")).decode("utf-8", "replace"),
        text,
    )
