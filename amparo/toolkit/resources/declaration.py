"""A noun, declared once: who sees it, what it says, who writes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from amparo.disclosure import Purpose
from amparo.kernel.access import can, may, require_anywhere
from amparo.kernel.refusals import OutOfSight
from amparo.kernel.words import fold
from amparo.toolkit.frames import Link, Notice
from amparo.toolkit.resources.columns import Column
from amparo.toolkit.resources.filters import Choices, Filter

Cleaned = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Permissions:
    """What each screen asks for. Empty: nobody creates, nobody edits."""

    view: str
    create: str = ""
    edit: str = ""

    @property
    def sheet(self) -> str:
        """What bringing a sheet asks for: correcting, or adding where nothing is ever corrected."""
        return self.edit or self.create


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: what is missing, and how it begins."""

    title: Any
    text: Any


def always(record: Any) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done to a record, after a confirmation.

    `do` takes the record, `by` and what the form cleaned; `form` builds that form from (record, data). `when` says
    whether it can be done now: sent twice, it is done once. With `consequences` the page warns before it asks.
    """

    key: str
    label: Any
    title: Callable[[Any], str]
    submit: Any
    do: Callable[..., Any]
    done: Any
    permission: str
    text: Any = ""
    consequences: tuple[Any, ...] = ()
    form: Callable[[Any, Any], forms.Form] | None = None
    when: Callable[[Any], bool] = always


Reverse = Callable[..., Any]
"""(record, by=, said=, of=): put back what an entry changed. `said` is its payload, `of` its name in the ledger."""


class Resource:
    """A noun. A module declares it in its `resources.py`; a higher floor extends it by subclassing.

    `noun` begins the names of its addresses ("site_page"), `slug` the addresses ("/sites/"). `hand_made` names the
    screens somebody else builds under the same names, `new_screen` the one that begins a record. `order` is its
    place in the menu, for whoever holds `menu_permission` (or may view); 0 keeps it out. `erase(record, by=, why=)`
    takes back what a sheet added; a noun that is never corrected comes by sheet only where that can be done.
    `purpose` is why its lists leave, and so which columns; `for_machines` whether it stands in the API. With
    `shares_sheets` a colleague whose area holds that of whoever brought a sheet looks into it, applies it, undoes it.
    `answered` are the answers to questions of the new form that sheets put in their own way.
    """

    noun: str = ""
    slug: str = ""
    model: type[Model]
    permissions: Permissions
    list_name: str = ""
    new_screen: str = "new"
    hand_made: frozenset[str] = frozenset()
    purpose: Purpose = Purpose.COORDINATION
    for_machines: bool = True
    shares_sheets: bool = True
    answered: Mapping[str, str] = {}
    icon: str = "informe"
    order: int = 0
    menu_permission: str = ""

    singular: Any = ""
    plural: Any = ""
    title: Any = ""
    lead: Any = ""
    help: Any = ""
    search_label: Any = _("Buscar")
    empty: Empty
    new_label: Any = _("Agregar")
    new_title: Any = _("¿Qué quiere agregar?")
    new_submit: Any = _("Guardar")
    new_done: Any = _("Guardado.")
    edit_label: Any = _("Corregir")
    edit_title: Any = _("¿Qué cambia?")
    edit_submit: Any = _("Guardar cambios")
    edit_done: Any = _("Cambios guardados.")
    uncorrected: Any = _("Esto no se corrige. Deje vacía la celda uid para agregarlo como nuevo.")

    chips: Choices | None = None
    filters: tuple[Filter, ...] = ()
    searched: tuple[str, ...] = ()
    sort: str = ""
    identify: tuple[str, ...] = ()

    form_new: type[forms.Form] | None = None
    form_edit: type[forms.Form] | None = None
    erase: Callable[..., Any] | None = None
    actions: tuple[Action, ...] = ()
    verbs: Mapping[str, Any] = {}
    reversals: Mapping[str, Reverse] = {}

    # --- what there is

    def visible_to(self, user: Any) -> "QuerySet[Any]":
        """The records this person may see, with what the columns read already joined."""
        raise NotImplementedError

    def columns(self, user: Any) -> tuple[Column, ...]:
        """Every column this person may see; the first one names the record."""
        raise NotImplementedError

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        """Fetch for all these records at once what their columns need beyond the row."""

    def prepare_written(self, records: Sequence[Any], user: Any) -> None:
        """The same for those columns alone that are written here: a sheet that comes in is held against them."""
        self.prepare(records, user)

    def search(self, records: "QuerySet[Any]", text: str) -> "QuerySet[Any]":
        """Those in whose `searched` fields every word stands, whatever the accents and capitals."""
        words = fold(text).split()
        texts = records.order_by().values_list("pk", *self.searched)
        found = [
            pk
            for pk, *said in texts
            if all(word in fold(" ".join(str(one or "") for one in said)) for word in words)
        ]
        return records.filter(pk__in=found)

    def name_of(self, record: Any) -> str:
        return str(record)

    def may_be_repeated(self, user: Any) -> "QuerySet[Any]":
        """The records that a new row of a sheet is held against, lest it say again what is there."""
        return self.visible_to(user)

    def note(self, record: Any) -> str:
        """What stands small under the name in the list."""
        return ""

    def links(self, user: Any, record: Any) -> tuple[Link, ...]:
        """Where else one may go from the page of a record."""
        return ()

    def list_links(self, user: Any, params: Mapping[str, str]) -> tuple[Link, ...]:
        """Where else one may go from the list as it is shown, beside what is built."""
        return ()

    def after_import(self, user: Any, run: Any) -> tuple[Link, ...]:
        """What is to be done next with what a sheet (`ImportRun`) added."""
        return ()

    def notices(self, user: Any, record: Any) -> tuple[Notice, ...]:
        """What a person must know above the page of a record."""
        return ()

    def subjects(self, record: Any) -> list[UUID]:
        """The records whose ledger entries are this one's history."""
        return [record.uid]

    def detail(self, said: Mapping[str, Any]) -> list[str]:
        """Sentences about an entry's payload beyond what changed and why."""
        return []

    def value_words(self, name: str, value: Any) -> str | None:
        """A value of the ledger in words, where neither its column nor its field can say it; None leaves it to them."""
        return None

    # --- who may

    def may_be_told(self, user: Any, record: Any, name: str) -> bool:
        """Whether the values of a field that the ledger keeps are told this person; else only that it changed."""
        return True

    def may_create(self, user: Any) -> bool:
        return bool(self.permissions.create) and may(user, self.permissions.create)

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        """Whether this person holds the permission where the record lies."""
        return can(user, permission, record)

    def may_edit(self, user: Any, record: Any) -> bool:
        return bool(self.permissions.edit) and self.may_act(user, self.permissions.edit, record)

    def may_bring(self, user: Any, record: Any) -> bool:
        """Whether a sheet of theirs may reach this record: to change it, or to take back what it added."""
        if self.permissions.edit:
            return self.may_edit(user, record)
        return self.may_act(user, self.permissions.create, record)

    def require(self, user: Any, permission: str, record: Any) -> None:
        """Raise `NotPermitted` when this person holds it nowhere, `OutOfSight` when not for this record."""
        require_anywhere(user, permission)
        if not self.may_act(user, permission, record):
            raise OutOfSight

    def guard(self, view: Any) -> Any:
        """The view that writes what a sheet says, or takes it back: where one record asks who is there, it must too."""
        return view

    # --- writing: forms check, actions write

    def new_form(self, user: Any, data: Any = None, *, initial: Cleaned | None = None) -> forms.Form:
        assert self.form_new is not None
        return self.form_new(data, initial=dict(initial or {}))

    def edit_form(self, user: Any, record: Any, data: Any = None, *, prefix: str | None = None) -> forms.Form:
        assert self.form_edit is not None
        return self.form_edit(data, initial=self.initial(record), prefix=prefix)

    def initial(self, record: Any) -> dict[str, Any]:
        """What the edit form shows of a record."""
        assert self.form_edit is not None
        return {name: getattr(record, name) for name in self.form_edit.base_fields}

    def create(self, *, by: Any, uid: UUID, **cleaned: Any) -> Any:
        """Make the record whose id is `uid`; the module's action."""
        raise NotImplementedError

    def update(self, record: Any, *, by: Any, **cleaned: Any) -> Any:
        """Change what is given of the record, nothing else; the module's action."""
        raise NotImplementedError

    # --- addresses

    @property
    def only_adds(self) -> bool:
        """Whether what is there is never corrected: the new one is noted beside it."""
        return self.form_new is not None and self.form_edit is None

    @property
    def screens(self) -> frozenset[str]:
        """The screens that exist, built here or by hand."""
        offered = {"list", "page", "history", "export", "views"}
        if self.form_new is not None:
            offered.add("new")
        if self.form_edit is not None or (self.only_adds and self.erase is not None):
            offered.add("import")  # built by `toolkit.imports`
        if self.form_edit is not None:
            offered.add("edit")
            if any(column.editable for column in self.columns(None)):
                offered.add("grid")
        if self.reversals:
            offered.add("undo")
        return frozenset(offered | {action.key for action in self.actions} | self.hand_made)

    def named(self, screen: str) -> str:
        """The name of a screen's address: "sites_list", "site_page"."""
        if screen == "list":
            return self.list_name or self.slug
        return f"{self.noun}_{screen}"

    def url(self, screen: str, record: Any = None, **more: Any) -> str:
        """The address of a screen, of one record where it has one; "" where there is no such screen."""
        if screen not in self.screens:
            return ""
        arguments = {"uid": record.uid} if record is not None else {}
        return reverse(self.named(screen), kwargs=arguments | more)

    def column(self, key: str, user: Any = None) -> Column | None:
        return next((column for column in self.columns(user) if column.key == key), None)

    def action(self, key: str) -> Action:
        return next(action for action in self.actions if action.key == key)
