"""What a colleague changed while someone was typing. Strings in, strings out: no database.

An edit form carries the values it had seen. Of each field: changed by nobody else, what was typed counts; changed by
them and untouched here, theirs stays; changed by both, the person sees both values and chooses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

SEEN, ASKED, KEEP = "_seen", "_asked", "keep_"
THEIRS, MINE = "theirs", "mine"
MOST_SEEN = 100_000


@dataclass(frozen=True, slots=True)
class Both:
    """A field that two people changed: what it says now, and what this person wrote, in words."""

    name: str
    theirs: str
    mine: str


def shown(form: forms.Form) -> dict[str, str]:
    """Each field of a form as the browser would send it back untouched."""
    return {name: _shown(form, name) for name in form.fields}


def _shown(form: forms.Form, name: str) -> str:
    value = form[name].value()
    widget = form.fields[name].widget
    if isinstance(widget, forms.CheckboxInput):
        return "on" if value else ""
    if isinstance(widget, forms.Select | forms.RadioSelect):
        return "" if value is None else str(value)
    written = widget.format_value(value)
    return "" if written is None else str(written)


def carried(form: forms.Form) -> str:
    """The values a form shows, for the hidden field that comes back with it."""
    return json.dumps(shown(form), ensure_ascii=False, separators=(",", ":"))


def seen_in(said: Mapping[str, str], form: forms.Form) -> dict[str, str]:
    """What the form that was sent had seen; nothing where it carries nothing that can be read."""
    text = said.get(form.add_prefix(SEEN), "")
    if not text or len(text) > MOST_SEEN:
        return {}
    try:
        seen = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(seen, dict):
        return {}
    return {name: value for name, value in seen.items() if isinstance(value, str) and name in form.fields}


def merged(
    form: forms.Form, said: QueryDict, *, ask_again: bool = True
) -> tuple[QueryDict, tuple[Both, ...]]:
    """What was sent, with what others changed meanwhile put where nobody here touched it; and what both changed.

    `form` is the unbound form of the record as it is now. With `ask_again` a field shown with both values stays in
    question until one is chosen; without, sending it again is the choice.
    """
    seen, now = seen_in(said, form), shown(form)
    asked = set(said.get(form.add_prefix(ASKED), "").split()) if ask_again else set()
    result, both = said.copy(), []
    for name, field in form.fields.items():
        key = form.add_prefix(name)
        typed = said.get(key, "")
        if name not in seen or same(field, typed, now[name]):
            continue
        choice = said.get(form.add_prefix(KEEP + name)) if name in asked else None
        if not same(field, seen[name], now[name]):
            if same(field, seen[name], typed):
                result[key] = now[name]
            else:
                both.append(Both(name, said_of(field, now[name]), said_of(field, typed)))
        elif name in asked and choice == THEIRS:
            result[key] = now[name]
        elif name in asked and choice != MINE:
            both.append(Both(name, said_of(field, now[name]), said_of(field, typed)))
    return result, tuple(both)


def same(field: forms.Field, one: str, other: str) -> bool:
    """Whether two strings mean one value to this field: "14.50" and "14.5", the code of a place and its name."""
    if one.strip() == other.strip():
        return True
    try:
        read_alike: bool = field.to_python(one) == field.to_python(other)
        return read_alike or bool(field.clean(one) == field.clean(other))
    except (forms.ValidationError, ValueError, TypeError, OverflowError):
        return False


def said_of(field: forms.Field, value: str) -> str:
    """A value as the page says it: the label of a choice, the words of an empty one."""
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return str(dict(choices).get(value, value)) or _("vacío")
    if isinstance(field, forms.BooleanField):
        return _("Sí") if value else _("No")
    return value or _("vacío")


def put_the_question(form: forms.Form, both: tuple[Both, ...]) -> None:
    """Stand both values under each field that two people changed, to choose one."""
    order: list[str] = []
    chosen = {one.name: one for one in both}
    for name in list(form.fields):
        order.append(name)
        if name not in chosen:
            continue
        one = chosen[name]
        form.fields[KEEP + name] = forms.ChoiceField(
            label=_("%(field)s: ¿qué queda?") % {"field": form.fields[name].label},
            choices=[
                (THEIRS, _("Lo que dice ahora: «%(value)s»") % {"value": one.theirs}),
                (MINE, _("Lo que usted escribió: «%(value)s»") % {"value": one.mine}),
            ],
            widget=forms.RadioSelect,
        )
        order.append(KEEP + name)
        form.add_error(name, _("Otra persona lo cambió mientras usted escribía. Elija abajo qué queda."))
    form.order_fields(order)
