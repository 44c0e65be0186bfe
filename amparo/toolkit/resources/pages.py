"""The page of one record: what it says, what can be done, what happened last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from amparo.toolkit.frames import Link, Notice
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.history import Line, lines, undo_link
from amparo.toolkit.resources.lists import Cell, cell_of
from amparo.toolkit.resources.screens import Screen

LATEST = 5


@dataclass(frozen=True, slots=True)
class RecordPage:
    title: str
    note: str
    help: str
    crumb: str
    crumb_url: str
    cells: tuple[Cell, ...]
    lines: Sequence[Line]
    history_url: str
    main: Link | None = None
    links: tuple[Link, ...] = ()
    undo_url: str = ""
    undo_words: str = ""
    notices: tuple[Notice, ...] = ()


def record_page(resource: Resource, user: Any, record: Any) -> RecordPage:
    resource.prepare([record], user)
    undo_url, undo_words = undo_link(resource, record, user)
    edits = "edit" in resource.screens and resource.may_edit(user, record)
    return RecordPage(
        title=resource.name_of(record),
        note=resource.note(record),
        help=str(resource.help),
        crumb=str(resource.plural),
        crumb_url=resource.url("list"),
        cells=tuple(cell_of(column, record) for column in resource.columns(user)[1:]),
        lines=lines(resource, record, user, most=LATEST),
        history_url=resource.url("history", record),
        main=Link(str(resource.edit_label), resource.url("edit", record)) if edits else None,
        links=(*resource.links(user, record), *actions_of(resource, user, record)),
        undo_url=undo_url,
        undo_words=undo_words,
        notices=resource.notices(user, record),
    )


def actions_of(resource: Resource, user: Any, record: Any) -> Iterator[Link]:
    """What this person can do to the record now."""
    for action in resource.actions:
        if resource.may_act(user, action.permission, record) and action.when(record):
            yield Link(str(action.label), resource.url(action.key, record))


class PageScreen(Screen):
    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        page = record_page(self.resource, self.user, self.record(uid))
        return render(request, "toolkit/resource_page.html", {"vm": page})
