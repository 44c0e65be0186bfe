"""The door out: what may leave is written to a file of its own, noted in the ledger, and only then answered.

Written first and sent after: a reader on a slow line holds no place in the database, an error half-way is a page in
words and no half file, and nothing leaves that the ledger does not know of.
"""

import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.http import FileResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.disclosure import Purpose, masked, release, withheld
from amparo.kernel.actions import note_export
from amparo.kernel.disk import accepts
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.words import fold
from amparo.toolkit.exports.about import About, Field, Written
from amparo.toolkit.exports.csv_file import write_csv, write_hxl
from amparo.toolkit.exports.workbook import write_xlsx

TYPES = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "hxl": ("text/csv; charset=utf-8", "hxl.csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
}
FORMS = tuple(TYPES)
ABANDONED_SECONDS = 24 * 3600


def leave(
    columns: Sequence[Any],
    records: Iterable[Any],
    *,
    by: User,
    name: str,
    title: str,
    form: str,
    selection: str = "",
    source: str = "",
    purpose: Purpose = Purpose.COORDINATION,
) -> FileResponse:
    """Answer with these records as a file, in the columns that may leave for the purpose.

    `columns` are `amparo.toolkit.resources.Column`s; `records` may be a long iterator, read once. Raises `Refused`:
    "unknown_form", "nothing_may_leave", "disk_full_for_exports", "too_many_rows".
    """
    free = release(columns, purpose.ceiling)
    stays = withheld(columns, purpose.ceiling)
    rows = ([masked(column.value(record), column.kind, purpose) for column in free] for record in records)
    return leave_rows(
        free, rows, by=by, name=name, title=title, form=form, selection=selection, source=source, purpose=purpose,
        stays=[str(column.label) for column in stays],
    )  # fmt: skip


def leave_rows(
    fields: Sequence[Field],
    rows: Iterable[Sequence[Any]],
    *,
    by: User,
    name: str,
    title: str,
    form: str,
    selection: str = "",
    source: str = "",
    purpose: Purpose = Purpose.COORDINATION,
    stays: Sequence[str] = (),
) -> FileResponse:
    """The same for rows that are read already; whoever calls has asked `disclosure` what may be in them."""
    if not fields:
        raise Refused("nothing_may_leave", _("Ninguna de estas columnas puede salir para ese fin."))
    if form not in forms_of(fields):
        raise Refused(
            "unknown_form",
            _("No hay archivos de esa forma. Hay: %(forms)s.") % {"forms": ", ".join(forms_of(fields))},
            status=404,
        )
    if not accepts("export"):
        raise Refused(
            "disk_full_for_exports",
            _("El equipo central casi no tiene espacio: no prepara archivos. Sus datos están a salvo."),
            status=507,
        )
    about = About(
        title=title,
        source=source or str(by.organisation),
        selection=selection or _("todo"),
        by=by.name,
        at=timezone.now().replace(microsecond=0),
        notes=(_("No salen, por ser delicadas: %(columns)s.") % {"columns": ", ".join(stays)},)
        if stays
        else (),
    )
    spool = tempfile.TemporaryFile(dir=_folder())  # noqa: SIM115 - the answer closes it
    try:
        written = write(spool, fields, rows, about, form=form)
        if written.rows:
            note_export(
                by=by,
                what=title,
                selection=about.selection,
                form=form,
                purpose=str(purpose),
                columns=[field.key for field in fields],
                withheld=list(stays),
                rows=written.rows,
                sha256=written.digest,
            )
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    kind, ending = TYPES[form]
    filename = f"{safe_name(name)}-{timezone.localtime(about.at):%Y-%m-%d}.{ending}"
    answer = FileResponse(spool, as_attachment=True, filename=filename, content_type=kind)
    if form == "xlsx":
        answer["Content-Encoding"] = "identity"  # it is packed already
    return answer


def forms_of(fields: Sequence[Field]) -> tuple[str, ...]:
    """Those of `FORMS` in which these columns can leave. A table without one tag is no HXL to whoever reads it."""
    tagged = any(field.hxl for field in fields)
    return tuple(form for form in FORMS if tagged or form != "hxl")


def write(
    file: IO[bytes], fields: Sequence[Field], rows: Iterable[Sequence[Any]], about: About, *, form: str
) -> Written:
    """Write the rows in one of `FORMS`."""
    if form == "xlsx":
        return write_xlsx(file, fields, rows, about, folder=_folder())
    return (write_hxl if form == "hxl" else write_csv)(file, fields, rows, about)


def safe_name(text: str) -> str:
    """A name that every system takes for a file: small letters, digits and "-"."""
    return re.sub(r"[^a-z0-9]+", "-", fold(text)).strip("-")[:60] or "datos"


def _folder() -> Path:
    """Where exports are made: beside the database, not in memory. What a killed process left goes after a day."""
    folder: Path = settings.HOME.path / "exports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in folder.iterdir():
        try:
            if left.stat().st_mtime < time.time() - ABANDONED_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            continue
    return folder
