"""Reads one XLS file in a process of its own: bytes on standard input, JSON on standard output.

The old format lets a file of a kilobyte claim any amount of memory in places that only a full reader finds,
and the reader then ends the whole process. So it is another process that ends, with a limit on its memory.
Nothing of ours is imported here, so that it starts quickly. Source of the format: [MS-XLS], [MS-CFB].
"""

import datetime as dt
import json
import sys
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MEMORY = 768 * 1024 * 1024
MAX_CELLS = 12_000_000


def main() -> None:
    """Writes {"sheets": [...]} or {"problem": code}. Ends in error when the file is damaged."""
    _limit_memory()
    try:
        with CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read())) as workbook:
            answer: dict[str, Any] = {
                "sheets": [_sheet(workbook, entry) for entry in workbook.sheets_metadata]
            }
    except PasswordError:
        answer = {"problem": "encrypted"}
    except _TooLarge:
        answer = {"problem": "too_large"}
    json.dump(answer, sys.stdout, default=_plain)


class _TooLarge(Exception):
    pass


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sheet(workbook: CalamineWorkbook, entry: Any) -> dict[str, Any]:
    sheet = workbook.get_sheet_by_name(entry.name)
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise _TooLarge
    return {
        "name": entry.name,
        "data": entry.typ == SheetTypeEnum.WorkSheet,
        "visible": entry.visible == SheetVisibleEnum.Visible,
        "merged": sheet.merged_cell_ranges or [],
        "cells": sheet.to_python(skip_empty_area=False) if sheet.height else [],
    }


def _plain(value: object) -> dict[str, str | float]:
    """What JSON has no word for."""
    if isinstance(value, dt.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"time": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"seconds": value.total_seconds()}
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
