"""A sheet comes in: kept as a raw message, read through a mapping, previewed, applied, taken back."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from amparo.intake.actions.applying import (
    added_up,
    report_of,
    site_draft,
    site_draft_ahead,
    site_draft_anywhere,
)
from amparo.intake.actions.mappings import current_mapping, keep_mapping
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.mapping import Bound, Facts, Mapping
from amparo.intake.mapping.targets import OBSERVE, words_of
from amparo.intake.models import MappingVersion, RawMessage
from amparo.intake.queries.mappings import parsed
from amparo.intake.queries.uploads import Line
from amparo.kernel.access import require_anywhere
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import Refused
from amparo.sites.actions.importing import ASSESSED, IMPORTED, Foreseen, ImportReport, foresee, import_sites
from amparo.sites.actions.observing import observe_many, withdraw
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.standards import INDICATORS
from amparo.toolkit.sheets import Note, SheetProblem, Table, read

Progress = Callable[[int], None]
STEP = 500
NOT_OPEN = ("closed", "candidate")  # a row that does not say is of an open centre
NAMED, LONGEST = 5, 40  # columns that a note lists, and letters of each


def nothing(_done: int) -> None:
    """Progress for whoever does not watch."""


@dataclass
class SheetReading:
    """A sheet understood: nothing is written yet. `rejected` are rows that name no site; `notes` say what was skipped,
    which columns nobody reads and what the mapping did not find."""

    table: Table
    mapping: MappingVersion
    facts: list[Facts]
    rejected: list[tuple[int, str]]
    content: bytes
    filename: str
    notes: list[Note]

    @property
    def sums(self) -> dict[str, int]:
        """Centres, families and people of its rows; the open ones and all stand side by side, never mixed."""

        def total(key: str, *, only_open: bool) -> int:
            return int(
                sum(
                    seen.low
                    for one in self.facts
                    if not only_open or one.site.status not in NOT_OPEN
                    for seen in one.observations
                    if seen.indicator == key
                )
            )

        return {
            "sites": len(self.facts),
            "open": sum(one.site.status not in NOT_OPEN for one in self.facts),
            "households": total("households", only_open=False),
            "open_households": total("households", only_open=True),
            "people": total("persons", only_open=False),
            "open_people": total("persons", only_open=True),
        }

    @property
    def told(self) -> dict[str, int]:
        """People, women and men of its rows, of whom each is told; by ages where only those are."""
        found: dict[str, float] = {}
        for one in self.facts:
            said = {seen.indicator: seen.low for seen in one.observations}
            for sex, bins in (("women", "females_"), ("men", "males_")):
                ages = [low for key, low in said.items() if key.startswith(bins)]
                if sex not in said and ages:
                    said[sex] = sum(ages)
            for key in ("persons", "women", "men"):
                if key in said:
                    found[key] = found.get(key, 0) + said[key]
        return {key: int(count) for key, count in found.items()}

    @property
    def problems(self) -> list[tuple[int, str, str]]:
        """Cells that could not be read: (row, code, words). The rest of their row is used."""
        return [(one.row_number, odd.code, str(odd.message)) for one in self.facts for odd in one.problems]


@dataclass
class SheetReport:
    """What a sheet did."""

    message: RawMessage
    sites: ImportReport
    observations: int = 0
    flagged: list[dict[str, Any]] = field(default_factory=list)
    again: bool = False


def mapping_for(name: str, *, by: User) -> MappingVersion:
    """A mapping by its shipped or saved name, or a file of one's own, which is kept as a version."""
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        if not path.is_file():
            raise Refused("no_such_file", _("No existe el archivo %(file)s.") % {"file": name})
        return keep_mapping(by=by, name=path.stem, text=path.read_text(encoding="utf-8"))
    return current_mapping(name)


def read_sheet(path: Path, *, mapping: str, by: User, sheet: str | None = None) -> SheetReading:
    """Read a sheet through a mapping; nothing but the mapping is written.

    Raises `SheetProblem` or `MappingProblem` in words.
    """
    if not path.is_file():
        raise Refused("no_such_file", _("No existe el archivo %(file)s.") % {"file": path})
    require_anywhere(by, Sites.MANAGE)
    version = mapping_for(mapping, by=by)
    return understand_sheet(path.read_bytes(), path.name, version, sheet=sheet)


def understand_sheet(
    content: bytes, filename: str, version: MappingVersion, *, sheet: str | None = None, header_row: int = 0
) -> SheetReading:
    """What a sheet says through a mapping. Writes nothing. Raises `SheetProblem` or `MappingProblem` in words."""
    mapping: Mapping = parsed(version.pk)
    try:
        table = read(content, filename, sheet=sheet, expect=mapping.expected, header_row=header_row)
    except SheetProblem as problem:
        if problem.code == "missing_columns":  # of all that it may read: binding names those that it needs
            mapping.bind(read(content, filename, sheet=sheet).columns)
        raise
    bound = mapping.bind(table.columns)
    facts, rejected = [], []
    for row in table.rows:
        one = bound.facts(row)
        if not one.site.name and not one.site.external_id:
            rejected.append((row.number, _("No dice de qué albergue es.")))
            continue
        facts.append(one)
    notes = [*table.notes, *_not_read(bound)]
    return SheetReading(table, version, facts, rejected, content, filename, notes)


