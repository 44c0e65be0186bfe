"""Situation reports that come by themselves: to a folder of this installation, and by e-mail where one is given."""

import logging
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from amparo.briefing.actions.situation import write_situation
from amparo.briefing.models import ReportSchedule
from amparo.briefing.permissions import Briefing
from amparo.briefing.queries.situation import Asked
from amparo.crises.models import Crisis
from amparo.kernel import ledger
from amparo.kernel.access import may, require_anywhere
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.places.models import Place
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment

log = logging.getLogger(__name__)

FOLDER = "reports"
AGAIN_AFTER = timedelta(minutes=10)
MONDAY = 0
MOST = 50  # of one person: a mistake must not fill the disk


@transaction.atomic
def schedule_report(
    *,
    by: User,
    holder: Organisation,
    every: str,
    hour: int,
    language: str,
    place: Place | None = None,
    crisis: Crisis | None = None,
    email: str = "",
    uid: UUID | None = None,
) -> ReportSchedule:
    """Have the situation report come by itself, with what `by` may see when it comes. `hour`: 0 to 23, here."""
    require_anywhere(by, Briefing.SCHEDULE)
    require_anywhere(by, Sites.VIEW)
    if ReportSchedule.objects.filter(owner=by, ended_at=None).count() >= MOST:
        raise Refused("too_many_schedules", _("Ya tiene demasiados informes programados. Quite alguno."))
    schedule = ReportSchedule.objects.create(
        uid=uid or uuid4(),
        holder=holder,
        owner=by,
        place=place,
        crisis=crisis,
        every=every,
        hour=hour,
        language=language,
        email=email,
        next_at=next_time(every, hour, timezone.now()),
    )
    ledger.record(
        "report.scheduled", schedule, by=by, every=every, hour=hour, language=language, by_email=bool(email)
    )
    return schedule


@transaction.atomic
def end_schedule(schedule: ReportSchedule, *, by: User) -> ReportSchedule:
    """It comes no more. What was written stays. Twice is once."""
    require_anywhere(by, Briefing.SCHEDULE)
    schedule = ReportSchedule.objects.select_for_update().get(pk=schedule.pk)
    if schedule.owner_id != by.pk and schedule.holder_id != by.organisation_id:
        raise OutOfSight
    if schedule.ended_at is None:
        schedule.ended_at = timezone.now()
        schedule.save(update_fields=["ended_at"])
        ledger.record("report.unscheduled", schedule, by=by)
    return schedule


def next_time(every: str, hour: int, after: datetime) -> datetime:
    """The next moment at that hour, of any day or of a Monday, later than `after`."""
    day = timezone.localdate(after)
    while True:
        at = timezone.make_aware(datetime.combine(day, time(hour)))
        if at > after and (every == ReportSchedule.Every.DAY or day.weekday() == MONDAY):
            return at
        day += timedelta(days=1)


def write_due_reports(now: datetime | None = None) -> int:
    """Write the reports whose time has come; return how many.

    A report that could not be written is tried again ten minutes later, and says so. Killed half-way, it is written
    again under the same names.
    """
    now = now or timezone.now()
    due = ReportSchedule.objects.filter(next_at__lte=now, ended_at=None)
    written = 0
    for schedule in due.select_related("owner__organisation", "place", "crisis"):
        outcome = ReportSchedule.Outcome.WRITTEN
        if not schedule.owner.may_act() or not may(schedule.owner, Briefing.SCHEDULE):
            outcome = ReportSchedule.Outcome.NOT_PERMITTED
        else:
            try:
                _write(schedule)
                written += 1
            except Exception:
                log.exception("a scheduled report could not be written; it will be tried again")
                outcome = ReportSchedule.Outcome.FAILED
        _note(schedule, outcome, now)
    return written


def _write(schedule: ReportSchedule) -> None:
    asked = Asked(Moment(schedule.next_at), schedule.place, schedule.crisis)
    folder = folder_of(schedule)
    files = [
        path
        for language in schedule.language.split()
        for path in write_situation(asked, by=schedule.owner, folder=folder, language=language)
    ]
    if schedule.email:
        _post(schedule, files)


def folder_of(schedule: ReportSchedule) -> Path:
    """Where its files lie, beside the database: readable by this machine alone."""
    folder: Path = settings.HOME.path / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / schedule.uid.hex[:8]


def _post(schedule: ReportSchedule, files: list[Path]) -> None:
    with override(schedule.language.split()[0]):
        message = EmailMessage(
            subject=_("Informe de situación, %(day)s")
            % {"day": timezone.localtime(schedule.next_at).date().isoformat()},
            body=_("Va el informe de situación. Cada cifra dice de cuántos albergues es y de cuándo."),
            to=[schedule.email],
        )
    for path in files:
        message.attach(path.name, path.read_bytes())
    message.send()


def _note(schedule: ReportSchedule, outcome: str, now: datetime) -> None:
    """What came of it, and when it comes again."""
    changes: Mapping[str, Any] = {"outcome": outcome}
    if outcome == ReportSchedule.Outcome.FAILED:
        changes = {**changes, "next_at": now + AGAIN_AFTER}
    else:
        changes = {
            **changes,
            "last_at": now,
            "next_at": next_time(schedule.every, schedule.hour, max(now, schedule.next_at)),
        }
    ReportSchedule.objects.filter(pk=schedule.pk).update(**changes)
