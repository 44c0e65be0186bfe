"""The three TOML files: whole, in two languages, and honest about what was read."""

import copy

import pytest

from amparo.standards import INDICATORS, MEASURES, STANDARDS, InvalidTable, Kind, Phase
from amparo.standards.catalogue import load_standards
from amparo.standards.indicators import load_indicators
from amparo.standards.measures import Form, for_group, load_measures
from amparo.standards.tables import read

SCREEN = 70
"""Longest name that fits a row on a phone in two lines."""

# What the reference read in a source, and nothing else, may decide without an office's word.
READ_IN_A_SOURCE = {
    "sphere.persons_per_toilet",
    "sphere.female_male_toilet_ratio",
    "sphere.toilets_locks",
    "sphere.handwashing",
    "sphere.menstrual_disposal",
    "sphere.toilet_distance_m",
    "wash.accessible_toilet_share",
    "sphere.litres_person_day",
    "sphere.persons_per_tap",
    "sphere.persons_per_hand_pump",
    "sphere.persons_per_open_well",
    "sphere.water_distance_m",
    "sphere.water_queue_min",
    "sphere.persons_per_shower",
    "sphere.persons_per_laundry_place",
    "sphere.floor_m2_per_person",
    "sphere.ceiling_m",
    "sphere.site_area_m2_per_person",
    "sphere.shelter_gap_m",
    "access.ramp_width_cm",
    "access.ramp_slope",
    "access.ramp_handrail",
    "access.door_width_cm",
    "access.toilet_doors_outward",
    "covid.bed_spacing_m",
    "covid.masks_per_person",
}


@pytest.mark.parametrize("entry", [*INDICATORS.values(), *MEASURES.values()], ids=lambda entry: entry.key)
def test_every_name_and_unit_is_in_both_languages_and_short(entry):
    for text in (entry.name, entry.unit):
        assert set(text) == {"es", "en"}
        assert all(0 < len(words) <= SCREEN for words in text.values())


@pytest.mark.parametrize("standard", STANDARDS.values(), ids=lambda standard: standard.key)
def test_every_standard_has_a_measure_a_name_and_a_source(standard):
    assert all(for_group(standard.measure, group) for group in standard.by_sex.groups)
    assert all(standard.name.values())
    assert all(standard.source.values())
    assert standard.thresholds


def test_exactly_what_was_read_in_a_source_is_verified():
    assert {key for key, standard in STANDARDS.items() if standard.verified} == READ_IN_A_SOURCE


def test_a_page_is_given_only_where_the_page_was_seen():
    assert {standard.page for standard in STANDARDS.values()} == {"", "117", "118"}


def test_an_unverified_standard_says_why():
    assert all(standard.note["es"] for standard in STANDARDS.values() if not standard.verified)


def test_the_thresholds_of_the_issue_are_the_ones_in_the_file():
    def values(key):
        return [
            threshold.low if threshold.low is not None else threshold.high
            for threshold in (STANDARDS[key].thresholds[phase] for phase in Phase)
        ]

    assert values("sphere.persons_per_toilet") == [50, 20, 20]
    assert values("sphere.litres_person_day") == [7.5, 15, 15]
    assert values("sphere.floor_m2_per_person") == [3.5, 3.5, 3.5]
    assert values("sphere.persons_per_shower") == [50, 50, 50]
    assert values("sphere.persons_per_tap") == [250, 250, 250]


def test_words_that_the_glossary_forbids_are_in_no_spanish_name():
    forbidden = ("baño", "refugio", "WC", "menor", "discapacitad", "beneficiari", "albergad")
    texts = [entry.name["es"] for entry in (*INDICATORS.values(), *MEASURES.values(), *STANDARDS.values())]
    assert not [text for text in texts for word in forbidden if word in text]


def test_levels_go_from_the_worst_and_only_levels_have_labels():
    for indicator in INDICATORS.values():
        assert (len(indicator.levels) >= 2) == (indicator.kind is Kind.LEVEL)


def test_every_indicator_is_a_measure_too():
    assert set(INDICATORS) <= set(MEASURES)
    assert MEASURES["litres_person_day"].form is Form.THING_PER_PERSON
    assert MEASURES["ceiling_m"].form is Form.OBSERVED


