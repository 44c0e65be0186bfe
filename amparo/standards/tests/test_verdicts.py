"""Each rule of a verdict, both ways."""

from datetime import timedelta
from math import inf

import pytest

from amparo.standards import STANDARDS, Phase, Reason, Role, Verdict, evaluate, headlines, summarise, worst
from amparo.standards.tests.site import HOUR, NOW, gap, keys, rio_seco, site, told

TOILETS = "sphere.persons_per_toilet"
WATER = "sphere.litres_person_day"
SHOWERS = "sphere.persons_per_shower"
FLOOR = "sphere.floor_m2_per_person"


# --- the school of the mock-ups


def test_the_womens_toilets_of_the_mock_up():
    found = gap(rio_seco(), TOILETS, "women")
    assert found.verdict is Verdict.NOT_MET
    assert found.measured == (39, 39)
    assert found.threshold == 20
    assert (found.people, found.affected) == (78, 38)
    assert (found.missing, found.missing_unit) == (2, "toilets_women")
    assert found.to_meet.add == 2
    assert [(term.indicator, term.role) for term in found.terms] == [
        ("women", Role.NUMERATOR),
        ("toilets_women", Role.DENOMINATOR),
    ]


def test_the_mens_toilets_of_the_mock_up():
    found = gap(rio_seco(), TOILETS, "men")
    assert (found.verdict, found.measured, found.affected) == (Verdict.MET, (16.25, 16.25), 0)
    assert (found.missing, found.missing_unit, found.to_meet) == (None, None, None)


def test_the_water_of_the_mock_up():
    found = gap(rio_seco(), WATER)
    assert (found.verdict, found.affected, found.grave) == (Verdict.NOT_MET, 29, False)
    assert (found.missing, found.missing_unit) == (429, "litres_day")


def test_the_floor_of_the_mock_up():
    found = gap(rio_seco(), FLOOR)
    assert found.verdict is Verdict.MET
    assert found.measured == pytest.approx((3.916, 3.916), abs=0.001)


def test_rooms_are_compared_by_sex_only_where_they_are_separated():
    assert (FLOOR, "women") not in keys(rio_seco())
    assert gap(rio_seco(floor_m2_women=200), FLOOR, "women").verdict is Verdict.NOT_MET


# --- missing, zero, nobody


def test_a_site_of_which_nothing_is_known_meets_nothing():
    verdicts = {found.verdict for found in evaluate({}, phase=Phase.ACUTE, at=NOW)}
    assert verdicts == {Verdict.NOT_ASSESSED}


def test_a_missing_count_is_named():
    found = gap(site(persons=40), TOILETS)
    assert (found.verdict, found.reason) == (Verdict.NOT_ASSESSED, Reason.MISSING_INPUT)
    assert (found.lacking, found.people, found.affected) == (("toilets",), 40, None)


def test_missing_people_are_named():
    found = gap(site(toilets=4), TOILETS)
    assert (found.reason, found.lacking, found.people) == (Reason.MISSING_INPUT, ("persons",), None)
    assert [term.indicator for term in found.terms] == ["toilets"]


def test_no_toilet_that_works_is_a_measurement_and_fails_for_everybody():
    found = gap(site(persons=40, toilets=0), TOILETS)
    assert (found.verdict, found.reason) == (Verdict.NOT_MET, Reason.NONE_WORKING)
    assert (found.measured, found.affected, found.missing, found.grave) == (None, 40, 2, True)


def test_no_toilet_fails_even_where_nobody_has_counted_people():
    found = gap(site(toilets=0), TOILETS)
    assert (found.verdict, found.affected, found.missing) == (Verdict.NOT_MET, None, None)


def test_no_water_fails_for_everybody():
    found = gap(site(persons=40, litres_day=0), WATER)
    assert (found.verdict, found.affected, found.missing, found.grave) == (Verdict.NOT_MET, 40, 600, True)


