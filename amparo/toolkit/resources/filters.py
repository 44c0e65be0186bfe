"""Filters: the ways in which a list can be narrowed by its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from amparo.toolkit.asked import quoted
from amparo.toolkit.frames import Option


class NotUnderstood(Exception):
    """What the address asks for is nothing this filter knows.

    `title` says what was asked; `shown` what is shown instead. `nothing`: no row is shown, since those of another
    answer would be taken for this one's.
    """

    def __init__(self, title: str, shown: str, *, nothing: bool = False) -> None:
        super().__init__(title)
        self.title = title
        self.shown = shown
        self.nothing = nothing


class Filter:
    """A name in the address and what its values mean."""

    key: str
    label: Any

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        """Those of the records that `asked` means. Raises `NotUnderstood`."""
        raise NotImplementedError

    def options(self, asked: str) -> tuple[Option, ...]:
        """What can be chosen, with what is chosen now; none where it is never offered to choose."""
        raise NotImplementedError

    def said(self, asked: str) -> str:
        """What is asked, in words."""
        return next((option.label for option in self.options(asked) if option.value == asked), asked)


@dataclass(frozen=True)
class Choice:
    """A value of the address, its words, and the condition it stands for (asked for each time: today moves)."""

    value: str
    label: Any
    where: Q | Callable[[], Q]

    @property
    def condition(self) -> Q:
        return self.where() if callable(self.where) else self.where


@dataclass(frozen=True)
class Choices(Filter):
    """A few values to choose from. `usual` holds where the address names none; `everything` are the words for all,
    empty where a list is always of one of them."""

    key: str
    label: Any
    choices: tuple[Choice, ...]
    everything: Any = ""
    usual: str = ""
    known: Mapping[str, Choice] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {choice.value: choice for choice in self.choices})

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        wanted = asked or self.usual
        if not wanted:
            return records
        if wanted not in self.known:
            usual = self.known[self.usual].label if self.usual else self.everything
            raise NotUnderstood(
                _("No se conoce el filtro «%(asked)s»") % {"asked": quoted(asked)},
                _("Se muestra: %(shown)s.") % {"shown": usual},
            )
        return records.filter(self.known[wanted].condition)

    def options(self, asked: str) -> tuple[Option, ...]:
        wanted = asked or self.usual
        all_of_them = (Option("", str(self.everything), not wanted),) if self.everything else ()
        return all_of_them + tuple(
            Option(choice.value, str(choice.label), choice.value == wanted) for choice in self.choices
        )

    def counts(self, records: "QuerySet[Any]") -> dict[str, int]:
        """How many there are of each value, and of all under "". One query."""
        counted: dict[str, int] = records.order_by().aggregate(
            total=Count("pk", distinct=True),
            **{
                f"n_{n}": Count("pk", filter=one.condition, distinct=True)
                for n, one in enumerate(self.choices)
            },
        )
        return {"": counted["total"]} | {one.value: counted[f"n_{n}"] for n, one in enumerate(self.choices)}
