from datetime import date, timedelta

import pytest

from amparo.crises import queries
from amparo.crises.models import CrisisPlace
from amparo.crises.permissions import Crises
from amparo.crises.testing import a_crisis
from amparo.kernel.testing import organisation, person
from amparo.standards import Phase

pytestmark = pytest.mark.django_db

DAY = date(2020, 11, 10)
CENTRE = "HND/HN01/HN0101/c0ffee/"


# The phase


def test_without_a_crisis_the_phase_is_the_usual_one_and_says_so(tree):
    assert queries.phase_at(CENTRE, DAY) is Phase.ACUTE
    reason = queries.why_phase(CENTRE, DAY)
    assert (reason.phase, reason.crisis, reason.since) == (Phase.ACUTE, None, None)
    assert "no hay una emergencia" in reason.words


@pytest.mark.parametrize("code", ["HND", "HN01", "HN0101"])
def test_a_crisis_reaches_everything_below_its_places(tree, code):
    crisis = a_crisis(tree[code], phase=Phase.SURVIVAL)
    reason = queries.why_phase(CENTRE, DAY)
    assert (reason.phase, reason.crisis, reason.since) == (Phase.SURVIVAL, crisis, date(2020, 11, 3))
    assert "Tormenta inventada" in reason.words


@pytest.mark.parametrize("code", ["HN02", "HN0102"])
def test_a_crisis_next_door_does_not_reach_here(tree, code):
    a_crisis(tree[code])
    assert queries.phase_at(CENTRE, DAY) is Phase.ACUTE


def test_a_crisis_in_a_centres_municipality_says_nothing_of_the_department(tree):
    a_crisis(tree["HN0101"])
    assert queries.phase_at("HND/HN01/", DAY) is Phase.ACUTE


def test_where_crises_meet_the_most_severe_phase_holds(tree):
    a_crisis(tree["HND"], phase=Phase.LONGER, name="Sequía")
    assert queries.phase_at(CENTRE, DAY) is Phase.LONGER
    a_crisis(tree["HN01"], phase=Phase.ACUTE, name="Crecida")
    assert queries.phase_at(CENTRE, DAY) is Phase.ACUTE
    storm = a_crisis(tree["HND"], phase=Phase.SURVIVAL, name="Huracán")
    assert queries.why_phase(CENTRE, DAY).crisis == storm


def test_the_phase_is_that_of_the_day(tree):
    crisis = a_crisis(tree["HN01"], starts_on=date(2020, 11, 3), ends_on=date(2021, 6, 1))
    crisis.phases.create(phase="acute", starts_on=date(2020, 11, 20))
    crisis.phases.create(phase="longer", starts_on=date(2021, 3, 1))
    days = {
        date(2020, 11, 2): Phase.ACUTE,  # not yet begun: the usual
        date(2020, 11, 3): Phase.SURVIVAL,
        date(2020, 11, 19): Phase.SURVIVAL,
        date(2020, 11, 20): Phase.ACUTE,
        date(2021, 3, 1): Phase.LONGER,
        date(2021, 5, 31): Phase.LONGER,
        date(2021, 6, 1): Phase.ACUTE,  # over: the usual
    }
    assert {day: queries.phase_at(CENTRE, day) for day in days} == days
    assert queries.why_phase(CENTRE, date(2020, 11, 25)).since == date(2020, 11, 20)


def test_a_place_that_left_the_crisis_keeps_its_past(tree):
    crisis = a_crisis(tree["HN01"], tree["HN02"])
    CrisisPlace.objects.filter(crisis=crisis, place=tree["HN01"]).update(ends_on=DAY)
    assert queries.phase_at(CENTRE, DAY) is Phase.ACUTE
    assert queries.phase_at(CENTRE, DAY - timedelta(days=1)) is Phase.SURVIVAL


def test_the_phase_of_a_thousand_centres_takes_one_query(tree, django_assert_num_queries):
    a_crisis(tree["HN0101"])
    a_crisis(tree["HND"], phase=Phase.LONGER)
    paths = [f"HND/HN0{1 + number % 2}/HN0{1 + number % 2}01/{number}/" for number in range(1000)]
    with django_assert_num_queries(1):
        phases = queries.phases_for(paths, DAY)
    assert phases == {
        path: Phase.SURVIVAL if path.startswith("HND/HN01/") else Phase.LONGER for path in paths
    }
    with django_assert_num_queries(1):
        queries.reasons_for(paths, DAY)


def test_the_phase_of_a_crisis_itself(tree):
    crisis = a_crisis(tree["HN01"])
    crisis.phases.create(phase="longer", starts_on=date(2021, 3, 1))
    assert queries.phase_of(crisis, DAY) is Phase.SURVIVAL
    assert queries.phase_of(crisis) is Phase.LONGER


# Who sees what


def seen_by(user):
    return set(queries.visible_to(user))


def test_the_stranger_sees_no_crisis(tree):
    a_crisis(tree["HN01"])
    assert seen_by(person()) == set()
    assert seen_by(None) == set()


@pytest.mark.parametrize("scope", ["", "HND/", "HND/HN01/", "HND/HN01/HN0101/", CENTRE])
def test_who_works_where_a_crisis_is_sees_it_whoever_holds_it(tree, scope):
    crisis = a_crisis(tree["HN01"], holder=organisation())
    assert seen_by(person(Crises.VIEW, scope=scope)) == {crisis}
    assert seen_by(person(Crises.VIEW, scope=scope, of=organisation())) == {crisis}


@pytest.mark.parametrize("scope", ["HND/HN02/", "HND/HN0/", "HND/HN02/HN0201/"])
def test_the_neighbour_does_not_see_a_crisis_that_stays_next_door(tree, scope):
    a_crisis(tree["HN01"])
    assert seen_by(person(Crises.VIEW, scope=scope)) == set()


def test_an_organisation_sees_the_crises_it_holds_wherever_they_are(tree):
    mine = organisation()
    crisis = a_crisis(tree["HN01"], holder=mine)
    assert seen_by(person(Crises.VIEW, scope="HND/HN02/", of=mine)) == {crisis}
    assert seen_by(person(Crises.VIEW, scope="HND/HN02/", member_of=mine)) == {crisis}


def test_a_crisis_in_many_places_is_listed_once(tree):
    a_crisis(tree["HN01"], tree["HN0101"], tree["HND"])
    assert queries.visible_to(person(Crises.VIEW, scope="HND/HN01/")).count() == 1


def test_what_a_crisis_left_is_still_seen_there(tree):
    crisis = a_crisis(tree["HN01"], tree["HN02"])
    CrisisPlace.objects.filter(crisis=crisis, place=tree["HN01"]).update(ends_on=DAY)
    assert seen_by(person(Crises.VIEW, scope="HND/HN01/")) == {crisis}


def test_open_crises_and_their_places_on_a_day(tree, django_assert_num_queries):
    storm = a_crisis(tree["HN01"], tree["HN0201"], ends_on=date(2020, 12, 1))
    a_crisis(tree["HN02"], starts_on=date(2022, 1, 1))
    everything = queries.visible_to(person(Crises.VIEW))
    assert list(queries.open_on(everything, DAY)) == [storm]
    with django_assert_num_queries(1):
        affected = [(row.place.name, row.place.parent.name) for row in queries.places_of(storm, DAY)]
    assert affected == [("Norte", "Bosquia"), ("Loma", "Sur")]