@pytest.mark.parametrize(
    ("key", "low", "high", "problem"),
    [
        ("persons", 12, 12, None),
        ("persons", 12.5, 12.5, "not_whole"),
        ("persons", 15, float("inf"), None),
        ("litres_person_day", 12.5, 15, None),
        ("sleeping_share", 0.75, 1, None),
        ("sleeping_share", 0.75, 75, "not_a_share"),
        ("ramp", 1, 1, None),
        ("ramp", 2, 2, "not_yes_or_no"),
        ("handwashing", 2, 2, None),
        ("handwashing", 3, 3, "no_such_level"),
    ],
)
def test_an_indicator_knows_which_values_it_can_take(key, low, high, problem):
    assert INDICATORS[key].problem_with(low, high) == problem


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("measure", "no_such_measure", "measure is 'no_such_measure'"),
        ("source", {"es": "Esfera 2018"}, "source must have es and en"),
        ("source", {"es": "Esfera 2018", "en": " "}, "source has an empty language"),
        ("comparison", "about", "comparison is 'about'"),
        ("acute", -20, "acute must be a number of at least 0"),
        ("acute", "20", "acute must be a number of at least 0"),
        ("verified", "yes", "verified must be true or false"),
        ("by_sex", "men_only", None),
        ("affects", "nobody", "affects is 'nobody'"),
        ("replaces", "sphere.none", "replaces is 'sphere.none'"),
        ("colour", "red", "unknown colour"),
    ],
)
def test_a_wrong_standard_is_refused_by_name(field, value, words):
    content = copy.deepcopy(read("standards.toml"))
    content["sphere.persons_per_toilet"][field] = value
    if words is None:
        assert load_standards(content)
        return
    with pytest.raises(InvalidTable, match=r"standards.toml \[sphere.persons_per_toilet\]") as refused:
        load_standards(content)
    assert words in str(refused.value)


def test_a_standard_without_any_phase_is_refused():
    content = copy.deepcopy(read("standards.toml"))
    for phase in Phase:
        del content["sphere.litres_person_day"][phase]
    with pytest.raises(InvalidTable, match="no threshold in any phase"):
        load_standards(content)


def test_yes_is_asked_only_of_yes_or_no():
    content = copy.deepcopy(read("standards.toml"))
    content["sphere.toilets_locks"]["measure"] = "toilets"
    with pytest.raises(InvalidTable, match="yes/no"):
        load_standards(content)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("kind", "number", "kind is 'number'"),
        ("unit", {"es": "", "en": "people"}, "unit has an empty language"),
        ("expires_hours", 1, "greys after some time, and expires later"),
        ("half_life_hours", float("nan"), "half_life_hours must be a number"),
        ("levels", [{"es": "a", "en": "a"}, {"es": "b", "en": "b"}], "nothing else has labels"),
    ],
)
def test_a_wrong_indicator_is_refused_by_name(field, value, words):
    content = copy.deepcopy(read("indicators.toml"))
    content["persons"][field] = value
    with pytest.raises(InvalidTable, match=r"indicators.toml \[persons\]") as refused:
        load_indicators(content)
    assert words in str(refused.value)


def test_the_durations_must_be_owned_as_our_own():
    content = {key: value for key, value in read("indicators.toml").items() if key != "validity"}
    with pytest.raises(InvalidTable, match="own"):
        load_indicators(content)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("things", "thrones", "things is 'thrones'"),
        ("people", "women", "counts persons, not women"),
        ("worth", {"thrones": 2}, "'thrones'"),
        ("only_if_told", ["thrones"], "'thrones'"),
        ("separated", "toilets", "separated must be a yes/no"),
    ],
)
def test_a_wrong_measure_is_refused_by_name(field, value, words):
    content = copy.deepcopy(read("measures.toml"))
    content["persons_per_toilet"][field] = value
    with pytest.raises(InvalidTable, match=r"measures.toml \[persons_per_toilet\]") as refused:
        load_measures(content)
    assert words in str(refused.value)