def test_where_nobody_is_there_nothing_is_met_and_nothing_fails():
    for found in evaluate(rio_seco(persons=0, women=0, men=0), phase=Phase.ACUTE, at=NOW):
        if found.reason is not Reason.MISSING_INPUT:
            assert (found.verdict, found.reason) == (Verdict.NOT_ASSESSED, Reason.NO_PEOPLE)


def test_where_no_women_are_there_only_the_mens_toilets_are_judged():
    inputs = rio_seco(persons=65, women=0, toilets_women=0)
    assert gap(inputs, TOILETS, "women").reason is Reason.NO_PEOPLE
    assert gap(inputs, TOILETS, "men").verdict is Verdict.MET


def test_people_are_the_sum_of_women_and_men_where_nobody_told_the_total():
    found = gap(site(women=78, men=65, toilets=6), TOILETS)
    assert found.people == 143
    assert [term.indicator for term in found.terms] == ["women", "men", "toilets"]


# --- toilets that are not separated


@pytest.mark.parametrize("people", [{}, {"women": 78}])
@pytest.mark.parametrize(
    "toilets",
    [
        {"toilets": 20, "toilets_separated": 0},
        {"toilets_shared": 20},
        {"toilets_shared": 20, "toilets_women": 0},
        {"toilets_women": 8, "toilets_separated": 0},
    ],
)
def test_toilets_not_separated_are_not_met_for_women(people, toilets):
    found = gap(site(**people, **toilets), TOILETS, "women")
    assert (found.verdict, found.reason) == (Verdict.NOT_MET, Reason.NOT_SEPARATED)
    assert found.affected == people.get("women")
    assert found.missing == (4 if people else None)


def test_toilets_not_separated_say_nothing_about_men():
    found = gap(site(persons=100, women=50, men=50, toilets=20, toilets_separated=0), TOILETS, "men")
    assert (found.verdict, found.reason) == (Verdict.NOT_ASSESSED, Reason.NOT_SEPARATED)


def test_toilets_not_separated_still_count_for_everybody():
    assert gap(site(persons=100, toilets=20, toilets_separated=0), TOILETS).verdict is Verdict.MET


def test_separated_toilets_nobody_counted_are_not_assessed_for_women():
    found = gap(site(women=78, toilets=20, toilets_separated=1, toilets_shared=3), TOILETS, "women")
    assert (found.verdict, found.lacking) == (Verdict.NOT_ASSESSED, ("toilets_women",))


def test_where_no_women_are_there_sharing_is_no_gap():
    assert gap(site(women=0, toilets_separated=0), TOILETS, "women").reason is Reason.NO_PEOPLE


def test_a_newer_count_of_womens_toilets_outweighs_an_old_no():
    inputs = site(women=78, toilets_women=told(4, hours_ago=1), toilets_separated=told(0, hours_ago=50))
    assert gap(inputs, TOILETS, "women").verdict is Verdict.MET


def test_an_old_no_that_has_expired_says_nothing():
    inputs = site(women=78, toilets_separated=told(0, hours_ago=600))
    assert gap(inputs, TOILETS, "women").reason is Reason.MISSING_INPUT


@pytest.mark.parametrize("more", [{}, {"toilets_separated": 0}, {"toilets_women": 0, "toilets_separated": 0}])
def test_a_site_with_no_toilet_at_all_has_none_for_women(more):
    found = gap(site(women=78, toilets=0, **more), TOILETS, "women")
    assert (found.verdict, found.reason, found.grave) == (Verdict.NOT_MET, Reason.NONE_WORKING, True)


def test_showers_follow_the_same_rule():
    assert (
        gap(site(women=78, showers=4, showers_separated=0), SHOWERS, "women").reason is Reason.NOT_SEPARATED
    )
    assert gap(site(women=78, showers_women=4, showers_separated=1), SHOWERS, "women").verdict is Verdict.MET


def test_all_toilets_are_the_sum_of_those_by_sex_where_they_are_separated():
    assert gap(rio_seco(), TOILETS).measured == pytest.approx((143 / 6, 143 / 6))


