"""How many people fit, what binds, and what makes the next step."""

from amparo.standards import Phase, capacity, evaluate, fixes
from amparo.standards.tests.site import NOW, rio_seco, site, told


def places(inputs, phase=Phase.ACUTE, **asked):
    return capacity(inputs, phase=phase, at=NOW, **asked).to_standard


def tonight(inputs, **asked):
    return capacity(inputs, phase=Phase.ACUTE, at=NOW, **asked).tonight


def chain(inputs):
    gaps = evaluate(inputs, phase=Phase.ACUTE, at=NOW)
    return fixes(gaps, capacity(inputs, phase=Phase.ACUTE, at=NOW))


def test_the_school_of_the_mock_up_serves_73_and_holds_160():
    found = places(rio_seco())
    assert (found.total, found.women, found.men) == (73, 40, 33)
    assert (found.floor, found.served) == (160, 73)
    assert (found.binds.resource, found.binds.group) == ("toilets_women", "women")
    assert (found.binds.people, found.binds.have) == (40, 2)
    assert [term.indicator for term in found.binds.terms] == ["women", "toilets_women"]


def test_every_line_of_the_school_is_there_and_what_is_missing_is_named():
    found = places(rio_seco())
    assert {line.resource: line.total for line in found.lines} == {
        "toilets": 120,
        "toilets_women": 73,
        "toilets_men": 176,
        "litres_day": 114,
        "floor_m2": 160,
    }
    assert set(found.not_assessed) == {"showers", "showers_women", "showers_men", "taps", "sleeping_places"}


def test_tonight_is_counted_at_the_survival_standards():
    found = tonight(rio_seco())
    assert {line.resource: line.people for line in found.lines if line.group != "all"} == {
        "toilets_women": 100,
        "toilets_men": 200,
    }
    assert found.total == 160
    assert found.binds.resource == "floor_m2"


def test_in_the_first_days_both_capacities_are_the_same():
    both = capacity(rio_seco(), phase=Phase.SURVIVAL, at=NOW)
    assert both.tonight == both.to_standard
    assert both.people == 143


def test_two_toilets_more_serve_114_then_water_limits_then_everybody_is_served():
    first, second, *others = chain(rio_seco())
    assert (first.resource, first.add, first.new_total) == ("toilets_women", 2, 114)
    assert first.next_binds.resource == "litres_day"
    assert first.affected == 38
    assert (second.resource, second.add, second.new_total) == ("litres_day", 429, 143)
    assert [fix for fix in others if fix.new_total is not None] == []


def test_the_steps_end_where_everybody_here_is_served():
    few = rio_seco(persons=60, women=30, men=30, litres_person_day=15)
    assert [fix for fix in chain(few) if fix.new_total is not None] == []


def test_what_adds_no_room_is_still_to_be_fixed():
    resources = {fix.resource: fix for fix in chain(rio_seco(toilets_locks=0))}
    assert resources["toilets_locks"].new_total is None
    assert resources["toilets_locks"].affected == 143
    assert "sewage_overflow" not in {fix.resource for fix in chain(rio_seco(sewage_overflow=1))}


def test_every_step_makes_room_or_frees_the_next():
    inputs = rio_seco(showers_women=1, showers_men=1, showers_separated=1, taps=0, litres_person_day=1)
    steps = [fix.new_total for fix in chain(inputs) if fix.new_total is not None]
    assert steps == sorted(steps)
    assert steps[-1] >= 143


def test_a_resource_nobody_has_seen_never_binds():
    found = places(site(persons=100, floor_m2=700))
    assert (found.total, found.served) == (200, None)
    assert "toilets" in found.not_assessed


def test_a_resource_seen_too_long_ago_never_binds():
    found = places(rio_seco(toilets_women=told(2, hours_ago=999)))
    assert "toilets_women" in found.not_assessed
    assert found.binds.resource != "toilets_women"


def test_a_resource_counted_as_none_holds_nobody():
    found = places(rio_seco(toilets_women=0))
    assert (found.total, found.women, found.men) == (0, 0, 0)
    assert found.binds.resource == "toilets_women"


def test_of_a_site_of_which_nothing_is_known_nothing_is_promised():
    found = places({})
    assert (found.total, found.women, found.men, found.floor, found.served) == (None,) * 5
    assert found.binds is None
    assert found.lines == ()


def test_sleeping_places_that_cannot_be_used_are_taken_away():
    found = places(rio_seco(sleeping_places=60, blocked_places=10))
    assert (found.total, found.binds.resource) == (50, "sleeping_places")
    assert found.binds.standard is None
    assert "blocked_places" in places(rio_seco(sleeping_places=60)).not_assessed


def test_more_blocked_than_there_are_is_none_not_less():
    assert places(site(sleeping_places=5, blocked_places=9)).total == 0


def test_an_empty_building_holds_people_by_sex_without_any_share():
    inputs = site(persons=0, floor_m2=560, toilets_women=2, toilets_men=4, toilets_separated=1)
    found = places(inputs)
    assert (found.women, found.men) == (40, 80)
    assert found.total == 120
    assert next(line for line in found.lines if line.resource == "toilets_women").total is None


def test_where_no_women_are_here_their_toilets_do_not_limit_the_men():
    found = places(rio_seco(persons=65, women=0, toilets_women=0, litres_person_day=20))
    assert found.total == 80
    assert (found.women, found.men) == (0, 80)


def test_toilets_that_are_not_separated_are_counted_for_all_and_said():
    found = places(site(persons=100, women=50, men=50, toilets=10, toilets_separated=0))
    assert found.total == 200
    assert found.not_separated == ("toilets_women", "toilets_men")
    assert "toilets_women" not in found.not_assessed


def test_of_a_range_the_end_that_promises_less_is_taken():
    assert places(site(persons=100, toilets=(2, 9))).total == 40


def test_the_share_of_women_can_come_from_either_sex():
    women = places(site(persons=143, women=78, toilets_women=2, toilets_separated=1))
    men = places(site(persons=143, men=65, toilets_women=2, toilets_separated=1))
    assert women.total == men.total == 73


def test_hand_pumps_hold_people_beside_taps():
    assert places(site(taps=1, hand_pumps=1)).total == 750
    assert places(site(hand_pumps=2)).total == 1000


def test_water_told_for_each_person_holds_people_only_where_people_are_counted():
    assert places(site(litres_person_day=12)).total is None
    assert "litres_day" in places(site(litres_person_day=12)).not_assessed
    assert places(site(persons=143, litres_person_day=12)).total == 114


def test_an_unconfirmed_threshold_stands_apart_and_a_confirmed_one_binds():
    transit = frozenset({"sphere.transit_persons_per_toilet"})
    inputs = site(persons=100, toilets=2)
    shown = places(inputs, site_type="transit_centre")
    assert (shown.total, shown.binds.standard.key) == (40, "sphere.persons_per_toilet")
    assert [line.total for line in shown.unverified] == [100]
    confirmed = places(inputs, site_type="transit_centre", confirmed=transit)
    assert (confirmed.total, confirmed.unverified) == (100, ())


def test_women_and_men_add_up_to_the_total_and_fit_their_lines():
    for women in range(1, 143):
        found = places(rio_seco(women=women, men=143 - women))
        assert found.women + found.men == found.total
        by_resource = {line.resource: line.people for line in found.lines}
        assert found.women <= by_resource["toilets_women"]
        assert found.men <= by_resource["toilets_men"]
