"""A sheet of assessments brought to a screen: kept, read, looked at through a mapping, applied, taken back."""

import logging
from collections.abc import Sequence
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.actions.mappings import current_mapping
from amparo.intake.actions.sheets import (
    SheetReading,
    apply_assessments,
    apply_sites,
    lines_ahead,
    understand_sheet,
    undo_sheet,
)
from amparo.intake.mapping.sample import of_table
from amparo.intake.models import SheetUpload
from amparo.intake.queries.mappings import parsed
from amparo.intake.queries.uploads import (
    Line,
    content_of,
    may_bring,
    sealed,
    sealed_lines,
    uploads_visible_to,
)
from amparo.kernel import files, ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.classes import DataClass
from amparo.kernel.disk import accepts
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.turns import turn
from amparo.sites.actions.importing import undo_import
from amparo.sites.permissions import Sites
from amparo.toolkit.sheets import read
from amparo.toolkit.sheets.limits import MAX_BYTES

log = logging.getLogger(__name__)

State = SheetUpload.State
BUSY = (OperationalError, InterfaceError)  # the database is busy, full or gone: the step is taken again later
SHOWN = 50  # rows with a problem that a page may list


def receive_upload(
    *, by: User, content: bytes, filename: str, sheet: str = "", header_row: int = 0
) -> SheetUpload:
    """Keep the file, durably, before anything is made of it. Raises `Refused`."""
    _require_bringing(by)
    if len(content) > MAX_BYTES:
        raise Refused("too_large", _("El archivo es demasiado grande. No se cambió nada."), status=413)
    if not accepts("attachment"):
        raise Refused(
            "disk_full",
            _("El equipo central casi no tiene espacio: no recibe hojas. No se cambió nada."),
            status=507,
        )
    sha256 = files.keep(content, DataClass.INTERNAL)
    with transaction.atomic():
        upload = SheetUpload.objects.create(
            holder=by.organisation,
            by=by,
            filename=filename[:200] or "hoja",
            sha256=sha256,
            size=len(content),
            sheet=sheet.strip()[:100],
            header_row=header_row,
        )
        ledger.record("sheet.received", upload, by=by, sha256=sha256, size=len(content))
    return upload


def read_upload(upload: SheetUpload) -> SheetUpload:
    """Keep what its columns are and what stands in its first rows. Again is the same."""
    if upload.state != State.READING:
        return upload
    try:
        table = read(
            content_of(upload), upload.filename, sheet=upload.sheet or None, header_row=upload.header_row
        )
    except BUSY:
        raise
    except Exception as problem:
        return _end(upload, state=State.FAILED, words=_words_of(problem, upload))
    kept = sealed(of_table(table), upload.content_class)
    return _end(upload, state=State.READY, words="", sample=kept, rows=len(table.rows))


@transaction.atomic
def read_again(upload: SheetUpload, *, by: User, sheet: str, header_row: int) -> SheetUpload:
    """Say which sheet of the book, and which row holds the titles; then it is read anew."""
    upload = _taken(upload, by)
    if upload.state not in (State.READY, State.JUDGED, State.FAILED, State.UNDONE):
        raise _busy()
    return _set(
        upload,
        state=State.READING,
        sheet=sheet.strip()[:100],
        header_row=header_row,
        mapping=None,
        figures={},
        lines=None,
        words="",
    )


@transaction.atomic
def begin_to_judge(upload: SheetUpload, *, by: User, mapping: str) -> SheetUpload:
    """Choose the mapping: the sheet is then read through its newest version, and nothing else is written."""
    upload = _taken(upload, by)
    if upload.state not in (State.READY, State.JUDGED, State.UNDONE):
        raise _busy()
    return _set(
        upload, state=State.JUDGING, mapping=current_mapping(mapping), figures={}, lines=None, words=""
    )


def judge_upload(upload: SheetUpload) -> SheetUpload:
    """What the sheet would do, in figures. Writes nothing but that."""
    if upload.state != State.JUDGING:
        return upload
    try:
        reading = _reading(upload)
        lines = lines_ahead(reading, holder=upload.holder)
    except BUSY:
        raise
    except Exception as problem:
        return _end(upload, state=State.READY, mapping=None, words=_words_of(problem, upload))
    figures = {**_figures(reading), **_sums_of(lines)}
    return _end(
        upload,
        state=State.JUDGED,
        figures=figures,
        lines=sealed_lines(lines, upload.content_class),
        rows=len(reading.table.rows),
    )


@transaction.atomic
def begin_to_apply(upload: SheetUpload, *, by: User) -> SheetUpload:
    """Say yes: from now on `apply_upload` may write."""
    require_anywhere(by, Sites.MANAGE)
    upload = _taken(upload, by)
    if upload.state != State.JUDGED:
        raise Refused("not_waiting", _("Esta hoja ya no espera su decisión. Vea cómo quedó."))
    return _set(upload, state=State.APPLYING, words="", applied_by=by)


