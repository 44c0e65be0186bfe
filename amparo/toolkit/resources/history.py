"""What has happened to a record, in words, out of the ledger; and taking back the last change."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.toolkit import formats
from amparo.toolkit.asked import address, page_not_understood, paged
from amparo.toolkit.frames import ConfirmPage, Notice, Pages
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.screens import Screen

PER_PAGE = 30
MOST_ENTRIES = 2_000
MOST_CHANGES = 12  # told of one entry


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, what, who, what changed and why."""

    when: dt.datetime
    what: str
    who: str = ""
    detail: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    title: str
    crumb: str
    crumb_url: str
    lines: Sequence[Line]
    pages: Pages | None = None
    undo_url: str = ""
    undo_words: str = ""
    not_understood: tuple[Notice, ...] = ()


Told = Callable[[str], bool]
"""Whether the reader may be told the values of the field with this name."""


def lines(resource: Resource, record: Any, user: Any, *, most: int = MOST_ENTRIES) -> list[Line]:
    """The newest entries first, in what this person may be told of the record."""
    may_be_told = partial(resource.may_be_told, user, record)
    told = [one for subject in resource.subjects(record) for one in islice(ledger.history(subject), most)]
    told.sort(key=lambda one: (one[0].at, one[0].pk), reverse=True)
    names = _names({entry.by for entry, _said in told if entry.by})
    return [
        Line(
            when=entry.at,
            what=what(resource, entry),
            who=names.get(entry.by, "") if entry.by else "",
            detail=detail(resource, said or {}, may_be_told),
        )
        for entry, said in told[:most]
    ]


def _names(uids: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(uid__in=uids).values_list("uid", "name")) if uids else {}


def what(resource: Resource, entry: LedgerEntry) -> str:
    known = resource.verbs.get(entry.verb)
    return str(known) if known is not None else entry.verb


def detail(resource: Resource, said: Mapping[str, Any], may_be_told: Told) -> str:
    """What changed, from what to what, and why."""
    parts = changes(resource, said, may_be_told)
    parts += resource.detail(said)
    if said.get("why"):
        parts.append(_("Por qué: %(why)s.") % {"why": said["why"]})
    return " ".join(parts)


def changes(resource: Resource, said: Mapping[str, Any], may_be_told: Told) -> list[str]:
    """A sentence for each field that changed."""
    changed = said.get("changed")
    if not isinstance(changed, dict):
        return []
    return [
        _change(resource, name, pair)
        if may_be_told(name)
        else _("%(name)s: cambió.") % {"name": label_of(resource, name)}
        for name, pair in list(changed.items())[:MOST_CHANGES]
    ]


def _change(resource: Resource, name: str, pair: Any) -> str:
    label = label_of(resource, name)
    if not isinstance(pair, list) or len(pair) != 2:
        return f"{label}."
    before, after = (value_words(resource, name, value) or _("vacío") for value in pair)
    return _("%(name)s: de «%(before)s» a «%(after)s».") % {"name": label, "before": before, "after": after}


def label_of(resource: Resource, name: str) -> str:
    """What a field is called: by its model, else by its column."""
    try:
        field: Any = resource.model._meta.get_field(name)
        label = str(field.verbose_name)
    except (FieldDoesNotExist, AttributeError):
        column = resource.column(name)
        label = str(column.label) if column is not None else name
    return label[:1].upper() + label[1:]


def value_words(resource: Resource, name: str, value: Any) -> str:
    """A value as the ledger keeps it, in words."""
    own = resource.value_words(name, value)
    if own is not None:
        return own
    if isinstance(value, dict):
        return str(
            value.get((get_language() or "es")[:2]) or value.get("es") or next(iter(value.values()), "")
        )
    try:
        value = resource.model._meta.get_field(name).to_python(value)  # type: ignore[union-attr]
    except (FieldDoesNotExist, ValidationError, ValueError, TypeError, AttributeError):
        pass
    column = resource.column(name)
    if column is not None:
        return column.words(value)
    if isinstance(value, dt.date):
        return formats.day(value)
    return "" if value is None else str(value)


