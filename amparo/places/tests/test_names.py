import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from amparo.places.names import key, likeness, readings, sound, spell_out, tidy


@pytest.mark.parametrize(
    ("written", "spelt"),
    [
        ("SANTA  LUCÍA", "santa lucia"),
        ("Sta. Lucía", "santa lucia"),
        ("Sta Lucia", "santa lucia"),
        ("S. José", "san jose"),
        ("Sn. Fco. de Yojoa", "san francisco de yojoa"),
        ("Güinope", "guinope"),
        ("Muñoz-Sur", "munoz sur"),
        ("?La Democracia", "la democracia"),
        ("", ""),
        ("???", ""),
    ],
)
def test_a_name_is_spelt_out_without_accents_signs_or_abbreviations(written, spelt):
    assert spell_out(written) == spelt


def test_the_last_word_may_still_be_typed_and_is_left_alone():
    assert spell_out("s") == "s"
    assert spell_out("villa sta") == "villa sta"


def test_other_scripts_keep_their_marks():
    assert spell_out("काठमाडौं") == "काठमाडौं"
    assert sound("काठमाडौं")


@pytest.mark.parametrize(
    ("written", "bare"),
    [
        ("Departamento de Cortés", "cortes"),
        ("Depto. Cortés", "cortes"),
        ("Departamento de La Paz", "la paz"),
        ("Municipio del Valle", "valle"),
        ("Ciudad de San Pedro", "san pedro"),
        ("Ciudad Vieja", "ciudad vieja"),
        ("Distrito Central", "distrito central"),
        ("Distrito de Apopa", "apopa"),
        ("Departamento", "departamento"),
    ],
)
def test_what_kind_of_place_it_is_does_not_belong_to_its_name(written, bare):
    assert key(written) == bare


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Valle de Ángeles", "Balle de Angeles"),
        ("Quezaltepeque", "Kesaltepeke"),
        ("Cantarranas", "Cantaranas"),
        ("Vallecillo", "Bayesiyo"),
        ("Huacaltepeque", "Guacaltepeque"),
        ("Xenacoj", "Jenacoj"),
        ("Sabanagrande", "Sabana Grande"),
        ("San Marcos de Sierra", "San Marcos de la Sierra"),
        ("Wampusirpi", "Guampusirpi"),
        ("Jícaro", "Gícaro"),
    ],
)
def test_names_that_sound_alike_are_one(one, other):
    assert sound(one) == sound(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Copán", "Colón"), ("San José", "San Jorge"), ("Cholula", "Colula"), ("Guido", "Gido a")],
)
def test_names_that_sound_different_are_two(one, other):
    assert sound(one) != sound(other)


def test_a_parenthesis_gives_two_more_readings():
    assert [spell_out(reading) for reading in readings("San Juan (Cantarranas)")] == [
        "san juan cantarranas",
        "san juan",
        "cantarranas",
    ]
    assert readings("San Juan") == ("San Juan",)
    assert [spell_out(reading) for reading in readings("San Juan (")] == ["san juan"]


@given(st.text())
@example("𝑨")
def test_whatever_is_written_is_spelt_out_once_and_for_all(text):
    assert spell_out(spell_out(text)) == spell_out(text)
    assert bool(sound(text)) == bool(spell_out(text))
    assert all(spell_out(reading) for reading in readings(text)) or not spell_out(text)
    assert tidy(tidy(text)) == tidy(text)


def test_likeness_goes_from_nothing_to_one():
    assert likeness("Catacamas", "CATACAMAS") == 1
    assert likeness("Catacamas", "Catacams") > 0.85
    assert likeness("Catacamas", "Omoa") < 0.5