def test_with_shared_toilets_unknown_the_sum_is_only_a_least():
    inputs = site(persons=143, toilets_women=2, toilets_men=4)
    assert gap(inputs, TOILETS).reason is Reason.RANGE_STRADDLES
    inputs = site(persons=110, toilets_women=2, toilets_men=4)
    assert gap(inputs, TOILETS).verdict is Verdict.MET
    inputs = site(persons=143, toilets_women=2, toilets_men=4, toilets_shared=2)
    assert gap(inputs, TOILETS).measured == (143 / 8, 143 / 8)


# --- ranges


@pytest.mark.parametrize(
    ("litres", "verdict"),
    [
        ((15, inf), Verdict.MET),
        ((15, 20), Verdict.MET),
        ((10, 15), Verdict.NOT_ASSESSED),
        ((10, 14.9), Verdict.NOT_MET),
        ((0, 5), Verdict.NOT_MET),
        ((0, inf), Verdict.NOT_ASSESSED),
    ],
)
def test_a_range_decides_only_where_the_whole_of_it_does(litres, verdict):
    found = gap(site(persons=100, litres_person_day=litres), WATER)
    assert found.verdict is verdict
    assert found.measured == litres
    if verdict is Verdict.NOT_ASSESSED:
        assert found.reason is Reason.RANGE_STRADDLES


def test_of_a_range_the_surest_number_of_people_is_given():
    found = gap(site(persons=(100, 150), toilets=(1, 2)), TOILETS)
    assert (found.verdict, found.affected, found.missing) == (Verdict.NOT_MET, 60, 3)


def test_more_people_than_anybody_knows_can_lack_water():
    found = gap(site(persons=(15, inf), litres_person_day=0), WATER)
    assert (found.verdict, found.affected, found.grave) == (Verdict.NOT_MET, 15, True)


# --- age


def test_an_expired_input_is_not_assessed_and_its_old_value_is_still_shown():
    found = gap(site(persons=40, toilets=told(9, hours_ago=21 * 24)), TOILETS)
    assert (found.verdict, found.reason, found.lacking) == (
        Verdict.NOT_ASSESSED,
        Reason.EXPIRED,
        ("toilets",),
    )
    assert [(term.indicator, term.measurement.low) for term in found.terms] == [
        ("persons", 40),
        ("toilets", 9),
    ]


def test_an_input_counts_until_the_hour_it_expires():
    assert gap(site(persons=40, toilets=told(9, hours_ago=21 * 24 - 1)), TOILETS).verdict is Verdict.MET


def test_a_zero_that_has_expired_no_longer_fails():
    assert gap(site(persons=40, toilets=told(0, hours_ago=999)), TOILETS).verdict is Verdict.NOT_ASSESSED


def test_a_confirmed_value_counts_longer():
    old = told(9, hours_ago=22 * 24)
    confirmed = told(9, hours_ago=22 * 24, confirmed_hours_ago=24)
    assert gap(site(persons=40, toilets=old), TOILETS).reason is Reason.EXPIRED
    assert gap(site(persons=40, toilets=confirmed), TOILETS).verdict is Verdict.MET


def test_a_gap_is_as_old_as_its_oldest_input():
    found = gap(site(persons=told(40, hours_ago=5), toilets=told(1, hours_ago=30)), TOILETS)
    assert found.told_at == NOW - 30 * HOUR
    assert found.fades_at == NOW + 19 * HOUR
    assert found.expires_at == NOW + 67 * HOUR


def test_nothing_told_has_no_age():
    found = gap({}, TOILETS)
    assert (found.told_at, found.fades_at, found.expires_at) == (None, None, None)


# --- phases, site types, unverified thresholds


@pytest.mark.parametrize(
    ("phase", "verdict", "grave"),
    [(Phase.SURVIVAL, Verdict.MET, False), (Phase.ACUTE, Verdict.NOT_MET, False)],
)
def test_the_phase_chooses_the_threshold(phase, verdict, grave):
    found = gap(site(persons=400, toilets=10), TOILETS, phase=phase)
    assert (found.verdict, found.grave) == (verdict, grave)


