"""The same mapping on a filled form: answers by question path, all of them text."""

import datetime as dt

from amparo.intake import mapping

FORM = """
name = "formulario"
version = 1
kind = "assessment"
title = { es = "Formulario", en = "Form" }
[reading]
offset = "-06:00"
[site]
id = { path = "ident/site_pcode" }
name = { path = "ident/site_name" }
geopoint = { path = "ident/location" }
kind = { path = "ident/site_type", choices = { self_settled = "self_settled_site" } }
[told_at]
path = "end"
[[observe]]
indicator = "persons"
path = "pop/ind_total"
[[observe]]
indicator = "toilets"
path = "wash/latrines"
[[observe]]
indicator = "litres_person_day"
path = "wash/lpd"
[[observe]]
indicator = "toilets_separated"
path = "wash/latrines_sep"
choices = { yes = 1, no = 0, dk = "unknown" }
[[observe]]
indicator = "handwashing"
path = "wash/hands"
[[observe]]
indicator = "kitchen"
path = "needs"
contains = "kitchen_set"
[[observe]]
indicator = "pregnant"
path = "vulnerable"
contains = "pregnant"
kind = "yesno"
"""
ANSWERS = {
    "end": "2026-11-22T09:10:41.512-06:00",
    "ident/site_pcode": "SD123456",
    "ident/site_name": "Escuela 5 / مخيم",
    "ident/location": "15.439425 -87.97915 412.0 4.8",
    "ident/site_type": "self_settled",
    "pop/ind_total": "350",
    "wash/latrines": "",
    "wash/lpd": "7.5",
    "wash/latrines_sep": "dk",
    "needs": "blankets kitchen_set_2 mats",
}
PATHS = [*ANSWERS, "wash/hands", "vulnerable", "closing/comments", "meta/instanceID"]


def test_a_submission_gives_the_same_facts_as_a_row():
    facts = mapping.parse(FORM).bind(PATHS).facts(ANSWERS)
    assert {each.indicator: each.low for each in facts.observations} == {
        "persons": 350,
        "litres_person_day": 7.5,
        "kitchen": 0,
    }
    assert facts.unknowns == ("toilets_separated",)
    assert facts.problems == ()
    assert (facts.site.external_id, facts.site.kind) == ("SD123456", "self_settled_site")
    assert (facts.site.lat, facts.site.lon) == (15.439425, -87.97915)
    assert facts.precision == "moment"
    assert facts.moment == dt.datetime(2026, 11, 22, 15, 10, 41, tzinfo=dt.UTC)


def test_a_question_of_several_answers_is_asked_for_one_of_them():
    bound = mapping.parse(FORM).bind(PATHS)
    assert {e.indicator: e.low for e in bound.facts(ANSWERS | {"needs": "mats kitchen_set"}).observations}[
        "kitchen"
    ] == 1
    assert "kitchen" not in {e.indicator for e in bound.facts(ANSWERS | {"needs": ""}).observations}


def test_paths_are_found_below_the_forms_root_and_in_exports_by_last_name():
    found = mapping.parse(FORM)
    assert found.bind([f"/data/{path}" for path in PATHS]).indicators == found.bind(PATHS).indicators
    assert found.bind([path.rpartition("/")[2] for path in PATHS]).indicators == found.bind(PATHS).indicators


def test_odd_answers_are_accepted_so_that_no_form_stays_on_the_phone():
    bound = mapping.parse(FORM).bind(PATHS)
    facts = bound.facts(
        ANSWERS | {"pop/ind_total": "99999999", "wash/lpd": "-3", "ident/location": "0 0 0 0", "end": "ayer"}
    )
    assert {flag.code for flag in facts.flags} == {"very_large", "coordinates_zero"}
    assert {(problem.code, problem.field) for problem in facts.problems} == {
        ("negative", "litres_person_day"),
        ("date_unreadable", "told_at"),
    }
    assert facts.moment is None
