"""What a person is told while they say what columns mean: suggestions, doubts, differences, masks."""

import json
from dataclasses import replace

import pytest

from amparo.intake.mapping import catalogue, editing
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.blocks import age_columns
from amparo.intake.mapping.comparing import differences
from amparo.intake.mapping.document import read
from amparo.intake.mapping.guarding import worries
from amparo.intake.mapping.sample import Sample, from_json, masked, of_questions, of_table
from amparo.intake.mapping.suggesting import all_sure, proposals, taken
from amparo.intake.mapping.targets import every_target, like, typed, words_of
from amparo.intake.mapping.tests.test_shipped import invented_sites, lines
from amparo.intake.mapping.writing import write
from amparo.toolkit import sheets
from amparo.toolkit.sheets.tests.making import csv_file

LIBRARY = tuple(catalogue.load(name).document for name in catalogue.shipped())


def sample(*rows: list[object]) -> Sample:
    return of_table(sheets.read(csv_file([list(row) for row in rows])))


def document(**columns: str):
    """Columns by their title, each read as a target: `document(Gente="observe persons")`."""
    made = editing.empty("hoja", "Hoja")
    for title, target in columns.items():
        made = editing.bind(made, Address(columns=(title,)), target)
    return made


def codes(made, seen) -> list[str]:
    return [worry.code for worry in worries(made, seen)]


# --- suggestions


def test_a_sheet_with_the_codes_of_the_displacement_matrix_is_suggested_whole():
    seen = of_table(sheets.read(csv_file(lines(list(invented_sites(12, seed=3))))))
    made, count = all_sure(editing.empty("ronda", "Ronda"), seen, LIBRARY)
    whole = catalogue.load("dtm-b3").document
    find = editing.Finder(seen.columns)
    here = {use.target for use in editing.uses(whole) if find(use.address) is not None}
    assert {use.target for use in editing.uses(made)} == here
    assert (made.site.system, made.order, made.offset) == (whole.site.system, whole.order, whole.offset)
    assert {check.name for check in made.checks} == {check.name for check in whole.checks}
    assert count > 20
    assert read(write(made)) == made


@pytest.mark.parametrize(
    ("title", "target"),
    [
        ("Litros de agua por día", "litres_day"),
        ("Litros al día por persona", "litres_person_day"),
        ("m2 techados", "floor_m2"),
        ("Basureros de 100 litros", "bins_100l"),
    ],
)
def test_a_title_is_known_by_its_words_and_its_unit_whatever_stands_between(title, target):
    seen = sample(["Albergue", title], ["Escuela", 120])
    found = {one.key for one in proposals(document(Albergue="site.name"), seen, ()) if one.columns == (1,)}
    assert found == {f"observe {target}"}


def test_what_is_counted_in_a_unit_is_offered_before_what_bears_its_name():
    offered = like("litros")
    assert offered[0] == words_of("observe litres_day")
    assert words_of("observe litres_person_day") in offered


def test_ordinary_titles_are_recognised_and_say_why():
    seen = sample(
        ["Nombre del lugar", "Municipio", "Visita", "Gente", "Familias", "Baños muj.", "¿Luz?"],
        ["Escuela", "Choluteca", "3/11/2026", 120, 30, 4, "Sí"],
    )
    made, _count = all_sure(editing.empty("hoja", "Hoja"), seen, LIBRARY)
    assert {use.target for use in editing.uses(made)} >= {
        "site.name", "place.names", "told_at", "observe persons", "observe households", "observe toilets_women",
        "observe electricity",
    }  # fmt: skip
    assert all(one.why for one in proposals(editing.empty("hoja", "Hoja"), seen, LIBRARY))


def test_what_is_already_said_is_not_suggested_again_and_not_overwritten():
    seen = sample(["Albergue", "Gente", "Personas"], ["Uno", 12, 13])
    made = document(Personas="observe persons")
    assert not [one for one in proposals(made, seen, LIBRARY) if one.key == "observe persons"]


def test_a_title_that_only_contains_a_name_is_a_guess_and_never_sure():
    seen = sample(["Albergue", "Observaciones sobre las letrinas"], ["Uno", "sucias"])
    found = [one for one in proposals(editing.empty("h", "H"), seen, ()) if one.columns == (1,)]
    assert [(one.key, one.sure) for one in found] == [("observe toilets", False)]


