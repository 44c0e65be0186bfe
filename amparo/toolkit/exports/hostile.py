"""Text that a spreadsheet program would take for a formula or a number, made harmless in CSV, and back.

OWASP ASVS 5.0, 1.2.10 asks for an apostrophe before = + - @ tab and zero. That first-letter rule misses what hides
behind spaces, invisible letters and full-width signs, and what stands after a `;` or `"` where the program parts the
line otherwise than we do. So an apostrophe goes before the sign wherever a program could begin a cell. It can be taken
off again: "+504 9999-1234" and "-5" come back as they were. Digits that a number would lose, the zeros of a code and
what is longer than the fifteen digits that programs keep, get one too.
"""

import re
from collections.abc import Iterable

# What normalises to = + - @ (and the minus sign), as somebody's program may do before it looks.
_SIGN = "=+\\-@＝﹦⁼₌⩵⩶＋﹢⁺₊﬩－﹣−⁻₋＠﹫"
# Letters that nobody sees: controls, marks of direction and joining, spaces of every width (Unicode 14: Cc, Cf, Z).
_UNSEEN = (
    "\\x00-\\x20\\x7f-\\xa0\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890-\\u0891\\u08e2\\u1680\\u180e\\u2000-\\u200f"
    "\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff\\ufff9-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f"
    "\\U0001bca0-\\U0001bca3\\U0001d173-\\U0001d17a\\U000e0001\\U000e0020-\\U000e007f"
)
_PARTED = ';,"|\\t\\r\\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029'

_BEGINS = f"(^|[{_PARTED}])"
_AHEAD = f"(?=[{_UNSEEN}']*[{_SIGN}]|['{_UNSEEN}]*[\\t\\r\x00])"
_PUT = re.compile(f"{_BEGINS}('*){_AHEAD}")
_TAKE = re.compile(f"{_BEGINS}'('*){_AHEAD}")
_SUSPECT = re.compile(f"[{_SIGN}\\t\\r\x00]")  # nothing to do in a text without one of these
# A sign after something that is no letter; begins with one set of letters, so that it is found fast. The second for
# letters up to ÿ, as most texts are.
_MAYBE = re.compile(f"[{_SIGN}\\t\\r\x00](?:(?<=[{_PARTED}{_UNSEEN}'].)|(?<=[\\t\\r\x00]))", re.DOTALL)
_MAYBE_LATIN = re.compile(
    "[=+\\-@\\t\\r\x00](?:(?<=[;,\"|\\x00-\\x20\\x7f-\\xa0\\xad'].)|(?<=[\\t\\r\x00]))", re.DOTALL
)
# Digits that would not come back from a number, and where there may be some in lines of texts.
_DIGITS = re.compile("'*(?:0[0-9]+|[0-9]{16,})")
_MAYBE_DIGITS = re.compile("\n'*(?:0[0-9]|[0-9]{16})")
_EVALUATED = re.compile(f"^[{_UNSEEN}]*[{_SIGN}]|^[\\t\\r\x00]")


def is_hostile(text: str) -> bool:
    """Whether a program could take the text for a formula."""
    return _EVALUATED.match(text) is not None


def may_begin(texts: Iterable[str]) -> bool:
    """Whether `harmless` may change one of the texts. Fast, and at times wrongly yes."""
    lines = "\n".join(("", *texts))
    if _MAYBE_DIGITS.search(lines):
        return True
    try:
        lines.encode("latin-1")
    except UnicodeEncodeError:
        return _MAYBE.search(lines) is not None
    return _MAYBE_LATIN.search(lines) is not None


def harmless(text: str) -> str:
    """The text as it stands in a CSV: with an apostrophe wherever a formula, or a number that is none, could begin."""
    if _DIGITS.fullmatch(text):
        return f"'{text}"
    return _PUT.sub(r"\1\2'", text) if _SUSPECT.search(text) else text


def as_it_was(text: str) -> str:
    """The text before `harmless`. Text that never went through it stays, unless it has such an apostrophe itself."""
    if text.startswith("'") and _DIGITS.fullmatch(text):
        return text[1:]
    return _TAKE.sub(r"\1\2", text) if "'" in text and _SUSPECT.search(text) else text
