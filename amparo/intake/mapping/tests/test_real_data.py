"""The shipped mappings on the real sheets, where they are at hand.

Their invented twins are in `test_shipped.py`.
"""

import os
import statistics
from pathlib import Path

import pytest

from amparo.intake import mapping
from amparo.toolkit import sheets

SHARED = Path(os.environ.get("AMPARO_SHARED", "../shared"))
if not SHARED.is_absolute():
    SHARED = Path(__file__).resolve().parents[4] / SHARED
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not at hand"),
]


def read(path, name):
    found = mapping.load(name)
    table = sheets.read(SHARED / "data" / path, expect=found.expected)
    return list(found.bind(table.columns).all_facts(table.rows))


def figure(facts, indicator):
    return next((each.low for each in facts.observations if each.indicator == indicator), None)


@pytest.fixture(scope="module")
def nepal():
    return read("dtm/dtm_nepal_2015_R2_site_assessment_deidentified.csv", "dtm-b3")


def test_households_and_people_equal_the_sheets_own_totals(nepal):
    opened = [each for each in nepal if each.site.status == "open"]
    assert (len(nepal), len(opened)) == (146, 144)
    assert sum(figure(each, "households") for each in nepal) == 12_419
    assert sum(figure(each, "households") for each in opened) == 12_229
    assert sum(figure(each, "persons") for each in nepal) == 66_756
    assert sum(figure(each, "persons") for each in opened) == 65_624


def test_toilets_are_counted_where_somebody_counted_them(nepal):
    measured = [each for each in nepal if figure(each, "toilets") is not None]
    none = [each for each in measured if figure(each, "toilets") == 0]
    ratios = [
        figure(each, "persons") / figure(each, "toilets") for each in measured if figure(each, "toilets")
    ]
    assert (len(measured), len(none), len(ratios)) == (145, 36, 109)
    assert sum(figure(each, "persons") for each in none) == 10_644
    assert round(statistics.median(ratios), 1) == 59.2
    assert len(none) + sum(ratio > 50 for ratio in ratios) == 98
    assert len(none) + sum(ratio > 20 for ratio in ratios) == 123


def test_exactly_twelve_sites_have_age_bins_that_do_not_add_up(nepal):
    flagged = [
        each.site.external_id for each in nepal if any(flag.code == "age_bins_differ" for flag in each.flags)
    ]
    assert flagged == ["5", "10", "40", "41", "96", "198", "273", "287", "485", "494", "496", "499"]


def test_no_value_of_the_real_sheet_is_left_waiting(nepal):
    assert [problem for each in nepal for problem in each.problems] == []
    assert all(each.moment is not None and each.site.kind is not None for each in nepal)


@pytest.mark.parametrize("name", ["copeco-sites", "sites"])
def test_every_honduran_shelter_is_a_candidate_with_its_point(name):
    facts = read("shelters/hnd_albergues_COPECO_pcoded.csv", name)
    assert len(facts) == 595
    assert sum(bool(each.site.pcode) for each in facts) == 592
    assert len({each.site.identity for each in facts}) == 595 - 57
    assert {each.site.status for each in facts} == {"candidate"}
    assert all(each.site.name and each.site.lat and not each.flags and not each.problems for each in facts)


def test_the_map_file_says_the_same_as_the_list():
    by_list = read("shelters/hnd_albergues_COPECO_pcoded.csv", "sites")
    by_map = read("shelters/hnd_albergues_COPECO_wgs84.geojson", "sites")
    assert [(each.site.name, each.site.lat, each.site.kind) for each in by_list] == [
        (each.site.name, each.site.lat, each.site.kind) for each in by_map
    ]
