"""Headers and answers as people type them: compared without accents, capitals and stray spaces."""

import difflib
import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_CODE = re.compile(r"[0-9]{1,2}(\.[0-9A-Za-z]{1,3})+")
_COMPARED, _LONGEST = 400, 120  # comparing costs the product of all lengths
_EDGES = " .:;,?¿!¡*\"'`´"
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "−": "-", "≤": "<=", "≥": ">="}
)


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """The text as it is compared: no accents, no capitals, no edge punctuation, one space between words.

    `<`, `>`, `%`, `+` and `-` are kept, because in answers such as "< 25%" they are the meaning; spaces
    around them are not ("< 25 %" equals "<25%"). An underscore counts as a space.
    """
    text = unicodedata.normalize("NFKD", text.translate(_QUOTES)).casefold()
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"[\s_]+", " ", text)
    text = re.sub(r"([<>=]) ", r"\1", text)
    text = re.sub(r" ([%+?:.,;!)])", r"\1", text)
    return text.strip(_EDGES)


def is_code(text: str) -> bool:
    """Whether the text is a question code of the DTM kind ("4.4.a.1")."""
    return _CODE.fullmatch(text.strip()) is not None


def has_code(header: str, code: str) -> bool:
    """Whether the header begins with this question code: "1.2.b.10 ..." does not begin with "1.2.b.1".

    A letter may follow at once, because real headers lose their space ("1.1.e.3District").
    """
    header = header.lstrip()
    if header[: len(code)].casefold() != code.casefold():
        return False
    rest = header[len(code) :]
    return not re.match(r"[0-9]|\.[0-9A-Za-z]", rest)


def matches(expected: str, header: str) -> bool:
    """Whether a header is the expected one: the same name, or one that begins with the expected code."""
    if not header:
        return False
    return fold(header) == fold(expected) or (is_code(expected) and has_code(header, expected))


def nearest(name: str, candidates: Iterable[str], count: int = 3) -> list[str]:
    """The candidates most like `name`, best first, at most `count`; none when nothing is alike."""
    folded: dict[str, str] = {}
    for candidate in itertools.islice(candidates, _COMPARED):
        if candidate:
            folded.setdefault(fold(candidate[:_LONGEST]), candidate)
    wanted = fold(name[:_LONGEST])
    found = difflib.get_close_matches(wanted, folded, n=count, cutoff=0.6)
    if len(found) < count:
        words = set(re.findall(r"\w{3,}", wanted))
        shared = [
            (len(words & set(re.findall(r"\w{3,}", other))), other) for other in folded if other not in found
        ]
        half = max(1, (len(words) + 1) // 2)
        found += [other for common, other in sorted(shared, key=lambda s: -s[0]) if common >= half and words]
    return [folded[key] for key in found[:count]]
