"""A mapping file says what is wrong with it, all of it, in plain words."""

import pytest

from amparo.intake import mapping
from amparo.intake.mapping import MappingProblem
from amparo.standards import INDICATORS

GOOD = """
name = "mi-hoja"
version = 2
kind = "assessment"
title = { es = "Mi hoja", en = "My sheet" }
[site]
name = "Albergue"
[[observe]]
indicator = "toilets"
column = "Baños buenos"
"""


def troubles(text):
    with pytest.raises(MappingProblem) as raised:
        mapping.parse(text, "prueba.toml")
    assert all(trouble.message for trouble in raised.value.troubles)
    return [(trouble.code, trouble.where) for trouble in raised.value.troubles]


def test_a_small_mapping_is_enough():
    found = mapping.parse(GOOD)
    assert (found.name, found.version, found.kind, found.title) == ("mi-hoja", 2, "assessment", "Mi hoja")
    assert found.expected == ("Albergue", "Baños buenos")
    assert found.source == GOOD


def test_shipped_mappings_are_found_by_name_and_bind_only_real_indicators():
    assert {"dtm-b3", "copeco-sites", "sites"} <= set(mapping.shipped())
    for name in mapping.shipped():
        found = mapping.load(name)
        assert found.name == name
        assert {entry.indicator for entry in found.document.observe} <= set(INDICATORS)


def test_a_mapping_is_loaded_from_a_file(tmp_path):
    path = tmp_path / "otra.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert mapping.load(path).name == mapping.load(str(path)).name == "mi-hoja"


@pytest.mark.parametrize("name", ["dtm-b4", "../../etc/passwd", "", "nada/aqui.toml"])
def test_a_mapping_that_is_not_there_is_said_so(name):
    with pytest.raises(MappingProblem) as raised:
        mapping.load(name)
    assert raised.value.troubles[0].code == "not_found"


def test_the_nearest_name_is_offered():
    with pytest.raises(MappingProblem, match="dtm-b3"):
        mapping.load("dtm-b4")


def test_broken_toml_says_where():
    with pytest.raises(MappingProblem, match="no es TOML válido"):
        mapping.parse("name = ")


@pytest.mark.parametrize("text", ["[" * 100_000, "a = " + "[" * 100_000, "x" * 2_000_000])
def test_a_hostile_file_is_answered(text):
    assert troubles(text)


def test_everything_wrong_is_said_at_once():
    text = """
name = "Mi Hoja"
version = 0
kind = "encuesta"
title = { es = "solo español" }
colour = "red"
[reading]
dates = "dym"
offset = "-6"
[site]
lat = "lat"
within = [10, 20, 5, 30]
status = "abierto"
kind = { code = "1.3", column = "x", choices = { "Escuela" = "school" } }
[[observe]]
indicator = "toilet"
column = "x"
[[observe]]
indicator = "toilets"
[[observe]]
indicator = "showers"
column = "y"
factor = 0
choices = { "muchas" = "many", "pocas" = [3, 1], "media" = 0.5 }
[[observe]]
indicator = "taps"
column = "z"
when = { column = "w", is = 3 }
[[check]]
name = "suma"
sum = ["toilets", "nada"]
equals = "persons"
"""
    found = troubles(text)
    assert {code for code, __ in found} >= {
        "wrong_value",
        "unknown_key",
        "site_unnamed",
        "half_coordinates",
        "no_address",
        "unknown_indicator",
        "wrong_choice",
        "not_whole",
        "not_observed",
    }
    assert len(found) >= 18


def test_an_unknown_indicator_is_named_with_the_nearest():
    with pytest.raises(MappingProblem, match="¿Será «toilets"):
        mapping.parse(GOOD.replace('"toilets"', '"toilet"'))


def test_the_same_indicator_twice_is_refused_unless_conditions_part_them():
    again = '[[observe]]\nindicator = "toilets"\ncolumn = "Letrinas"\n'
    assert troubles(GOOD + again) == [("indicator_twice", "observe toilets")]
    parted = GOOD.replace(
        'column = "Baños buenos"', 'column = "Baños buenos"\nwhen = { column = "tipo", is = "baño" }'
    )
    mapping.parse(parted + again + 'when = { column = "tipo", is = ["letrina", "fosa"] }\n')


def test_two_meanings_of_one_answer_are_refused():
    text = GOOD + '[[observe]]\nindicator = "lighting"\ncolumn = "Luz"\nchoices = { "Sí" = 2, "SI" = 1 }\n'
    assert troubles(text) == [("choice_twice", "observe lighting")]


def test_an_assessment_that_observes_nothing_is_refused():
    assert troubles(GOOD.partition("[[observe]]")[0]) == [("nothing_observed", "observe")]