def apply_upload(upload: SheetUpload, *, by: User) -> SheetUpload:
    """Write what the sheet says, all of it or nothing. Killed and called again, it is written once."""
    if upload.state != State.APPLYING:
        return upload
    entry, flagged = None, []
    try:
        reading = _reading(upload)
        with turn():
            if parsed(reading.mapping.pk).kind == "sites":
                sites = apply_sites(reading, by=by, holder=upload.holder)
                entry = sites.entry.pk if sites.entry else None
                did: dict[str, Any] = {
                    "created": sites.created,
                    "observations": sites.observations,
                    "again": not sites.changed,
                }
                message = None
            else:
                report = apply_assessments(reading, by=by, holder=upload.holder)
                did = {
                    "created": report.sites.created,
                    "observations": report.observations,
                    "again": report.again,
                }
                flagged, message = report.flagged, report.message
                entry = report.sites.entry.pk if report.sites.entry else None
    except BUSY:
        raise
    except Exception as problem:
        return _end(upload, state=State.JUDGED, words=_words_of(problem, upload))
    figures = {**_figures(reading), **did, "flagged": flagged[:SHOWN], "flagged_total": len(flagged)}
    return _end(
        upload,
        state=State.APPLIED,
        figures=figures,
        message=message,
        entry=entry,
        words="",
        applied_at=timezone.now(),
    )


@transaction.atomic
def begin_to_undo(upload: SheetUpload, *, by: User) -> SheetUpload:
    require_anywhere(by, Sites.MANAGE)
    upload = _taken(upload, by)
    if upload.state != State.APPLIED:
        raise Refused("not_applied", _("Esta hoja no está aplicada: no hay nada que deshacer."))
    return _set(upload, state=State.UNDOING, words="", undone_by=by)


def undo_upload(upload: SheetUpload, *, by: User) -> SheetUpload:
    """Take back what the sheet said and changed, and the centres that it made, save those somebody used since."""
    if upload.state != State.UNDOING:
        return upload
    why = _("se deshizo la hoja %(file)s") % {"file": upload.filename}
    try:
        with turn(), transaction.atomic():
            now = SheetUpload.objects.select_for_update().get(pk=upload.pk)
            if now.state != State.UNDOING:
                return now
            if upload.entry:
                undo_import(LedgerEntry.objects.get(pk=upload.entry), by=by, why=why)
            elif upload.message is not None:
                undo_sheet(upload.message, by=by, why=why)
            return _end(upload, state=State.UNDONE, words="")
    except Refused as problem:
        state = State.UNDONE if problem.code in ("nothing_to_undo", "already_undone") else State.APPLIED
        return _end(upload, state=state, words=problem.message)


def _words_of(problem: Exception, upload: SheetUpload) -> str:
    """Why a step could not be taken. Nobody waits for a step that failed without words."""
    if isinstance(problem, Refused):
        return problem.message
    log.exception("sheet %s cannot be worked on", upload.pk)
    return _("No se pudo hacer. Avise a quien administra el sistema.")


def _reading(upload: SheetUpload) -> SheetReading:
    assert upload.mapping is not None
    return understand_sheet(
        content_of(upload),
        upload.filename,
        upload.mapping,
        sheet=upload.sheet or None,
        header_row=upload.header_row,
    )


def _figures(reading: SheetReading) -> dict[str, Any]:
    """The sums that the command prints, and the rows that need a look."""
    problems = [{"row": row, "code": code, "words": words} for row, code, words in reading.problems]
    doubts = sum(len(one.flags) for one in reading.facts)
    return {
        **reading.sums,
        "told": reading.told,
        "values": sum(len(one.observations) for one in reading.facts),
        "flags": doubts,
        "problems_total": len(problems),
        "problems": problems[:SHOWN],
        "rejected_total": len(reading.rejected),
        "rejected": [{"row": row, "words": words} for row, words in reading.rejected[:SHOWN]],
        "notes": [note.message for note in reading.notes],
    }


def _sums_of(lines: Sequence[Line]) -> dict[str, int]:
    """How many centres the sheet would make and change, and how many of its rows a person should look at."""
    return {
        "new": sum(line["fate"] == "new" for line in lines),
        "altered": sum(bool(line["changes"]) for line in lines),
        "doubtful": sum(line["doubt"] for line in lines),
    }


def _set(upload: SheetUpload, **values: Any) -> SheetUpload:
    SheetUpload.objects.filter(pk=upload.pk).update(moved_at=timezone.now(), **values)
    return _now(upload)


def _end(upload: SheetUpload, **values: Any) -> SheetUpload:
    """What came of a step; where another worker has ended the same step since, what came of theirs stands."""
    left = SheetUpload.objects.filter(pk=upload.pk, state=upload.state)
    left.update(moved_at=timezone.now(), **values)
    return _now(upload)


def _now(upload: SheetUpload) -> SheetUpload:
    return SheetUpload.objects.select_related("by__organisation", "holder", "mapping", "message").get(
        pk=upload.pk
    )


def _taken(upload: SheetUpload, by: User) -> SheetUpload:
    _require_bringing(by)
    if not uploads_visible_to(by).filter(pk=upload.pk).exists():
        raise OutOfSight
    return SheetUpload.objects.select_for_update().get(pk=upload.pk)


def _require_bringing(by: User) -> None:
    if not may_bring(by):
        raise NotPermitted("not_permitted", _("Su cargo no incluye importar hojas."))


def _busy() -> Refused:
    return Refused("sheet_busy", _("Esta hoja ya está en otro paso. Vea cómo va."))
