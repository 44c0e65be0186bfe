"""A cell as text, and the words that say that nobody knows."""

import datetime as dt
import unicodedata
from functools import lru_cache

from amparo.intake.mapping.values.results import MISSING, Missing, Problem, Unknown
from amparo.toolkit.sheets.names import fold
from amparo.toolkit.sheets.table import Cell, Uncomputed

_NOBODY_KNOWS = """
unknown, unkown, not known, don't know, dont know, do not know, dk, no answer, no response, refused,
refused to answer, prefer not to say, prefer not to answer, no data, not available, not applicable,
not assessed, na, n/a, n.a., nr, n/r, no sabe, no se sabe, no sé, no lo sabe, ns, n/s, ns/nr, ns-nr, nsnr,
nd, n/d, n.d., s/d, sin dato, sin datos, sin información, sin respuesta, no hay dato, no hay datos,
no responde, no respondió, no contesta, no contestó, no quiso decir, no quiso responder, no aplica,
desconocido, desconocida, se desconoce, no se ha medido, no medido, pendiente, por confirmar, tbc, tbd
"""
UNKNOWN = (
    frozenset(map(fold, _NOBODY_KNOWS.replace("\n", " ").split(",")))
    | set("-–—?")
    | {"--", "---", "??", "???"}
)
_NOTHING = frozenset(
    {"nan", "null", "<na>", "nat", "(blank)", "(vacío)", "(en blanco)"}
)  # an empty cell, to programs
_ERRORS = ("#ref!", "#div/0!", "#n/a", "#name?", "#null!", "#num!", "#value!", "#error", "#¡", "#¿", "err:")
_LONGEST = 200


@lru_cache(maxsize=16_384)
def silence(text: str) -> Missing | Unknown | Problem | None:
    """Missing, Unknown or an error if the text says no more than that; else None."""
    stripped = text.strip().strip("\ufeff\u200b")
    if not stripped:
        return MISSING
    lowered = stripped.casefold()
    if lowered in UNKNOWN or fold(stripped) in UNKNOWN:
        return Unknown(stripped)
    if lowered in _NOTHING:
        return MISSING
    if lowered.startswith(_ERRORS):
        return Problem("formula_error", stripped[:_LONGEST])
    return None


def plain(text: str) -> str:
    """The text without accents, capitals, odd dashes and odd spaces, ready for a pattern."""
    text = unicodedata.normalize("NFKD", text.strip().casefold())
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    for odd in "–—−‐‑":
        text = text.replace(odd, "-")
    return " ".join(text.replace("≤", "<=").replace("≥", ">=").replace("’", "'").split())


def shortened(text: str) -> str:
    """What stood in the cell, short enough for a message."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def as_text(cell: Cell) -> str:
    """A cell as a name or code:

    "12" for 12.0, a date as year-month-day, "" for nothing, an error or a formula.
    """
    if cell is None or isinstance(cell, Uncomputed):
        return ""
    if isinstance(cell, str):
        return " ".join(cell.split())
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime | dt.date | dt.time):
        return cell.isoformat()
    return str(cell)
