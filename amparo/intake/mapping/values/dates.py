"""Days and moments, in the order the mapping states: 12/5/15 is 12 May or 5 December, and only the sheet's
author knows."""

import datetime as dt
import math
import re
from functools import lru_cache
from typing import Literal

from amparo.intake.mapping.values.cells import plain, shortened, silence
from amparo.intake.mapping.values.results import MISSING, Flag, Missing, Problem, Told, Unknown
from amparo.toolkit.sheets.table import Cell, Uncomputed

Order = Literal["dmy", "mdy", "ymd"]
Result = Told | Unknown | Missing | Problem

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "enero ene january jan",
            "febrero feb february",
            "marzo mar march",
            "abril abr april apr",
            "mayo may",
            "junio jun june",
            "julio jul july",
            "agosto ago august aug",
            "septiembre setiembre sep sept set september",
            "octubre oct october",
            "noviembre nov november",
            "diciembre dic december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = r"(?:[t ,]+([0-9]{1,2})[:h]([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]{1,9})?)? ?(a\.? ?m\.?|p\.? ?m\.?)?)?"
_OFFSET = r" ?(z|[+-][0-9]{2}:?(?:[0-9]{2})?)?"
_FIGURES = re.compile(rf"([0-9]{{1,4}}) ?[-/. ] ?([0-9]{{1,2}}) ?[-/. ] ?([0-9]{{1,4}}){_TIME}{_OFFSET}")
_DAY_MONTH = re.compile(
    rf"([0-9]{{1,2}})(?:[-/. ]| de )+([a-z]{{3,10}})\.?(?:[-/., ]| del? )+([0-9]{{2,4}}){_TIME}{_OFFSET}"
)
_MONTH_DAY = re.compile(rf"([a-z]{{3,10}})\.? ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}}){_TIME}{_OFFSET}")
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])")
_SERIAL = re.compile(r"[0-9]{5}(?:[.,][0-9]+)?")
_SERIAL_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001  day 0 of spreadsheet programs, which have no zone
_SERIALS = (20_000, 80_000)  # 1954 to 2119


def told(cell: Cell, order: Order = "dmy", zone: dt.tzinfo = dt.UTC) -> Result:
    """A day, or a moment when the cell says an hour; an hour without offset is in `zone`.

    Four digits first is always year-month-day; else `order` decides. Two-digit years are 2000 to 2069 and
    1970 to 1999. Figures that are no date in that order are a problem: the other order is not tried. A number
    in a cell without date format is a spreadsheet's day number. Years before 1990 or after 2100 are flagged,
    before 1900 or after 2200 refused.
    """
    if cell is None:
        return MISSING
    if isinstance(cell, Uncomputed):
        return Problem("formula_without_value", shortened(cell.formula))
    if isinstance(cell, dt.datetime):
        return _told(cell, cell.tzinfo or zone, cell.isoformat(" "))
    if isinstance(cell, dt.date):
        return _checked(cell, cell.isoformat())
    if isinstance(cell, str):
        found = _text(cell, order)
        return (
            _told(found, found.tzinfo or zone, shortened(cell)) if isinstance(found, dt.datetime) else found
        )
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return MISSING if math.isnan(cell) else _serial(cell, zone)
    return Problem("date_unreadable", shortened(str(cell)))


def _told(moment: dt.datetime, zone: dt.tzinfo, text: str) -> Result:
    """A moment; midnight without an offset of its own is how programs write a day."""
    if moment.tzinfo is None and moment.time() == dt.time():
        return _checked(moment.date(), text)
    return _checked(moment.replace(tzinfo=zone), text)


def _checked(when: dt.date | dt.datetime, text: str) -> Told | Problem:
    if not 1900 <= when.year <= 2200:
        return Problem("date_impossible", text)
    odd = not 1990 <= when.year <= 2100
    return Told(when, (Flag("date_odd", detail=text),) if odd else ())


def _serial(number: float, zone: dt.tzinfo) -> Result:
    if not _SERIALS[0] <= number < _SERIALS[1]:
        return Problem("date_unreadable", f"{number:g}")
    moment = _SERIAL_ZERO + dt.timedelta(seconds=round(number * 86_400))
    return _told(moment, zone, f"{number:g}")


@lru_cache(maxsize=8192)
def _text(text: str, order: Order) -> dt.datetime | Result:
    """A naive or aware datetime where the text says an hour, else a finished result."""
    quiet = silence(text)
    if quiet is not None:
        return quiet
    if len(text) > 60:
        return Problem("date_unreadable", shortened(text))
    said = plain(text)
    if _SERIAL.fullmatch(said):
        found = _serial(float(said.replace(",", ".")), dt.UTC)
        if isinstance(found, Told) and isinstance(found.when, dt.datetime):
            return found.when.replace(tzinfo=None)
        return found
    figures = _figures(said, order)
    if figures is None:
        return Problem("date_unreadable", shortened(text))
    (year, month, day), hours = figures
    try:
        date = dt.date(year, month, day)
        if hours[0] is None:
            return _checked(date, shortened(text))
        return dt.datetime.combine(date, _hour(hours), _zone(hours[4]))
    except (ValueError, OverflowError):
        return Problem("date_impossible", shortened(text))


def _figures(said: str, order: Order) -> tuple[tuple[int, int, int], tuple[str | None, ...]] | None:
    """Year, month and day, and the five groups of the hour."""
    match = _FIGURES.fullmatch(said)
    if match:
        first, second, third = match[1], match[2], match[3]
        hours = match.groups()[3:]
        if len(first) >= 3:
            return (_year(first), int(second), int(third)), hours
        if order == "ymd" and len(third) <= 2:
            return (_year(first), int(second), int(third)), hours
        if order == "mdy":
            return (_year(third), int(first), int(second)), hours
        return (_year(third), int(second), int(first)), hours
    match = _DAY_MONTH.fullmatch(said)
    if match and match[2] in _MONTHS:
        return (_year(match[3]), _MONTHS[match[2]], int(match[1])), match.groups()[3:]
    match = _MONTH_DAY.fullmatch(said)
    if match and match[1] in _MONTHS:
        return (_year(match[3]), _MONTHS[match[1]], int(match[2])), match.groups()[3:]
    match = _COMPACT.fullmatch(said)
    if match:
        return (int(match[1]), int(match[2]), int(match[3])), (None,) * 5
    return None


def _year(text: str) -> int:
    year = int(text)
    if len(text) <= 2:
        return 2000 + year if year < 70 else 1900 + year
    return year


def _hour(groups: tuple[str | None, ...]) -> dt.time:
    hour, minute, second, half, __ = groups
    at = int(hour or 0)
    if half:
        if not 1 <= at <= 12:
            raise ValueError("an hour of a half day goes from 1 to 12")
        at = at % 12 + (12 if half.startswith("p") else 0)
    return dt.time(at, int(minute or 0), int(second or 0))


def _zone(text: str | None) -> dt.tzinfo | None:
    if text is None:
        return None
    return zone(text)


def zone(text: str) -> dt.tzinfo:
    """An offset as written ("-06:00", "+0545", "Z") as a time zone. Raises ValueError."""
    if text.casefold() == "z":
        return dt.UTC
    match = re.fullmatch(r"([+-])([0-9]{2}):?([0-9]{2})?", text)
    if not match:
        raise ValueError("an offset looks like -06:00")
    minutes = int(match[2]) * 60 + int(match[3] or 0)
    if minutes > 14 * 60:
        raise ValueError("no place on earth has this offset")
    return dt.timezone(dt.timedelta(minutes=minutes if match[1] == "+" else -minutes))
