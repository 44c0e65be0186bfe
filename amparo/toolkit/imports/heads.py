"""Which column of a sheet is which column of a noun: by its title in any of our languages, its key or its HXL tag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from amparo.disclosure import release
from amparo.toolkit.exports.about import title_of
from amparo.toolkit.imports.cells import SEEN, UID
from amparo.toolkit.imports.returning import SEEN_LABEL, UID_LABEL
from amparo.toolkit.resources import Column, Resource
from amparo.toolkit.sheets import SheetProblem, Table
from amparo.toolkit.sheets.names import fold


@dataclass(frozen=True, slots=True)
class Heads:
    """The columns that were found, by key, with their place in the sheet; what the sheet brings beyond them."""

    columns: Mapping[str, tuple[Column, int]]
    uid: int | None
    seen: int | None
    unknown: tuple[str, ...]


def columns_of(resource: Resource, user: Any) -> tuple[Column, ...]:
    """The columns that may come back: those that may leave."""
    told: tuple[Column, ...] = release(resource.columns(user), resource.purpose.ceiling)
    return told


def titles(column: Column) -> list[str]:
    """Every title that the column may stand under."""
    known = [column.key]
    for language in ("es", "en"):
        with translation.override(language):
            known += [str(column.label), title_of(column)]
    return list(dict.fromkeys(known))


def expected(columns: Sequence[Column]) -> list[str]:
    """The titles by which the row of titles is found."""
    return [title for column in columns for title in titles(column)]


def find(table: Table, columns: Sequence[Column]) -> Heads:
    """Raises `SheetProblem` where the sheet has none of the columns, or one of them twice."""
    by_title = {fold(title): column.key for column in reversed(columns) for title in titles(column)}
    by_title |= {fold(UID): UID, fold(SEEN): SEEN}
    for language in ("es", "en"):
        with translation.override(language):
            by_title |= {fold(str(UID_LABEL)): UID, fold(str(SEEN_LABEL)): SEEN}
    places: dict[str, int] = {}
    unknown = []
    for head in table.columns:
        key = by_title.get(fold(head.name), "") if head.name else ""
        if not key:
            unknown.append(head.label)
        elif key in places:
            raise SheetProblem(
                "column_twice",
                _("La columna «%(name)s» está dos veces. No se cambió nada. Deje una.") % {"name": head.name},
            )
        else:
            places[key] = head.index
    known = {column.key: column for column in columns}
    found = {key: (known[key], at) for key, at in places.items() if key in known}
    if not found:
        raise SheetProblem(
            "no_known_column",
            _("La hoja no tiene ninguna de las columnas: %(names)s. No se cambió nada.")
            % {"names": ", ".join(str(column.label) for column in columns[:8])},
        )
    return Heads(found, places.get(UID), places.get(SEEN), tuple(unknown))
