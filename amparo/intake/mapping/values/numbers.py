"""Numbers as people write them: "1,234", "12,5", "10-15", "<5 litros", "más de 15", "12 personas", "50 %".

Points and commas. Honduras, Guatemala and El Salvador write 1,234.5; software set up for Spain writes
1.234,5. So:

1. Both marks: the last one is the decimal mark ("1,234.5" and "1.234,5" are the same number).
2. One mark several times: it groups thousands ("1.234.567").
3. One mark once, not followed by exactly three digits: it is the decimal mark ("12,5", "0.75", "15,4394").
4. One mark once, followed by exactly three digits, after one to three digits: for a count it groups thousands
   ("1.234" people are 1234); for a quantity the comma groups and the point is decimal, as in the three
   countries. Where the other reading is possible ("1.234" as a count, either mark as a quantity) the value is
   flagged.

A mapping that states the decimal mark of its sheet ends the doubt.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from amparo.intake.mapping.values import units
from amparo.intake.mapping.values.cells import plain, shortened, silence
from amparo.intake.mapping.values.results import MISSING, Flag, Missing, Parsed, Problem, Unknown
from amparo.toolkit.sheets.table import Cell, Uncomputed

DecimalMark = Literal["auto", ".", ","]
Scale = Literal["auto", "percent", "fraction"]
Result = Parsed | Unknown | Missing | Problem

VERY_MANY = 100_000  # people or things at one site
VERY_MUCH = 1e9

_NUMBER = r"(?:[0-9][0-9.,']*(?:e[+-]?[0-9]{1,3})?|[.,][0-9]+)"
_NUMBER_SPACED = rf"(?:[0-9]{{1,3}}(?: [0-9]{{3}})+(?:[.,][0-9]{{1,2}})?|{_NUMBER})"
_UNIT = r"(?:%|[a-z/][a-z/. ()]*(?:m2|mts2|mt2)?|m2|mts2|mt2)?"
_NEARLY = r"(?:aprox(?:imadamente|imado|\.)?|approx(?:imately|\.)?)"
_ABOUT = re.compile(
    rf"(?:{_NEARLY}|alrededor de|cerca de|como|unos|unas|about|around|circa|ca\.|~|±)\s*(.+)"
    rf"|(.+?)\s*\(?{_NEARLY}\)?"
)
_LESS = (
    r"(?:<=?|menos de|menor(?:es)? (?:de|a|que)|hasta|no mas de|maximo(?: de)?|debajo de"
    r"|less than|fewer than|under|below|up to|at most)"
)
_MORE = (
    r"(?:>=?|mas de|mayor(?:es)? (?:de|a|que)|arriba de|al menos|por lo menos|minimo(?: de)?"
    r"|more than|over|above|at least)"
)
_RANGE = re.compile(
    rf"(?:entre |de |desde |between |from )?({_NUMBER_SPACED}) ?({_UNIT}) ?"
    rf"(?:-|a|y|hasta|to|and) ?({_NUMBER_SPACED}) ?({_UNIT})"
)
_BELOW = re.compile(rf"{_LESS} ?({_NUMBER_SPACED}) ?({_UNIT})")
_ABOVE = re.compile(rf"{_MORE} ?({_NUMBER_SPACED}) ?({_UNIT})")
_ABOVE_AFTER = re.compile(rf"({_NUMBER_SPACED}) ?({_UNIT}) ?(?:\+|o mas|y mas|or more|and more)( {_UNIT})?")
_PLAIN = re.compile(rf"({_NUMBER_SPACED}) ?({_UNIT})")
_NEGATIVE = re.compile(rf"- ?{_NUMBER_SPACED} ?{_UNIT}|\( ?{_NUMBER_SPACED} ?\)")
_SOME_DATE = re.compile(
    r"[0-9]{1,2}-(?:ene|jan|feb|mar|abr|apr|may|jun|jul|ago|aug|sep|oct|nov|dic|dec)[a-z.]*"
)
_NONE = {"ninguno", "ninguna", "ningun", "cero", "zero"}
_NOBODY = _NONE | {"none", "nadie", "nada", "nobody"}
_EVERYBODY = {"todos", "todas", "todo", "all", "everybody", "everyone"}
_HALF = {"mitad", "la mitad", "half"}


def count(cell: Cell, *, unit: str = "", decimal: DecimalMark = "auto") -> Result:
    """Whole people or things. `unit` is the unit in words, to notice another one."""
    if isinstance(cell, str):
        return _count_text(cell, unit, decimal)
    return _of_cell(cell, _count_number)


def quantity(cell: Cell, *, unit: str = "", decimal: DecimalMark = "auto") -> Result:
    """A number with a unit."""
    if isinstance(cell, str):
        return _quantity_text(cell, unit, decimal)
    return _of_cell(cell, _quantity_number)


def share(cell: Cell, *, scale: Scale = "auto", decimal: DecimalMark = "auto") -> Result:
    """A part of the whole, 0 to 1. "50 %" and 0.5 are a half; "None" and "ninguno" are 0.

    A number without a percent sign is a fraction up to 1 and a percentage above (flagged), unless `scale`
    says.
    """
    if isinstance(cell, str):
        return _share_text(cell, scale, decimal)
    return _of_cell(cell, lambda number: _as_share(Parsed(number, number), f"{number:g}", scale))


def _of_cell(cell: Cell, read: Callable[[float], Result]) -> Result:
    if cell is None:
        return MISSING
    if isinstance(cell, Uncomputed):
        return Problem("formula_without_value", shortened(cell.formula))
    if isinstance(cell, bool):
        return Problem("not_a_number", str(cell))
    if isinstance(cell, int | float):
        if isinstance(cell, float) and math.isnan(cell):
            return MISSING
        if cell < 0:
            return Problem("negative", f"{cell:g}")
        try:
            number = float(cell)
        except OverflowError:
            return Problem("too_large", "1e308")
        return Problem("too_large", str(cell)) if math.isinf(number) else read(number)
    return Problem("date_in_number", shortened(str(cell)))


def _count_number(number: float) -> Result:
    if number != int(number):
        return Problem("not_whole", f"{number:g}")
    return _with_size(Parsed(number, number), f"{number:.0f}", VERY_MANY)


def _quantity_number(number: float) -> Result:
    return _with_size(Parsed(number, number), f"{number:g}", VERY_MUCH)


@lru_cache(maxsize=16_384)
def _count_text(text: str, unit: str, decimal: DecimalMark) -> Result:
    found = _read(text, decimal, whole=True)
    if not isinstance(found, Parsed):
        return found
    if any(end != int(end) for end in (found.low, found.high) if math.isfinite(end)):
        return Problem("not_whole", shortened(text))
    return _with_unit(_with_size(found, shortened(text), VERY_MANY), unit)


@lru_cache(maxsize=16_384)
def _quantity_text(text: str, unit: str, decimal: DecimalMark) -> Result:
    found = _read(text, decimal, whole=False)
    if not isinstance(found, Parsed):
        return found
    return _with_unit(_with_size(found, shortened(text), VERY_MUCH), unit)


@lru_cache(maxsize=16_384)
def _share_text(text: str, scale: Scale, decimal: DecimalMark) -> Result:
    said = plain(text)
    if said in _NOBODY:
        return Parsed(0.0, 0.0)
    if said in _EVERYBODY:
        return Parsed(1.0, 1.0)
    if said in _HALF:
        return Parsed(0.5, 0.5)
    found = _read(text, decimal, whole=False)
    if not isinstance(found, Parsed):
        return found
    if found.unit and found.unit != "%" and units.problem_with(found.unit, "parte share") is not None:
        return Problem("words_after_number", found.unit)
    return _as_share(found, shortened(text), scale)


def _as_share(found: Parsed, text: str, scale: Scale) -> Result:
    flags = found.flags
    known = [end for end in (found.low, found.high) if math.isfinite(end)]
    if scale == "percent" or "%" in text:
        divisor = 100.0
    elif scale == "fraction" or max(known) <= 1:
        divisor = 1.0
        if scale == "auto" and found.low == found.high == 1 and text.strip() in ("1", "1.0"):
            flags += (Flag("share_ambiguous", detail=text),)
    else:
        divisor = 100.0
        flags += (Flag("percent_assumed", detail=text),)
    if max(known) / divisor > 1:
        return Problem("share_out_of_range", text)
    high = 1.0 if math.isinf(found.high) else found.high / divisor
    return Parsed(found.low / divisor, high, flags)


def _with_size(found: Parsed, text: str, large: float) -> Parsed:
    if found.low <= large and (found.high <= large or math.isinf(found.high)):
        return found
    return Parsed(found.low, found.high, (*found.flags, Flag("very_large", detail=text)), found.unit)


def _with_unit(found: Parsed, unit: str) -> Result:
    if not found.unit:
        return found
    problem = units.problem_with(found.unit, unit)
    return Problem(problem, found.unit) if problem else found


def _read(text: str, decimal: DecimalMark, *, whole: bool) -> Result:
    """A number or range with the words after it. `whole` settles rule 4 for counts."""
    quiet = silence(text)
    if quiet is not None:
        return quiet
    if len(text) > 120:
        return Problem("not_a_number", shortened(text))
    said = plain(text)
    if said in _NONE:
        return Parsed(0.0, 0.0)
    if said.startswith("="):
        return Problem("formula_without_value", shortened(text))
    if _SOME_DATE.fullmatch(said):
        return Problem("date_in_number", shortened(text))
    flags: tuple[Flag, ...] = ()
    about = _ABOUT.fullmatch(said)
    if about:
        said = (about[1] or about[2]).strip()
        flags = (Flag("approximate", detail=shortened(text)),)
    if _NEGATIVE.fullmatch(said):
        return Problem("negative", shortened(text))
    parts = _parts(said)
    if parts is None:
        return Problem("not_a_number", shortened(text))
    low_text, high_text, unit = parts
    low, low_doubt = _number(low_text, decimal, whole) if low_text else (0.0, False)
    high, high_doubt = _number(high_text, decimal, whole) if high_text else (math.inf, False)
    if low is None or high is None:
        return Problem("not_a_number", shortened(text))
    if math.isinf(low) or (high_text and math.isinf(high)):
        return Problem("too_large", shortened(text))
    if low > high:
        return Problem("range_reversed", shortened(text))
    if low_doubt or high_doubt:
        flags += (Flag("number_ambiguous", detail=shortened(text)),)
    return Parsed(low, high, flags, unit)


def _parts(said: str) -> tuple[str, str, str] | None:
    """Texts of the low and the high end ("" where open) and the unit words; None when it is no number."""
    match = _RANGE.fullmatch(said)
    if match:
        return match[1], match[3], (match[4] or match[2]).strip()
    match = _BELOW.fullmatch(said)
    if match:
        return "", match[1], match[2].strip()
    match = _ABOVE.fullmatch(said)
    if match:
        return match[1], "", match[2].strip()
    match = _ABOVE_AFTER.fullmatch(said)
    if match:
        return match[1], "", (match[2] or match[3] or "").strip()
    match = _PLAIN.fullmatch(said)
    return (match[1], match[1], match[2].strip()) if match else None


def _number(text: str, decimal: DecimalMark, whole: bool) -> tuple[float | None, bool]:
    """The number, and whether its mark could be read the other way; None when the marks make no sense."""
    mantissa, exponent_mark, exponent = text.partition("e")
    if exponent_mark:
        number, doubt = _number(mantissa, decimal, False)
        return (None, False) if number is None else (_float(f"{number!r}e{exponent}"), doubt)
    grouped = (
        mantissa.replace("'", " ")
        if re.fullmatch(r"[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]+)?", mantissa)
        else mantissa
    )
    if "'" in grouped:
        return None, False
    if " " in grouped:
        digits = grouped.replace(" ", "").replace(",", ".")
        return _float(digits), False
    points, commas = grouped.count("."), grouped.count(",")
    if not points and not commas:
        return _float(grouped), False
    if decimal != "auto":
        return _settled(grouped, decimal), False
    if points and commas:
        mark = "." if grouped.rfind(".") > grouped.rfind(",") else ","
        return _settled(grouped, mark), False
    mark = "." if points else ","
    if points + commas > 1:
        return _settled(grouped, "," if mark == "." else "."), False
    before, __, after = grouped.partition(mark)
    if len(after) == 3 and 1 <= len(before) <= 3 and before != "0":
        if whole:
            return _float(before + after), mark == "."
        return (_float(before + after) if mark == "," else _float(f"{before}.{after}")), True
    return _settled(grouped, mark), False


def _settled(text: str, decimal: str) -> float | None:
    """The number with a known decimal mark; None when the other mark does not group thousands properly."""
    group = "," if decimal == "." else "."
    integer, __, fraction = text.partition(decimal)
    if group in fraction or decimal in fraction:
        return None
    if group in integer:
        if not re.fullmatch(rf"[0-9]{{1,3}}(?:{re.escape(group)}[0-9]{{3}})+", integer):
            return None
        integer = integer.replace(group, "")
    if not integer and not fraction:
        return None
    return _float(f"{integer or '0'}.{fraction or '0'}")


def _float(text: str) -> float | None:
    try:
        return float(text)
    except (ValueError, OverflowError):
        return None
