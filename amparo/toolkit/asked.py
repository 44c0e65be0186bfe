"""What an address asks of a list: its words, its page, the next address.

What cannot be understood is never an error: the page says so in a notice, with what it shows instead, and leaves it
out of its own links.
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from amparo.toolkit.frames import Notice, Pages

Params = Mapping[str, str]
T = TypeVar("T")

PER_PAGE = 20
LONGEST = 120  # letters of what is typed into an address


def plain(text: str) -> str:
    """What was typed, without what no name has: control characters, endless length."""
    return "".join(character for character in text if character.isprintable()).strip()[:LONGEST]


def quoted(text: str) -> str:
    """What was typed, short enough to be said back."""
    return text if len(text) <= 40 else f"{text[:39]}…"


def address(url: str, params: Mapping[str, str | int | None]) -> str:
    """An address with these parameters; empty ones are left out."""
    kept = {name: value for name, value in params.items() if value not in ("", None)}
    return f"{url}?{urlencode(kept)}" if kept else url


def not_understood(title: str, shown: str) -> Notice:
    """What was asked for and cannot be shown, and what is shown instead."""
    return Notice("bajo", title, shown)


def unknown_filter(asked: str, shown: str) -> Notice:
    return not_understood(_("No se conoce el filtro «%(asked)s»") % {"asked": quoted(asked)}, shown)


def page_number(params: Params) -> int | None:
    """Which page of a list is asked for, from 1; None for what is no number of a page."""
    written = plain(params.get("page", "")) or "1"
    number = int(written[:9]) if written.isascii() and written.isdigit() else 0
    return number or None


def page_not_understood(total: int, params: Params, *, per_page: int = PER_PAGE) -> tuple[Notice, ...]:
    """A notice where the address asks for a page that a list of `total` rows does not have."""
    number = page_number(params)
    asked = {"page": quoted(plain(params.get("page", "")))}
    if number is None:
        title = _("No se entiende la página «%(page)s»") % asked
        return (not_understood(title, _("Se muestra la primera página.")),)
    if number > max(-(-total // per_page), 1):
        title = _("No existe la página %(page)s") % asked
        return (not_understood(title, _("Se muestra la última página.")),)
    return ()


def paged(
    rows: Sequence[T], params: Params, url: str, *, per_page: int = PER_PAGE
) -> tuple[Sequence[T], Pages | None]:
    """The rows of the page asked for, and what stands below the list. None where one page holds all."""
    pages = pages_of(len(rows), params, url, per_page=per_page)
    if pages is None:
        return rows, None
    return rows[pages.first - 1 : pages.last], pages


def pages_of(total: int, params: Params, url: str, *, per_page: int = PER_PAGE) -> Pages | None:
    """Where a page of a list of `total` rows stands; beyond the end it is the last one, for nonsense the first."""
    if total <= per_page:
        return None
    number = min(page_number(params) or 1, -(-total // per_page))
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
