"""The list of a noun: what an address asks of it, its rows, its page.

`ask` is the one function that narrows and orders; list, export, API and grid all use it, so that they hold the same
rows.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from amparo.disclosure import release
from amparo.kernel.access import may
from amparo.toolkit.asked import (
    PER_PAGE,
    Params,
    address,
    not_understood,
    page_not_understood,
    pages_of,
    plain,
    quoted,
)
from amparo.toolkit.exports import forms_of
from amparo.toolkit.frames import Chip, Filters, Link, Notice, Option, Pages, Select
from amparo.toolkit.imports.returning import returns
from amparo.toolkit.resources.columns import FIGURES, Column
from amparo.toolkit.resources.declaration import Empty, Resource
from amparo.toolkit.resources.filters import NotUnderstood

AT_ONCE = 500  # rows fetched together for what goes out whole


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of a list. `records` are ordered; `around` are those before the chips narrowed them.

    `params`: what was understood, for the next address. `ordering`: (field, descending) before the key.
    """

    records: "QuerySet[Any]"
    around: "QuerySet[Any]"
    params: dict[str, str]
    ordering: tuple[str, bool] | None = None
    notices: tuple[Notice, ...] = ()


def ask(resource: Resource, user: Any, params: Params) -> Asked:
    """The records this person may see, as the address narrows and orders them."""
    records = resource.visible_to(user)
    kept: dict[str, str] = {}
    notices: list[Notice] = []
    around = records
    for one in (*resource.filters, *([resource.chips] if resource.chips else [])):
        if one is resource.chips:
            around = records
        said = plain(params.get(one.key, ""))
        try:
            records = one.narrow(records, said)
            kept[one.key] = said
        except NotUnderstood as wrong:
            records = records.none() if wrong.nothing else one.narrow(records, "")
            notices.append(not_understood(wrong.title, wrong.shown))
    if resource.chips is None:
        around = records
    text = plain(params.get("q", ""))
    if text:
        records, kept["q"] = resource.search(records, text), text
    sort = plain(params.get("sort", ""))
    ordering = _ordering(resource, user, sort)
    if sort and ordering is None:
        title = _("No se puede ordenar por «%(asked)s»") % {"asked": quoted(sort)}
        notices.append(not_understood(title, _("Se muestra en el orden de siempre.")))
    elif sort:
        kept["sort"] = sort
    ordering = ordering or _ordering(resource, user, resource.sort)
    understood = {name: value for name, value in kept.items() if value}
    return Asked(_ordered(records, ordering), around, understood, ordering, tuple(notices))


def _ordering(resource: Resource, user: Any, sort: str) -> tuple[str, bool] | None:
    column = resource.column(sort.removeprefix("-"), user)
    return (column.sort, sort.startswith("-")) if column is not None and column.sort else None


def _ordered(records: "QuerySet[Any]", ordering: tuple[str, bool] | None) -> "QuerySet[Any]":
    """By the field, nothing said last; then by the key, so that the order is always the same."""
    if ordering is None:
        return records.order_by("pk")
    field, descending = ordering
    if descending:
        return records.order_by(F(field).desc(nulls_last=True), "-pk")
    return records.order_by(F(field).asc(nulls_last=True), "pk")


def selection(resource: Resource, asked: Asked) -> str:
    """What the list was narrowed to, in words; "" where it holds all."""
    filters = (*resource.filters, *([resource.chips] if resource.chips else []))
    said = [one.said(asked.params[one.key]) for one in filters if one.key in asked.params]
    if "q" in asked.params:
        said.append(f"«{asked.params['q']}»")
    return ", ".join(said)


def rows_of(resource: Resource, user: Any, records: "QuerySet[Any]") -> Iterator[Any]:
    """All of them, prepared a few hundred at a time: what goes out whole never stands whole in memory."""
    batch: list[Any] = []
    for record in records.iterator(chunk_size=AT_ONCE):
        batch.append(record)
        if len(batch) == AT_ONCE:
            resource.prepare(batch, user)
            yield from batch
            batch = []
    if batch:
        resource.prepare(batch, user)
        yield from batch


# --- the page


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. `url` orders by it; `direction` is how it is ordered now, as ARIA says it."""

    label: str
    right: bool = False
    url: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """`markup` wins over `words`; a figure, or a moment, is printed by its kind."""

    label: str
    kind: str
    value: Any
    words: str
    markup: str = ""
    lasts: float | None = None

    @property
    def right(self) -> bool:
        return self.kind in FIGURES


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    url: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view. `remove`: its id, for those who may remove it."""

    name: str
    url: str
    shared: bool
    current: bool = False
    remove: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    title: str
    lead: str
    help: str
    filters: Filters
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    empty: Empty
    total: int = 0
    chips: tuple[Chip, ...] = ()
    pages: Pages | None = None
    new: Link | None = None
    links: tuple[Link, ...] = ()
    exports: tuple[Link, ...] = ()
    views: tuple[ViewLink, ...] = ()
    views_url: str = ""
    keep: str = ""
    not_understood: tuple[Notice, ...] = ()
    clear_url: str = ""
    narrowed: bool = False


EXPORTS = (("csv", "CSV"), ("xlsx", "Excel"), ("hxl", "HXL"))


