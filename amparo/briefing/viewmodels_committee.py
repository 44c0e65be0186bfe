"""What the committee's pages show, as plain values, by the rules of `viewmodels`."""

import datetime as dt
from dataclasses import dataclass

from amparo.briefing.viewmodels import Chip, Link, Series
from amparo.toolkit.drawings import MapPoint, Ring
from amparo.toolkit.frames import Filters, Notice, Pages

# --- where a figure of the board comes from


@dataclass(frozen=True, slots=True)
class OriginRow:
    """One centre and what it adds. `value` None: nobody knows. `note`: why; `who` told it."""

    name: str
    url: str
    place: str
    value: int | None
    note: str = ""
    kind: str = ""
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    who: str = ""
    trend_url: str = ""


@dataclass(frozen=True, slots=True)
class OriginPage:
    """One figure of the board taken apart: `value` is the sum of `known` of `sites` centres."""

    title: str
    rule: str
    column: str
    value: int | None
    known: int
    sites: int
    as_of: dt.datetime
    rows: tuple[OriginRow, ...]
    pages: Pages | None
    scope: str
    board_url: str
    figures: tuple[Chip, ...] = ()
    not_understood: tuple[Notice, ...] = ()
    is_past: bool = False


# --- thirty days


@dataclass(frozen=True, slots=True)
class TrendChart:
    """One figure over the days, as drawn; `now` and `before` are its last and first known values."""

    key: str
    title: str
    series: Series
    now: int | None
    before: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day. None: not known, or not kept yet (`kept` says which). `moved`: people in centres counted on this day
    and the day before; `coverage`: people in centres counted on one of the two only."""

    label: str
    url: str
    kept: bool
    sites: int | None = None
    people: int | None = None
    counted: int | None = None
    grave: int | None = None
    silent: int | None = None
    moved: int | None = None
    coverage: int | None = None


@dataclass(frozen=True, slots=True)
class TrendsPage:
    filters: Filters
    charts: tuple[TrendChart, ...]
    days: tuple[TrendDay, ...]
    change: tuple[str, ...]
    since: dt.datetime | None
    waiting: int
    sites: int
    scope: str
    board_url: str
    not_understood: tuple[Notice, ...] = ()


# --- the map


@dataclass(frozen=True, slots=True)
class MapRow:
    name: str
    url: str
    place: str
    kind: str
    people: int | None
    told_at: dt.datetime | None
    placed: bool
    marker: str = ""


@dataclass(frozen=True, slots=True)
class MapPage:
    """Every centre of the filter as a list, and what a script needs to draw them when asked."""

    filters: Filters
    rows: tuple[MapRow, ...]
    pages: Pages | None
    sites: int
    points: tuple[MapPoint, ...]
    outline: tuple[Ring, ...]
    without_place: int
    unknown: int
    unknown_url: str
    points_url: str
    scope: str
    board_url: str
    not_understood: tuple[Notice, ...] = ()


# --- damage and needs


@dataclass(frozen=True, slots=True)
class DamageValue:
    """A figure as it stands: "120 familias", told when and by whom."""

    words: str
    url: str
    told_at: dt.datetime
    source: str


@dataclass(frozen=True, slots=True)
class OwnCount:
    """People whom we counted in centres: in `counted` of `sites` open ones, at `at`."""

    people: int | None
    counted: int
    sites: int
    at: dt.datetime
    url: str = ""


@dataclass(frozen=True, slots=True)
class DamageCell:
    """One municipality and one figure; no value: nobody told. `own` only for what we count too."""

    label: str
    values: tuple[DamageValue, ...] = ()
    own: OwnCount | None = None
    difference: str = ""


@dataclass(frozen=True, slots=True)
class DamageRow:
    name: str
    above: str
    cells: tuple[DamageCell, ...]
    new_url: str = ""

    @property
    def untold(self) -> tuple[str, ...]:
        """The figures of which nothing at all is known."""
        return tuple(cell.label for cell in self.cells if not cell.values and cell.own is None)


@dataclass(frozen=True, slots=True)
class DamageSum:
    """A sum of the newest of each municipality, with what it mixes said beside it."""

    words: str
    note: str
    mixed: bool
    url: str


@dataclass(frozen=True, slots=True)
class DamageColumn:
    label: str
    definition: str
    mark: str
    sums: tuple[DamageSum, ...]


@dataclass(frozen=True, slots=True)
class DamagePage:
    """Municipality by figure, of one emergency. `unknown`: municipalities of which nobody told anything. `mark`: of
    every definition, where all have the same one."""

    crisis: str
    scope: str
    columns: tuple[DamageColumn, ...]
    rows: tuple[DamageRow, ...]
    pages: Pages | None
    unknown: tuple[Link, ...]
    unknown_total: int
    filters: Filters
    list_url: str
    mark: str = ""
    new_url: str = ""
    not_understood: tuple[Notice, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class DamageTold:
    """One line of the history of a figure. `state`: "vale", "anterior" or "retirada", in words."""

    words: str
    told_at: dt.datetime
    source: str
    note: str
    state: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class DamageFigurePage:
    """One figure of one municipality: what it means, who said it, what was said before, what we count ourselves."""

    title: str
    place: str
    crisis: str
    crumb_url: str
    words: str
    told_at: dt.datetime
    source: str
    note: str
    state: str
    definition: str
    definition_mark: str
    verified: bool
    word: str
    others: tuple[tuple[str, str], ...]
    history: tuple[DamageTold, ...]
    pages: Pages | None
    compared: tuple[str, ...] = ()
    own_url: str = ""
    history_url: str = ""
    withdraw_url: str = ""
    new_url: str = ""
