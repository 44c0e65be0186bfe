"""Our site assessment: what it asks, how it speaks, and what its answers become."""

import datetime as dt
import math
import re

import pytest

from amparo.intake.forms_shipped import catalogue
from amparo.intake.forms_shipped.tests.filled import filled
from amparo.intake.mapping import load
from amparo.intake.openrosa.submission_xml import flatten, identify
from amparo.intake.xforms.convert import convert
from amparo.intake.xforms.reading import Question, ReadForm, in_language

FORM: ReadForm = convert(catalogue.workbook("evaluacion_albergue"), "evaluacion_albergue.xlsx").form
ASKED = [each for each in FORM.questions if each.kind not in ("metadata", "calculate", "note")]
BOUND = load("evaluacion-albergue").bind(each.path for each in FORM.questions)
RECEIVED = dt.datetime(2026, 11, 22, 20, 0, tzinfo=dt.UTC)


def texts(question: Question) -> list[str]:
    labels = [question.labels, question.hints, *(each.labels for each in question.choices)]
    return [in_language(each, "es") for each in labels if each]


def test_spanish_comes_first_and_every_text_has_its_english():
    assert FORM.languages == ("Español (es)", "English (en)")
    for question in ASKED:
        for labels in (question.labels, *(choice.labels for choice in question.choices)):
            assert set(labels) == set(FORM.languages), question.path
        assert set(question.hints) in (set(), set(FORM.languages)), question.path


def test_it_asks_about_sixty_things_with_ages_and_needs_as_one_screen_each():
    tables = [each for each in ASKED if re.match(r"people/(females|males|needs)/", each.path)]
    assert len(tables) == 18
    assert 55 <= len(ASKED) - len(tables) <= 65


def test_only_three_answers_are_required():
    assert [each.path for each in ASKED if each.required] == [
        "place/site_name",
        "place/visit_date",
        "place/is_open",
    ]


def test_no_answer_is_a_wall_but_the_impossible():
    assert {each.constraint for each in ASKED} == {"", ". >= 0"}


def test_whoever_does_not_know_can_say_so():
    for question in ASKED:
        if question.kind in ("select_one", "select_multiple"):
            names = {choice.name for choice in question.choices}
            assert "dk" in names or question.path in ("place/is_open", "place/respondent"), question.path


def test_questions_are_short_and_speak_the_words_of_the_glossary():
    avoid = re.compile(
        r"\b(baños?|refugios?|menores|tú|tu|vos)\b|minusválid|beneficiari|víctima|indocumentad"
    )
    for question in ASKED:
        assert len(in_language(question.labels, "es").split()) <= 12, question.path
        for text in texts(question):
            assert not avoid.search(text.lower()), text


def test_it_asks_for_the_centre_s_name_and_for_nobody_s():
    named = [each.path for each in ASKED if re.search(r"name|phone|document|dni", each.path)]
    assert named == ["place/site_name"]


def test_every_question_that_measures_is_read_by_the_mapping():
    assert BOUND.unbound == ()
    unread = {column.name for column in BOUND.unused}
    assert {each.path for each in ASKED} & unread == {
        "place/scanned_code",
        "place/typed_code",
        "place/respondent",
        "people/totals/counted_how",
        "toilets_group/toilets_all",
        "showers_group/showers_all",
        "water/water_source",
        "illness/entrance_handwashing",
        "closing/top_needs",
        "closing/photo",
        "closing/comments",
    }


def test_every_choice_that_measures_has_a_meaning():
    """Each option of each question read by the mapping, one at a time: none waits for a person."""
    read = {column.name for column in BOUND.columns} - {column.name for column in BOUND.unused}
    for question in ASKED:
        if question.path in read:
            for choice in question.choices:
                facts = BOUND.facts({"place/site_name": "Escuela", question.path: choice.name}, RECEIVED)
                assert facts.problems == (), (question.path, choice.name)
                assert facts.flags == () or question.path == "place/site_type", (question.path, choice.name)


def facts(**changes: str):
    answers = {
        "end": "2026-11-22T11:40:00.000-06:00",
        "place/site_code": "CH-014",
        "place/site_name": "Escuela Lempira",
        "place/municipality": "Choloma",
        "place/location": "15.6144 -87.9530 40 5",
        "place/visit_date": "2026-11-22",
        "place/is_open": "yes",
        "place/site_type": "collective_centre",
        "people/totals/persons": "140",
        "people/totals/women": "78",
        "people/totals/men": "62",
        "space/floor_m2": "512.5",
        "toilets_group/toilets_separated": "yes",
        "toilets_group/toilets_by_sex/toilets_women": "2",
        "toilets_group/toilets_by_sex/toilets_men": "1",
        "toilets_group/toilets": "3",
        "toilets_group/toilets_shared": "",
        "toilets_group/handwashing": "incomplete",
        "water/litres_person_day": "gt_15",
        "services/lighting": "none",
        "together/committee_women_share": "25_50",
        "together/safe_women": "dk",
    }
    answers.update({key.replace("__", "/"): text for key, text in changes.items()})
    xml = filled("evaluacion_albergue", FORM.version, answers)
    return BOUND.facts(flatten(xml), RECEIVED)


def test_a_filled_form_becomes_the_site_and_its_figures():
    told = facts()

    assert (told.site.external_id, told.site.name, told.site.admin_names) == (
        "CH-014",
        "Escuela Lempira",
        ("Choloma",),
    )
    assert (told.site.kind, told.site.status) == ("collective_centre", "open")
    assert (told.site.lat, told.site.lon) == (15.6144, -87.9530)
    assert told.told_at == dt.date(2026, 11, 22)
    assert {each.indicator: (each.low, each.high) for each in told.observations} == {
        "persons": (140, 140),
        "women": (78, 78),
        "men": (62, 62),
        "floor_m2": (512.5, 512.5),
        "toilets": (3, 3),
        "toilets_women": (2, 2),
        "toilets_men": (1, 1),
        "toilets_separated": (1, 1),
        "handwashing": (1, 1),
        "litres_person_day": (15, math.inf),
        "lighting": (0, 0),
        "committee_women_share": (0.25, 0.5),
    }
    assert told.unknowns == ("safe_women",)
    assert (told.flags, told.problems) == ((), ())


def test_a_count_of_zero_is_a_figure_and_a_blank_is_none():
    told = {
        each.indicator: each.low for each in facts(water__taps="0", space__blocked_places="").observations
    }
    assert told["taps"] == 0
    assert "blocked_places" not in told


@pytest.mark.parametrize(
    ("changes", "flag"),
    [({"people__totals__men": "60"}, "sexes_differ"), ({"people__females__females_0": "7"}, None)],
)
def test_figures_that_do_not_agree_are_flagged_and_kept(changes, flag):
    told = facts(**changes)
    assert [each.code for each in told.flags] == ([flag] if flag else [])
    assert "persons" in {each.indicator for each in told.observations}


def test_a_possible_place_and_a_closed_one_are_told_apart():
    assert facts(place__site_type="candidate_site", place__is_open="no").site.status == "candidate"
    assert facts(place__is_open="no").site.status == "closed"
    assert facts(place__site_type="").site.status == "open"
    assert facts(place__site_type="dk").site.status == "open"


def test_a_phone_names_the_submission_in_the_list_by_centre_and_day():
    path = next(each for each in FORM.questions if each.path == "meta/instanceName")
    assert path.kind == "metadata"
    xml = filled(
        "evaluacion_albergue", "1", {"meta/instanceID": "uuid:1", "meta/instanceName": "Escuela 2026-11-22"}
    )
    assert identify(xml).instance_name == "Escuela 2026-11-22"