def list_page(resource: Resource, user: Any, params: Params, views: Sequence[ViewLink] = ()) -> ListPage:
    """The page of the list that the address asks for."""
    asked = ask(resource, user, params)
    here = resource.url("list")
    counts = resource.chips.counts(asked.around) if resource.chips else {}
    total = _total(resource, asked, counts)
    pages = pages_of(total, {**asked.params, "page": params.get("page", "")}, here)
    first, last = (pages.first - 1, pages.last) if pages else (0, PER_PAGE)
    records = list(asked.records[first:last]) if total else []
    resource.prepare(records, user)
    listed = [column for column in resource.columns(user) if column.listed]
    filters = _filters(resource, user, asked, here)
    return ListPage(
        title=str(resource.title),
        lead=str(resource.lead),
        help=str(resource.help),
        filters=filters,
        chips=_chips(resource, asked, counts, here),
        heads=tuple(_head(column, asked.params, here) for column in listed),
        rows=tuple(row_of(resource, user, record, listed) for record in records),
        empty=resource.empty,
        total=total,
        pages=pages,
        new=_new(resource, user),
        links=(*links_of(resource, user, asked.params), *resource.list_links(user, asked.params)),
        exports=tuple(
            Link(label, address(resource.url("export", form=form), asked.params))
            for form, label in EXPORTS
            if form in forms_of(release(resource.columns(user), resource.purpose.ceiling))
        )
        if records
        else (),
        views=tuple(views),
        views_url=resource.url("views"),
        keep=address("", asked.params).removeprefix("?"),
        not_understood=(*asked.notices, *page_not_understood(total, params)),
        clear_url=filters.clear_url or here,
        narrowed=bool(filters.clear_url) or (not total and resource.visible_to(user).exists()),
    )


def _total(resource: Resource, asked: Asked, counts: Mapping[str, int]) -> int:
    """How many rows there are; the chips have counted already unless words narrow the list further."""
    if resource.chips is not None and "q" not in asked.params and not asked.notices:
        wanted = asked.params.get(resource.chips.key, "") or resource.chips.usual
        return counts[wanted]
    return asked.records.count()


def row_of(resource: Resource, user: Any, record: Any, listed: Sequence[Column]) -> Row:
    name, *others = listed
    return Row(
        name=name.words(name.value(record)) or resource.name_of(record),
        url=resource.url("page", record),
        note=resource.note(record),
        cells=tuple(cell_of(column, record) for column in others),
    )


def cell_of(column: Column, record: Any) -> Cell:
    value = column.value(record)
    markup = column.shown(record) if column.shown is not None else ""
    return Cell(str(column.label), column.kind, value, column.words(value), markup, column.lasts)


def _head(column: Column, params: Mapping[str, str], here: str) -> Head:
    if not column.sort:
        return Head(str(column.label), column.kind in FIGURES)
    now = params.get("sort", "")
    direction = {column.key: "ascending", f"-{column.key}": "descending"}.get(now, "")
    wanted = f"-{column.key}" if direction == "ascending" else column.key
    return Head(
        str(column.label), column.kind in FIGURES, address(here, {**params, "sort": wanted}), direction
    )


def _chips(resource: Resource, asked: Asked, counts: Mapping[str, int], here: str) -> tuple[Chip, ...]:
    if resource.chips is None:
        return ()
    now = asked.params.get(resource.chips.key, "")
    return tuple(
        Chip(
            option.label,
            address(here, {**asked.params, resource.chips.key: option.value}),
            option.selected,
            counts[option.value],
        )
        for option in resource.chips.options(now)
    )


def _filters(resource: Resource, user: Any, asked: Asked, here: str) -> Filters:
    selects = []
    said = []
    for one in resource.filters:
        now = asked.params.get(one.key, "")
        options = one.options(now)
        if options:
            selects.append(Select(one.key, str(one.label), options))
        if now:
            said.append(one.said(now))
    sortable = [column for column in resource.columns(user) if column.listed and column.sort]
    if len(sortable) > 1:
        selects.append(Select("sort", _("Ordenar por"), tuple(_sorts(sortable, asked.params))))
    chip = resource.chips.key if resource.chips else ""
    narrowed = {name for name in asked.params if name not in (chip, "sort")}
    hidden = ((chip, asked.params[chip]),) if chip in asked.params else ()
    return Filters(
        url=here,
        search_label=str(resource.search_label),
        search=asked.params.get("q", ""),
        selects=tuple(selects),
        hidden=hidden,
        clear_url=address(here, dict(hidden)) if narrowed else "",
        summary=", ".join(said),
    )


def _sorts(sortable: Iterable[Column], params: Mapping[str, str]) -> Iterator[Option]:
    now = params.get("sort", "")
    yield Option("", _("El orden de siempre"), not now)
    for column in sortable:
        yield Option(column.key, str(column.label), now == column.key)
        down = _("%(column)s, al revés") % {"column": column.label}
        yield Option(f"-{column.key}", down, now == f"-{column.key}")


def _new(resource: Resource, user: Any) -> Link | None:
    url = resource.url(resource.new_screen) if resource.may_create(user) else ""
    return Link(str(resource.new_label), url) if url else None


def links_of(resource: Resource, user: Any, params: Mapping[str, str]) -> Iterator[Link]:
    if "grid" in resource.screens and may(user, resource.permissions.edit):
        yield Link(_("Corregir varios"), address(resource.url("grid"), params), "registrar")
    if returns(resource, user):
        yield Link(_("Importar de una hoja"), resource.url("import"), "subir")