def _not_read(bound: Bound) -> list[Note]:
    """The columns that the mapping does not read, and of an assessment the data for which it found none."""
    notes = []
    if unread := [f"«{Truncator(column.label).chars(LONGEST)}»" for column in bound.unused]:
        message = _("Columnas que no se leyeron: %(names)s.") % {"names": _listed(unread)}
        notes.append(Note("columns_not_read", message))
    wanted = {entry.indicator for entry in bound.document.observe} - set(bound.indicators)
    if wanted and bound.document.purpose == "assessment":
        absent = [words_of(OBSERVE + key) for key in INDICATORS if key in wanted]
        message = _("La hoja no trae columna para: %(names)s.") % {"names": _listed(absent)}
        notes.append(Note("no_column_for", message))
    return notes


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (" " + _("y %(count)d más") % {"count": more} if more > 0 else "")


def lines_ahead(reading: SheetReading, *, holder: Organisation) -> list[Line]:
    """What each row would do, before anything is written: the centre that it speaks of, what is odd about it."""
    of_sites = parsed(reading.mapping.pk).kind == "sites"
    placed = site_draft if of_sites else site_draft_ahead
    drafts = [placed(one, row=one.row_number) for one in reading.facts]
    ahead = foresee(drafts, holder=holder, verb=IMPORTED if of_sites else ASSESSED)
    return [_line(one, seen) for one, seen in zip(reading.facts, ahead, strict=True)]


def _line(facts: Facts, ahead: Foreseen) -> Line:
    there = ahead.site or ahead.alike
    odd = [str(flag.message) for flag in facts.flags] + [str(problem.message) for problem in facts.problems]
    if ahead.draft.place_doubt:
        odd.append(_("Municipio por confirmar: %(told)s.") % {"told": ahead.draft.place_doubt})
    odd += [detail for _code, detail in ahead.draft.flags]
    if ahead.alike is not None:
        odd.append(_("Se llama como «%(name)s», que ya está en ese lugar.") % {"name": ahead.alike.name})
    if ahead.stranger:
        odd.append(_("Otro albergue lleva el mismo código."))
    fate = "repeats" if ahead.repeats else "new" if ahead.site is None else "known"
    return {
        "row": facts.row_number,
        "name": ahead.draft.name,
        "fate": fate,
        "site": str(there.uid) if there is not None else "",
        "doubt": bool(ahead.draft.place_doubt or ahead.alike is not None or ahead.stranger),
        "figures": len(facts.observations),
        "changes": [[name, now, then] for name, (now, then) in ahead.changes.items()],
        "odd": [*odd, *added_up(facts)],
    }


def _keep(reading: SheetReading, *, by: User, holder: Organisation) -> RawMessage:
    """The sheet itself, as a raw message. The same bytes twice are one message."""
    digest = hashlib.sha256(reading.content).digest()
    return receive_here(
        Incoming(
            form_id=f"sheet:{reading.mapping.name}",
            instance_id=digest.hex(),
            fingerprint=digest,
            content=reading.content,
            by=by,
            holder_id=holder.pk,
            channel=RawMessage.Channel.SHEET,
        )
    )


@contextmanager
def _or_wait(message: RawMessage) -> Iterator[None]:
    """One at a time applies a sheet. One that could not be applied waits for a person; nothing of it was written."""
    try:
        with transaction.atomic():
            RawMessage.objects.select_for_update().get(pk=message.pk)
            yield
    except Exception as error:
        words = (
            error.message if isinstance(error, Refused) else _("No se pudo aplicar. La hoja está guardada.")
        )
        RawMessage.objects.filter(pk=message.pk).update(
            state=RawMessage.State.WAITING, reason=getattr(error, "code", "cannot_apply")[:60], detail=words
        )
        raise


def apply_sites(reading: SheetReading, *, by: User, holder: Organisation) -> ImportReport:
    """Apply a list of sites, and what its rows say of them (places to sleep, people). Twice is once.

    Coordinates and names that repeat are flagged, never dropped.
    """
    message = _keep(reading, by=by, holder=holder)
    with _or_wait(message):
        before = list(ObservationBatch.objects.filter(message=message.uid))
        told = [] if _all_through(before, reading) else [one for one in reading.facts if one.observations]
        _withdraw_if_read_anew(before if told else [], reading, by=by)
        report = import_sites(
            [
                site_draft(
                    one, row=one.row_number, flags=tuple((odd.code, str(odd.message)) for odd in one.flags)
                )
                for one in reading.facts
            ],
            by=by,
            holder=holder,
            source=reading.filename,
            message=message.uid,
            observations=sum(len(one.observations) for one in told),
        )
        _observe(told, reading, report.landed, message, by=by)
        _applied(message, reading)
    return report


