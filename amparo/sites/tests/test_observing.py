from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from amparo.kernel.models import LedgerEntry
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.testing import person
from amparo.sites.actions.observing import Report, observe, observe_many, withdraw
from amparo.sites.models import LatestObservation, Observation, ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.observed import history, inputs
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db
YESTERDAY = timezone.now() - timedelta(days=1)


def latest(site, key):
    return inputs([site.pk])[site.pk].get(key)


def test_the_newest_value_stands_beside_the_history():
    site = centre()
    tell(site, at=YESTERDAY, persons=100)
    tell(site, persons=143)
    assert latest(site, "persons").low == 143
    assert [told.low for told in history(site, ["persons"])["persons"]] == [100, 143]


def test_an_older_value_that_arrives_late_goes_into_the_history_only():
    site = centre()
    tell(site, persons=143)
    tell(site, at=YESTERDAY, persons=100)
    assert latest(site, "persons").low == 143
    assert Observation.objects.filter(site=site).count() == 2


def test_ranges_are_kept_as_told():
    site = centre()
    tell(site, litres_person_day=(10, 15), water_distance_m=(500, float("inf")))
    assert (latest(site, "litres_person_day").low, latest(site, "litres_person_day").high) == (10, 15)
    assert latest(site, "water_distance_m").high == float("inf")


def test_as_of_a_past_moment_the_later_values_are_unknown():
    site = centre()
    tell(site, at=YESTERDAY, persons=100, toilets=4)
    tell(site, persons=143)
    then = inputs([site.pk], at=YESTERDAY + timedelta(hours=1))[site.pk]
    assert (then["persons"].low, then["toilets"].low) == (100, 4)
    assert inputs([site.pk], at=YESTERDAY - timedelta(hours=1))[site.pk] == {}


def test_one_entry_covers_many_sites_and_each_version_rises():
    sites = [centre(), centre()]
    before = LedgerEntry.objects.filter(verb="sites.observed").count()
    observe_many(
        [Report(site, timezone.now(), [("persons", 5, 5)], ObservationBatch.Source.SCREEN) for site in sites],
        by=machine(),
    )
    assert LedgerEntry.objects.filter(verb="sites.observed").count() == before + 1
    assert [Site.objects.get(pk=site.pk).version for site in sites] == [1, 1]
    assert Site.objects.get(pk=sites[0].pk).last_told_at is not None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([("no_such_thing", 1, 1)], "unknown_indicator"),
        ([("persons", -1, 1)], "not_a_value"),
        ([("persons", float("nan"), 1)], "not_a_value"),
        ([("persons", 5, 4)], "not_a_value"),
        ([("persons", float("inf"), float("inf"))], "not_a_value"),
    ],
)
def test_what_is_no_value_is_refused_and_nothing_is_written(values, code):
    site = centre()
    with pytest.raises(Refused) as refusal:
        observe(site, by=machine(), told_at=timezone.now(), values=values, source="screen")
    assert refusal.value.code == code
    assert not Observation.objects.exists()


def test_a_time_to_come_is_refused():
    with pytest.raises(Refused) as refusal:
        tell(centre(), at=timezone.now() + timedelta(days=2), persons=1)
    assert refusal.value.code == "told_in_the_future"


def test_only_who_may_report_here_reports():
    site = centre()
    with pytest.raises(OutOfSight):
        observe(
            site, by=person(Sites.REPORT, scope="GTM/"), told_at=timezone.now(), values=[], source="screen"
        )
    with pytest.raises(NotPermitted):
        observe(site, by=person(Sites.VIEW), told_at=timezone.now(), values=[], source="screen")


def test_what_is_withdrawn_lets_the_older_value_stand_again():
    site = centre()
    tell(site, at=YESTERDAY, persons=100)
    wrong = tell(site, persons=999, toilets=1)
    assert withdraw([wrong], by=machine(), why="se escribió mal") == 2
    assert latest(site, "persons").low == 100
    assert latest(site, "toilets") is None
    assert abs((Site.objects.get(pk=site.pk).last_told_at - YESTERDAY).total_seconds()) < 1


def test_years_before_1970_and_the_far_past_are_times_like_any_other():
    site = centre()
    tell(site, at=datetime(1965, 5, 4, tzinfo=UTC), persons=3)
    assert latest(site, "persons").told_at == datetime(1965, 5, 4, tzinfo=UTC)


def test_a_site_that_is_erased_takes_its_rows_along():
    site = centre()
    tell(site, persons=3)
    site.delete()
    assert not LatestObservation.objects.exists()
    assert not Observation.objects.exists()


def test_taking_much_back_asks_no_more_often_than_taking_little(django_assert_max_num_queries):
    kept = centre()
    tell(kept, at=YESTERDAY, persons=7)
    batches = [tell(centre(), persons=number, toilets=1) for number in range(40)] + [tell(kept, persons=9)]
    with django_assert_max_num_queries(30):
        assert withdraw(batches, by=machine(), why="una lista que se deshizo") == 81
    assert latest(kept, "persons").low == 7
    assert Site.objects.filter(last_told_at=None).count() == 40
