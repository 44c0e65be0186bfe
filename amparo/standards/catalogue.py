"""Standards: every published threshold, its phase, its source, and whether anybody has read it there."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from amparo.standards.indicators import INDICATORS, Kind
from amparo.standards.measures import MEASURES, for_group
from amparo.standards.tables import Table, Text, read, tables

FILE = "standards.toml"
UNKNOWN = "unknown"


class Phase(StrEnum):
    """The stage of a crisis, which chooses the thresholds (es: primeros días, estable, larga)."""

    SURVIVAL = "survival"
    ACUTE = "acute"
    LONGER = "longer"


class Comparison(StrEnum):
    MAX = "max"
    MIN = "min"
    BETWEEN = "between"
    YES = "yes"
    NO = "no"


class BySex(StrEnum):
    """For whom a standard gives a verdict."""

    ALL = "all"
    WOMEN_AND_MEN = "women_and_men"
    WOMEN_ONLY = "women_only"
    MEN_ONLY = "men_only"

    @property
    def groups(self) -> tuple[str, ...]:
        return _GROUPS[self]


_GROUPS = {
    BySex.ALL: ("all",),
    BySex.WOMEN_AND_MEN: ("all", "women", "men"),
    BySex.WOMEN_ONLY: ("women",),
    BySex.MEN_ONLY: ("men",),
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """What must hold in one phase: at most ``high``, at least ``low``, or both. ``strict``: not the end."""

    low: float | None
    high: float | None
    strict: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """One published threshold. A phase missing in ``thresholds`` has no standard.

    ``affects``: an indicator key, or "unknown", where a failure does not touch the people of the group;
    ``replaces``: the key of the standard that gives way to this one where this one applies and decides.
    """

    key: str
    name: Text
    measure: str
    comparison: Comparison
    thresholds: Mapping[Phase, Threshold]
    by_sex: BySex
    grave_beyond: float | None
    grave_none: bool
    affects: str | None
    site_types: tuple[str, ...]
    replaces: str | None
    source: Text
    chapter: Text
    page: str
    verified: bool
    note: Text


def load_standards(content: Mapping[str, Any]) -> Mapping[str, Standard]:
    """Standards by key, in the order of the file: the order of rows everywhere. Raises InvalidTable."""
    found = {}
    for table in tables(FILE, content):
        comparison = Comparison(table.choice("comparison", Comparison))
        standard = Standard(
            key=table.key,
            name=table.text("name"),
            measure=table.choice("measure", MEASURES),
            comparison=comparison,
            thresholds=_thresholds(table, comparison),
            by_sex=BySex(table.choice("by_sex", BySex)),
            grave_beyond=table.number("grave_beyond") if table.has("grave_beyond") else None,
            grave_none=table.truth("grave_none", default=False),
            affects=table.choice("affects", (*INDICATORS, UNKNOWN)) if table.has("affects") else None,
            site_types=table.keys("site_types"),
            replaces=table.choice("replaces", content) if table.has("replaces") else None,
            source=table.text("source"),
            chapter=table.optional_text("chapter"),
            page=table.word("page", default=""),
            verified=table.truth("verified"),
            note=table.optional_text("note"),
        )
        _check(table, standard)
        table.nothing_left()
        found[standard.key] = standard
    return MappingProxyType(found)


def _thresholds(table: Table, comparison: Comparison) -> Mapping[Phase, Threshold]:
    strict = table.truth("strict", default=False)
    found = {}
    for phase in Phase:
        if not table.has(phase):
            continue
        value = table.take(phase)
        if comparison is Comparison.BETWEEN:
            if not isinstance(value, list) or len(value) != 2:
                table.refuse(f"{phase} must be [low, high]")
            low, high = (table.as_number(end, phase) for end in value)
            if low > high:
                table.refuse(f"{phase} goes from low to high")
            found[phase] = Threshold(low, high)
            continue
        number = table.as_number(value, phase)
        if comparison in (Comparison.YES, Comparison.NO) and number != (comparison is Comparison.YES):
            table.refuse(f"{phase} is {number:g}, which is not {comparison}")
        if comparison in (Comparison.MAX, Comparison.NO):
            found[phase] = Threshold(None, number, strict)
        else:
            found[phase] = Threshold(number, None, strict)
    if not found:
        table.refuse("has no threshold in any phase")
    return MappingProxyType(found)


def _check(table: Table, standard: Standard) -> None:
    for group in standard.by_sex.groups:
        if for_group(standard.measure, group) is None:
            table.refuse(f"{standard.measure} cannot be measured for {group}")
    indicator = INDICATORS.get(standard.measure)
    asks_yes_or_no = standard.comparison in (Comparison.YES, Comparison.NO)
    if asks_yes_or_no != (indicator is not None and indicator.kind is Kind.YESNO):
        table.refuse("yes and no are asked of yes/no indicators, and only of them")
    if standard.grave_beyond is not None and standard.comparison not in (Comparison.MAX, Comparison.MIN):
        table.refuse("grave_beyond needs a maximum or a minimum")
    if standard.replaces is not None and not standard.site_types:
        table.refuse("a standard that replaces another says for which site types")


STANDARDS: Mapping[str, Standard] = load_standards(read(FILE))
