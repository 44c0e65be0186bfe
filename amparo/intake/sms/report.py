"""`ALB 12 P 143 M 78 E 12 S 4 LM 2 LH 4 A 1716 C 0 U 3 LUZ SI`: the daily report in one text message.

Pure: text in, figures out, and back. Tolerant of how it is typed (case, accents, order, missing spaces, commas
between figures, whole words), never of what it says: a figure that cannot be read for sure is asked about.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from amparo.sites.daily import BY_LETTER, FIGURES, MEN, MOST

LONGEST = 160
"""Letters of the GSM alphabet that one message carries."""

SURE = "OK"
"""Added at the end, it says that an odd figure is as it was told."""

# What may be read besides the ten letters. H checks the sum; it is not asked for.
_ALSO = {"H": MEN}
_WORDS = {
    "PERSONAS": "P", "PERSONA": "P", "TOTAL": "P",
    "MUJERES": "M", "MUJER": "M", "HOMBRES": "H", "HOMBRE": "H",
    "ENTRARON": "E", "ENTRADAS": "E", "LLEGARON": "E",
    "SALIERON": "S", "SALIDAS": "S", "FUERON": "S",
    "AGUA": "A", "LITROS": "A", "LTS": "A",
    "SINCOMER": "C", "URGENTES": "U", "ENFERMOS": "U", "ENFERMAS": "U",
}  # fmt: skip
_YES_OR_NO = {"SI": 1.0, "1": 1.0, "NO": 0.0, "0": 0.0}
_INDICATORS: Mapping[str, str] = {**{letter: one.indicator for letter, one in BY_LETTER.items()}, **_ALSO}

_CODE = re.compile(r"(?<![A-Z])([A-Z]{3,12})[\s._\-]*(\d{1,8})(?!\d)")
_TOKEN = re.compile(r"LUZ(?=SI|NO)|[A-Z]+|\d+(?:[.,]\d+)*")


class Fault(StrEnum):
    """Why a figure of a message was not taken."""

    UNKNOWN = "unknown"  # no figure has that letter
    NO_NUMBER = "no_number"  # the letter stands alone
    NO_LETTER = "no_letter"  # the number stands alone
    TWICE = "twice"  # told twice, differently
    NOT_WHOLE = "not_whole"  # 1,716 or 12.5: thousands or a fraction?
    NOT_YES_OR_NO = "not_yes_or_no"
    TOO_BIG = "too_big"


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says. `code`: `key_of` the centre's, or "". `faults`: (why, the letters as they came)."""

    code: str = ""
    values: dict[str, float] = field(default_factory=dict)
    sure: bool = False
    faults: tuple[tuple[Fault, str], ...] = ()


def read(text: str) -> Told:
    """What the message says, whatever its order. Never raises."""
    plain = _plain(text)
    code, rest = _code(plain)
    tokens = _TOKEN.findall(rest)
    values: dict[str, float] = {}
    faults: list[tuple[Fault, str]] = []
    twice: set[str] = set()
    sure = False
    position = 0
    while position < len(tokens):
        token, following = tokens[position], tokens[position + 1] if position + 1 < len(tokens) else ""
        position += 1
        if token[0].isdigit():
            faults.append((Fault.NO_LETTER, token))
            continue
        if token == SURE:
            sure = True
            continue
        letter = _WORDS.get(token, token)
        if letter not in _INDICATORS:
            if following[:1].isdigit():
                faults.append((Fault.UNKNOWN, f"{token} {following}"))
                position += 1
            continue
        fault, value, used = _value(letter, following)
        position += used
        if fault is not None:
            faults.append((fault, f"{token} {following}".strip() if used else token))
            continue
        key = _INDICATORS[letter]
        if values.setdefault(key, value) != value:
            twice.add(key)
            faults.append((Fault.TWICE, letter))
    for key in twice:
        del values[key]
    return Told(code, values, sure, tuple(faults))


def _plain(text: str) -> str:
    """Capital letters without accents."""
    apart = unicodedata.normalize("NFKD", text.upper())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _code(plain: str) -> tuple[str, str]:
    """The centre's code, and the message without it."""
    for found in _CODE.finditer(plain):
        word = found[1]
        if word not in _INDICATORS and word not in _WORDS:
            return _key(found), f"{plain[: found.start()]} {plain[found.end() :]}"
    return "", plain


def key_of(code: str) -> str:
    """A centre's code in the one way to compare it: "alb-012" is "ALB 12". "" for one that no message can name."""
    found = _CODE.fullmatch(_plain(code).strip())
    return _key(found) if found is not None else ""


def _key(found: re.Match[str]) -> str:
    return f"{found[1]} {int(found[2])}"


def _value(letter: str, following: str) -> tuple[Fault | None, float, int]:
    """(what is wrong, the value, how many tokens it took)."""
    if letter in BY_LETTER and BY_LETTER[letter].is_yes_or_no:
        if following in _YES_OR_NO:
            return None, _YES_OR_NO[following], 1
        return (Fault.NOT_YES_OR_NO, 0.0, 1) if following[:1].isdigit() else (Fault.NO_NUMBER, 0.0, 0)
    if not following[:1].isdigit():
        return Fault.NO_NUMBER, 0.0, 0
    if not following.isdigit():
        return Fault.NOT_WHOLE, 0.0, 1
    if int(following) > MOST:
        return Fault.TOO_BIG, 0.0, 1
    return None, float(int(following)), 1


def blank(code: str) -> str:
    """The message to fill in: all ten letters, each with a blank."""
    return " ".join([_plain(code), *(f"{figure.letter} __" for figure in FIGURES)])
