"""How centres stood on a day gone by: what is kept is what would be computed, or it is not used."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.crises.testing import a_crisis
from amparo.sites.actions.closing import close_site
from amparo.sites.actions.keeping import keep_day, keep_days
from amparo.sites.actions.observing import withdraw
from amparo.sites.actions.standards import verify_standard
from amparo.sites.models import DaySummary, Site
from amparo.sites.queries.gaps import Moment, assess, rank, totals
from amparo.sites.queries.phases import stretches
from amparo.sites.queries.standing import NOT_YET, closed_on, end_of, open_on, statuses
from amparo.sites.queries.standings import packed, standing_of, standings, unpacked
from amparo.sites.testing import centre, country, machine, tell
from amparo.standards import Phase

pytestmark = pytest.mark.django_db

THEN = timezone.localdate() - timedelta(days=10)


def told(**values):
    """A centre of which this was told at noon of that day."""
    site = centre()
    tell(site, at=end_of(THEN) - timedelta(hours=12), **values)
    return Site.objects.get(pk=site.pk)


def sites() -> list[Site]:
    return list(Site.objects.order_by("pk"))


values = st.fixed_dictionaries(
    {},
    optional={
        "persons": st.integers(0, 3000),
        "women": st.integers(0, 900),
        "toilets": st.integers(0, 40),
        "floor_m2": st.integers(1, 4000),
        "litres_person_day": st.integers(0, 30),
        "water_potable": st.integers(0, 1),
    },
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=values, hours=st.integers(0, 100))
def test_a_line_packed_and_unpacked_is_the_same_line(db, values, hours):
    site = told(**values) if values else centre()
    assessed = assess([site], Moment.on(end_of(THEN) + timedelta(hours=hours)))[0]
    line = standing_of(assessed)
    same = unpacked(packed(line), site, line.at, line.status, line.phase)
    assert same == line
    for one in (line, same):
        summary = assessed.summary
        assert one.summary[:4] == (summary.met, summary.not_met, summary.grave, summary.not_assessed)
        assert (one.summary.top is None) == (summary.top is None)
        assert one.people() == assessed.people()
        assert one.free_places == assessed.free_places
        assert one.silent == assessed.silent
        assert [line.affected for line in one.headlines] == [gap.affected for gap in assessed.headlines]


def test_ranking_and_totals_are_those_of_the_full_assessment(db):
    told(persons=131, toilets=1)
    told(persons=30, toilets=1, litres_person_day=4)
    told(persons=10, toilets=3)
    told(toilets=2)
    full = assess(sites(), Moment.on(end_of(THEN)))
    lines = standings(sites(), THEN)
    assert totals(lines) == totals(full)
    assert [one.site.pk for one in rank(lines)] == [one.site.pk for one in rank(full)]
    only = frozenset({"sphere.litres_person_day"})
    assert [one.by(only).summary.top for one in lines] == [
        standing_of(one.by(only)).summary.top for one in full
    ]


def kept_days() -> set[date]:
    return set(DaySummary.objects.values_list("day", flat=True))


def test_every_day_since_the_first_report_is_kept_once(db):
    told(persons=131, toilets=1)
    told(persons=30)
    assert keep_days() == 20
    assert kept_days() == {THEN + timedelta(days=number) for number in range(10)}
    assert keep_days() == 0


def test_nothing_told_nothing_kept(db):
    centre()
    assert keep_days() == 0


def test_candidates_are_not_kept(db):
    told(persons=1)
    site = centre(kind="candidate_site", status="candidate")
    keep_days()
    assert not DaySummary.objects.filter(site=site).exists()


def test_what_is_kept_is_read_and_not_computed(db):
    told(persons=131, toilets=1)
    before = standings(sites(), THEN)
    keep_day(THEN)
    with CaptureQueriesContext(connection) as asked:
        kept = standings(sites(), THEN)
    assert kept == before
    assert not any("sites_latestobservation" in query["sql"] for query in asked.captured_queries)


def test_a_late_report_is_seen_on_the_days_it_speaks_of(db):
    site = told(persons=131, toilets=1)
    keep_days()
    tell(site, persons=40, at=end_of(THEN + timedelta(days=1)))
    assert kept_days() == {THEN}
    assert standings(sites(), THEN)[0].people() == 131
    assert standings(sites(), THEN + timedelta(days=1))[0].people() == 40
    keep_days()
    assert standings(sites(), THEN + timedelta(days=1))[0].people() == 40


def test_a_report_of_today_forgets_nothing(db):
    site = told(persons=131)
    keep_days()
    tell(site, persons=40)
    assert len(kept_days()) == 10


def test_a_withdrawn_report_is_forgotten(db):
    site = told(persons=131)
    batch = tell(site, persons=9, at=end_of(THEN) - timedelta(hours=1))
    keep_days()
    assert standings(sites(), THEN)[0].people() == 9
    withdraw([batch], by=machine(), why="prueba")
    assert standings(sites(), THEN)[0].people() == 131


def test_another_phase_of_the_past_is_judged_anew(db):
    told(persons=30, toilets=1)
    keep_day(THEN)
    assert standings(sites(), THEN)[0].summary.not_met == 1
    a_crisis(country(), phase=Phase.SURVIVAL, starts_on=THEN - timedelta(days=1))
    assert standings(sites(), THEN)[0].summary.not_met == 0, "50 to a toilet in the first days"
    assert keep_day(THEN) == 1


def test_a_standard_verified_since_decides_about_the_past_too(db):
    told(persons=30, sewage_overflow=1)
    keep_day(THEN)
    assert standings(sites(), THEN)[0].summary.not_met == 0
    verify_standard(
        by=machine(),
        standard="sphere.sewage_overflow",
        source="Esfera",
        checked_by="Oficina",
        checked_on=timezone.localdate(),
    )
    assert standings(sites(), THEN)[0].summary.not_met == 1


def test_keeping_stops_when_it_is_told_to(db):
    told(persons=30)
    assert keep_days(stop=lambda: True) == 0


def test_a_centre_told_of_while_it_was_judged_waits_for_the_next_round(db):
    site = told(persons=30)

    def somebody_reports() -> bool:
        tell(site, persons=77, at=end_of(THEN))
        return False

    assert keep_day(THEN, stop=somebody_reports) == 0
    assert keep_day(THEN) == 1
    assert standings(sites(), THEN)[0].people() == 77


def test_a_centre_that_is_erased_takes_its_lines_along(db):
    site = told(persons=30)
    keep_day(THEN)
    close_site(site, by=machine())
    Site.objects.filter(pk=site.pk).delete()
    assert not DaySummary.objects.exists()


def test_days_between_two_turns_of_the_crises_are_alike(db):
    a_crisis(country(), starts_on=date(2026, 3, 10), ends_on=date(2026, 3, 20))
    days = [date(2026, 3, day) for day in (1, 9, 10, 15, 19, 20, 25)]
    alike = stretches(days)
    assert alike[date(2026, 3, 1)] == alike[date(2026, 3, 9)]
    assert alike[date(2026, 3, 10)] == alike[date(2026, 3, 19)]
    assert alike[date(2026, 3, 20)] == alike[date(2026, 3, 25)]
    assert len(set(alike.values())) == 3


# --- who was open


def recorded(site: Site, days_ago: int) -> Site:
    """The same centre, written down that many days ago."""
    Site.objects.filter(pk=site.pk).update(recorded_at=timezone.now() - timedelta(days=days_ago))
    return Site.objects.get(pk=site.pk)


def back(days: int) -> date:
    return timezone.localdate() - timedelta(days=days)


def open_days(site: Site) -> list[int]:
    """How many days ago, of the last twelve, the centre was open; each list, line and assessment says the same."""
    found = []
    for days in range(12, 0, -1):
        day = back(days)
        listed = open_on(Site.objects.all(), day) == [site]
        row = Site.objects.get(pk=site.pk)
        assert (statuses([row], day)[site.pk] == "open") == listed
        assert (standings([row], day)[0].status == "open") == listed
        assert (assess([row], Moment.on(end_of(day)))[0].status == "open") == listed
        if listed:
            found.append(days)
    return found


def test_a_centre_that_nobody_says_when_it_opened_was_open_since_its_first_report(db):
    site = centre()
    tell(site, persons=30, at=end_of(back(4)) - timedelta(hours=3))
    tell(site, persons=35, at=end_of(back(2)))
    assert open_days(site) == [4, 3, 2, 1]


def test_or_since_it_was_written_down_where_that_was_before(db):
    site = recorded(centre(), 6)
    tell(site, persons=30, at=end_of(back(4)))
    assert open_days(site) == [6, 5, 4, 3, 2, 1]


def test_a_centre_written_down_today_without_a_word_was_not_open_yesterday(db):
    assert open_days(centre()) == []


def test_a_report_that_is_withdrawn_no_longer_says_that_the_centre_was_open(db):
    site = centre()
    batch = tell(site, persons=30, at=end_of(back(4)))
    tell(site, persons=30, at=end_of(back(2)))
    withdraw([batch], by=machine(), why="prueba")
    assert open_days(site) == [2, 1]


def test_the_day_it_opened_decides_where_it_is_said(db):
    site = recorded(centre(opened_on=back(3)), 6)
    tell(site, persons=30, at=end_of(back(5)))
    assert open_days(site) == [3, 2, 1]


def test_a_centre_that_closed_since_was_open_from_its_first_report_to_that_day(db):
    site = centre()
    tell(site, persons=30, at=end_of(back(6)))
    close_site(site, by=machine(), closed_on=back(3))
    assert open_days(site) == [6, 5, 4]
    assert [closed_on(Site.objects.all(), back(days)) == [site] for days in (7, 4, 3, 1)] == [
        False,
        False,
        True,
        True,
    ]


def test_a_closed_centre_of_which_nobody_knew_was_not_closed_either(db):
    site = recorded(centre(status="closed"), 2)
    assert closed_on(Site.objects.all(), back(3)) == []
    assert closed_on(Site.objects.all(), back(2)) == [site]
    assert statuses([site], back(3)) == {site.pk: NOT_YET}


def test_a_candidate_was_a_candidate(db):
    site = recorded(centre(kind="candidate_site", status="candidate"), 5)
    assert statuses([site], back(3)) == {site.pk: "candidate"}


def test_a_centre_that_was_not_open_was_not_silent(db):
    site = centre()
    assert not standings([site], back(3))[0].silent
    assert not assess([site], Moment.on(end_of(back(3))))[0].silent


def test_days_before_anybody_knew_of_a_centre_are_not_kept(db):
    told(persons=30)
    late = centre()
    tell(late, persons=5, at=end_of(back(2)))
    keep_days()
    assert set(DaySummary.objects.filter(site=late).values_list("day", flat=True)) == {back(2), back(1)}
