"""Reports that come by themselves: at their hour, with what their owner may see then, and never twice as two."""

import datetime as dt

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from amparo.briefing.actions.schedules import (
    MOST,
    end_schedule,
    folder_of,
    next_time,
    schedule_report,
    write_due_reports,
)
from amparo.briefing.models import ReportSchedule
from amparo.briefing.permissions import Briefing
from amparo.kernel.models import Holding
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.testing import person
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(home):
    machine()
    return person(Briefing.SCHEDULE, Sites.VIEW)


def scheduled(owner, **asked):
    said = {"every": "day", "hour": 6, "language": "es", **asked}
    return schedule_report(by=owner, holder=owner.organisation, **said)


def at(day: str, hour: int) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(f"{day}T{hour:02d}:00"))


def test_every_day_is_the_next_such_hour_and_every_week_the_next_monday():
    assert next_time("day", 6, at("2026-11-22", 5)) == at("2026-11-22", 6)
    assert next_time("day", 6, at("2026-11-22", 6)) == at("2026-11-23", 6)
    assert next_time("week", 6, at("2026-11-22", 5)) == at("2026-11-23", 6)  # a Sunday
    assert next_time("week", 6, at("2026-11-23", 6)) == at("2026-11-30", 6)


def test_at_its_hour_it_is_written_once_and_comes_again_the_next_day(analyst):
    tell(centre(name="Escuela Uno"), persons=40)
    schedule = scheduled(analyst, language="es en")
    assert write_due_reports(schedule.next_at - dt.timedelta(minutes=1)) == 0
    assert write_due_reports(schedule.next_at) == 1
    assert write_due_reports(schedule.next_at + dt.timedelta(minutes=1)) == 0
    assert len(list(folder_of(schedule).iterdir())) == 6
    after = ReportSchedule.objects.get(pk=schedule.pk)
    assert after.outcome == "written"
    assert after.next_at == schedule.next_at + dt.timedelta(days=1)


def test_a_machine_that_slept_a_week_writes_one_report(analyst):
    schedule = scheduled(analyst)
    late = schedule.next_at + dt.timedelta(days=7, hours=2)
    assert write_due_reports(late) == 1
    assert ReportSchedule.objects.get(pk=schedule.pk).next_at > late


def test_with_an_address_it_is_sent_with_its_files(analyst):
    tell(centre(name="Escuela Uno"), persons=40)
    schedule = scheduled(analyst, email="comite@example.org")
    write_due_reports(schedule.next_at)
    assert [len(one.attachments) for one in mail.outbox] == [3]
    assert "Escuela Uno" not in mail.outbox[0].subject + mail.outbox[0].body


def test_what_cannot_be_sent_is_tried_again_and_says_so(analyst, monkeypatch):
    schedule = scheduled(analyst, email="comite@example.org")
    monkeypatch.setattr(settings, "EMAIL_BACKEND", "no.such.Backend")
    assert write_due_reports(schedule.next_at) == 0
    after = ReportSchedule.objects.get(pk=schedule.pk)
    assert after.outcome == "failed"
    assert after.next_at == schedule.next_at + dt.timedelta(minutes=10)


def test_whoever_lost_the_role_gets_no_report(analyst):
    schedule = scheduled(analyst)
    Holding.objects.filter(user=analyst).delete()
    assert write_due_reports(schedule.next_at) == 0
    assert ReportSchedule.objects.get(pk=schedule.pk).outcome == "not_permitted"
    assert not folder_of(schedule).exists()


def test_a_stranger_can_neither_ask_for_one_nor_stop_one(analyst):
    schedule = scheduled(analyst)
    with pytest.raises(NotPermitted):
        scheduled(person(Sites.VIEW))
    with pytest.raises(OutOfSight):
        end_schedule(schedule, by=person(Briefing.SCHEDULE, Sites.VIEW))
    end_schedule(schedule, by=analyst)
    end_schedule(schedule, by=analyst)
    assert write_due_reports(schedule.next_at) == 0


def test_nobody_fills_the_disk_by_mistake(analyst):
    for _number in range(MOST):
        scheduled(analyst)
    with pytest.raises(Refused):
        scheduled(analyst)
