"""Which sheets someone may see, and what their rows say."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.module_loading import import_string

from amparo.kernel import files
from amparo.kernel.access import Scope, scopes
from amparo.kernel.classes import DataClass
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.kernel.sealing import seal, unseal
from amparo.toolkit.imports import heads
from amparo.toolkit.models import Fate, ImportRow, ImportRun
from amparo.toolkit.resources import Resource
from amparo.toolkit.sheets import Table, read

SEAL_CONTEXT = "import row"
Choice = ImportRow.Choice
ASKED: Mapping[str, tuple[Choice, ...]] = {
    Fate.UNCLEAR: (Choice.LEAVE, Choice.SAME, Choice.NEW),
    Fate.CONFLICT: (Choice.KEEP, Choice.TAKE),
}
"""What may be said of a row that needs a person. The first holds until somebody says otherwise."""
USED = (Choice.SAME, Choice.NEW, Choice.TAKE)


def resource_of(run: ImportRun) -> Resource:
    """The noun of a sheet, as the installation declares it."""
    return next(one for one in import_string(settings.AMPARO_RESOURCES) if one.noun == run.noun)


def runs_visible_to(user: User, resource: Resource) -> "QuerySet[ImportRun]":
    """The sheets of a noun that this person brought, or, where the noun shares them, a colleague of theirs whose area
    lies within theirs.

    A sheet may speak of all that its bringer may change: only who may change all of it looks into it.
    """
    mine = scopes(user, resource.permissions.sheet)
    if not mine:
        return ImportRun.objects.none()
    runs = ImportRun.objects.filter(noun=resource.noun, holder=user.organisation_id).select_related(
        "by__organisation"
    )
    if not resource.shares_sheets:
        return runs.filter(by=user)
    bringers = User.objects.filter(pk__in=runs.order_by().values("by")).select_related("organisation")
    permission = resource.permissions.sheet
    return runs.filter(
        by__in=[one.pk for one in bringers if one.pk == user.pk or _within(mine, scopes(one, permission))]
    )


def _within(mine: Sequence[Scope], theirs: Sequence[Scope]) -> bool:
    """Whether all that they may change lies within what I may. Who may change nothing any more is within everything."""
    if not theirs:
        return any(scope.path == "" for scope in mine)
    return all(any(_holds(own, other) for own in mine) for other in theirs)


def _holds(own: Scope, other: Scope) -> bool:
    low, high = subtree(own.path)
    return low <= other.path < high and own.organisation_id in (None, other.organisation_id)


def table_of(run: ImportRun, resource: Resource) -> Table:
    """The sheet as it came, read. Raises `SheetProblem`."""
    content = files.read(run.sha256, DataClass(run.content_class))
    return read(content, run.filename, expect=heads.expected(heads.columns_of(resource, run.by)))


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says and would change. `texts` by column; `changes` and `both` are [now, then] by column."""

    name: str = ""
    why: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    changes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    both: Mapping[str, Sequence[str]] = field(default_factory=dict)
    like: Sequence[str] = ()


def sealed(said: Mapping[str, Any], data_class: str) -> bytes:
    """What a row says, as it is kept."""
    content = json.dumps({name: value for name, value in said.items() if value}, ensure_ascii=False)
    return seal(content.encode(), DataClass(data_class), context=SEAL_CONTEXT)


def said_by(row: ImportRow, run: ImportRun) -> Said:
    return Said(**json.loads(unseal(bytes(row.said), DataClass(run.content_class), context=SEAL_CONTEXT)))


def made_before(run: ImportRun, imprints: Sequence[str]) -> dict[str, UUID]:
    """The records that earlier sheets of this noun made here of rows that said the same."""
    wanted = [imprint for imprint in imprints if imprint]
    if not wanted:
        return {}
    rows = ImportRow.objects.filter(
        imprint__in=wanted,
        outcome=ImportRow.Outcome.APPLIED,
        run__noun=run.noun,
        run__holder=run.holder_id,
        uid__isnull=False,
    )
    return {
        imprint: uid for imprint, uid in rows.order_by("run", "number").values_list("imprint", "uid") if uid
    }


def added_by(run: ImportRun) -> list[UUID]:
    """The records that stand for the new rows of a sheet, in its order; those taken back are none."""
    rows = ImportRow.objects.filter(
        Q(fate=Fate.NEW) | _of_which(run, Choice.NEW),
        run=run,
        outcome=ImportRow.Outcome.APPLIED,
        uid__isnull=False,
    )
    return [uid for uid in rows.order_by("number").values_list("uid", flat=True) if uid]


def to_apply(run: ImportRun) -> "QuerySet[ImportRow]":
    """The rows that will be written, as the person chose."""
    return ImportRow.objects.filter(
        Q(fate__in=[Fate.NEW, Fate.CHANGED]) | _of_which(run, *USED), run=run, outcome=""
    )


def chosen(row: ImportRow, run: ImportRun) -> str:
    """What was said of a row that needs a person: of it alone, else of the whole sheet."""
    return row.choice or run.choices.get(row.fate, "")


def _of_which(run: ImportRun, *choices: str) -> Q:
    """The rows of which one of these was said."""
    whole = [fate for fate, choice in run.choices.items() if choice in choices]
    return Q(choice__in=choices) | Q(choice=None, fate__in=whole)


def chosen_alone(run: ImportRun) -> dict[str, int]:
    """How many rows a person decided one by one, by what they said."""
    rows = ImportRow.objects.filter(run=run, choice__isnull=False).order_by()
    return {choice: n for choice, n in rows.values_list("choice").annotate(n=Count("number")) if choice}


def still_asked(run: ImportRun) -> set[str]:
    """The fates of rows that need a person and were not decided one by one."""
    rows = ImportRow.objects.filter(run=run, fate__in=list(ASKED), choice=None)
    return set(rows.order_by().values_list("fate", flat=True).distinct())


def problem_rows(run: ImportRun, resource: Resource) -> tuple[list[str], Iterator[list[Any]]]:
    """The titles of the sheet and the rows that were not used, as they came, each with its number and its reason."""
    rows = ImportRow.objects.filter(run=run, outcome__in=("", ImportRow.Outcome.LEFT))
    if run.state == ImportRun.State.READY:
        rows = rows.exclude(Q(fate__in=[Fate.NEW, Fate.CHANGED]) | Q(choice__isnull=False, choice__in=USED))
    reasons = {row.number: said_by(row, run).why for row in rows.order_by("number")}
    table = table_of(run, resource)
    found = (
        [row.number, reasons[row.number], *(_plain(cell) for cell in row.cells)]
        for row in table.rows
        if row.number in reasons
    )
    return [column.name or column.label for column in table.columns], found


def _plain(cell: Any) -> Any:
    """A cell that can be written again: a formula as its text, which no program will compute."""
    return getattr(cell, "formula", cell) if not isinstance(cell, int | float | str) else cell
