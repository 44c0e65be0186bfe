"""Cells as text that compares: what a record says and what a sheet says, brought to one writing.

The same text is what a form is given, and what the column `visto` keeps a mark of.
"""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils import timezone, translation

from amparo.kernel.words import fold
from amparo.toolkit.exports.hostile import as_it_was
from amparo.toolkit.resources.columns import Column

UID, SEEN = "uid", "visto"
_YES = {"si", "yes", "on", "1", "true", "verdadero", "x"}
_NO = {"no", "off", "0", "false", "falso"}


def text_of(column: Column, value: Any) -> str:
    """The value of a record as text: the code of a choice, "1" or "0", 14 for 14.0, ISO days and local moments."""
    if value is None:
        return ""
    if column.kind == "yesno":
        return "1" if value else "0"
    if isinstance(value, dt.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.replace(microsecond=0, tzinfo=None).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, float):
        return _figure(value)
    return _plain(str(value))


def said_in(column: Column, cell: Any, *, escaped: bool) -> str:
    """What a cell of a sheet says, as the same text; what cannot be brought to it stays as it is written.

    `escaped`: the sheet is a CSV, whose texts may carry the apostrophe of our own exports.
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, int | float):
        return _figure(cell)
    if isinstance(cell, dt.datetime):
        if column.kind == "date" or (column.kind == "text" and cell.time() == dt.time()):
            return cell.date().isoformat()
        return cell.replace(microsecond=0, tzinfo=None).isoformat()
    if isinstance(cell, dt.date):
        return cell.isoformat()
    text = _plain(as_it_was(str(cell)) if escaped else str(cell))
    if column.kind == "choice":
        return _choices(column).get(fold(text), text)
    if column.kind == "yesno":
        folded = fold(text)
        return "1" if folded in _YES else "0" if folded in _NO else text
    if column.kind in ("whole", "number", "coordinate"):
        try:
            return _figure(float(text))
        except ValueError:
            return text
    if column.kind == "moment":
        try:
            return text_of(column, dt.datetime.fromisoformat(text))
        except ValueError:
            return text
    return text


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _figure(number: float) -> str:
    """Twelve digits: a workbook keeps fifteen or sixteen, and not the same ones that came in."""
    whole = float(number).is_integer() and abs(number) < 1e15
    return str(int(number)) if whole else format(float(number), ".12g")


def _choices(column: Column) -> dict[str, str]:
    """The code of a choice by its folded code or label, in every language that somebody may have read it in."""
    known: dict[str, str] = {}
    for language in ("en", "es"):
        with translation.override(language):
            known |= {fold(str(label)): code for code, label in column.choices}
    return known | {fold(code): code for code, _label in column.choices}


# --- what a cell was when the sheet left


def mark(text: str) -> str:
    """Four letters that tell whether a cell is as it was: 24 bits of its text."""
    return base64.urlsafe_b64encode(hashlib.blake2b(text.encode(), digest_size=3).digest()).decode()


def seen(texts: Mapping[str, str]) -> str:
    """The marks of a record's cells, as the column `visto` holds them."""
    return " ".join(f"{key}:{mark(text)}" for key, text in texts.items())


def marks_in(cell: Any) -> dict[str, str]:
    """The marks of such a cell; none where it is empty or damaged."""
    pairs = (part.partition(":") for part in str(cell or "").split())
    return {key: told for key, colon, told in pairs if colon and len(told) == 4}