@pytest.mark.parametrize(("toilets", "grave"), [(8, False), (7, True)])
def test_beyond_the_survival_threshold_it_is_grave_in_any_phase(toilets, grave):
    for phase in (Phase.ACUTE, Phase.LONGER):
        assert gap(site(persons=400, toilets=toilets), TOILETS, phase=phase).grave is grave


@pytest.mark.parametrize(("litres", "grave"), [(7.5, False), (7.4, True)])
def test_less_than_survival_water_is_grave(litres, grave):
    assert gap(site(persons=10, litres_person_day=litres), WATER).grave is grave


def test_a_standard_without_a_threshold_in_the_phase_is_not_asked():
    assert ("camp.committee", "all") in keys({})
    assert ("camp.committee", "all") not in keys({}, phase=Phase.SURVIVAL)


def test_an_unverified_threshold_is_shown_and_decides_nothing():
    found = gap(site(persons=100, sewage_overflow=1), "sphere.sewage_overflow")
    assert (found.verdict, found.decides, found.affected) == (Verdict.NOT_MET, False, 100)
    assert found not in worst([found])
    assert headlines([found]) == ()
    assert summarise([found]).unverified == 1
    assert summarise([found]).not_met == 0


def test_an_office_that_confirms_it_makes_it_decide():
    confirmed = frozenset({"sphere.sewage_overflow"})
    found = gap(site(persons=100, sewage_overflow=1), "sphere.sewage_overflow", confirmed=confirmed)
    assert found.decides
    assert worst([found]) == (found,)


def test_no_unverified_threshold_decides_or_is_grave_unless_confirmed():
    everything_fails = site(persons=600, women=300, men=300, toilets=1, open_defecation=1, bins_100l=1)
    unverified = {key for key, standard in STANDARDS.items() if not standard.verified}
    for found in evaluate(everything_fails, phase=Phase.LONGER, at=NOW, site_type="transit_centre"):
        assert found.decides is (found.standard.key not in unverified)
        assert found.decides or not found.grave
    for found in evaluate({}, phase=Phase.LONGER, at=NOW, confirmed=frozenset(unverified)):
        assert found.decides


def test_a_standard_of_other_site_types_is_not_asked():
    land = ("sphere.site_area_m2_per_person", "all")
    assert land not in keys({})
    assert land not in keys({}, site_type="collective_centre")
    assert land in keys({}, site_type="planned_site")


def test_the_rule_for_transit_centres_takes_over_only_once_confirmed():
    transit = "sphere.transit_persons_per_toilet"
    shown = keys({}, site_type="transit_centre")
    assert {(TOILETS, "all"), (transit, "all")} <= shown
    confirmed = keys({}, site_type="transit_centre", confirmed=frozenset({transit}))
    assert (TOILETS, "all") not in confirmed
    assert (transit, "all") in confirmed
    assert (TOILETS, "all") in keys({}, confirmed=frozenset({transit}))


# --- the other measures


def test_at_most_and_less_than_are_not_the_same():
    inputs = site(persons=10, water_queue_min=30, toilet_distance_m=50)
    assert gap(inputs, "sphere.water_queue_min").verdict is Verdict.NOT_MET
    assert gap(inputs, "sphere.toilet_distance_m").verdict is Verdict.MET
    assert gap(site(water_queue_min=29), "sphere.water_queue_min").verdict is Verdict.MET


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.1, Verdict.NOT_MET), (0.2, Verdict.MET), (0.5, Verdict.MET), (0.6, Verdict.NOT_MET)],
)
def test_between_includes_both_ends(value, verdict):
    found = gap(site(persons=10, chlorine_mg_l=value), "sphere.chlorine_mg_l")
    assert found.verdict is verdict
    assert (found.threshold, found.threshold_high) == (0.2, 0.5)


