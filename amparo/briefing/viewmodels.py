"""What the pages show, as plain values: already judged, already in the reader's language.

Rules for whoever fills them: names and sentences are strings, quantities are numbers, moments are aware
datetimes; None means that nobody measured it (the page says so, it never shows 0). `kind` is one of
grave, bajo, cumple, nada (no se ha medido), duda (norma sin verificar), mudo (sin reporte).
`lasts_hours` is the half-life: four cells when fresh, none when it has passed; None takes a day.
"""

import datetime as dt
from dataclasses import dataclass, field

from amparo.toolkit.drawings import MapPoint, Reading, Ring
from amparo.toolkit.frames import Chip, Filters, Link, Notice, Pages, Tab

Count = int | str | None
"""A number of people or things; a string says why there is none ("dato reservado"); None: not measured."""


@dataclass(frozen=True, slots=True)
class Pill:
    """A verdict; without text it says its own word."""

    kind: str
    text: str = ""


# --- the board


@dataclass(frozen=True, slots=True)
class SilentRow:
    """An open centre without a report. `reports`: did each of the last reports come, oldest first."""

    name: str
    url: str
    marker: str = ""
    place: str = ""
    people: int | None = None
    told_at: dt.datetime | None = None
    reports: tuple[bool, ...] = ()
    reports_label: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One centre. The bar: `people`, `floor` (fit by it), `served` (held by services, None: not assessed).

    `affected` people of `affected_label` ("mujeres") lack what `limits` names; `limits_note` says the sum
    ("3 para 131; faltan 4"). With `affected` None and `kind` "cumple", nobody is affected.
    """

    name: str
    url: str
    kind: str
    rank: int = 0
    place: str = ""
    people: int | None = None
    floor: int | None = None
    served: int | None = None
    affected: int | None = None
    affected_label: str = ""
    limits: str = ""
    limits_note: str = ""
    pills: tuple[Pill, ...] = ()
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    flag: str = ""


@dataclass(frozen=True, slots=True)
class ClosedTotals:
    """Closed centres, counted apart: they never enter a total of open ones."""

    sites: int
    people: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """ "¿Qué albergue va primero?" Counts are of open centres within the filters; closed ones stand apart.

    `origins`: by figure, the page that says where it comes from. `unknown`: centres without a known municipality.
    """

    as_of: dt.datetime
    sites: int
    filters: Filters
    crisis: str = ""
    phase: str = ""
    is_past: bool = False
    people: int | None = None
    people_sites: int = 0
    people_stale: int = 0
    free_places: int | None = None
    free_by_floor: int | None = None
    grave_sites: int = 0
    grave_people: int = 0
    grave_silent: int = 0
    not_assessed_sites: int = 0
    silent_sites: int = 0
    silent: tuple[SilentRow, ...] = ()
    silent_url: str = ""
    origins: dict[str, str] = field(default_factory=dict)
    chips: tuple[Chip, ...] = ()
    focus: str = ""
    rows: tuple[BoardRow, ...] = ()
    pages: Pages | None = None
    closed: ClosedTotals | None = None
    closed_rows: tuple[BoardRow, ...] = ()
    points: tuple[MapPoint, ...] = ()
    outline: tuple[Ring, ...] = ()
    without_place: int = 0
    unknown: int = 0
    unknown_url: str = ""
    map_url: str = ""
    not_understood: tuple[Notice, ...] = ()
    notices: tuple[Notice, ...] = ()
    actions: tuple[Link, ...] = ()
    main: Link | None = None


# --- one centre


@dataclass(frozen=True, slots=True)
class SiteHead:
    """The head of every page of one centre."""

    name: str
    url: str
    place: str = ""
    code: str = ""
    type_label: str = ""
    crisis: str = ""
    phase: str = ""
    is_open: bool = True
    state: str = ""
    people: int | None = None
    women: int | None = None
    men: int | None = None
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    board_url: str = ""
    sheet_url: str = ""
    tabs: tuple[Tab, ...] = ()
    main: Link | None = None


@dataclass(frozen=True, slots=True)
class CapacityLine:
    """One service and for how many it would be enough. `binds`: it is the one that limits."""

    name: str
    total: int | None = None
    women: int | None = None
    men: int | None = None
    binds: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Tonight or to standard. `use`: what for, in few words; `not_assessed` names what nobody measured: it does not
    enter the result."""

    name: str
    explanation: str
    use: str = ""
    total: int | None = None
    women: int | None = None
    men: int | None = None
    limits: str = ""
    lines: tuple[CapacityLine, ...] = ()
    not_assessed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """`over`: how many of `total` the service does not reach."""

    label: str
    total: int
    over: int = 0


