"""The same nouns for machines: JSON under /api/v1/, described at /api/v1/openapi.json.

The rows are the list's, the writing is the form's and the action's. Whoever calls is a person with a session, or
shows a key (`Authorization: Bearer`), which `settings.AMPARO_TOKENS` turns into its owner limited to what the key
allows. Only columns leave that `disclosure` releases for coordination.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from ninja import NinjaAPI, Query, Router, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import HttpBearer, SessionAuth
from pydantic import ConfigDict, Field, create_model

from amparo.disclosure import Purpose, release
from amparo.kernel.access import require_anywhere
from amparo.kernel.actions import note_export
from amparo.kernel.refusals import Refused
from amparo.toolkit.resources import meanwhile
from amparo.toolkit.resources.columns import Column
from amparo.toolkit.resources.cursors import after, cursor_of
from amparo.toolkit.resources.declaration import Resource
from amparo.toolkit.resources.forms import hold, made_once, write_changes
from amparo.toolkit.resources.lists import ask, selection

PURPOSE = Purpose.COORDINATION
USUAL, MOST = 20, 200  # rows of one answer

TYPES: dict[str, Any] = {
    "whole": int | None,
    "number": float | None,
    "coordinate": float | None,
    "date": dt.date | None,
    "moment": dt.datetime | None,
    "yesno": bool | None,
}
TYPED = str | int | float | bool | None
"""What a machine may send for a field of a form; the form says what it means."""


class Wrong(Schema):
    """Why something was not done: a stable code, words for people, and what is wrong by field."""

    code: str
    message: str
    fields: dict[str, list[str]] = {}


ERRORS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 413, 422, 503), Wrong)


class Key(HttpBearer):
    """A key that its owner made, with no more than it allows. Refused before anything sent is read."""

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        path = getattr(settings, "AMPARO_TOKENS", "")
        actor = import_string(path)(token) if path and 0 < len(token) < 500 else None
        if actor is not None:
            require_anywhere(actor, self.permission)
        return actor


class Person(SessionAuth):
    """Someone who has logged in; what they send to be written carries the token of our own pages."""

    def __init__(self, permission: str) -> None:
        super().__init__()
        self.permission = permission

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        user = super().authenticate(request, key)
        if user is not None:
            require_anywhere(user, self.permission)
        return user


def _doors(permission: str) -> list[Any]:
    return [Key(permission), Person(permission)]


def served(resources: Iterable[Resource], *, title: str = "Amparo") -> NinjaAPI:
    """The API of these nouns, but for those that no machine reads or writes."""
    api = NinjaAPI(title=title, version="1", urls_namespace="api", docs_url=None)
    _say_no_in_words(api)
    for resource in (one for one in resources if one.for_machines):
        api.add_router(f"/{resource.slug}", _router(resource), tags=[resource.slug])
    return api


def contents(resources: Iterable[Resource]) -> Callable[[HttpRequest], HttpResponse]:
    """What stands at the root of the API: its nouns, where each is described, and how a program comes in."""
    nouns = [resource.slug for resource in resources if resource.for_machines]

    @require_safe
    def root(request: HttpRequest) -> HttpResponse:
        here = request.build_absolute_uri(request.path)
        return _answer(
            {
                "name": "Amparo",
                "version": "1",
                "message": _("Entre con su cuenta, o envíe una llave que valga."),
                "openapi": f"{here}openapi.json",
                "nouns": {noun: f"{here}{noun}/" for noun in nouns},
            }
        )

    return root


def not_there(request: HttpRequest) -> HttpResponse:
    """For a program, what is not there answers as what is out of its sight: a code and words, never a page."""
    return _wrong(404, *_not_there())


def _not_there() -> tuple[str, str]:
    return "not_found", _("No existe, o no está a su alcance.")


def _router(resource: Resource) -> Router:
    router = Router(auth=_doors(resource.permissions.view))
    name = resource.noun.title()
    row: Any = _row_schema(resource, name)
    page = create_model(
        f"{name}Page", __base__=Schema, items=(list[row], ...), next=(str | None, None), total=(int, ...)
    )
    asks: Any = _ask_schema(resource, name)

    @router.get(
        "/", response={200: page, **ERRORS}, url_name=resource.slug, operation_id=f"{resource.slug}_list"
    )
    def listed(request: HttpRequest, params: asks = Query(...)) -> HttpResponse:  # noqa: B008
        """The rows of the list, in its order. `next` is the cursor of the rows that follow."""
        return _list(resource, request, params)

    @router.get(
        "/{uuid:uid}",
        response={200: row, **ERRORS},
        url_name=f"{resource.slug}_one",
        operation_id=f"{resource.slug}_read",
    )
    def one(request: HttpRequest, uid: UUID) -> HttpResponse:
        """One record."""
        user = _caller(request)
        return _answer(_row(resource, user, _found(resource, user, uid)))

    if resource.form_new is not None and resource.permissions.create:
        new: Any = _form_schema(f"{name}New", resource.form_new.base_fields, uid=(UUID | None, None))

        @router.post(
            "/",
            response={200: row, 201: row, **ERRORS},
            url_name=resource.slug,
            operation_id=f"{resource.slug}_create",
            auth=_doors(resource.permissions.create),
        )
        def created(request: HttpRequest, said: new) -> HttpResponse:
            """Make a record. With a `uid` of your own the same call sent twice makes one."""
            return _create(resource, request, said)

    if resource.form_edit is not None and resource.permissions.edit:
        seen = (dict[str, TYPED] | None, None)
        change: Any = _form_schema(f"{name}Change", resource.form_edit.base_fields, every=False, seen=seen)

        @router.patch(
            "/{uuid:uid}",
            response={200: row, **ERRORS},
            url_name=f"{resource.slug}_one",
            operation_id=f"{resource.slug}_update",
            auth=_doors(resource.permissions.edit),
        )
        def updated(request: HttpRequest, uid: UUID, said: change) -> HttpResponse:
            """Change the fields given. With `seen` (the values you knew) nothing is overwritten unknowingly."""
            return _update(resource, request, uid, said)

    return router


# --- what is said and asked


def _row_schema(resource: Resource, name: str) -> Any:
    fields: dict[str, Any] = {
        column.key: (TYPES.get(column.kind, str | None), Field(None, description=str(column.label)))
        for column in release(resource.columns(None), PURPOSE.ceiling)
    }
    return create_model(name, __base__=Schema, uid=(UUID, ...), **fields)


def _ask_schema(resource: Resource, name: str) -> Any:
    filters = (*resource.filters, *([resource.chips] if resource.chips else []))
    fields: dict[str, Any] = {
        one.key: (str, Field("", max_length=200, description=str(one.label))) for one in filters
    }
    return create_model(
        f"{name}Asked",
        __base__=Schema,
        q=(str, Field("", max_length=200)),
        sort=(str, Field("", max_length=60)),
        cursor=(str, Field("", max_length=1000)),
        limit=(int, Field(USUAL, ge=1, le=MOST)),
        **fields,
    )


class _Strict(Schema):
    model_config = ConfigDict(extra="forbid")


def _form_schema(name: str, fields: Any, *, every: bool = True, **more: Any) -> Any:
    typed: dict[str, Any] = {
        key: (TYPED, ... if every and field.required else Field(None, description=str(field.label or key)))
        for key, field in fields.items()
    }
    return create_model(name, __base__=_Strict, **typed, **more)


def _as_typed(value: Any) -> str:
    """A value as the form would have got it from a browser. Raises `Refused` for half a letter (a lone surrogate)."""
    if value is None or value is False:
        return ""
    text = "on" if value is True else str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Refused("not_text", _("Hay letras que no se pueden leer."), status=422) from None
    return text


# --- reading


def _caller(request: HttpRequest) -> Any:
    return request.auth  # type: ignore[attr-defined]


def _found(resource: Resource, user: Any, uid: UUID) -> Any:
    record = resource.visible_to(user).filter(uid=uid).first()
    if record is None:
        raise Http404
    return record


def _columns(resource: Resource, user: Any) -> tuple[Column, ...]:
    return release(resource.columns(user), PURPOSE.ceiling)


def _row(resource: Resource, user: Any, record: Any, *, prepared: bool = False) -> dict[str, Any]:
    if not prepared:
        resource.prepare([record], user)
    values = {column.key: _plain(column.value(record)) for column in _columns(resource, user)}
    return {"uid": record.uid} | values


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, int | float | bool | dt.date) else str(value)


def _answer(said: Any, status: int = 200) -> HttpResponse:
    return JsonResponse(said, status=status, encoder=DjangoJSONEncoder, safe=False)


def _list(resource: Resource, request: HttpRequest, params: Any) -> HttpResponse:
    user = _caller(request)
    asked = ask(resource, user, params.dict())
    for notice in asked.notices:
        raise Refused("not_understood", notice.title, status=422)
    rest = after(asked.records, asked.ordering, params.cursor)
    records = list(rest[: params.limit + 1])
    here = records[: params.limit]
    resource.prepare(here, user)
    items = [_row(resource, user, record, prepared=True) for record in here]
    following = cursor_of(here[-1], asked.ordering) if len(records) > len(here) else None
    if items:
        _note(resource, user, items, selection(resource, asked))
    return _answer({"items": items, "next": following, "total": asked.records.count()})


@transaction.atomic
def _note(resource: Resource, user: Any, items: list[Any], narrowed: str) -> None:
    """What a machine takes is written down as any export is: a row at a time is a list too."""
    content = json.dumps(items, cls=DjangoJSONEncoder, sort_keys=True).encode()
    note_export(
        by=user,
        what=str(resource.plural),
        rows=len(items),
        sha256=hashlib.sha256(content).hexdigest(),
        selection=narrowed,
        form="api",
        purpose=str(PURPOSE),
    )


# --- writing


def _create(resource: Resource, request: HttpRequest, said: Any) -> HttpResponse:
    user = _caller(request)
    given = said.dict(exclude_unset=True)
    uid = given.pop("uid", None) or uuid4()
    there = resource.visible_to(user).filter(uid=uid).first()
    if there is not None:
        return _answer(_row(resource, user, there))
    if resource.model._default_manager.filter(uid=uid).exists():
        raise Refused("uid_taken", _("Ese identificador ya se usó. Envíe otro."))
    form = resource.new_form(user, _sent(given))
    if not form.is_valid():
        return _invalid(form)
    record = made_once(resource, user, uid, form.cleaned_data)
    return _answer(_row(resource, user, _found(resource, user, record.uid)), 201)


@transaction.atomic
def _update(resource: Resource, request: HttpRequest, uid: UUID, said: Any) -> HttpResponse:
    user = _caller(request)
    hold(resource, uid)
    record = _found(resource, user, uid)
    resource.require(user, resource.permissions.edit, record)
    given = said.dict(exclude_unset=True)
    seen = given.pop("seen", None) or {}
    fresh = resource.edit_form(user, record)
    sent = _sent({**meanwhile.shown(fresh), **given})
    sent[meanwhile.SEEN] = json.dumps({name: _as_typed(value) for name, value in seen.items()})
    together, both = meanwhile.merged(fresh, sent, ask_again=False)
    if both:
        wrong = {one.name: [_("Ahora dice: %(value)s") % {"value": one.theirs}] for one in both}
        return _wrong(409, "changed_meanwhile", _("Otra persona lo cambió mientras tanto."), wrong)
    form = resource.edit_form(user, record, together)
    if not form.is_valid():
        return _invalid(form)
    write_changes(resource, user, record, form)
    return _answer(_row(resource, user, _found(resource, user, uid)))


def _sent(given: dict[str, Any]) -> QueryDict:
    said = QueryDict(mutable=True)
    for name, value in given.items():
        said[name] = _as_typed(value)
    return said


def _invalid(form: forms.Form) -> HttpResponse:
    wrong = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    return _wrong(422, "invalid", _("Falta corregir algo. No se guardó nada."), wrong)


def _wrong(status: int, code: str, message: str, fields: dict[str, list[str]] | None = None) -> HttpResponse:
    return _answer({"code": code, "message": message, "fields": fields or {}}, status)


def _say_no_in_words(api: NinjaAPI) -> None:
    """Every refusal has a code and words; what is out of sight answers as what never was."""
    handlers: dict[type[Exception], Callable[[Any], HttpResponse]] = {
        Refused: lambda no: _wrong(no.status, no.code, no.message),
        Http404: lambda _no: _wrong(404, *_not_there()),
        AuthenticationError: lambda no: _wrong(
            401, "who", _("Entre con su cuenta, o envíe una llave que valga.")
        ),
        HttpError: lambda no: _wrong(no.status_code, "bad_request", _("No se entiende lo que envió.")),
        ValidationError: lambda no: _wrong(422, "invalid", _("No se entiende lo que envió."), _by_field(no)),
    }
    for kind, say in handlers.items():

        def handle(request: HttpRequest, no: Any, say: Callable[[Any], HttpResponse] = say) -> HttpResponse:
            return say(no)

        api.add_exception_handler(kind, handle)


def _by_field(no: ValidationError) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    for error in no.errors:
        wrong.setdefault(str(error["loc"][-1]), []).append(str(error["msg"]))
    return wrong
