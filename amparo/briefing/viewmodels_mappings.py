"""What the pages of mappings and of sheets show: plain values, already in the reader's language."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from amparo.briefing.viewmodels import Pill
from amparo.toolkit.frames import Chip, Link, Notice, Pages, Tab


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A mapping in the list. `used_by`: the forms that are read through it; `others`: who is changing it now."""

    title: str
    name: str
    url: str
    kind: str
    version: int
    by: str
    saved_at: dt.datetime | None
    used_by: tuple[Link, ...] = ()
    others: str = ""


@dataclass(frozen=True, slots=True)
class DraftRow:
    title: str
    name: str
    url: str
    tried_on: str
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True)
class MappingsPage:
    drafts: tuple[DraftRow, ...]
    rows: tuple[MappingRow, ...]
    new_url: str
    sheets_url: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    number: int
    by: str
    saved_at: dt.datetime | None
    note: str
    current: bool
    file_url: str
    differences_url: str = ""


@dataclass(frozen=True, slots=True)
class FormUse:
    """A form that is read through this mapping. `rerun_url`: read its old messages again."""

    title: str
    url: str
    version: int
    newer: bool
    uid: str
    rerun_url: str


@dataclass(frozen=True, slots=True)
class MappingPage:
    title: str
    name: str
    kind: str
    reads: tuple[tuple[str, str], ...]
    versions: tuple[VersionRow, ...]
    forms: tuple[FormUse, ...]
    others: tuple[tuple[str, str], ...]  # forms that could be read through it: (uid, title)
    notices: tuple[Notice, ...]
    crumb_url: str
    editing: bool


@dataclass(frozen=True, slots=True)
class Bench:
    """The head of every page of a draft."""

    title: str
    name: str
    about: str
    tabs: tuple[Tab, ...]
    notices: tuple[Notice, ...]
    crumb_url: str
    discard_url: str


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """A column or question. `was` is what stood in its box when the page was made; `typed` what stands there now."""

    at: int
    label: str
    section: str
    samples: tuple[str, ...]
    was: str
    typed: str
    also: str
    url: str
    error: str = ""
    worry: str = ""
    offer: str = ""
    offer_words: str = ""
    offer_why: str = ""
    nameless: bool = False


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Something that the mapping reads and that this sheet or form does not have."""

    label: str
    becomes: str
    at: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion about no single column: checks, how dates are read."""

    key: str
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    bench: Bench
    rows: tuple[ColumnRow, ...]
    pages: Pages | None
    chips: tuple[Chip, ...]
    sure: int
    offers: tuple[Offer, ...]
    nowhere: tuple[Nowhere, ...]
    targets: tuple[tuple[str, str], ...]  # (words, unit)
    sums: tuple[tuple[str, str], ...]
    search: str
    here: str
    filter: str
    saying: str


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer, how often it came, how it is read today, and the name of the field that says what it means."""

    text: str
    count: int | None
    reads_as: str
    field: Any


@dataclass(frozen=True, slots=True)
class UseView:
    """One thing that the column becomes, with the form that says how."""

    number: int
    words: str
    unit: str
    form: Any
    answers: tuple[AnswerRow, ...]
    left_out: bool
    seen: str
    open: bool


@dataclass(frozen=True, slots=True)
class ColumnPage:
    bench: Bench
    label: str
    section: str
    kind: str
    samples: tuple[str, ...]
    answers: int
    uses: tuple[UseView, ...]
    add: Any
    here: str
    back: str
    personal: bool


@dataclass(frozen=True, slots=True)
class TriedRow:
    number: int
    name: str
    about: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    problems: tuple[str, ...]
    unknowns: str


@dataclass(frozen=True, slots=True)
class TryPage:
    bench: Bench
    rows: tuple[TriedRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class SavePage:
    bench: Bench
    stops: tuple[str, ...]
    doubts: tuple[str, ...]
    differences: tuple[str, ...]
    newer: str
    over: int
    newer_differences: tuple[str, ...]
    first: bool


@dataclass(frozen=True, slots=True)
class DifferencesPage:
    title: str
    sentences: tuple[str, ...]
    crumb: str
    crumb_url: str


@dataclass(frozen=True, slots=True)
class RerunPage:
    title: str
    done: int
    total: int
    working: bool
    notices: tuple[Notice, ...]
    crumb: str
    crumb_url: str


@dataclass(frozen=True, slots=True)
class UploadRow:
    filename: str
    url: str
    state: Pill
    by: str
    at: dt.datetime
    rows: int
    mapping: str


@dataclass(frozen=True, slots=True)
class UploadsPage:
    rows: tuple[UploadRow, ...]
    pages: Pages | None
    new_url: str
    mappings: Link | None


@dataclass(frozen=True, slots=True)
class Odd:
    """A row that needs a look."""

    row: int
    words: str


@dataclass(frozen=True, slots=True)
class AheadRow:
    """What a row of a sheet does: to which centre, how many figures it brings, what it changes, what is odd."""

    row: int
    name: str
    pills: tuple[Pill, ...]
    centre: Link | None
    figures: int
    changes: tuple[str, ...]
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UploadPage:
    """A sheet in the state it is in. `figures`: (words, number, note); `ahead`: its rows, a page of them."""

    title: str
    filename: str
    state: str
    working: bool
    notices: tuple[Notice, ...]
    figures: tuple[tuple[str, int, str], ...]
    problems: tuple[Odd, ...]
    problems_total: int
    rejected: tuple[Odd, ...]
    rejected_total: int
    flagged: tuple[tuple[str, str], ...]
    flagged_total: int
    ahead: tuple[AheadRow, ...]
    ahead_pages: Pages | None
    choose: Any
    mapping: str
    links: tuple[Link, ...]
    main: Link | None
    make: bool
    again: Any
    crumb_url: str
    here: str
