"""Sheets of centres, written to files."""

from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import override

from amparo.briefing.documents import render_site_sheet
from amparo.briefing.queries.sheet import sheet_name, sheets_of
from amparo.kernel import disk, ledger
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment


@transaction.atomic
def write_site_sheets(
    sites: Sequence[Site],
    *,
    by: User,
    folder: Path,
    moment: Moment,
    language: str,
    progress: Callable[[int], None],
) -> list[Path]:
    """Write one A4 page per centre as a PDF in `folder`, in their order; return the files.

    `language`: "es" or "en". `progress` is told how many are done. The same question gives the same bytes. Raises
    `OutOfSight` for a centre beyond the person's reach, `Refused` when the disk is short.
    """
    for site in sites:
        require(by, Sites.VIEW, site)
    folder.mkdir(parents=True, exist_ok=True)
    if not disk.accepts("export", folder):
        raise disk.full()
    prefetch_related_objects(sites, "place__parent")
    taken: set[str] = set()
    written = []
    with override(language):
        for done, (site, sheet) in enumerate(
            zip(sites, sheets_of(sites, moment, reader=by), strict=True), start=1
        ):
            path = folder / sheet_name(site, taken)
            path.write_bytes(render_site_sheet(sheet, language))
            written.append(path)
            progress(done)
    if written:
        ledger.record(
            "sheets.written",
            by=by,
            organisation_id=by.organisation_id,
            sites=[str(site.uid) for site in sites],
            as_of=moment.at,
            language=language,
        )
    return written
