"""Telephone numbers where everybody may read: the last two digits, so that who knows the number recognises it."""

import re
from typing import Any

from amparo.disclosure.release import Purpose

HIDDEN = "••••••"
_ENOUGH = 7  # digits of a number that can be called; the last two of a shorter one would tell too much of it
# In running text: with its country before it, or eight digits as they are said in the three countries (4 + 4).
_IN_TEXT = re.compile(r"(?<![\w+])(?:\+\s?(?:\d[\s().-]?){7,14}\d|\d{4}[\s.-]?\d{4})(?!\w)")


def phone_for_everybody(number: str) -> str:
    """ "+504 9999-1234" -> "•••••• 34". As many dots for every number: its length tells its country.

    Several numbers in one cell are each hidden; a text without a number that can be called is hidden whole. Empty
    stays empty.
    """
    if not number.strip():
        return ""
    parts = [re.sub(r"\D", "", part) for part in re.split(r"[/;,|]|\s[yo]\s", number)]
    shown = [f"{HIDDEN} {digits[-2:]}" if len(digits) >= _ENOUGH else HIDDEN for digits in parts if digits]
    return " / ".join(shown) or HIDDEN


def masked(value: Any, kind: str, purpose: Purpose) -> Any:
    """The value as it may leave: for publication without telephones, be they a cell or words within a text."""
    if purpose is not Purpose.PUBLICATION or not isinstance(value, str):
        return value
    if kind == "phone":
        return phone_for_everybody(value)
    if kind == "text":
        return _IN_TEXT.sub(lambda found: phone_for_everybody(found.group()), value)
    return value
