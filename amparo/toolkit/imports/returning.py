"""The two columns that let a sheet come back: which record a row is, and what each of its cells was when it left."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from amparo.disclosure import release
from amparo.toolkit.imports.cells import SEEN, UID, seen, text_of
from amparo.toolkit.resources import Column, Resource

UID_LABEL = gettext_lazy("uid (no cambiar)")
SEEN_LABEL = gettext_lazy("visto (no cambiar)")


def returns(resource: Resource, user: Any) -> bool:
    """Whether a sheet of this noun can come back by this person's hand."""
    return "import" in resource.screens and resource.may_create(user)


def returning_columns(resource: Resource, user: Any) -> tuple[Column, ...]:
    """The columns to put behind the others; none where nothing can come back."""
    if not returns(resource, user):
        return ()
    told: Sequence[Column] = release(resource.columns(user), resource.purpose.ceiling)

    def seen_of(record: Any) -> str:
        return seen({column.key: text_of(column, column.value(record)) for column in told})

    return (
        Column(UID, UID_LABEL, lambda record: str(record.uid)),
        Column(SEEN, SEEN_LABEL, seen_of),
    )