def test_a_block_of_sex_and_age_is_bound_at_once_and_its_sum_offered():
    seen = sample(
        ["Albergue", "Personas", "Mujeres <1", "Mujeres 1-5", "Mujeres 6-11", "Mujeres 12-17", "Mujeres 18-59",
         "Mujeres 60+", "Hombres <1", "Hombres 1-5", "Hombres 6-11", "Hombres 12-17", "Hombres 18-59", "Hombres 60+"],
        ["Uno", 24, *[2] * 12],
    )  # fmt: skip
    assert age_columns(seen)["females_6_17"] == (4, 5)
    made, _count = all_sure(editing.empty("hoja", "Hoja"), seen, ())
    six = next(one for one in made.observe if one.indicator == "males_6_17")
    assert [address.columns for address in six.addresses] == [("Hombres 6-11",), ("Hombres 12-17",)]
    assert {check.name for check in made.checks} == {"age_bins_differ"}


def test_ages_with_a_gap_are_left_to_a_person():
    seen = sample(["Albergue", "Mujeres 18-40", "Mujeres 45-59"], ["Uno", 1, 2])
    assert age_columns(seen) == {}


def test_a_suggestion_taken_is_one_thing_and_no_more():
    seen = sample(["Albergue", "Gente"], ["Uno", 12])
    offer = next(one for one in proposals(editing.empty("h", "H"), seen, ()) if one.key == "observe persons")
    made = taken(editing.empty("h", "H"), offer)
    assert [use.target for use in editing.uses(made)] == ["observe persons"]


# --- doubts


def test_litres_are_not_people():
    seen = sample(["Albergue", "Litros de agua al día"], ["Uno", 1200], ["Dos", 900])
    found = worries(document(**{"Litros de agua al día": "observe persons"}), seen)
    assert [(one.code, one.stops) for one in found] == [("other_unit", True)]
    assert "litros" in found[0].words
    assert codes(document(**{"Litros de agua al día": "observe litres_day"}), seen) == []


def test_litres_whose_factor_somebody_said_are_taken():
    seen = sample(["Albergue", "Galones al día"], ["Uno", 100])
    made = document(**{"Galones al día": "observe litres_day"})
    made = editing.with_observe(made, 0, replace(made.observe[0], factor=3.785))
    assert codes(made, seen) == []


@pytest.mark.parametrize(
    ("title", "cells", "target", "code"),
    [
        ("¿Hay agua?", ["Sí", "No"], "observe toilets", "yes_or_no_as_figure"),
        ("Estado", ["bueno", "malo"], "observe toilets", "nothing_readable"),
        ("Llaves", ["3", "12"], "observe electricity", "nothing_readable"),
        ("Familias", ["3", "12"], "observe persons", "other_unit"),
        ("Gente", ["3", "muchos"], "observe persons", "some_unreadable"),
        ("Gente", ["300000", "4"], "observe persons", "too_many_people"),
        ("Tipo", ["Escuela", "Iglesia"], "site.kind", "meaning_missing"),
    ],
)
def test_nonsense_is_said_before_anybody_saves(title, cells, target, code):
    seen = sample(["Albergue", title], *[[f"A{at}", cell] for at, cell in enumerate(cells)])
    assert codes(document(**{title: target}), seen) == [code]


def test_one_column_is_not_two_exclusive_things():
    seen = sample(["Albergue", "Punto"], ["Uno", "15.1"])
    made = editing.bind(document(Punto="site.lat"), Address(columns=("Punto",)), "site.lon")
    assert [(one.code, one.stops) for one in worries(made, seen)] == [("two_things", True)]
    both = editing.bind(document(Punto="observe persons"), Address(columns=("Punto",)), "observe households")
    assert "two_things" in codes(both, seen)


def test_toilets_of_women_may_say_women():
    seen = sample(["Albergue", "Letrinas de mujeres"], ["Uno", 4])
    assert codes(document(**{"Letrinas de mujeres": "observe toilets_women"}), seen) == []


# --- changes


