"""The round of calls: the right order, one caller for each centre, and what came of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from amparo.kernel.refusals import Refused
from amparo.kernel.testing import person
from amparo.sites.actions.calling import end_in_vain, end_with_report, take_call
from amparo.sites.models import CallAttempt, ObservationBatch
from amparo.sites.permissions import Sites
from amparo.sites.queries.calls import CLAIM_LASTS, claim_on, next_of, round_of
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db
DAYS = timedelta(hours=30)


@pytest.fixture
def operators():
    member_of = machine().organisation
    return [person(Sites.VIEW, Sites.REPORT, of=None, member_of=member_of) for _one in range(2)]


def silent(name, **values):
    site = centre(name=name)
    tell(site, at=timezone.now() - DAYS, **values)
    site.refresh_from_db()
    return site


def names(found):
    return [one.site.name for one in found]


def test_lives_at_risk_go_first_then_people_then_silence(operators):
    silent("Pocas", persons=20)
    silent("Muchas", persons=200)
    silent("Sin sanitarios", persons=30, women=20, toilets_women=0)
    longer = centre(name="Muchas y antes")
    tell(longer, at=timezone.now() - 2 * DAYS, persons=200)
    tell(centre(name="Habló hoy"), persons=500)
    centre(name="Nunca habló")
    found = round_of(operators[0], timezone.now())
    assert names(found) == ["Sin sanitarios", "Muchas y antes", "Muchas", "Pocas", "Nunca habló"]


def test_the_round_asks_as_often_for_many_as_for_one(operators, django_assert_max_num_queries):
    for n in range(12):
        silent(f"Callado {n}", persons=10 + n)
    with django_assert_max_num_queries(9):
        assert len(round_of(operators[0], timezone.now())) == 12


def test_two_operators_never_call_the_same_centre(operators):
    site = silent("Uno", persons=20)
    take_call(site, by=operators[0])
    with pytest.raises(Refused, match="somebody_is_calling"):
        take_call(site, by=operators[1])
    assert next_of(operators[1], timezone.now()) is None
    assert take_call(site, by=operators[0]) == CallAttempt.objects.get()


def test_a_claim_lapses_after_ten_minutes(operators):
    site = silent("Uno", persons=20)
    taken = take_call(site, by=operators[0])
    CallAttempt.objects.filter(pk=taken.pk).update(started_at=timezone.now() - CLAIM_LASTS)
    assert claim_on(site, timezone.now()) is None
    take_call(site, by=operators[1])
    taken.refresh_from_db()
    assert taken.outcome == CallAttempt.Outcome.LAPSED
    with pytest.raises(Refused, match="somebody_is_calling"):
        end_with_report(site, by=operators[0], values={"persons": 3})


def test_whoever_is_late_and_alone_may_still_finish(operators):
    site = silent("Uno", persons=20)
    taken = take_call(site, by=operators[0])
    CallAttempt.objects.filter(pk=taken.pk).update(started_at=timezone.now() - 2 * CLAIM_LASTS)
    assert end_with_report(site, by=operators[0], values={"persons": 21}).pk == taken.pk


def test_a_report_by_telephone_keeps_caller_and_channel_and_ends_the_silence(operators):
    site = silent("Uno", persons=20)
    take_call(site, by=operators[0])
    uid = uuid4()
    call = end_with_report(site, by=operators[0], values={"persons": 21}, uid=uid)
    assert (call.batch.source, call.batch.by) == (ObservationBatch.Source.CALL, operators[0])
    assert call.outcome == CallAttempt.Outcome.REPORTED
    assert end_with_report(site, by=operators[0], values={"persons": 21}, uid=uid) == call
    assert round_of(operators[0], timezone.now()) == []


def test_a_call_in_vain_is_kept_and_goes_to_the_end_of_the_round(operators):
    first, second = silent("Muchas", persons=200), silent("Pocas", persons=20)
    take_call(first, by=operators[0])
    end_in_vain(first, by=operators[0], outcome="no_answer")
    found = round_of(operators[0], timezone.now())
    assert [one.site for one in found] == [second, first]
    assert found[1].last.outcome == "no_answer"
    assert next_of(operators[0], timezone.now()).site == second
    assert [one.site for one in round_of(operators[0], timezone.now() + timedelta(hours=2))] == [
        first,
        second,
    ]


def test_an_outcome_that_is_none_is_refused(operators):
    site = silent("Uno", persons=20)
    with pytest.raises(Refused, match="unknown_outcome"):
        end_in_vain(site, by=operators[0], outcome="reported")


def test_a_refused_report_leaves_the_call_under_way(operators):
    site = silent("Uno", persons=20)
    take_call(site, by=operators[0])
    with pytest.raises(Refused, match="more_than_people"):
        end_with_report(site, by=operators[0], values={"persons": 3, "women": 4})
    assert claim_on(site, timezone.now()).by == operators[0]