@pytest.mark.parametrize(("answer", "verdict"), [(1, Verdict.MET), (0, Verdict.NOT_MET)])
def test_a_yes_is_met_and_a_no_touches_everybody(answer, verdict):
    found = gap(site(persons=90, toilets_locks=answer), "sphere.toilets_locks")
    assert found.verdict is verdict
    assert found.affected == (0 if answer else 90)


def test_a_no_with_people_unknown_touches_nobody_knows_how_many():
    found = gap(site(toilets_locks=0), "sphere.toilets_locks")
    assert (found.verdict, found.people, found.affected) == (Verdict.NOT_MET, None, None)


def test_a_standard_for_women_speaks_of_women():
    found = gap(site(persons=100, women=60, menstrual_disposal=0), "sphere.menstrual_disposal", "women")
    assert (found.people, found.affected) == (60, 60)


def test_what_keeps_a_wheelchair_out_touches_people_with_disabilities():
    narrow = {"persons": 100, "door_width_cm": 80}
    assert gap(site(**narrow), "access.door_width_cm").affected is None
    assert gap(site(**narrow, persons_disability=11), "access.door_width_cm").affected == 11


@pytest.mark.parametrize(
    ("accessible", "verdict", "missing"), [(3, Verdict.MET, None), (2, Verdict.NOT_MET, 1)]
)
def test_fifteen_of_a_hundred_toilets_take_a_wheelchair(accessible, verdict, missing):
    found = gap(site(persons=200, toilets=20, toilets_accessible=accessible), "wash.accessible_toilet_share")
    assert (found.verdict, found.missing) == (verdict, missing)


def test_of_no_toilets_none_takes_a_wheelchair():
    found = gap(site(persons=200, toilets=0, toilets_accessible=0), "wash.accessible_toilet_share")
    assert (found.verdict, found.reason) == (Verdict.NOT_MET, Reason.NONE_WORKING)


def test_three_womens_toilets_for_each_mens():
    key = "sphere.female_male_toilet_ratio"
    short = gap(site(women=50, toilets_women=2, toilets_men=4), key, "women")
    assert (short.verdict, short.measured, short.affected) == (Verdict.NOT_MET, (0.5, 0.5), None)
    assert (short.missing, short.missing_unit) == (10, "toilets_women")
    assert gap(site(women=50, toilets_women=6, toilets_men=2), key, "women").verdict is Verdict.MET
    assert (key, "women") not in keys(site(women=50, toilets_women=6, toilets_men=0))
    assert (key, "women") not in keys(site(women=50, toilets=6))


def test_water_is_observed_or_computed_and_the_newer_wins():
    told_new = site(persons=100, litres_person_day=told(16, 1), litres_day=told(1000, 9))
    computed = site(persons=100, litres_person_day=told(16, 9), litres_day=told(1000, 1))
    assert gap(told_new, WATER).measured == (16, 16)
    assert gap(computed, WATER).measured == (10, 10)
    assert gap(site(litres_person_day=16), WATER).verdict is Verdict.MET
    assert gap(site(persons=100, litres_day=1000), WATER).affected == 34


def test_water_that_has_expired_is_told_so():
    found = gap(site(persons=100, litres_person_day=told(16, 999)), WATER)
    assert (found.reason, found.lacking) == (Reason.EXPIRED, ("litres_person_day",))


def test_hand_pumps_count_beside_taps_and_are_judged_only_without_them():
    tap, pump, well = (
        ("sphere.persons_per_tap", "all"),
        ("sphere.persons_per_hand_pump", "all"),
        ("sphere.persons_per_open_well", "all"),
    )
    assert keys(site(persons=600)) & {tap, pump, well} == {tap}
    assert keys(site(persons=600, taps=1, hand_pumps=2)) & {tap, pump, well} == {tap}
    assert gap(site(persons=600, taps=1, hand_pumps=1), tap[0]).measured == (200, 200)
    assert keys(site(persons=600, hand_pumps=2, open_wells=1)) & {tap, pump, well} == {pump}
    assert gap(site(persons=600, taps=0, hand_pumps=2), pump[0]).measured == (300, 300)
    assert keys(site(persons=600, open_wells=1)) & {tap, pump, well} == {well}
    assert gap(site(persons=600, taps=0, hand_pumps=0), tap[0]).reason is Reason.NONE_WORKING


