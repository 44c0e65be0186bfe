"""What the pages of the centre's door show, as plain values: today, the daily report, the round of calls.

The rules of `viewmodels` hold here too.
"""

import datetime as dt
from dataclasses import dataclass, field

from amparo.briefing.viewmodels import Fix
from amparo.toolkit.frames import Notice, Pages


@dataclass(frozen=True, slots=True)
class Known:
    """A figure with its age and source. `value` None: nobody has told it. `note`: confirmed when, if so."""

    value: int | None = None
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    who: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failing:
    """A service below its standard, what would clear it, since when, and who said so.

    `same`: the indicator of which one may say that it is still so; `must_count`: why no longer.
    """

    name: str
    kind: str
    icon: str
    summary: str
    fix: str = ""
    since: str = ""
    who: str = ""
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    same: str = ""
    must_count: str = ""
    change_url: str = ""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that waits for an answer, and since when."""

    title: str
    since: dt.datetime | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The first page of whoever runs a centre tonight. `tonight`, `served`: both capacities; `floor`: what fits.

    `sms`: the text message to fill in, to the number `central` ("" where none is written down).
    """

    name: str
    url: str
    people: Known
    women: int | None = None
    men: int | None = None
    tonight: int | None = None
    floor: int | None = None
    served: int | None = None
    headline: str = ""
    explanation: str = ""
    kind: str = "nada"
    arrivals: Known = field(default_factory=Known)
    departures: Known = field(default_factory=Known)
    failing: tuple[Failing, ...] = ()
    more_failing: tuple[Failing, ...] = ()
    fixes: tuple[Fix, ...] = ()
    met: tuple[str, ...] = ()
    unknown: int = 0
    pending: tuple[Pending, ...] = ()
    told_at: dt.datetime | None = None
    told_by: str = ""
    silent: bool = False
    sms: str = ""
    central: str = ""
    token: str = ""
    report_url: str = ""
    paper_url: str = ""
    here: str = ""
    all_url: str = ""


@dataclass(frozen=True, slots=True)
class CentreChoice:
    name: str
    url: str
    place: str = ""
    told_at: dt.datetime | None = None
    silent: bool = False


@dataclass(frozen=True, slots=True)
class CentreChoices:
    """Several centres: which one?"""

    rows: tuple[CentreChoice, ...] = ()
    search: str = ""
    here: str = ""
    pages: Pages | None = None
    total: int = 0


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One of the ten beside its box. `bound`, `same`: fields of the form; `same` None: it must be told anew, and
    `must_count` why, where it was different before."""

    letter: str
    label: str
    icon: str
    bound: object
    same: object | None
    left: int
    last: Known
    last_words: str = ""
    must_count: str = ""


@dataclass(frozen=True, slots=True)
class DailyPage:
    """The ten figures as a form. `form` stands beside it in the context."""

    name: str
    url: str
    action: str
    rows: tuple[FigureRow, ...]
    paper_url: str = ""
    paper_en_url: str = ""
    sms: str = ""
    central: str = ""
    may_all_stay: bool = False
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class CallRow:
    """A silent centre of the round."""

    name: str
    uid: str
    url: str
    call_url: str
    place: str = ""
    phone: str = ""
    grave: str = ""
    people: int | None = None
    told_at: dt.datetime | None = None
    last: str = ""
    last_at: dt.datetime | None = None
    calling: str = ""
    mine: bool = False


@dataclass(frozen=True, slots=True)
class CallsPage:
    rows: tuple[CallRow, ...] = ()
    total: int = 0
    open_sites: int = 0
    pages: Pages | None = None


@dataclass(frozen=True, slots=True)
class CallPage:
    """One call: the number, what was last known, and the ten boxes. `form` stands beside it in the context.

    `asks`: the outcome that was chosen while figures stood in the boxes; "" where nothing is to be asked.
    """

    row: CallRow
    rows: tuple[FigureRow, ...]
    action: str
    back_url: str
    asks: str = ""
    notices: tuple[Notice, ...] = ()
