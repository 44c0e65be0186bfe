"""Create and edit. A form checks what was typed and hands it to the module's action; it never saves."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from amparo.toolkit.doors import done
from amparo.toolkit.frames import FormPage, Notice
from amparo.toolkit.resources import again, drafts, meanwhile
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.screens import Screen

TOKEN = "token"  # noqa: S105 - the form's own, no secret
Hidden = tuple[tuple[str, str], ...]


def came_back() -> tuple[Notice, ...]:
    """What is said over a form that a session ended."""
    title = _("Su sesión terminó mientras escribía.")
    return (
        Notice(
            "info", title, _("Aquí está lo que había escrito. Todavía no se ha guardado: revíselo y envíelo.")
        ),
    )


class FormScreen(Screen):
    """A page that is one form."""

    def show(self, form: forms.Form, page: FormPage) -> HttpResponse:
        return render(
            self.request, "toolkit/resource_form.html", {"vm": page, "form": form, "resource": self.resource}
        )

    def hidden(self, *more: tuple[str, str]) -> Hidden:
        return ((drafts.WHO, drafts.mark_of(self.user)), *more)

    def to(self, screen: str, record: Any = None) -> HttpResponse:
        """Go on, with nothing kept of the form: the back button shows an address, never a form sent again."""
        drafts.forget(self.request)
        return HttpResponseRedirect(self.resource.url(screen, record) or self.resource.url("list"))


def made_once(resource: Resource, user: Any, uid: UUID, cleaned: dict[str, Any]) -> Any:
    """The new record; the one that the same form made a moment ago where it came twice at once."""
    try:
        with transaction.atomic():
            return resource.create(by=user, uid=uid, **cleaned)
    except IntegrityError:
        there = resource.visible_to(user).filter(uid=uid).first()
        if there is None:
            raise
        return there


def hold(resource: Resource, uid: UUID) -> None:
    """Until the transaction ends nobody else changes this record: what is read of it after this stays true.

    SQLite holds the whole database since the transaction began.
    """
    held = resource.model._base_manager.select_for_update().filter(uid=uid).order_by()
    list(held.values_list("pk"))


def write_changes(resource: Resource, user: Any, record: Any, form: forms.Form) -> None:
    """Hand to the action what a valid form says otherwise than the record, and nothing of what only stood in it."""
    fresh = resource.edit_form(user, record, prefix=form.prefix)
    untouched = QueryDict(mutable=True)
    for name, text in meanwhile.shown(fresh).items():
        untouched[fresh.add_prefix(name)] = text
    stands = resource.edit_form(user, record, untouched, prefix=form.prefix)
    for name in stands.fields.keys() - form.fields.keys():
        del stands.fields[name]
    stands.full_clean()
    now = stands.cleaned_data
    differing = {
        name: value for name, value in form.cleaned_data.items() if name not in now or now[name] != value
    }
    if differing:
        with transaction.atomic():
            resource.update(record, by=user, **differing)


class NewScreen(FormScreen):
    """A new record. Its id comes with the form, so that the same form sent twice makes one record.

    So do the same words sent from the page that somebody went back to.
    """

    needs = "create"

    def get(self, request: HttpRequest) -> HttpResponse:
        draft = drafts.kept_for(request)
        if draft is None:
            return self._page(self.resource.new_form(self.user, initial=self._asked()), uuid4())
        form = self.resource.new_form(self.user, draft)
        form.full_clean()
        return self._page(form, _uid(draft) or uuid4(), came_back())

    def _asked(self) -> dict[str, str]:
        """What the address already says: a link may begin a form."""
        return {name: self.request.GET.get(name, "") for name in self.request.GET if name != TOKEN}

    def post(self, request: HttpRequest) -> HttpResponse:
        there = self._made_already()
        if there is not None:
            return self.to("page", there)
        uid = _uid(request.POST)
        form = self.resource.new_form(self.user, request.POST)
        taken = uid is not None and self.resource.model._default_manager.filter(uid=uid).exists()
        if uid is None or taken:
            form.add_error(
                None, _("Este formulario ya se usó o llegó incompleto. Revise y envíelo otra vez.")
            )
            return self._page(form, uuid4())
        made: list[Any] = []
        if form.is_valid() and done(
            form, lambda: made.append(made_once(self.resource, self.user, uid, form.cleaned_data))
        ):
            again.remember(request, made[0], TOKEN)
            messages.success(request, str(self.resource.new_done))
            return self.to("page", made[0])
        return self._page(form, uid)

    def _made_already(self) -> Any:
        """The record that this form has made: under its own token, or of the same words a moment ago. Else None."""
        uids = [_uid(self.request.POST), again.made_before(self.request, TOKEN)]
        known = [uid for uid in uids if uid is not None]
        return self.resource.visible_to(self.user).filter(uid__in=known).first() if known else None

    def _page(self, form: forms.Form, uid: UUID, notices: tuple[Notice, ...] = ()) -> HttpResponse:
        resource = self.resource
        page = FormPage(
            title=str(resource.new_title),
            submit=str(resource.new_submit),
            action=resource.url("new"),
            cancel_url=resource.url("list"),
            crumb=str(resource.plural),
            crumb_url=resource.url("list"),
            notices=notices,
            hidden=self.hidden((TOKEN, str(uid))),
        )
        return self.show(form, page)


def _uid(said: QueryDict) -> UUID | None:
    try:
        return UUID(said.get(TOKEN, ""))
    except ValueError:
        return None


class EditScreen(FormScreen):
    """What is written of a record, changed; nobody overwrites unknowingly what another wrote."""

    def get(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        record = self._editable(uid)
        fresh = self.resource.edit_form(self.user, record)
        draft = drafts.kept_for(request)
        if draft is None:
            return self._page(record, fresh, fresh)
        form = self.resource.edit_form(self.user, record, draft)
        form.full_clean()
        return self._page(record, form, fresh, notices=came_back(), seen=draft.get(meanwhile.SEEN, ""))

    def post(self, request: HttpRequest, uid: UUID) -> HttpResponse:
        with transaction.atomic():
            hold(self.resource, uid)
            record = self._editable(uid)
            fresh = self.resource.edit_form(self.user, record)
            said, both = meanwhile.merged(fresh, request.POST)
            form = self.resource.edit_form(self.user, record, said)
            saved = (
                not both
                and form.is_valid()
                and done(form, lambda: write_changes(self.resource, self.user, record, form))
            )
        if both:
            form.full_clean()
            meanwhile.put_the_question(form, both)
            notices = (
                Notice(
                    "bajo",
                    _("Otra persona cambió esto mientras usted escribía."),
                    _("No se guardó nada todavía y nada se perdió. Elija qué queda y guarde."),
                ),
            )
            return self._page(record, form, fresh, notices, asked=" ".join(one.name for one in both))
        if saved:
            messages.success(request, str(self.resource.edit_done))
            return self.to("page", record)
        return self._page(record, form, fresh)

    def _editable(self, uid: UUID) -> Any:
        record = self.record(uid)
        self.require(self.resource.permissions.edit, record)
        return record

    def _page(
        self,
        record: Any,
        form: forms.Form,
        fresh: forms.Form,
        notices: tuple[Notice, ...] = (),
        *,
        asked: str = "",
        seen: str = "",
    ) -> HttpResponse:
        resource = self.resource
        name = resource.name_of(record)
        page = FormPage(
            title=str(resource.edit_title),
            submit=str(resource.edit_submit),
            action=resource.url("edit", record),
            cancel_url=resource.url("page", record) or resource.url("list"),
            crumb=name,
            crumb_url=resource.url("page", record) or resource.url("list"),
            notices=notices,
            hidden=self.hidden(
                (meanwhile.SEEN, seen or meanwhile.carried(fresh)),
                *([(meanwhile.ASKED, asked)] if asked else []),
            ),
        )
        return self.show(form, page)
