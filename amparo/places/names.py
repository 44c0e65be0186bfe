"""How a place's name is compared: as people write it, and as it sounds. Pure: text in, text out.

Spanish is written by ear in a hurry: b for v, s for z or c, no h, ll for y, x for j, k for qu, one r for two;
accents are left out, "Santa" is "Sta." and "Departamento de" stands before half the names.
"""

import re
import unicodedata
from difflib import SequenceMatcher

from amparo.kernel.words import lowered

ABBREVIATIONS = {
    "s": "san",
    "sn": "san",
    "sta": "santa",
    "sto": "santo",
    "stgo": "santiago",
    "fco": "francisco",
    "pto": "puerto",
    "pta": "punta",
    "cd": "ciudad",
    "gral": "general",
    "gpe": "guadalupe",
    "ntra": "nuestra",
    "sra": "senora",
    "dpto": "departamento",
    "depto": "departamento",
    "dto": "departamento",
    "mpio": "municipio",
    "mun": "municipio",
}
SMALL_WORDS = frozenset({"de", "del", "la", "las", "el", "los", "y"})
_GENERIC = re.compile(
    r"^(?:departamento|municipio|municipalidad|provincia|aldea|canton|caserio|region)(?: de| del)? (?=\w)"
    r"|^(?:distrito|ciudad) (?:de|del) (?=\w)"
)
_PARENTHESIS = re.compile(r"\(([^)]*)\)?")

# Order matters: what was changed by one rule is not meant to be changed again by the next.
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in [
        (r"ch", "#"),
        (r"(?:h|g)u(?=[ao])|hu(?=[ei])|w", "W"),
        (r"gu(?=[ei])", "G"),
        (r"h", ""),
        (r"g(?=[ei])|x", "j"),
        (r"qu(?=[ei])|q|c(?![ei])", "k"),
        (r"z|c", "s"),
        (r"v", "b"),
        (r"ll", "y"),
        (r"(.)\1+", r"\1"),
    ]
]


class _Plain(dict[int, str]):
    """What becomes of a character: accents go; letters, figures, other scripts' marks and dots stay."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        stays = character == "." or character.isalnum() or unicodedata.category(character).startswith("M")
        self[code] = "" if "\u0300" <= character <= "\u036f" else character if stays else " "
        return self[code]


_PLAIN = _Plain()


def tidy(name: str) -> str:
    """The name as it is kept: single blanks, and nothing that cannot be printed or stored."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:200].strip()


def spell_out(name: str) -> str:
    """ "Sta. Lucía  Cotzumalguapa" -> "santa lucia cotzumalguapa": lower, no accents, no signs, no
    abbreviations.

    The last word is only spelt out when a dot shows that it was cut short: whoever types "s" is still typing.
    """
    plain = lowered(name).translate(_PLAIN)
    words = [word for word in plain.replace(".", ". ").split() if word != "."]
    spelt = [
        ABBREVIATIONS.get(word.rstrip("."), word.rstrip("."))
        if word.endswith(".") or place < len(words) - 1
        else word
        for place, word in enumerate(words)
    ]
    return unicodedata.normalize("NFC", " ".join(spelt))


def key(name: str) -> str:
    """The folded name without "Departamento de", "Municipio de" and the like before it."""
    folded = spell_out(name)
    return _GENERIC.sub("", folded) or folded


def sound(name: str) -> str:
    """How the name sounds, without small words and blanks: "Sabana Grande" and "Sabanagrande" are one."""
    words = key(name).split()
    heard = "".join([word for word in words if word not in SMALL_WORDS] or words)
    for pattern, sound_ in _SOUNDS:
        heard = pattern.sub(sound_, heard)
    return heard or spell_out(name)  # "H" has no sound, and is still a name


def readings(name: str) -> tuple[str, ...]:
    """The name, and what stands outside and inside its parenthesis: "San Juan de Flores (Cantarranas)"."""
    inside = _PARENTHESIS.findall(name)
    if not inside:
        return (name,)
    found: dict[str, str] = {}
    for reading in (name, _PARENTHESIS.sub(" ", name), *inside):
        found.setdefault(spell_out(reading), reading)
    found.pop("", None)
    return tuple(found.values())


def likeness(one: str, other: str) -> float:
    """0 to 1: how much two names are written or sound alike."""
    return max(
        SequenceMatcher(None, key(one), key(other)).ratio(),
        SequenceMatcher(None, sound(one), sound(other)).ratio(),
    )
