"""A sheet comes in, is judged, applied, taken back. Only the Resource's own actions write records."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import files, ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.classes import DataClass
from amparo.kernel.disk import accepts
from amparo.kernel.models import User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.turns import turn
from amparo.toolkit.imports import heads, queries
from amparo.toolkit.imports.cells import text_of
from amparo.toolkit.imports.fates import Forms, Judge, Judged, standing
from amparo.toolkit.models import Fate, ImportRow, ImportRun
from amparo.toolkit.resources import Resource
from amparo.toolkit.sheets import SheetProblem
from amparo.toolkit.sheets.limits import MAX_BYTES

STEP = 100  # rows written in one transaction
KEPT_AT_ONCE = 1_000
Outcome, State = ImportRow.Outcome, ImportRun.State


def receive_sheet(*, by: User, resource: Resource, content: bytes, filename: str) -> ImportRun:
    """Keep the file, durably, before anything is made of it. Raises `Refused`."""
    require_anywhere(by, resource.permissions.sheet)
    if len(content) > MAX_BYTES:
        raise Refused("too_large", _("El archivo es demasiado grande. No se cambió nada."), status=413)
    if not accepts("attachment"):
        raise Refused(
            "disk_full",
            _("El equipo central casi no tiene espacio: no recibe hojas. No se cambió nada."),
            status=507,
        )
    data_class = max(
        (column.data_class for column in heads.columns_of(resource, by)), key=list(DataClass).index
    )
    sha256 = files.keep(content, data_class)
    with transaction.atomic():
        run = ImportRun.objects.create(
            holder=by.organisation,
            by=by,
            noun=resource.noun,
            filename=filename[:200] or "hoja",
            sha256=sha256,
            size=len(content),
            content_class=str(data_class),
        )
        ledger.record("import.received", run, by=by, of=resource.noun, sha256=sha256, size=len(content))
    return run


def read_run(run: ImportRun) -> ImportRun:
    """Judge every row and keep what came of it. Again is the same: what an earlier reading kept is replaced."""
    if not _take_up(run, State.READING):
        return run
    resource = queries.resource_of(run)
    try:
        table = queries.table_of(run, resource)
        found = heads.find(table, heads.columns_of(resource, run.by))
    except SheetProblem as problem:
        return _have_read(run, state=State.FAILED, words=problem.message)
    with turn(), transaction.atomic():
        if not _step(run, total=len(table.rows), done=0):
            return run
        ImportRow.objects.filter(run=run).delete()
    judge = Judge(resource, run.by, table, found, lambda imprints: queries.made_before(run, imprints))
    counts: Counter[str] = Counter()
    waiting: list[ImportRow] = []
    for judged in judge.rows():
        counts[judged.fate] += 1
        if judged.fate != Fate.SAME:
            waiting.append(_row(run, judged))
        if counts.total() % KEPT_AT_ONCE == 0:
            if not _keep(run, waiting, counts.total()):
                return run
            waiting = []
    if not _keep(run, waiting, counts.total()):
        return run
    notes = [note.message for note in table.notes]
    if found.unknown:
        notes.append(_("Columnas que no se usan: %(names)s.") % {"names": ", ".join(found.unknown[:12])})
    return _have_read(run, state=State.READY, counts=dict(counts), notes=notes)


def _row(run: ImportRun, judged: Judged) -> ImportRow:
    said = queries.Said(judged.name, judged.why, judged.texts, judged.changes, judged.both, judged.like)
    return ImportRow(
        run=run,
        number=judged.number,
        fate=judged.fate,
        uid=judged.uid,
        stands=judged.stands,
        imprint=judged.imprint,
        said=queries.sealed(asdict(said), run.content_class),
    )


def _keep(run: ImportRun, rows: list[ImportRow], done: int) -> bool:
    with turn(), transaction.atomic():
        if not _step(run, done=done):
            return False
        ImportRow.objects.bulk_create(rows)
    return True


def _have_read(run: ImportRun, **told: Any) -> ImportRun:
    with transaction.atomic():
        _step(run, **told)
    run.refresh_from_db()
    return run


# --- steps


def _take_up(run: ImportRun, state: str) -> bool:
    """Begin to work on a sheet in this state; whoever did before stops at their next step. False: it is past."""
    with transaction.atomic():
        now = ImportRun.objects.select_for_update()
        run.refresh_from_db(from_queryset=now, fields=["state", "choices", "done", "total", "moved_at"])
        return run.state == state and _step(run)


def _step(run: ImportRun, **told: Any) -> bool:
    """Take the next step of a sheet, and hold it until the transaction ends. False: another has taken it up since."""
    mine = ImportRun.objects.select_for_update().filter(pk=run.pk, state=run.state, moved_at=run.moved_at)
    if not mine.order_by().values_list("pk"):
        return False
    run.moved_at = timezone.now()
    ImportRun.objects.filter(pk=run.pk).update(moved_at=run.moved_at, **told)
    return True


# --- apply


def choose_rows(run: ImportRun, *, by: User, choices: Mapping[int, str]) -> ImportRun:
    """Keep what a person says of rows that need one, by number; "" is as of the whole sheet. Raises `Refused`."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        _waiting_for(run, by)
        for row in ImportRow.objects.filter(run=run, number__in=choices, fate__in=list(queries.ASKED)):
            choice = choices[row.number] or None
            if choice is not None and choice not in queries.ASKED[row.fate]:
                raise Refused(
                    "unknown_choice", _("Esa opción no existe. No se guardó nada. Elija otra."), status=422
                )
            if row.choice != choice:
                ImportRow.objects.filter(pk=row.pk).update(choice=choice)
    return run


