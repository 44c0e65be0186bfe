"""Fields of forms that every module asks with.

What was typed comes back beside the error, whatever it was. Browsers show nothing in a box for days or numbers that
holds neither, so such a thing comes back in a box for text, and a whole number is asked for in one.
"""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from amparo.kernel.days import refuse_impossible, refuse_to_come
from amparo.kernel.refusals import Refused

_DAY = re.compile(r"(?P<day>[0-9]{1,2})([-.])(?P<month>[0-9]{1,2})\2(?P<year>[0-9]{4})")


def held_to(rule: Callable[..., None], *said: Any) -> None:
    """Hold what was typed to a rule of the action, so that its refusal stands beside the field."""
    try:
        rule(*said)
    except Refused as refusal:
        raise forms.ValidationError(refusal.message, code=refusal.code) from refusal


class DayInput(forms.DateInput):
    """The browser's own calendar; a box for text where what was typed is no day."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if isinstance(value, str):
            context["widget"]["type"] = "text"
        return context


class Day(forms.DateField):
    """A day that somebody can mean."""

    widget = DayInput
    default_error_messages = {
        "invalid": gettext_lazy("No se entiende esta fecha. Escríbala así: 2026-11-22.")
    }
    rule = staticmethod(refuse_impossible)

    def to_python(self, value: Any) -> Any:
        """Day, month and year with hyphens or points are read too: lists write them so."""
        try:
            return super().to_python(value)
        except forms.ValidationError:
            numbers = _DAY.fullmatch(str(value).strip())
            if numbers is None:
                raise
            return super().to_python(f"{numbers['year']}-{int(numbers['month']):02}-{int(numbers['day']):02}")

    def validate(self, value: Any) -> None:
        super().validate(value)
        held_to(self.rule, value)

    def prepare_value(self, value: Any) -> Any:
        """The day that was typed, in whatever order; what is no day stays as it is."""
        try:
            return self.to_python(value)
        except forms.ValidationError:
            return value


class PastDay(Day):
    """Today or a day before it."""

    rule = staticmethod(refuse_to_come)


class Count(forms.IntegerField):
    """A whole number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "numeric"}), **options)