@dataclass(frozen=True, slots=True)
class Series:
    """Readings over time. `at_most`: the standard is an upper limit. `kind`: verdict of the last reading. `same`: when
    somebody said "sigue igual", which is no reading. `steps`: the words for 0, 1... of what is no number."""

    label: str
    readings: tuple[Reading, ...]
    kind: str = "nada"
    threshold: float | None = None
    at_most: bool = False
    same: tuple[Reading, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """A number of the sum, with what it counts; `sign` stands before it (÷, ×, +)."""

    value: str
    label: str
    sign: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Who said it and when. `note`: how it was known ("medido con foto")."""

    what: str
    who: str = ""
    when: dt.datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a figure comes from: the sum, who said each part, and what does not agree."""

    terms: tuple[Term, ...] = ()
    result: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    told: tuple[Told, ...] = ()
    verdict: str = ""
    expires_at: dt.datetime | None = None
    conflicts: tuple[Notice, ...] = ()
    correct_url: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One indicator of one centre against its standard. `low` None: not measured (or it has expired)."""

    name: str
    kind: str
    icon: str = "info"
    anchor: str = ""
    summary: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    measured: str = ""
    standard: str = ""
    source: str = ""
    verified: bool = True
    affected: int | None = None
    affected_label: str = ""
    remedy: str = ""
    groups: tuple[Group, ...] = ()
    series: Series | None = None
    trend_url: str = ""
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class AgeRow:
    label: str
    women: Count = None
    men: Count = None
    total: Count = None


@dataclass(frozen=True, slots=True)
class People:
    """By sex and age. `flag` says what does not add up."""

    rows: tuple[AgeRow, ...] = ()
    women: Count = None
    men: Count = None
    total: Count = None
    notes: tuple[str, ...] = ()
    flag: str = ""
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Closure:
    """An ordered closure, recorded and never blocking."""

    title: str
    text: str = ""
    notice_on: dt.date | None = None
    closes_on: dt.date | None = None
    still_there: int | None = None
    handover: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class SpaceRow:
    """A room: area in m2, sleeping places and how many of them are blocked, and why."""

    name: str
    use: str
    area: float | None = None
    places: int | None = None
    blocked: int | None = None
    reason: str = ""
    people: int | None = None


@dataclass(frozen=True, slots=True)
class FacilityRow:
    """Fixed things people use. Each number is how many of `total`; None: not looked at."""

    name: str
    icon: str = "info"
    for_whom: str = ""
    total: int | None = None
    working: int | None = None
    lit: int | None = None
    lockable: int | None = None
    accessible: int | None = None
    note: str = ""
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A service said rather than counted: light, waste, sewage, kitchen. `value` None: not looked at."""

    name: str
    value: str | None = None
    icon: str = "info"
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None


@dataclass(frozen=True, slots=True)
class SitePage:
    """What a centre lacks: the page people open most after the board."""

    head: SiteHead
    headline: str = ""
    explanation: str = ""
    tonight: Capacity | None = None
    to_standard: Capacity | None = None
    floor: int | None = None
    served: int | None = None
    gaps: tuple[Gap, ...] = ()
    people: People | None = None
    spaces: tuple[SpaceRow, ...] = ()
    facilities: tuple[FacilityRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    spaces_url: str = ""
    fill_url: str = ""
    closure: Closure | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def failing(self) -> tuple[Gap, ...]:
        """What a person must act on: shown in full."""
        return tuple(gap for gap in self.gaps if gap.kind not in {"cumple", "nada", "duda"})

    @property
    def doubtful(self) -> tuple[Gap, ...]:
        """Judged by a standard that no office has verified: shown, decides nothing."""
        return tuple(gap for gap in self.gaps if gap.kind == "duda")

    @property
    def unknown(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.kind == "nada")

    @property
    def met(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.kind == "cumple")

    @property
    def beyond(self) -> int | None:
        """People the services do not reach; None when that is not known."""
        if self.head.people is None or self.served is None:
            return None
        return max(self.head.people - self.served, 0)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    when: dt.datetime
    what: str
    who: str = ""
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    head: SiteHead
    entries: tuple[HistoryEntry, ...] = ()
    pages: Pages | None = None
    undo_url: str = ""
    undo_words: str = ""
    not_understood: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class SpacesPage:
    """Spaces and facilities as they are; with `formsets` in the context the same page is a form."""

    head: SiteHead
    spaces: tuple[SpaceRow, ...] = ()
    facilities: tuple[FacilityRow, ...] = ()
    facts: tuple[Fact, ...] = ()
    edit_url: str = ""


@dataclass(frozen=True, slots=True)
class SpacesForm:
    """`title` names the page, `question` heads it. `sections` in the context: (title, hint, formset), in that order."""

    head: SiteHead
    title: str
    question: str
    action: str
    cancel_url: str


# --- a trend


@dataclass(frozen=True, slots=True)
class TrendRow:
    """`same`: nobody measured; somebody said "sigue igual" of what had been told."""

    when: dt.datetime
    low: float | None = None
    high: float | None = None
    kind: str = ""
    source: str = ""
    same: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class TrendPage:
    """`value`: the last reading in words, where it is no number (each row has its own)."""

    head: SiteHead
    name: str
    unit: str
    series: Series
    value: str = ""
    kind: str = "nada"
    icon: str = "info"
    low: float | None = None
    high: float | None = None
    told_at: dt.datetime | None = None
    lasts_hours: float | None = None
    standard: str = ""
    source: str = ""
    verified: bool = True
    ranges: tuple[Chip, ...] = ()
    rows: tuple[TrendRow, ...] = ()
    rows_title: str = ""
    days_measured: int = 0
    days: int = 0
    origin: Origin | None = None
    pages: Pages | None = None
    not_understood: tuple[Notice, ...] = ()


# --- standards


@dataclass(frozen=True, slots=True)
class PhaseValue:
    phase: str
    text: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class StandardRow:
    """One threshold. `by_sex`: how it treats women and men, in a sentence, or nothing."""

    name: str
    unit: str
    values: tuple[PhaseValue, ...]
    source: str
    verified: bool
    page: str = ""
    icon: str = "info"
    by_sex: str = ""
    lasts_hours: float | None = None
    verified_by: str = ""
    verified_on: dt.date | None = None
    evidence: str = ""
    verify_url: str = ""


@dataclass(frozen=True, slots=True)
class StandardsPage:
    groups: tuple[tuple[str, tuple[StandardRow, ...]], ...]
    total: int
    verified: int
    edition: str = ""
    chips: tuple[Chip, ...] = ()
    not_understood: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class StandardVerifyPage:
    """`form` in the context: who, source, date."""

    standard: StandardRow
    action: str
    cancel_url: str


# --- forms, phones, messages


@dataclass(frozen=True, slots=True)
class FormRow:
    """A questionnaire for phones. `state`: a pill; "cumple" when phones may fetch it."""

    title: str
    form_id: str
    version: str
    url: str
    state: Pill
    questions: int = 0
    mapped: int = 0
    received: int = 0
    waiting: int = 0
    last_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """`maps_to`: the indicator or field the answer becomes; empty: kept, not used."""

    name: str
    label: str
    type_label: str
    group: str = ""
    required: bool = False
    maps_to: str = ""


@dataclass(frozen=True, slots=True)
class FormVersion:
    version: str
    published_at: dt.datetime
    by: str
    current: bool = False
    received: int = 0
    url: str = ""


@dataclass(frozen=True, slots=True)
class FormView:
    row: FormRow
    questions: tuple[Question, ...] = ()
    versions: tuple[FormVersion, ...] = ()
    notices: tuple[Notice, ...] = ()
    links: tuple[Link, ...] = ()
    upload_url: str = ""
    forms_url: str = ""


@dataclass(frozen=True, slots=True)
class PhoneRow:
    name: str
    url: str
    person: str = ""
    scope: str = ""
    seen_at: dt.datetime | None = None
    received: int = 0
    revoked_on: dt.date | None = None


@dataclass(frozen=True, slots=True)
class PhonePage:
    phone: PhoneRow
    phones_url: str = ""
    revoke_url: str = ""
    renew_url: str = ""
    entries: tuple[HistoryEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class PhoneSecret:
    """`qr_text` (the settings Collect reads), `username` and `password` the one time they are shown; "" after.

    `notices` say what keeps the code from working.
    """

    phone: PhoneRow
    phone_url: str
    server_url: str = ""
    qr_text: str = ""
    username: str = ""
    password: str = ""
    trust_url: str = ""
    renew_url: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A raw message. `folio` is what the phone was told."""

    folio: str
    url: str
    form: str
    received_at: dt.datetime
    state: Pill
    reason: str = ""
    sender: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class MessagePage:
    """`form` in the context: the reason with which the message may be set aside."""

    row: MessageRow
    happened: str
    safe: str
    to_do: str
    answers: tuple[tuple[str, str], ...] = ()
    entries: tuple[HistoryEntry, ...] = ()
    messages_url: str = ""
    retry_url: str = ""
    discard_url: str = ""
    raw_url: str = ""


@dataclass(frozen=True, slots=True)
class SiteMessagesPage:
    """The tab of one centre: every message that speaks of it."""

    head: SiteHead
    rows: tuple[MessageRow, ...] = ()
    pages: Pages | None = None


# --- trust


@dataclass(frozen=True, slots=True)
class TrustPage:
    """How a phone on the local network learns to trust this server. `address` is what phones type."""

    address: str
    certificate_url: str
    fingerprint: str
    page_url: str
    valid_until: dt.date | None = None
    own_authority: bool = True
    authority_name: str = "Amparo"


# --- imports


@dataclass(frozen=True, slots=True)
class ImportLine:
    number: int
    name: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportPage:
    """Preview and result of a sheet. `counts`: (label, number). `columns`: (column, what it becomes)."""

    file: str
    mapping: str
    counts: tuple[tuple[str, int], ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    flagged: tuple[ImportLine, ...] = ()
    flagged_total: int = 0
    done: bool = False
    action: str = ""
    cancel_url: str = ""
    undo_url: str = ""
    next: Link | None = None
    notices: tuple[Notice, ...] = ()


# --- the one-page sheet


@dataclass(frozen=True, slots=True)
class Fix:
    """What repairs a gap, in the order of what it gains: "Alcanza para 114"."""

    text: str
    who: str = ""
    gains: str = ""


@dataclass(frozen=True, slots=True)
class SiteSheet:
    """One A4 page of one centre. No name of a resident ever stands on it."""

    page: SitePage
    printed_at: dt.datetime
    printed_by: str = ""
    destroy_on: dt.date | None = None
    exercise: bool = False
    fixes: tuple[Fix, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = field(default=())
