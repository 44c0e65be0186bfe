"""Situation reports, written to files or taken from a page."""

from collections.abc import Sequence
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import override

from amparo.briefing.documents.situation_report import situation_bytes
from amparo.briefing.queries.situation import Asked, Situation, situation
from amparo.kernel import disk, ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.models import User
from amparo.sites.permissions import Sites

REPORT_FORMS = ("pdf", "xlsx", "hxl")


def write_situation(
    asked: Asked, *, by: User, folder: Path, language: str, forms: Sequence[str] = REPORT_FORMS
) -> list[Path]:
    """Write the situation report in `folder`, one file for each of `forms`; return the files.

    `language`: "es" or "en". The same question gives the same bytes. A report with no open centre is written too, and
    says so. Raises `Refused` when the disk is short.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not disk.accepts("export", folder):
        raise disk.full()
    written = []
    for name, content in situation_files(asked, by=by, language=language, forms=forms):
        beside = folder / f".{name}.part"
        beside.write_bytes(content)
        beside.replace(folder / name)  # a reader of the folder never finds half a file
        written.append(folder / name)
    return written


def situation_files(
    asked: Asked, *, by: User, language: str, forms: Sequence[str] = REPORT_FORMS
) -> list[tuple[str, bytes]]:
    """The report as (name of the file, content), one for each of `forms`. Written in the ledger."""
    require_anywhere(by, Sites.VIEW)
    with override(language):
        report = situation(by, asked)
        files = [
            (file_name(report, asked, language, form), situation_bytes(report, language, form, by=by))
            for form in forms
        ]
    _note(report, by=by, language=language, forms=forms)
    return files


def leave_situation(asked: Asked, *, by: User, language: str, form: str) -> tuple[str, bytes]:
    """The report as a person takes it from a page."""
    return situation_files(asked, by=by, language=language, forms=[form])[0]


def file_name(report: Situation, asked: Asked, language: str, form: str) -> str:
    """ "informe-de-situacion-choloma-2026-11-22-es.pdf": what, where, of which day, in which language."""
    where = slugify(asked.place.name) if asked.place else ""
    day = f"{timezone.localtime(report.as_of):%Y-%m-%d}"
    stem = "-".join(part for part in (slugify(report.title), where, day, language) if part)
    return f"{stem}.{'hxl.csv' if form == 'hxl' else form}"


@transaction.atomic
def _note(report: Situation, *, by: User, language: str, forms: Sequence[str]) -> None:
    ledger.record(
        "situation.written",
        by=by,
        organisation_id=by.organisation_id,
        scope=report.scope,
        as_of=report.as_of,
        sites=len(report.sites),
        language=language,
        forms=list(forms),
    )