def apply_assessments(
    reading: SheetReading, *, by: User, holder: Organisation, progress: Progress = nothing
) -> SheetReport:
    """Apply assessments: sites where they are new, then what each row observed. Twice is once.

    What the same file said before, through whichever mapping, is withdrawn.
    """
    message = _keep(reading, by=by, holder=holder)
    if _all_through(_said_before(message), reading):
        return _as_before(message, reading, by=by, holder=holder)
    with _or_wait(message):
        before = _said_before(message)
        if _all_through(before, reading):  # another worker was at it and has ended
            return _as_before(message, reading, by=by, holder=holder)
        _withdraw_if_read_anew(before, reading, by=by)
        drafts = [
            site_draft_anywhere(
                one, by=by, row=one.row_number, flags=tuple((odd.code, str(odd.message)) for odd in one.flags)
            )
            for one in reading.facts
        ]
        sites = import_sites(
            drafts, by=by, holder=holder, source=reading.filename, message=message.uid, verb=ASSESSED
        )
        observed = _observe(reading.facts, reading, sites.landed, message, by=by, progress=progress)
        _applied(message, reading)
    return SheetReport(
        message=message,
        sites=sites,
        observations=observed,
        flagged=_flagged(reading, sites.landed),
    )


def _said_before(message: RawMessage) -> list[ObservationBatch]:
    """What the same file said before, as a list or through whichever mapping."""
    same_file = RawMessage.objects.filter(
        channel=RawMessage.Channel.SHEET, holder=message.holder_id, instance_id=message.instance_id
    )
    return list(ObservationBatch.objects.filter(message__in=list(same_file.values_list("uid", flat=True))))


def _all_through(before: list[ObservationBatch], reading: SheetReading) -> bool:
    """Whether the file has spoken, and through this very mapping."""
    return bool(before) and all(batch.source_name == str(reading.mapping) for batch in before)


def _withdraw_if_read_anew(before: list[ObservationBatch], reading: SheetReading, *, by: User) -> None:
    if before:
        withdraw(before, by=by, why=f"re-run through {reading.mapping}")


def _observe(
    facts: list[Facts],
    reading: SheetReading,
    landed: dict[int, Site],
    message: RawMessage,
    *,
    by: User,
    progress: Progress = nothing,
) -> int:
    """Write what these rows tell of the sites they landed on; return how many values."""
    reports = [
        report_of(
            one,
            landed[one.row_number],
            source=ObservationBatch.Source.SHEET,
            source_name=str(reading.mapping),
            message=message,
        )
        for one in facts
    ]
    for start in range(0, len(reports), STEP):
        observe_many(reports[start : start + STEP], by=by)
        progress(min(start + STEP, len(reports)))
    return sum(len(one.values) for one in reports)


def _as_before(message: RawMessage, reading: SheetReading, *, by: User, holder: Organisation) -> SheetReport:
    drafts = [site_draft_anywhere(one, by=by, row=one.row_number) for one in reading.facts]
    sites = import_sites(
        drafts, by=by, holder=holder, source=reading.filename, message=message.uid, verb=ASSESSED
    )
    return SheetReport(message=message, sites=sites, flagged=_flagged(reading, sites.landed), again=True)


def _applied(message: RawMessage, reading: SheetReading) -> None:
    notes = [{"row": row, "code": code, "message": words} for row, code, words in reading.problems[:1000]]
    notes += [
        {"row": one.row_number, "code": "added_up", "message": words}
        for one in reading.facts
        for words in added_up(one)
    ][:1000]
    notes += [{"row": row, "code": "no_site", "message": words} for row, words in reading.rejected[:1000]]
    state = RawMessage.State.APPLIED
    RawMessage.objects.filter(pk=message.pk).update(state=state, applied_at=timezone.now(), notes=notes)


def _flagged(reading: SheetReading, landed: dict[int, Site]) -> list[dict[str, Any]]:
    """The sites whose age bins do not add up to their people, with everything odd that was seen there."""
    bins = {
        check.name
        for check in parsed(reading.mapping.pk).document.checks
        if check.total == "persons" and all(part.startswith(("females_", "males_")) for part in check.parts)
    }
    return [
        {
            "site": landed[one.row_number].name,
            "code": one.site.external_id or landed[one.row_number].code,
            "row": one.row_number,
            "flags": [{"code": odd.code, "message": str(odd.message)} for odd in one.flags],
        }
        for one in reading.facts
        if any(odd.code in bins for odd in one.flags)
    ]


@transaction.atomic
def undo_sheet(message: RawMessage, *, by: User, why: str) -> int:
    """Take back what a sheet observed. The sheet itself stays as it came; sites it made are undone apart."""
    RawMessage.objects.select_for_update().get(pk=message.pk)
    batches = list(ObservationBatch.objects.filter(message=message.uid))
    if not batches:
        raise Refused("nothing_to_undo", _("Esta hoja no tiene datos aplicados."))
    return withdraw(batches, by=by, why=why)
