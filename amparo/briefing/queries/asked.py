"""What an address asks for: as of when, which place, which page of a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from amparo.kernel.words import fold
from amparo.places.models import Place
from amparo.places.queries import label, resolve, search
from amparo.sites.queries.gaps import Moment
from amparo.sites.queries.standings import end_of
from amparo.toolkit.frames import Notice, Pages

Params = Mapping[str, str]
T = TypeVar("T")

PER_PAGE = 20
LAST = "last"
NEAREST = 5
EARLIEST = 1900  # nobody counted toilets by our standards before


@dataclass(frozen=True, slots=True)
class AsOf:
    """As of when a page speaks. `day` is a day gone by; `last`: each centre at its own last report."""

    moment: Moment
    day: date | None = None
    last: bool = False
    not_understood: str = ""

    @property
    def params(self) -> dict[str, str]:
        """The same, for the next address."""
        if self.last:
            return {"at": LAST}
        return {"date": self.day.isoformat()} if self.day else {}

    @property
    def notices(self) -> tuple[Notice, ...]:
        if not self.not_understood:
            return ()
        title = _("No se entiende la fecha «%(date)s»") % {"date": self.not_understood[:40]}
        return (Notice("bajo", title, _("Se muestra hoy. Escriba la fecha así: 2026-11-22.")),)


def as_of(params: Params) -> AsOf:
    """`date=2026-11-20` is the end of that day; `at=last` each centre's last report; anything else is now."""
    written = params.get("date", "").strip()
    if written:
        try:
            day = parse_date(written)
        except ValueError:
            day = None
        if day is None or day.year < EARLIEST:
            return AsOf(Moment.now(), not_understood=written)
        if day >= timezone.localdate():
            return AsOf(Moment.now())
        return AsOf(Moment.on(end_of(day)), day=day)
    if params.get("at") == LAST:
        return AsOf(Moment.last_report(), last=True)
    return AsOf(Moment.now())


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """The place someone asked for, or the nearest names when none is meant for sure."""

    text: str
    place: Place | None
    nearest: tuple[Place, ...] = ()


def place_asked(text: str) -> PlaceAsked:
    """By code, by name, or by name and the place above it: "San Lorenzo, Valle". Never guesses between two."""
    text = plain(text)
    lower, _comma, upper = (part.strip() for part in text.partition(","))
    match = resolve(code=text, names=(upper, lower) if upper and lower else ())
    if match.place is not None and match.how == "exact":
        return PlaceAsked(text, match.place)
    found = search(text, limit=NEAREST)
    named = [place for place in found if fold(place.name) == fold(lower)]
    if len(named) == 1:
        return PlaceAsked(text, named[0])
    return PlaceAsked(text, None, tuple(named or found or match.candidates))


def place_words(place: Place) -> str:
    """ "San Lorenzo, Valle (HN1709)": to tell two of a name apart."""
    return f"{label(place)} ({place.code})"


def plain(text: str) -> str:
    """What was typed, without what no name has: control characters, endless length."""
    return "".join(character for character in text if character.isprintable()).strip()[:120]


def address(url: str, params: Mapping[str, str | int | None]) -> str:
    """An address with these parameters; empty ones are left out."""
    kept = {name: value for name, value in params.items() if value not in ("", None)}
    return f"{url}?{urlencode(kept)}" if kept else url


def page_number(params: Params) -> int:
    """Which page of a list; the first when it is nonsense."""
    written = params.get("page", "")
    return max(int(written), 1) if written.isascii() and written.isdigit() and len(written) < 7 else 1


def paged(
    rows: Sequence[T], params: Params, url: str, *, per_page: int = PER_PAGE
) -> tuple[Sequence[T], Pages | None]:
    """The rows of the page asked for, and what stands below the list. None where one page holds all."""
    pages = pages_of(len(rows), params, url, per_page=per_page)
    if pages is None:
        return rows, None
    return rows[pages.first - 1 : pages.last], pages


def pages_of(total: int, params: Params, url: str, *, per_page: int = PER_PAGE) -> Pages | None:
    """Where a page of a list of `total` rows stands; a page beyond the end is the last one."""
    if total <= per_page:
        return None
    number = min(page_number(params), -(-total // per_page))
    others = {name: value for name, value in params.items() if name != "page"}
    return Pages(
        first=(number - 1) * per_page + 1,
        last=min(number * per_page, total),
        total=total,
        previous_url=address(url, {**others, "page": number - 1 if number > 2 else None})
        if number > 1
        else "",
        next_url=address(url, {**others, "page": number + 1}) if number * per_page < total else "",
    )