def test_what_a_column_becomes_is_put_and_taken_away_again():
    made = document(
        Gente="observe persons", Depto="place.names", Muni="place.names", Tipo="site.kind", Fecha="told_at"
    )
    for use in editing.uses(made):
        now = next(
            one for one in editing.uses(made) if (one.target, one.address) == (use.target, use.address)
        )
        made = editing.release(made, now)
    assert made == editing.empty("hoja", "Hoja")


def test_two_columns_of_one_figure_can_be_added_up():
    made = document(Niñas="observe persons", Niños="observe persons")
    one = editing.added_up(made, "persons")
    assert [len(entry.addresses) for entry in one.observe] == [2]
    assert len(editing.release(one, editing.uses(one)[0]).observe[0].addresses) == 1


def test_two_columns_of_one_name_are_told_apart():
    seen = sample(["Albergue", "Otro", "Otro"], ["Uno", 1, 2])
    assert (seen.address(1).nth, seen.address(2).nth) == (1, 2)
    found = [seen.address(at).find(seen.columns)[0].index for at in (1, 2)]
    assert found == [1, 2]


def test_a_check_goes_with_the_figures_it_adds_up():
    made = catalogue.load("dtm-b3").document
    persons = next(use for use in editing.uses(made) if use.target == "observe persons")
    left = editing.release(made, persons)
    assert {check.name for check in left.checks} == {"male_ages_differ", "female_ages_differ"}
    assert read(write(left)) == left


def test_the_differences_between_two_versions_are_sentences():
    old = document(Gente="observe persons", Luz="observe electricity")
    new = document(Personas="observe persons", Agua="observe litres_person_day")
    new = editing.with_observe(new, 1, replace(new.observe[1], choices={"poca": (0.0, 7.5)}))
    said = " ".join(differences(old, new))
    assert "«Personas» se lee de «Personas»; antes de «Gente»." in said
    assert "Ya no se lee «Hay luz eléctrica»" in said
    assert "Se agrega «Agua por persona al día»" in said
    assert differences(new, new) == []
    again = editing.with_observe(new, 1, replace(new.observe[1], choices={"poca": (0.0, 9.0)}, factor=2.0))
    said = " ".join(differences(new, again))
    assert "«poca» significa 0–9, antes 0–7.5" in said
    assert "se multiplica por 2, antes por 1" in said


# --- what is shown


def test_names_of_people_and_telephones_are_never_shown():
    seen = sample(
        ["Albergue", "Encargado", "Teléfono", "Número", "Gente"],
        ["Uno", "Ana López", "9999-1111", "+504 8888 2222", 12],
        ["Dos", "Luis Paz", "9999-3333", "+504 7777 2222", 12],
    )
    assert [one.personal for one in seen.seen] == [False, True, True, True, False]
    assert "Ana López" not in " ".join(seen.seen[1].shown())
    assert masked("Ana López") == "A•• L••••"
    assert seen.seen[0].shown() == ("Uno", "Dos")


def test_a_sample_is_kept_and_comes_back_as_it_was():
    seen = of_table(sheets.read(csv_file(lines(list(invented_sites(12, seed=3))))))
    assert from_json(json.loads(json.dumps(seen.as_json()))) == seen


def test_questions_show_their_labels_in_the_language_and_their_answers():
    questions = [
        {"path": "a/gente", "kind": "integer", "labels": {"English (en)": "People", "Español (es)": "Gente"}},
        {"path": "a/nota", "kind": "note", "labels": {}},
        {
            "path": "a/luz",
            "kind": "select_one",
            "labels": {},
            "choices": [{"name": "si", "labels": {"": "Sí"}}],
        },
    ]
    seen = of_questions(questions, [{"a/gente": "12", "a/luz": "si"}], "es")
    assert [one.label for one in seen.seen] == ["Gente", "luz"]
    assert seen.seen[0].shown() == ("12",)
    assert seen.seen[1].options == (("si", "Sí"),)
    assert seen.address(0) == Address(path="a/gente")


def test_every_target_is_found_by_its_own_words():
    assert [typed(words_of(target)) for target in every_target()] == list(every_target())
    assert typed("PERSONAS") == "observe persons"
    assert typed("pesonas") == ""
