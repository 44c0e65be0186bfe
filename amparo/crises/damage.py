"""The figures of damage and needs (EDAN), what each word means, and by whom: read from `damage.toml`.

Pure: values in, values out. The countries disagree, and so do the books; a figure is never shown without the
definition it was asked by, nor a definition without its mark.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType

from amparo.standards import InvalidTable, Text
from amparo.standards.tables import Table, tables

FILE = "damage.toml"


class Unit(StrEnum):
    """What a figure counts."""

    PEOPLE = "people"
    FAMILIES = "families"
    HOUSES = "houses"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source says of a word, in our own words."""

    says: Text
    source: str


@dataclass(frozen=True, slots=True)
class National:
    """How one country says it. `word` as it was read in `source`. `definition` is None where no text was read."""

    word: str
    source: str
    definition: Text | None
    definition_source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `inside`: the key of the one it is usually a part of; `counted`: centres count it too."""

    key: str
    name: Text
    short: Text
    units: tuple[Unit, ...]
    inside: str
    counted: bool
    working: Text
    others: tuple[Reading, ...]
    countries: Mapping[str, National]


@dataclass(frozen=True, slots=True)
class Definition:
    """By what a figure is asked in a country. `own`: the working rule, for want of a national text."""

    says: Text
    source: str
    verified: bool
    own: bool
    word: str
    word_source: str


def definition(figure: Figure, country: str) -> Definition:
    """The national definition (`country` as ISO 3166 alpha-3), else the working rule, which nobody verified."""
    national = figure.countries.get(country)
    word, word_source = (national.word, national.source) if national else ("", "")
    if national is not None and national.definition is not None:
        source, verified = national.definition_source, national.verified
        return Definition(national.definition, source, verified, False, word, word_source)
    return Definition(figure.working, "", False, True, word, word_source)


def _figures(content: Mapping[str, object]) -> Mapping[str, Figure]:
    """Every figure, in the order of the file. Raises `InvalidTable`."""
    found: dict[str, Figure] = {}
    for table in tables(FILE, content):
        found[table.key] = _figure(table, found)
        table.nothing_left()
    return MappingProxyType(found)


def _figure(table: Table, before: Mapping[str, Figure]) -> Figure:
    units = table.keys("units", [unit.value for unit in Unit])
    if not units:
        table.refuse("units names nothing")
    return Figure(
        key=table.key,
        name=table.text("name"),
        short=table.text("short"),
        units=tuple(Unit(unit) for unit in units),
        inside=table.choice("inside", ["", *before], ""),
        counted=table.truth("counted", False),
        working=table.text("working"),
        others=tuple(_reading(table.key, said) for said in table.take("others", ())),
        countries={
            code: _national(table.key, code, said) for code, said in table.take("countries", {}).items()
        },
    )


def _reading(key: str, said: Mapping[str, object]) -> Reading:
    table = Table(FILE, f"{key}.others", said)
    reading = Reading(table.text("says"), table.word("source"))
    table.nothing_left()
    return reading


def _national(key: str, code: str, said: Mapping[str, object]) -> National:
    table = Table(FILE, f"{key}.countries.{code}", said)
    national = National(
        word=table.word("word", ""),
        source=table.word("source", ""),
        definition=table.text("definition") if table.has("definition") else None,
        definition_source=table.word("definition_source", ""),
        verified=table.truth("verified", False),
    )
    table.nothing_left()
    if bool(national.word) != bool(national.source):
        table.refuse("a word and where it was read stand together")
    if (national.definition is not None) != bool(national.definition_source):
        table.refuse("a definition and its source stand together")
    if national.verified and national.definition is None:
        table.refuse("verified, but there is no definition")
    return national


def _read() -> Mapping[str, Figure]:
    with resources.files(__package__).joinpath(FILE).open("rb") as source:
        return _figures(tomllib.load(source))


FIGURES = _read()

__all__ = ["FIGURES", "Definition", "Figure", "InvalidTable", "National", "Reading", "Unit", "definition"]