def begin_to_apply(run: ImportRun, *, by: User, choices: Mapping[str, str]) -> ImportRun:
    """Say yes: from now on `apply_run` may write, with the rights of this person and in their name. `choices`: for
    unclear rows and those that two people changed, where nothing was said of the row itself."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        _waiting_for(run, by)
        run.choices = {fate: choices.get(fate) or offered[0] for fate, offered in queries.ASKED.items()}
        run.state, run.done, run.total = State.APPLYING, 0, queries.to_apply(run).count()
        run.applied_by, run.moved_at = by, timezone.now()
        run.save(update_fields=["choices", "state", "done", "total", "applied_by", "moved_at"])
    return run


def apply_run(run: ImportRun) -> ImportRun:
    """Write the rows that wait, a hundred at a time. Killed at any moment, called again it goes on."""
    if not _take_up(run, State.APPLYING):
        return run
    resource = queries.resource_of(run)
    forms = Forms(resource, run.applied_by)
    fields = set(resource.form_edit.base_fields) if resource.form_edit else set()
    while True:
        with turn(), transaction.atomic():
            if not _step(run):
                return run
            rows = list(queries.to_apply(run).order_by("number")[:STEP])
            for row in rows:
                _apply_row(row, run, resource, forms, fields)
            ImportRun.objects.filter(pk=run.pk).update(done=min(run.done + len(rows), run.total))
            run.done += len(rows)
            if not rows:
                return _applied(run)


def _apply_row(row: ImportRow, run: ImportRun, resource: Resource, forms: Forms, fields: set[str]) -> None:
    said = queries.said_by(row, run)
    why = said.why
    try:
        with transaction.atomic():
            row.uid, changes = _write(row, said, run, resource, forms, fields)
        row.outcome = Outcome.APPLIED
    except (Refused, OutOfSight) as refused:
        row.outcome, why, changes = Outcome.LEFT, _reason(refused), dict(said.changes)
    kept = queries.sealed(asdict(replace(said, why=why, changes=changes)), run.content_class)
    ImportRow.objects.filter(pk=row.pk).update(outcome=row.outcome, uid=row.uid, said=kept)


def _write(
    row: ImportRow, said: queries.Said, run: ImportRun, resource: Resource, forms: Forms, fields: set[str]
) -> tuple[Any, dict[str, Any]]:
    """Make or change the record; return its uid and what was changed of it. Raises `Refused`."""
    by = run.applied_by
    assert by is not None, "begin_to_apply says who"
    if _makes(row, run) and row.uid is not None:
        form = forms.new(said.texts)
        if form.errors:
            raise _no_longer(form)
        resource.create(by=by, uid=row.uid, **form.cleaned_data)
        return row.uid, {}
    uid = said.like[0] if row.fate == Fate.UNCLEAR else row.uid
    if row.fate == Fate.UNCLEAR and len(said.like) != 1:
        raise Refused("several", _("Puede ser más de uno: ponga su uid en la hoja."))
    record = _record(resource, by, uid)
    if record is None or not resource.may_bring(by, record):
        raise Refused("gone", _("Esto ya no está a su alcance. No se cambió."))
    columns = {column.key: column for column in resource.columns(by)}
    if row.stands and standing(columns, fields, record) != row.stands:
        raise Refused(
            "changed_since",
            _("Otra persona lo cambió después de leer la hoja. No se cambió; súbala otra vez."),
        )
    wanted = {key: pair[1] for key, pair in (*said.changes.items(), *said.both.items())}
    if row.fate == Fate.UNCLEAR:
        now = {key: text_of(columns[key], columns[key].value(record)) for key in said.texts if key in fields}
        wanted = {key: said.texts[key] for key, text in now.items() if said.texts[key] not in ("", text)}
    if not wanted:
        return record.uid, {}
    form = forms.change(record, wanted)
    if form.errors:
        raise _no_longer(form)
    before = {key: text_of(columns[key], columns[key].value(record)) for key in wanted}
    resource.update(record, by=by, **{key: form.cleaned_data[key] for key in wanted})
    left = _record(resource, by, record.uid) or record  # "14,50" was typed, 14.5 stands there now
    return record.uid, {
        key: (was, text_of(columns[key], columns[key].value(left))) for key, was in before.items()
    }


def _record(resource: Resource, user: User, uid: Any) -> Any:
    """The record with this id, ready to be read; None where the person does not see it."""
    record = resource.visible_to(user).filter(uid=uid).first()
    if record is not None:
        resource.prepare_written([record], user)
    return record


def _reason(refused: Refused | OutOfSight) -> str:
    return refused.message if isinstance(refused, Refused) else _("Su cargo no llega a ese lugar.")


def _no_longer(form: Any) -> Refused:
    return Refused("not_valid", " ".join(error for errors in form.errors.values() for error in errors))


def _applied(run: ImportRun) -> ImportRun:
    """The last step of applying: what was not chosen is left, and the ledger says what came of the sheet."""
    ImportRow.objects.filter(run=run, outcome="").update(outcome=Outcome.LEFT)
    outcomes = Counter(ImportRow.objects.filter(run=run).values_list("outcome", flat=True))
    run.state, run.applied_at = State.APPLIED, timezone.now()
    run.save(update_fields=["state", "applied_at"])
    ledger.record(
        "import.applied",
        run,
        by=run.applied_by,
        of=run.noun,
        sha256=run.sha256,
        counts=run.counts,
        choices=run.choices,
        one_by_one=queries.chosen_alone(run),
        outcomes=dict(outcomes),
    )
    return run


# --- take back


def begin_to_undo(run: ImportRun, *, by: User) -> ImportRun:
    """Say that the sheet is to be taken back: from now on `undo_run` may write."""
    with transaction.atomic():
        run = ImportRun.objects.select_for_update().get(pk=run.pk)
        _of_this_person(run, by)
        if run.state != State.APPLIED:
            raise Refused("not_applied", _("Esta hoja no está aplicada: no hay nada que deshacer."))
        run.state, run.done = State.UNDOING, 0
        run.total = ImportRow.objects.filter(run=run, outcome=Outcome.APPLIED).count()
        run.undone_by, run.moved_at = by, timezone.now()
        run.save(update_fields=["state", "done", "total", "undone_by", "moved_at"])
    return run


def undo_run(run: ImportRun, *, by: User) -> ImportRun:
    """Put back what was there before, the last row first. What somebody changed since stays, and says so."""
    if not _take_up(run, State.UNDOING):
        return run
    resource = queries.resource_of(run)
    forms = Forms(resource, by)
    while True:
        with turn(), transaction.atomic():
            if not _step(run):
                return run
            rows = list(ImportRow.objects.filter(run=run, outcome=Outcome.APPLIED).order_by("-number")[:STEP])
            for row in rows:
                _undo_row(row, run, resource, forms, by)
            run.done += len(rows)
            ImportRun.objects.filter(pk=run.pk).update(done=min(run.done, run.total))
            if rows:
                continue
            outcomes = Counter(ImportRow.objects.filter(run=run).values_list("outcome", flat=True))
            run.state, run.undone_at = State.UNDONE, timezone.now()
            run.save(update_fields=["state", "undone_at"])
            ledger.record("import.undone", run, by=by, of=run.noun, outcomes=dict(outcomes))
            return run


def _undo_row(row: ImportRow, run: ImportRun, resource: Resource, forms: Forms, by: User) -> None:
    said = queries.said_by(row, run)
    why = said.why
    try:
        with transaction.atomic():
            _put_back(row, said, run, resource, forms, by)
        outcome = Outcome.UNDONE
    except (Refused, OutOfSight) as refused:
        outcome, why = Outcome.KEPT, _reason(refused)
    kept = queries.sealed(asdict(replace(said, why=why)), run.content_class)
    ImportRow.objects.filter(pk=row.pk).update(outcome=outcome, said=kept)


def _put_back(
    row: ImportRow, said: queries.Said, run: ImportRun, resource: Resource, forms: Forms, by: User
) -> None:
    record = _record(resource, by, row.uid)
    if record is None or not resource.may_bring(by, record):
        raise Refused("gone", _("Esto ya no está a su alcance. Queda como está."))
    columns = {column.key: column for column in resource.columns(by)}
    if said.changes:
        now = {
            key: text_of(columns[key], columns[key].value(record)) for key in said.changes if key in columns
        }
        since = [key for key, pair in said.changes.items() if now.get(key) != pair[1]]
        if since:
            names = ", ".join(str(columns[key].label) for key in since)
            raise Refused(
                "changed_since",
                _("Alguien cambió %(columns)s después. Queda como está.") % {"columns": names},
            )
        wanted = {key: pair[0] for key, pair in said.changes.items()}
        form = forms.change(record, wanted)
        if form.errors:
            raise _no_longer(form)
        resource.update(record, by=by, **{key: form.cleaned_data[key] for key in wanted})
        return
    if not _makes(row, run):
        return
    if resource.erase is None:
        raise Refused("cannot_erase", _("Lo que esta hoja agregó no se puede quitar aquí. Queda como está."))
    resource.erase(record, by=by, why=_("se deshizo la hoja %(file)s") % {"file": run.filename})


def _makes(row: ImportRow, run: ImportRun) -> bool:
    """Whether the row adds a record."""
    return row.fate == Fate.NEW or queries.chosen(row, run) == queries.Choice.NEW


def _waiting_for(run: ImportRun, by: User) -> None:
    _of_this_person(run, by)
    if run.state != State.READY:
        raise Refused("not_waiting", _("Esta hoja ya no espera su decisión. Vea cómo quedó."))


def _of_this_person(run: ImportRun, by: User) -> None:
    resource = queries.resource_of(run)
    require_anywhere(by, resource.permissions.sheet)
    if not queries.runs_visible_to(by, resource).filter(pk=run.pk).exists():
        raise Refused("not_yours", _("Esta hoja es de otra persona."), status=404)
