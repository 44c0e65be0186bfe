"""A column of a noun: one fact of a record, as screens, sheets and machines know it."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from amparo.kernel.classes import DataClass
from amparo.toolkit import formats

Kind = Literal["text", "whole", "number", "date", "moment", "choice", "yesno", "place", "phone", "coordinate"]

Value = str | int | float | bool | dt.date | dt.datetime | None
"""What a cell holds. None: nobody said."""

FIGURES = frozenset({"whole", "number"})


@dataclass(frozen=True, slots=True)
class Column:
    """One fact of a record.

    `value` gives the plain value of its kind: str for text, choice (the code), place and phone; int for whole; float
    for number and coordinate; date; aware datetime for moment; bool for yesno; None where nobody said.
    `choices`: (code, label) of a choice. `unit`: of a figure, as in the standards. `hxl`: "#loc+name".
    `sort`: the field to order by; empty columns cannot be sorted. `listed`: whether it stands in the list; the page
    shows every column. `editable`: whether the grid may change it, by the form's field of the same key.
    `lasts`: hours after which a moment is old and its age shows it. `shown`: what stands on screen instead of the
    value (words, or safe markup such as a pill).
    """

    key: str
    label: Any
    value: Callable[[Any], Any]
    kind: Kind = "text"
    unit: str = ""
    hxl: str = ""
    data_class: DataClass = DataClass.INTERNAL
    sort: str = ""
    listed: bool = True
    choices: tuple[tuple[str, Any], ...] = ()
    editable: bool = False
    required: bool = False
    lasts: float | None = None
    shown: Callable[[Any], str] | None = None

    def words(self, value: Any) -> str:
        """A value of this column in words, in the reader's language; "" where nobody said."""
        if value is None or value == "":
            return ""
        if self.kind == "choice":
            return str(dict(self.choices).get(str(value), value))
        if self.kind == "yesno":
            return _("Sí") if value else _("No")
        if self.kind in FIGURES and isinstance(value, int | float):
            return formats.number(value)
        if isinstance(value, dt.datetime):
            return formats.moment(value)
        if isinstance(value, dt.date):
            return formats.day(value)
        return str(value)


def choices_of(labels: Iterable[tuple[Any, Any]]) -> tuple[tuple[str, Any], ...]:
    """The choices of a Django enumeration, as a column keeps them."""
    return tuple((str(code), label) for code, label in labels)
