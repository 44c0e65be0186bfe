"""Many records corrected on one page: fifty rows, a few columns, errors by cell.

Each row is the edit form of its record, cut to the chosen columns. Rows that are right are saved, each with its own
ledger entry; those that are wrong stay as they were typed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, page_not_understood, pages_of, plain
from amparo.toolkit.doors import done
from amparo.toolkit.frames import Notice, Option, Pages
from amparo.toolkit.resources import drafts, meanwhile
from amparo.toolkit.resources.columns import Column
from amparo.toolkit.resources.forms import came_back, hold, write_changes
from amparo.toolkit.resources.lists import ask
from amparo.toolkit.resources.screens import Screen

ROWS = 50
_ROW = re.compile(rf"r([0-9a-f]{{32}})-{meanwhile.SEEN}")
USUAL_COLUMNS = 4


@dataclass(frozen=True, slots=True)
class GridRow:
    """One record: its name, where it stands, and its form with the chosen fields; None where it has no such field."""

    name: str
    url: str
    uid: str
    form: forms.Form
    seen: str
    saved: bool = False
    fields: tuple[BoundField | None, ...] = ()


@dataclass(frozen=True, slots=True)
class GridPage:
    title: str
    crumb: str
    crumb_url: str
    action: str
    heads: tuple[str, ...]
    rows: tuple[GridRow, ...]
    offered: tuple[Option, ...]
    keep: tuple[tuple[str, str], ...]
    who: str
    pages: Pages | None = None
    notices: tuple[Notice, ...] = ()


class GridScreen(Screen):
    needs = "edit"

    def get(self, request: HttpRequest) -> HttpResponse:
        chosen = self._chosen(request.GET)
        draft = drafts.kept_for(request)
        if draft is None:
            rows = [self._row(record, chosen) for record in self._records(request.GET)]
            return self._page(chosen, rows)
        self._records(request.GET)
        rows = [self._typed(record, chosen, draft) for record in self._sent(draft)]
        return self._page(chosen, rows, came_back())

    def post(self, request: HttpRequest) -> HttpResponse:
        chosen = self._chosen(request.GET)
        saved, rows = 0, []
        self._records(request.GET)
        for record in self._sent(request.POST):
            row, written = self._save(record, chosen, request.POST)
            rows.append(row)
            saved += written
        wrong = sum(bool(row.form.errors) for row in rows)
        if not wrong:
            drafts.forget(request)
            messages.success(request, _said(saved))
            return HttpResponseRedirect(request.get_full_path())
        text = ngettext("Falta corregir %(n)s fila.", "Falta corregir %(n)s filas.", wrong) % {
            "n": formats.number(wrong)
        }
        notice = Notice(
            "bajo", text, f"{_said(saved)} {_('Lo demás está como lo escribió: nada se perdió.')}"
        )
        return self._page(chosen, rows, (notice,))

    # --- which rows and columns

    def _editable(self) -> list[Column]:
        return [column for column in self.resource.columns(self.user) if column.editable]

    def _chosen(self, params: Any) -> list[Column]:
        wanted = set(params.getlist("columns"))
        offered = self._editable()
        return [column for column in offered if column.key in wanted] or offered[:USUAL_COLUMNS]

    def _records(self, params: Params) -> list[Any]:
        """The rows of the page asked for, those only that this person may change."""
        asked = ask(self.resource, self.user, params)
        total = asked.records.count()
        pages = pages_of(total, params, self.request.path, per_page=ROWS)
        first, last = (pages.first - 1, pages.last) if pages else (0, ROWS)
        records = list(asked.records[first:last])
        self._total, self._asked = total, asked
        return [record for record in records if self.resource.may_edit(self.user, record)]

    def _sent(self, said: QueryDict) -> list[Any]:
        """The records whose rows were sent, in their order: whatever the list would show now, none is lost."""
        uids = []
        for key in said:
            found = _ROW.fullmatch(key)
            if found:
                uids.append(UUID(found[1]))
        there = {
            record.uid: record for record in self.resource.visible_to(self.user).filter(uid__in=uids[:ROWS])
        }
        return [there[uid] for uid in uids if uid in there and self.resource.may_edit(self.user, there[uid])]

    # --- one row

    def _form(self, record: Any, chosen: Sequence[Column], data: Any = None) -> forms.Form:
        form = self.resource.edit_form(self.user, record, data, prefix=f"r{record.uid.hex}")
        keys = {column.key for column in chosen}
        for name in list(form.fields):
            if name not in keys:
                del form.fields[name]
        for field in form.fields.values():
            label = _("%(field)s de %(name)s") % {"field": field.label, "name": self.resource.name_of(record)}
            field.widget.attrs["aria-label"] = label
            field.help_text = ""
        return form

    def _row(self, record: Any, chosen: Sequence[Column]) -> GridRow:
        form = self._form(record, chosen)
        return self._as_row(record, chosen, form, meanwhile.carried(form))

    def _typed(self, record: Any, chosen: Sequence[Column], said: QueryDict) -> GridRow:
        """A row as it was typed before the session ended."""
        fresh = self._form(record, chosen)
        form = self._form(record, chosen, said)
        form.full_clean()
        return self._as_row(record, chosen, form, said.get(fresh.add_prefix(meanwhile.SEEN), ""))

    def _as_row(
        self, record: Any, chosen: Sequence[Column], form: forms.Form, seen: str, *, saved: bool = False
    ) -> GridRow:
        return GridRow(
            self.resource.name_of(record),
            self.resource.url("page", record),
            record.uid.hex,
            form,
            seen,
            saved,
            tuple(form[column.key] if column.key in form.fields else None for column in chosen),
        )

    def _save(self, record: Any, chosen: Sequence[Column], said: QueryDict) -> tuple[GridRow, int]:
        """The row after trying to save it, and whether something was written."""
        if not self._touched(record, chosen, said):
            return self._row(record, chosen), 0
        with transaction.atomic():
            hold(self.resource, record.uid)
            record = self.resource.visible_to(self.user).filter(pk=record.pk).first() or record
            if not self._touched(record, chosen, said):
                return self._row(record, chosen), 0
            fresh = self._form(record, chosen)
            together, both = meanwhile.merged(fresh, said, ask_again=False)
            form = self._form(record, chosen, together)
            saved = form.is_valid() and not both and done(form, lambda: self._write(record, form))
        if saved:
            again = self.resource.visible_to(self.user).get(pk=record.pk)
            return self._as_row(again, chosen, *self._fresh(again, chosen), saved=True), 1
        for one in both:
            form.add_error(
                one.name,
                _("Otra persona puso «%(theirs)s». Deje lo suyo o escriba eso, y guarde.")
                % {"theirs": one.theirs},
            )
        return self._as_row(record, chosen, form, meanwhile.carried(fresh)), 0

    def _touched(self, record: Any, chosen: Sequence[Column], said: QueryDict) -> bool:
        """Whether what was sent of a row, put together with what stands there, says anything else than that."""
        fresh = self._form(record, chosen)
        now = meanwhile.shown(fresh)
        together, _both = meanwhile.merged(fresh, said, ask_again=False)
        return any(
            not meanwhile.same(field, together.get(fresh.add_prefix(name), ""), now[name])
            for name, field in fresh.fields.items()
        )

    def _fresh(self, record: Any, chosen: Sequence[Column]) -> tuple[forms.Form, str]:
        form = self._form(record, chosen)
        return form, meanwhile.carried(form)

    def _write(self, record: Any, form: forms.Form) -> None:
        write_changes(self.resource, self.user, record, form)

    # --- the page

    def _page(
        self, chosen: Sequence[Column], rows: Sequence[GridRow], notices: tuple[Notice, ...] = ()
    ) -> HttpResponse:
        resource, params = self.resource, self.request.GET
        keep = {**self._asked.params, "page": plain(params.get("page", ""))}
        keys = [column.key for column in chosen]
        page = GridPage(
            title=_("¿Qué corrige?"),
            crumb=str(resource.plural),
            crumb_url=address(resource.url("list"), self._asked.params),
            action=self.request.get_full_path(),
            heads=tuple(str(column.label) for column in chosen),
            rows=tuple(rows),
            offered=tuple(
                Option(column.key, str(column.label), column.key in keys) for column in self._editable()
            ),
            keep=tuple((name, value) for name, value in keep.items() if value),
            who=drafts.mark_of(self.user),
            pages=self._pages(),
            notices=(
                *notices,
                *self._asked.notices,
                *page_not_understood(self._total, params, per_page=ROWS),
            ),
        )
        return render(self.request, "toolkit/resource_grid.html", {"vm": page})

    def _pages(self) -> Pages | None:
        """The next rows, with the same columns: `columns` stands several times in an address."""
        params = self.request.GET.copy()
        params.pop("page", None)
        joined = params.urlencode()
        pages = pages_of(
            self._total, {"page": self.request.GET.get("page", "")}, self.request.path, per_page=ROWS
        )
        if pages is None or not joined:
            return pages

        def along(url: str) -> str:
            return url and f"{url}{'&' if '?' in url else '?'}{joined}"

        return replace(pages, previous_url=along(pages.previous_url), next_url=along(pages.next_url))


def _said(saved: int) -> str:
    if not saved:
        return _("Nada cambió.")
    return ngettext("Guardado: %(n)s.", "Guardados: %(n)s.", saved) % {"n": formats.number(saved)}
