"""What the frame around every page, and every list in it, needs to know, as plain values."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry of the dock and the rail. `count` is a number of things that wait; 0 shows none."""

    icon: str
    label: str
    url: str
    current: bool = False
    count: int = 0


@dataclass(frozen=True, slots=True)
class Me:
    name: str
    organisation: str = ""
    role_label: str = ""


@dataclass(frozen=True, slots=True)
class Where:
    title: str
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Sync:
    """What is saved and what still waits, in words: ("Guardado 06:41", "2 por revisar")."""

    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened, what is safe, what to do. `kind`: grave, bajo, cumple, nada, duda or info."""

    kind: str
    title: str
    text: str = ""
    url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class FormPage:
    """A page that is one form. The Django form stands beside it in the context."""

    title: str
    submit: str
    text: str = ""
    action: str = ""
    cancel_url: str = ""
    crumb: str = ""
    crumb_url: str = ""
    multipart: bool = False
    notices: tuple[Notice, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """A question before something that cannot be undone."""

    title: str
    text: str
    submit: str
    cancel_url: str
    action: str = ""
    consequences: tuple[str, ...] = ()
    crumb: str = ""
    crumb_url: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """One of several ways to look at a list, with how many it would show."""

    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    url: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    name: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """The state of a list, as one GET form: `q`, one name per select, `date` (ISO) and `closed` (1)."""

    url: str
    search_label: str
    search: str = ""
    selects: tuple[Select, ...] = ()
    with_date: bool = False
    as_of: dt.date | None = None
    with_closed: bool = False
    include_closed: bool = False
    hidden: tuple[tuple[str, str], ...] = ()
    clear_url: str = ""
    summary: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Pages:
    """`first` to `last` of `total` rows are shown."""

    first: int
    last: int
    total: int
    previous_url: str = ""
    next_url: str = ""
