"""What comes out of reading one cell."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import get_language

from amparo.intake.mapping.values.words import say

Words = tuple[tuple[str, str], ...]
"""A message of a mapping's own, as (language, text) pairs."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Taken, with a doubt. `field` is the indicator or site field; `detail` is what stood in the cell.

    `words` are a mapping's own message; without them the message is the code's.
    """

    code: str
    field: str = ""
    detail: str = ""
    words: Words = ()

    @property
    def message(self) -> str:
        """In the active language."""
        if self.words:
            texts = dict(self.words)
            return texts.get((get_language() or "es")[:2]) or texts.get("es") or next(iter(texts.values()))
        return say(self.code, self.detail)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A number, or a range when `low` differs from `high` (`high` may be infinite).

    `unit`: the words after it.
    """

    low: float
    high: float
    flags: tuple[Flag, ...] = ()
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A day, or a moment with its offset."""

    when: dt.date | dt.datetime
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A point in decimal degrees; both None when what was written cannot be one."""

    lat: float | None
    lon: float | None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """Somebody was asked and does not know, or did not want to say. Never 0."""

    word: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing was written. Never 0."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something was written that cannot be taken; it waits for a person.

    `detail` is what stood in the cell.
    """

    code: str
    detail: str = ""
    field: str = ""

    @property
    def message(self) -> str:
        """In the active language."""
        return say(self.code, self.detail)


MISSING = Missing()