def test_a_threshold_met_to_the_last_digit_is_met():
    assert gap(site(persons=3, floor_m2=10.5), FLOOR).verdict is Verdict.MET
    assert gap(site(persons=11, litres_day=11 * 15), WATER).verdict is Verdict.MET
    assert gap(site(persons=143, floor_m2=143 * 3.5 - 0.01), FLOOR).verdict is Verdict.NOT_MET


def test_a_key_that_is_no_indicator_is_refused():
    with pytest.raises(KeyError, match="thrones"):
        evaluate(site(thrones=1), phase=Phase.ACUTE, at=NOW)


# --- order and totals


def test_the_order_of_gaps_is_the_order_of_the_file():
    first = [found.standard.key for found in evaluate({}, phase=Phase.ACUTE, at=NOW)]
    second = [found.standard.key for found in evaluate(rio_seco(), phase=Phase.ACUTE, at=NOW)]
    order = list(STANDARDS)
    assert first == sorted(first, key=order.index)
    assert second == sorted(second, key=order.index)


def test_the_worst_come_first():
    inputs = site(
        persons=600,
        women=300,
        men=300,
        toilets=0,
        litres_person_day=12,
        toilets_locks=0,
        floor_m2=9000,
        sewage_overflow=1,
    )
    found = worst(evaluate(inputs, phase=Phase.ACUTE, at=NOW))
    kinds = [(one.grave, one.verdict) for one in found]
    assert kinds == sorted(kinds, key=lambda kind: (not kind[0], kind[1] is Verdict.NOT_ASSESSED))
    assert found[0].standard.key == TOILETS
    assert found[0].affected == 600
    plain = [one.affected for one in found if one.verdict is Verdict.NOT_MET and not one.grave]
    counted = [affected for affected in plain if affected is not None]
    assert counted == sorted(counted, reverse=True)
    assert plain[: len(counted)] == counted
    assert all(one.decides and one.verdict is not Verdict.MET for one in found)
    assert FLOOR not in {one.standard.key for one in found}


def test_a_headline_is_the_worst_group_of_its_standard():
    lines = {
        found.standard.key: found for found in headlines(evaluate(rio_seco(), phase=Phase.ACUTE, at=NOW))
    }
    assert lines[TOILETS].group == "women"


def test_what_is_unknown_for_women_is_not_met_for_all():
    gaps = evaluate(site(persons=100, toilets=10), phase=Phase.ACUTE, at=NOW)
    lines = {found.standard.key: found for found in headlines(gaps)}
    assert gap(site(persons=100, toilets=10), TOILETS).verdict is Verdict.MET
    assert lines[TOILETS].verdict is Verdict.NOT_ASSESSED


def test_the_summary_counts_standards_once():
    gaps = evaluate(rio_seco(toilets_women=1), phase=Phase.ACUTE, at=NOW)
    summary = summarise(gaps)
    deciding = {found.standard.key for found in gaps if found.decides}
    assert summary.met + summary.not_met + summary.not_assessed == len(deciding)
    assert (summary.met, summary.not_met, summary.grave) == (1, 3, 1)
    assert (summary.top.standard.key, summary.top.group) == (TOILETS, "women")
    assert summary.unverified == len({found.standard.key for found in gaps} - deciding)
    assert summary.told_at == NOW - HOUR


def test_the_summary_of_an_empty_site_has_no_age():
    summary = summarise(
        evaluate(rio_seco(persons=0, women=0, men=0), phase=Phase.ACUTE, at=NOW + timedelta(0))
    )
    assert (summary.met, summary.not_met, summary.told_at) == (0, 0, None)