# --- taking back


@dataclass(frozen=True, slots=True)
class Last:
    """The newest change of a record, when it can be taken back. `of`: its name in the ledger."""

    of: str
    verb: str
    words: str
    said: Mapping[str, Any]


def last_change(resource: Resource, record: Any, user: Any, *, of: str = "") -> Last | None:
    """The newest entry whose verb has a reverse, if nothing newer stands above it; or the entry called `of`."""
    if not resource.reversals:
        return None
    for entry, said in islice(_entries(record), MOST_ENTRIES if of else 1):
        called = f"{entry.origin.name}-{entry.counter}"
        if of and called != of:
            continue
        if entry.verb not in resource.reversals or said is None:
            return None
        told = changes(resource, said, partial(resource.may_be_told, user, record))
        return Last(called, entry.verb, " ".join([what(resource, entry) + ".", *told]), said)
    return None


def _entries(record: Any) -> Iterable[tuple[LedgerEntry, dict[str, Any] | None]]:
    return ledger.history(record.uid)


def undo_link(resource: Resource, record: Any, user: Any) -> tuple[str, str]:
    """The address that takes back the last change, and what that change was; ("", "") where there is none."""
    last = last_change(resource, record, user) if resource.may_edit(user, record) else None
    if last is None:
        return "", ""
    return address(resource.url("undo", record), {"of": last.of}), last.words


class HistoryScreen(Screen):
    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self.record(uid)
        resource = self.resource
        told = lines(resource, record, self.user)
        rows, pages = paged(told, request.GET, request.path, per_page=PER_PAGE)
        undo_url, undo_words = undo_link(resource, record, self.user)
        name = resource.name_of(record)
        page = HistoryPage(
            title=_("Historia de %(name)s") % {"name": name},
            crumb=name,
            crumb_url=resource.url("page", record) or resource.url("list"),
            lines=rows,
            pages=pages,
            undo_url=undo_url,
            undo_words=undo_words,
            not_understood=page_not_understood(len(told), request.GET, per_page=PER_PAGE),
        )
        return render(request, "toolkit/resource_history.html", {"vm": page})


class UndoScreen(Screen):
    """Take back one change, after saying which. It is an action of its own: history shows both."""

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self._record(uid)
        last = last_change(self.resource, record, self.user, of=request.GET.get("of", ""))
        if last is None:
            return self._nothing(record)
        back = self.resource.url("history", record)
        page = ConfirmPage(
            title=_("¿Deshacer este cambio?"),
            text=last.words,
            submit=_("Deshacer"),
            action=address(self.resource.url("undo", record), {"of": last.of}),
            cancel_url=back,
            consequences=(_("Vuelve lo de antes. Este paso también queda en la historia."),),
            crumb=self.resource.name_of(record),
            crumb_url=back,
        )
        return render(request, "toolkit/confirm.html", {"vm": page, "form": None})

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self._record(uid)
        last = last_change(self.resource, record, self.user, of=request.GET.get("of", ""))
        if last is None:
            return self._nothing(record)
        try:
            self.resource.reversals[last.verb](record, by=self.user, said=last.said, of=last.of)
        except NotPermitted:
            raise
        except Refused as refusal:
            messages.warning(request, refusal.message)
        else:
            messages.success(request, _("Deshecho. La historia guarda los dos pasos."))
        return HttpResponseRedirect(self.resource.url("history", record))

    def _record(self, uid: UUID) -> Any:
        record = self.record(uid)
        self.require(self.resource.permissions.edit, record)
        return record

    def _nothing(self, record: Any) -> HttpResponse:
        messages.info(self.request, _("No hay un cambio que se pueda deshacer."))
        return HttpResponseRedirect(self.resource.url("history", record))
