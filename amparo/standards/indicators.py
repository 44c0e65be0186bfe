"""Indicators: the things that can be observed at a site, each with its unit, kind and how long it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from amparo.standards.tables import InvalidTable, Text, read, tables

FILE = "indicators.toml"
GROUPS = (
    "people",
    "space",
    "water",
    "sanitation",
    "power",
    "waste",
    "access",
    "safety",
    "participation",
    "covid",
    "support",
)
SEXES = ("all", "women", "men")


class Kind(StrEnum):
    """What sort of value an indicator takes."""

    COUNT = "count"
    """People or things: whole numbers."""
    QUANTITY = "quantity"
    """A number with a unit."""
    SHARE = "share"
    """From 0 to 1."""
    YESNO = "yesno"
    """0 is no, 1 is yes. "No sabe" is not a value."""
    LEVEL = "level"
    """0 is the worst; each step has a label."""


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One thing that can be observed. ``half_life``: greys after this long; ``expires``: no longer counts."""

    key: str
    group: str
    kind: Kind
    sex: str
    name: Text
    unit: Text
    levels: tuple[Text, ...]
    half_life: timedelta
    expires: timedelta

    def problem_with(self, low: float, high: float) -> str | None:
        """Why a value cannot be one of this indicator, as a stable code; None when it can.

        Codes: ``not_whole``, ``not_a_share``, ``not_yes_or_no``, ``no_such_level``.
        """
        ends = [end for end in (low, high) if end != float("inf")]
        if self.kind is Kind.COUNT and any(end != int(end) for end in ends):
            return "not_whole"
        if self.kind is Kind.SHARE and high > 1:
            return "not_a_share"
        if self.kind is Kind.YESNO and not {low, high} <= {0, 1}:
            return "not_yes_or_no"
        if self.kind is Kind.LEVEL and not {low, high} <= set(range(len(self.levels))):
            return "no_such_level"
        return None


def load_indicators(content: Mapping[str, Any]) -> Mapping[str, Indicator]:
    """Indicators by key, in the order of the file. Raises InvalidTable."""
    content = dict(content)
    if content.pop("validity", None) != "own":
        raise InvalidTable(f'{FILE}: validity must say "own": no source gives these durations')
    found = {}
    for table in tables(FILE, content):
        indicator = Indicator(
            key=table.key,
            group=table.choice("group", GROUPS),
            kind=Kind(table.choice("kind", Kind)),
            sex=table.choice("sex", SEXES, default="all"),
            name=table.text("name"),
            unit=table.text("unit"),
            levels=table.texts("levels"),
            half_life=timedelta(hours=table.number("half_life_hours")),
            expires=timedelta(hours=table.number("expires_hours")),
        )
        if (indicator.kind is Kind.LEVEL) != (len(indicator.levels) > 1):
            table.refuse("a level has two labels or more, and nothing else has labels")
        if not timedelta() < indicator.half_life < indicator.expires:
            table.refuse("an indicator greys after some time, and expires later")
        table.nothing_left()
        found[indicator.key] = indicator
    return MappingProxyType(found)


INDICATORS: Mapping[str, Indicator] = load_indicators(read(FILE))
