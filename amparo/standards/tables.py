"""Reading the three TOML files, with errors that say which table and which field is wrong."""

import math
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any, NoReturn

LANGUAGES = ("es", "en")

Text = Mapping[str, str]
"""Words in each language of the screen: ``{"es": ..., "en": ...}``."""

NO_TEXT: Text = MappingProxyType({"es": "", "en": ""})


class InvalidTable(ValueError):
    """A table of a standards file is incomplete, contradicts itself, or holds a field nobody reads."""


class Table:
    """One TOML table that is taken apart field by field; what is left over is a mistake."""

    def __init__(self, file: str, key: str, fields: Mapping[str, Any]) -> None:
        self.file, self.key, self._left = file, key, dict(fields)

    def refuse(self, problem: str) -> NoReturn:
        raise InvalidTable(f"{self.file} [{self.key}]: {problem}")

    def has(self, field: str) -> bool:
        return field in self._left

    def take(self, field: str, default: Any = None) -> Any:
        return self._left.pop(field, default)

    def text(self, field: str) -> Text:
        """Words in every language, none of them empty."""
        return self._words(self.take(field), field)

    def texts(self, field: str) -> tuple[Text, ...]:
        return tuple(self._words(words, field) for words in self.take(field, ()))

    def optional_text(self, field: str) -> Text:
        return self.text(field) if self.has(field) else NO_TEXT

    def word(self, field: str, default: str | None = None) -> str:
        value = self.take(field, default)
        if not isinstance(value, str) or (not value and value != default):
            self.refuse(f"{field} must be a word, not {value!r}")
        return value

    def choice(self, field: str, choices: Iterable[str], default: str | None = None) -> str:
        value, known = self.word(field, default), tuple(choices)
        if value not in known:
            self.refuse(f"{field} is {value!r}, not one of {', '.join(known)}")
        return value

    def keys(self, field: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
        value = self.take(field, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(f"{field} must be a list of words, not {value!r}")
        for item in value if known is not None else ():
            if item not in known:  # type: ignore[operator]
                self.refuse(f"{field} names {item!r}, which does not exist")
        return tuple(value)

    def truth(self, field: str, default: bool | None = None) -> bool:
        value = self.take(field, default)
        if not isinstance(value, bool):
            self.refuse(f"{field} must be true or false, not {value!r}")
        return value

    def number(self, field: str) -> float:
        return self.as_number(self.take(field), field)

    def as_number(self, value: object, field: str) -> float:
        if (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not math.isfinite(value)
            or value < 0
        ):
            self.refuse(f"{field} must be a number of at least 0, not {value!r}")
        return float(value)

    def nothing_left(self) -> None:
        if self._left:
            self.refuse(f"unknown {', '.join(sorted(self._left))}")

    def _words(self, value: object, field: str) -> Text:
        if not isinstance(value, dict) or set(value) != set(LANGUAGES):
            self.refuse(f"{field} must have {' and '.join(LANGUAGES)}, not {value!r}")
        if not all(isinstance(words, str) and words.strip() for words in value.values()):
            self.refuse(f"{field} has an empty language")
        return MappingProxyType(value)


def read(file: str) -> dict[str, Any]:
    """The parsed content of a TOML file of this package."""
    with resources.files(__package__).joinpath(file).open("rb") as source:
        return tomllib.load(source)


def tables(file: str, content: Mapping[str, Any]) -> Iterator[Table]:
    """The tables of a file, in its order. Loose values beside them are a mistake."""
    for key, fields in content.items():
        if not isinstance(fields, dict):
            raise InvalidTable(f"{file}: {key} is not a table")
        yield Table(file, key, fields)
