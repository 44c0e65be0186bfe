"""What one row, or one filled form, says: the site, when it was told, and each figure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from amparo.intake.mapping.values import Flag, Problem


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The site as the row names it. Empty text where the row says nothing.

    `external_id` is its number in the `system` it came from. `identity` are the texts that make two rows the
    same site where there is no number, without capitals and double spaces. `kind` is a site kind, `status`
    open, closed or candidate; None: not said. `admin_names` go from the largest area to the smallest, as
    written; an area left blank is "".
    """

    external_id: str = ""
    system: str = ""
    identity: tuple[str, ...] = ()
    name: str = ""
    kind: str | None = None
    status: str | None = None
    lat: float | None = None
    lon: float | None = None
    pcode: str = ""
    admin_names: tuple[str, ...] = ()
    country: str = ""
    address: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """One figure: exact when `low == high`, open when `high` is infinite. `column`: where it stood.

    `derived`: nobody told it; we added it up from the parts that were told together, whose columns `column` names.
    """

    indicator: str
    low: float
    high: float
    column: str
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one row says. What it does not say is absent: nothing is filled in, save people where women and
    men were told together and their sum was not.

    `told_at` is a date when only the day is known (`precision` "day"), a datetime with offset when the hour
    is ("moment"), None when nobody said. `moment` is the same in UTC, noon of the mapping's offset for a day.
    `flags` were accepted with a doubt. `problems` wait for a person: their values are in no observation.
    `unknowns` are the indicators about which the answer was that nobody knows.
    """

    row_number: int
    site: SiteFacts
    told_at: dt.datetime | dt.date | None = None
    moment: dt.datetime | None = None
    observations: tuple[Observed, ...] = ()
    flags: tuple[Flag, ...] = ()
    problems: tuple[Problem, ...] = ()
    unknowns: tuple[str, ...] = ()

    @property
    def precision(self) -> str | None:
        if self.told_at is None:
            return None
        return "moment" if isinstance(self.told_at, dt.datetime) else "day"
