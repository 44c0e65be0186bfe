"""Which columns may leave for which purpose: by their data class, and nothing that is not named leaves."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

from amparo.kernel.classes import DataClass

C = TypeVar("C")

ORDER = (DataClass.PUBLIC, DataClass.INTERNAL, DataClass.PERSONAL, DataClass.PROTECTION)


class Purpose(StrEnum):
    """Why something leaves. None reaches protection: it never leaves as a list."""

    PUBLICATION = "publication"  # for everybody: a web page, a newspaper, a shared folder
    COORDINATION = "coordination"  # for those who work in the response, within their scope
    CARE = "care"  # for those who look after these very people

    @property
    def ceiling(self) -> DataClass:
        """The most sensitive class that may leave for it."""
        return {
            Purpose.PUBLICATION: DataClass.PUBLIC,
            Purpose.COORDINATION: DataClass.INTERNAL,
            Purpose.CARE: DataClass.PERSONAL,
        }[self]


def release(columns: Iterable[C], ceiling: DataClass | str) -> tuple[C, ...]:
    """The columns that may leave, in their order: those whose `data_class` is at or below the ceiling.

    A column without a class, or of one that nobody knows, stays. So does everything under an unknown ceiling.
    """
    return tuple(column for column in columns if _may_leave(column, ceiling))


def withheld(columns: Iterable[C], ceiling: DataClass | str) -> tuple[C, ...]:
    """The columns that stay, in their order: what an export says that it does not hold."""
    return tuple(column for column in columns if not _may_leave(column, ceiling))


def _may_leave(column: Any, ceiling: DataClass | str) -> bool:
    own = getattr(column, "data_class", None)
    return own in ORDER and ceiling in ORDER and ORDER.index(own) <= ORDER.index(ceiling)
