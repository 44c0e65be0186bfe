"""The daily report: what was seen, what is only confirmed, and what is asked about."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from amparo.kernel.refusals import Refused
from amparo.kernel.testing import person
from amparo.sites.actions.observing import withdraw
from amparo.sites.actions.reporting import confirm, report_day
from amparo.sites.daily import FIGURES, doubts, observations
from amparo.sites.models import Confirmation, LatestObservation, ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.daily import Stays, last_told, reports_of_an_area, runs_a_centre, silent_since
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.sites.testing import centre, machine, tell
from amparo.standards import INDICATORS, fades_at

pytestmark = pytest.mark.django_db


def known(site):
    site.refresh_from_db()
    return assess_one(site, Moment.now()).inputs


def hours_ago(hours):
    return timezone.now() - timedelta(hours=hours)


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def test_there_are_ten_figures_and_each_can_be_observed():
    assert len(FIGURES) == 10 == len({figure.letter for figure in FIGURES})
    assert all(figure.indicator in INDICATORS for figure in FIGURES)


def test_people_and_women_say_how_many_men_there_are():
    assert {key: low for key, low, _high in observations({"persons": 143, "women": 78})}["men"] == 65
    assert "men" not in {key for key, _low, _high in observations({"persons": 143})}
    assert {key: low for key, low, _high in observations({"women": 78, "men": 65})}["persons"] == 143


def test_a_report_sent_twice_is_one():
    site, uid = centre(), uuid4()
    first = report_day(site, by=machine(), values={"persons": 143}, uid=uid)
    assert report_day(site, by=machine(), values={"persons": 143}, uid=uid).pk == first.pk
    assert ObservationBatch.objects.count() == 1


def test_an_empty_report_is_no_report():
    with pytest.raises(Refused, match="empty_report"):
        report_day(centre(), by=machine(), values={})


def test_what_nobody_measures_is_refused_in_words():
    for said in ({"values": {"camas": 3}}, {"values": {}, "same": [""]}):
        with pytest.raises(Refused, match="unknown_indicator"):
            report_day(centre(), by=machine(), **said)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"persons": 100, "women": 101}, "more_than_people"),
        ({"persons": 100, "persons_unfed": 130}, "more_than_people"),
        ({"persons": 100, "women": 60, "men": 50}, "does_not_add_up"),
        ({"persons": 12.5}, "not_a_value"),
        ({"persons": -1}, "not_a_value"),
        ({"electricity": 2}, "not_a_value"),
    ],
)
def test_what_cannot_be_is_refused_whoever_is_sure(values, code):
    with pytest.raises(Refused, match=code):
        report_day(centre(), by=machine(), values=values, sure=True)
    assert not ObservationBatch.objects.exists()


def test_what_is_odd_is_asked_about_and_taken_from_whoever_is_sure():
    site = centre()
    tell(site, at=hours_ago(20), persons=143)
    for values, code in (
        ({"persons": 1430}, "people_jump"),
        ({"persons": 140, "litres_day": 12}, "odd_water"),
    ):
        with pytest.raises(Refused, match=code):
            report_day(site, by=machine(), values=values)
        report_day(site, by=machine(), values=values, sure=True)
        report_day(site, by=machine(), values={"persons": 143}, sure=True)
    assert doubts({"persons": 200}, {"persons": 143}) == ()


def test_confirming_does_not_move_when_it_was_measured_and_lasts_half_as_long():
    site = centre()
    tell(site, at=hours_ago(30), persons=143)
    confirm(site, by=machine(), keys=["persons"])
    told = known(site)["persons"]
    assert told.low == 143
    assert told.told_at < hours_ago(29)
    assert fades_at(told, INDICATORS["persons"]) < timezone.now() + timedelta(hours=12.1)


def test_a_confirmation_is_no_measurement():
    site = centre()
    tell(site, at=hours_ago(30), persons=143)
    batch = confirm(site, by=machine(), keys=["persons"])
    assert batch.rows == 0
    assert not batch.__class__.objects.filter(pk=batch.pk, site__latest__batch=batch).exists()


def test_the_fourth_time_is_refused_in_words_and_measuring_begins_again():
    site = centre()
    tell(site, at=days_ago(4), toilets_women=3)
    for day in (3, 2, 1):
        report_day(site, by=machine(), values={}, same=["toilets_women"], told_at=days_ago(day))
    with pytest.raises(Refused) as refused:
        confirm(site, by=machine(), keys=["toilets_women"])
    assert refused.value.code == "confirmed_three_times"
    assert "tres veces" in refused.value.message
    assert Confirmation.objects.count() == 3
    assert ObservationBatch.objects.count() == 4  # the refused one left nothing
    report_day(site, by=machine(), values={"toilets_women": 3})
    confirm(site, by=machine(), keys=["toilets_women"])


def test_a_value_that_expired_cannot_come_back_by_saying_so():
    site = centre()
    tell(site, at=hours_ago(80), persons=143)
    with pytest.raises(Refused, match="too_old_to_confirm"):
        confirm(site, by=machine(), keys=["persons"])


def test_what_happens_each_day_is_told_each_day():
    site = centre()
    tell(site, at=hours_ago(20), arrivals=4)
    with pytest.raises(Refused, match="told_each_day"):
        confirm(site, by=machine(), keys=["arrivals"])
    with pytest.raises(Refused, match="nothing_to_confirm"):
        confirm(site, by=machine(), keys=["litres_day"])


def test_a_figure_that_stays_is_weighed_against_the_new_ones():
    site = centre()
    tell(site, at=hours_ago(20), persons=143, women=78)
    with pytest.raises(Refused, match="more_than_people"):
        report_day(site, by=machine(), values={"persons": 70}, same=["women"])


def test_where_people_and_women_stay_the_men_do():
    site = centre()
    report_day(site, by=machine(), values={"persons": 143, "women": 78}, told_at=hours_ago(20))
    confirm(site, by=machine(), keys=["persons", "women"])
    assert known(site)["men"].confirmed_at is not None


def test_a_withdrawn_report_takes_its_confirmations_along():
    site = centre()
    tell(site, at=hours_ago(20), persons=143)
    batch = confirm(site, by=machine(), keys=["persons"])
    withdraw([batch], by=machine(), why="fue un error")
    assert known(site)["persons"].confirmed_at is None
    assert not Confirmation.objects.exists()


def test_a_withdrawn_measurement_leaves_the_older_one_with_its_own_confirmation():
    site = centre()
    tell(site, at=hours_ago(30), persons=143)
    confirm(site, by=machine(), keys=["persons"])
    newer = report_day(site, by=machine(), values={"persons": 150})
    assert known(site)["persons"].confirmed_at is None
    withdraw([newer], by=machine(), why="fue un error")
    assert known(site)["persons"].low == 143
    assert known(site)["persons"].confirmed_at is not None


def test_a_past_day_knows_only_what_was_confirmed_by_then():
    site = centre()
    tell(site, at=hours_ago(30), persons=143)
    confirm(site, by=machine(), keys=["persons"])
    site.refresh_from_db()
    then = assess_one(site, Moment.on(hours_ago(5))).inputs["persons"]
    assert then.confirmed_at is None
    assert assess_one(site, Moment.on(timezone.now())).inputs["persons"].confirmed_at is not None


def test_last_told_says_how_often_it_may_still_stay(django_assert_num_queries):
    site = centre()
    tell(site, at=hours_ago(20), persons=143, arrivals=3)
    confirm(site, by=machine(), keys=["persons"])
    inputs = known(site)
    with django_assert_num_queries(1):
        by_key = {one.figure.indicator: one for one in last_told(site, inputs, timezone.now())}
    assert by_key["persons"].stays == Stays(2, said_today=True)
    assert not by_key["persons"].may_stay
    assert not by_key["arrivals"].may_stay
    assert by_key["litres_day"].told is None


# --- silence


def test_silence_is_one_question_with_one_answer():
    """The query and the assessment of each centre agree, whatever was said."""
    heard, confirmed, old, never = centre(), centre(), centre(), centre()
    tell(heard, at=hours_ago(23), persons=40)
    tell(confirmed, at=hours_ago(30), persons=40)
    confirm(confirmed, by=machine(), keys=["persons"])
    tell(old, at=hours_ago(25), persons=40)
    shut = centre()
    Site.objects.filter(pk=shut.pk).update(status=Site.Status.CLOSED)
    now = timezone.now()
    silent = set(silent_since(Site.objects.all(), now))
    assert silent == {old, never}
    assert {one for one in Site.objects.all() if assess_one(one, Moment(now)).silent} == silent
    assert set(silent_since(Site.objects.all(), now, hours=20)) == {heard, old, never}


def test_whoever_holds_one_centre_runs_it_and_whoever_holds_an_area_calls():
    site = centre()
    in_charge = person(Sites.REPORT, scope=site.path)
    operator = person(Sites.REPORT, scope=site.place.path)
    assert (runs_a_centre(in_charge), reports_of_an_area(in_charge)) == (True, False)
    assert (runs_a_centre(operator), reports_of_an_area(operator)) == (False, True)
    assert (runs_a_centre(person(Sites.VIEW)), reports_of_an_area(person(Sites.VIEW))) == (False, False)


def test_the_neighbour_cannot_report():
    from django.http import Http404

    site, other = centre(), centre()
    with pytest.raises(Http404):
        report_day(site, by=person(Sites.REPORT, scope=other.path), values={"persons": 3})
    assert not LatestObservation.objects.filter(site=site).exists()


# --- one figure told alone


def test_a_figure_told_alone_is_weighed_against_those_that_still_count():
    site = centre()
    report_day(site, by=machine(), values={"persons": 151, "women": 83}, told_at=hours_ago(20))
    with pytest.raises(Refused, match="women_before") as refused:
        report_day(site, by=machine(), values={"persons": 70})
    assert refused.value.message.endswith("¿Cuántas son mujeres ahora?")
    for key in ("women", "men", "persons_unfed", "urgent_health"):
        with pytest.raises(Refused, match="more_than_people"):
            report_day(site, by=machine(), values={key: 300}, sure=True)
    report_day(site, by=machine(), values={"persons": 70}, sure=True)
    with pytest.raises(Refused, match="more_than_people"):
        confirm(site, by=machine(), keys=["women"])


def test_a_figure_that_expired_bounds_nothing():
    site = centre()
    tell(site, at=hours_ago(80), persons=40, women=30)
    report_day(site, by=machine(), values={"women": 60})
    report_day(centre(), by=machine(), values={"women": 60})


def test_never_more_women_are_affected_than_there_are_people():
    site = centre()
    tell(site, at=hours_ago(20), persons=108, women=60, toilets_women=0, toilets_men=4)
    tell(site, women=300)  # by a form, which asks nobody back
    site.refresh_from_db()
    one = assess_one(site, Moment.now())
    assert max(gap.affected or 0 for gap in one.gaps) <= 108
    assert one.by_sex == (None, None)


def test_sigue_igual_said_twice_on_one_day_counts_once_and_stops_no_report():
    site = centre()
    tell(site, at=hours_ago(30), persons=143, toilets_women=3)
    confirm(site, by=machine(), keys=["persons"])
    with pytest.raises(Refused, match="confirmed_today"):
        confirm(site, by=machine(), keys=["persons"])
    report_day(site, by=machine(), values={"litres_day": 2000}, same=["persons", "toilets_women"])
    assert Confirmation.objects.count() == 2
