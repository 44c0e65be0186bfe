from datetime import date

import pytest
from django.core.exceptions import ValidationError

from amparo.kernel.refusals import Refused
from amparo.places import queries
from amparo.places.actions.naming import write_names
from amparo.places.forms import PlaceField
from amparo.places.models import Place
from amparo.places.queries.asking import place_asked
from amparo.places.testing import a_place

pytestmark = pytest.mark.django_db


def codes(places):
    return [place.code for place in places]


# Tree


def test_below_is_the_subtree_without_the_place_itself(bosquia):
    assert codes(queries.below(bosquia["HN02"])) == ["HN0201", "HN0202", "HN0203"]
    assert list(queries.below(bosquia["HN0201"])) == []


def test_a_sibling_whose_code_begins_alike_is_not_below(bosquia):
    a_place("HN021", "Otro", parent=bosquia["HND"])
    assert "HN021" not in codes(queries.below(bosquia["HN02"]))


def test_what_ended_is_not_below_today_but_was(bosquia):
    Place.objects.filter(code="HN0203").update(valid_to=date(2020, 1, 1))
    assert "HN0203" not in codes(queries.below(bosquia["HN02"]))
    assert "HN0203" in codes(queries.below(bosquia["HN02"], at=date(2019, 6, 1)))


def test_ancestors_come_from_a_path_in_one_query(bosquia, django_assert_num_queries):
    with django_assert_num_queries(1):
        above = queries.ancestors("HND/HN01/HN0101/some-centre/")
    assert codes(above) == ["HND", "HN01", "HN0101"]
    assert queries.ancestors("") == []


def test_of_two_places_of_one_code_the_ancestor_is_the_one_that_stands(bosquia):
    Place.objects.filter(code="HN0101").update(valid_to=date(2020, 1, 1))
    stands = a_place("HN0101", "San Lorenzo Nuevo", parent=bosquia["HN01"], valid_from=date(2020, 1, 1))
    assert queries.ancestors("HND/HN01/HN0101/")[-1] == stands


def test_at_path_is_the_deepest_place(bosquia):
    assert queries.at_path("HND/HN01/HN0101/some-centre/") == bosquia["HN0101"]
    assert queries.at_path("") is None


def test_a_label_names_the_place_above(bosquia, django_assert_num_queries):
    found = queries.search("villa avila")
    with django_assert_num_queries(0):
        assert queries.label(found[0]) == "Villa Ávila, Valle"
    assert queries.label(bosquia["HND"]) == "Bosquia"


def test_no_country_is_said_in_the_readers_language(bosquia):
    assert queries.label(queries.unknown_place()) == "País no indicado"


def test_under_no_country_a_label_is_only_the_name(bosquia):
    lost = a_place("~1", "Aldea Sin País", parent=Place.objects.get(code="XXX"), provisional=True)
    assert queries.label(lost) == "Aldea Sin País"


def test_the_unknown_place_is_the_country_when_that_is_known(bosquia):
    assert queries.unknown_place().code == "XXX"
    assert queries.unknown_place("HND").code == "HND"
    assert queries.unknown_place("hn").code == "HND"
    assert queries.unknown_place("NPL").code == "XXX"


def test_before_any_place_is_loaded_the_unknown_place_is_refused():
    with pytest.raises(Refused) as refusal:
        queries.unknown_place()
    assert refusal.value.code == "places_not_loaded"


# Search


def test_search_ranks_same_name_then_beginning_then_word_then_sound(bosquia):
    a_place("HN0204", "Lorenzo", parent=bosquia["HN02"])
    a_place("HN0205", "Lorenzo Viejo", parent=bosquia["HN02"])
    a_place("HN0206", "Lorenso Mártir", parent=bosquia["HN02"])
    assert codes(queries.search("lorenzo")) == ["HN0204", "HN0205", "HN0101", "HN0201", "HN0199", "HN0206"]


@pytest.mark.parametrize("typed", ["villa ávila", "VILLA AVILA", "vil", "avi", "biya abila", "Villa  Ávila"])
def test_search_forgives(bosquia, typed):
    assert codes(queries.search(typed)) == ["HN0202"]


@pytest.mark.parametrize("typed", ["HN0202", "hn 0202", "hn-0202"])
def test_search_finds_by_code(bosquia, typed):
    assert codes(queries.search(typed)) == ["HN0202"]


def test_search_by_the_beginning_of_a_code(bosquia):
    assert codes(queries.search("hn02")) == ["HN02", "HN0201", "HN0202", "HN0203"]


def test_after_a_comma_comes_the_place_above(bosquia):
    assert codes(queries.search("san lorenzo, valle")) == ["HN0201"]
    assert codes(queries.search("San Lorenzo, Río Norte")) == ["HN0101", "HN0199"]
    assert queries.search("san lorenzo, en ninguna parte") == []


def test_lakes_come_after_land(bosquia):
    assert codes(queries.search("lorenzo"))[-1] == "HN0199"


def test_the_spelling_of_the_source_finds_the_place_too(bosquia):
    assert codes(queries.search("quebradonda")) == ["HN0103"]


def test_search_stays_within_a_country_a_level_and_a_limit(bosquia):
    elsewhere = a_place("GTM", "Otra Tierra")
    a_place("GT01", "San Lorenzo", parent=elsewhere)
    assert codes(queries.search("san lorenzo", country="GTM")) == ["GT01"]
    assert codes(queries.search("rio norte", level=1)) == ["HN01"]
    assert len(queries.search("san", limit=2)) == 2


def test_search_knows_days(bosquia):
    Place.objects.filter(code="HN0202").update(valid_to=date(2024, 5, 1))
    assert queries.search("villa avila") == []
    assert codes(queries.search("villa avila", at=date(2024, 4, 30))) == ["HN0202"]


@pytest.mark.parametrize("typed", ["", "  ", "%", "_", "???", ",", "'; drop table", "x" * 5000, "\0", "%_%"])
def test_search_of_nothing_finds_nothing(bosquia, typed):
    assert queries.search(typed) == []


def test_a_search_asks_few_questions_however_many_answers(bosquia, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        queries.search("san")


# Resolving


@pytest.mark.parametrize(
    ("code", "country"),
    [
        ("HN0202", None),
        (" hn0202 ", None),
        ("HN 0202", None),
        ("hn-0202", None),
        ("0202", "HND"),
        ("202", "HND"),
        ("202.0", "hn"),
    ],
)
def test_a_code_in_any_style(bosquia, code, country):
    match = queries.resolve(code=code, country=country)
    assert (match.place, match.how, match.note) == (bosquia["HN0202"], "exact", "")


@pytest.mark.parametrize("odd", ["HN\0", "\ud800", "'; --", "~", "%", "X" * 5000, "0" * 400, "HN0202\0"])
def test_odd_codes_and_names_find_nothing_and_break_nothing(bosquia, odd):
    assert queries.resolve(code=odd, country="HND").how in {"none", "exact"}
    assert queries.resolve(names=(odd, odd)).place is None
    queries.search(odd)


def test_figures_without_a_country_are_no_code(bosquia):
    assert queries.resolve(code="0202").place is None


def test_a_country_is_found_by_two_or_three_letters(bosquia):
    assert queries.resolve(code="HND").place == queries.resolve(code="hn").place == bosquia["HND"]


def test_a_code_of_another_country_is_not_taken(bosquia):
    assert queries.resolve(code="HN0202", country="GTM").place is None


@pytest.mark.parametrize(
    "names",
    [
        ("Valle", "Villa Ávila"),
        ("VALLE", "villa avila"),
        ("Departamento de Valle", "Municipio de Villa Ávila"),
        ("Depto. del Valle", "Villa Avila"),
        ("Bosquia", "Valle", "Villa Ávila"),
        ("", "Villa Ávila"),
    ],
)
def test_names_but_for_accents_capitals_and_kinds_are_exact(bosquia, names):
    match = queries.resolve(names=names)
    assert (match.place, match.how) == (bosquia["HN0202"], "exact")


@pytest.mark.parametrize(
    "names",
    [
        ("Valle", "Biya Abila"),
        ("Balle", "Villa Ávila"),
        ("Valle", "Villa Avla"),
        ("Valle", "Villa Ávila (La Antigua)"),
        ("Valle", "La Antigua (Villa Ávila)"),
        ("Valle", "Cabecera (Villa de Ávila)"),
    ],
)
def test_what_only_sounds_or_stands_in_a_parenthesis_is_fuzzy(bosquia, names):
    match = queries.resolve(names=names)
    assert (match.place, match.how) == (bosquia["HN0202"], "fuzzy")


def test_what_people_also_call_a_place_is_exact(bosquia):
    write_names([bosquia["HN0202"]], {"HN0202": ["Puerto Viejo"]})
    assert queries.resolve(names=("Valle", "Puerto Viejo")).how == "exact"


def test_between_two_nobody_guesses(bosquia):
    match = queries.resolve(names=("", "San Lorenzo"))
    assert (match.place, match.how) == (None, "none")
    assert codes(match.candidates) == ["HN0101", "HN0201"]
    assert match.within == bosquia["HND"]


def test_the_upper_name_decides(bosquia):
    assert queries.resolve(names=("Valle", "San Lorenzo")).place == bosquia["HN0201"]
    assert queries.resolve(names=("Río Norte", "San Lorenzo")).place == bosquia["HN0101"]


def test_a_name_is_first_looked_for_at_the_level_where_it_was_told(bosquia):
    assert queries.resolve(names=("Río Norte",)).place == bosquia["HN01"]
    assert queries.resolve(names=("Río Norte", "Río Norte")).place == bosquia["HN0104"]
    assert queries.resolve(names=("", "Río Norte")).place == bosquia["HN0104"]
    assert queries.resolve(names=("Río Norte", "")).place == bosquia["HN01"]


def test_a_name_in_another_department_is_not_taken_from_there(bosquia):
    match = queries.resolve(names=("Río Norte", "Villa Ávila"))
    assert (match.place, match.how) == (None, "none")
    assert match.within == bosquia["HN01"]
    assert codes(match.candidates) == ["HN0202"]


def test_an_unknown_name_leaves_what_is_known(bosquia):
    match = queries.resolve(names=("Valle", "Zzyzx"))
    assert (match.place, match.within) == (None, bosquia["HN02"])
    assert queries.resolve(names=("Nada", "Zzyzx"), country="HND").within == bosquia["HND"]


def test_nothing_told_is_nothing_found(bosquia):
    for match in (queries.resolve(), queries.resolve(names=("", " ")), queries.resolve(code="", names=())):
        assert (match.place, match.how, match.candidates) == (None, "none", ())


def test_an_unknown_code_falls_back_to_the_names(bosquia):
    assert queries.resolve(code="HN9999", names=("Valle", "Villa Ávila")).place == bosquia["HN0202"]


def test_names_that_contradict_the_code_are_noted(bosquia):
    assert queries.resolve(code="HN0202", names=("Valle", "Biya Avila")).notes == ()
    assert queries.resolve(code="HN0202", names=("Valle", "")).notes == ()
    match = queries.resolve(code="HN0202", names=("Valle", "San Lorenzo"))
    assert match.place == bosquia["HN0202"]
    assert match.notes == (queries.Note.NAMES_DIFFER,)
    assert match.note


def test_an_ended_code_comes_with_a_note_and_its_successors(bosquia):
    old = bosquia["HN0202"]
    Place.objects.filter(pk=old.pk).update(valid_to=date(2024, 5, 1))
    centre = a_place("HN0210", "Ávila Centro", parent=bosquia["HN02"], valid_from=date(2024, 5, 1))
    sur = a_place("HN0211", "Ávila Sur", parent=bosquia["HN02"], valid_from=date(2024, 5, 1))
    centre.succeeds.add(old)
    sur.succeeds.add(old)
    for match in (queries.resolve(code="HN0202"), queries.resolve(names=("Valle", "Villa Ávila"))):
        assert (match.place, match.how) == (old, "exact")
        assert match.notes == (queries.Note.ENDED,)
        assert match.successors == (centre, sur)
    assert queries.resolve(code="HN0202", at=date(2024, 4, 30)).notes == ()


def test_a_code_before_its_time_is_noted(bosquia):
    a_place("HN0212", "Nueva", parent=bosquia["HN02"], valid_from=date(2024, 5, 1))
    assert queries.resolve(code="HN0212", at=date(2023, 1, 1)).notes == (queries.Note.NOT_YET,)


def test_of_two_places_of_one_code_the_day_decides(bosquia):
    old = bosquia["HN0202"]
    Place.objects.filter(pk=old.pk).update(valid_to=date(2024, 5, 1))
    new = a_place("HN0202", "Villa Ávila", parent=bosquia["HN02"], valid_from=date(2024, 5, 1))
    assert queries.resolve(code="HN0202").place == new
    assert queries.resolve(code="HN0202", at=date(2020, 1, 1)).place == old
    assert queries.resolve(names=("Valle", "Villa Ávila")).place == new


def test_a_name_that_is_country_and_department_counts_as_the_department(bosquia):
    gtm = a_place("GTM", "Guatelinda")
    first = a_place("GT01", "Guatelinda", parent=gtm)
    capital = a_place("GT0101", "Guatelinda", parent=first)
    assert queries.resolve(names=("Guatelinda", "Guatelinda")).place == capital
    assert queries.resolve(names=("Guatelinda",)).place == first


# A municipality and its department in one cell


@pytest.mark.parametrize(
    "written",
    [
        "San Lorenzo, Valle",
        "Valle / San Lorenzo",
        "San Lorenzo (Valle)",
        "San Lorenzo - Valle",
        "San Lorenzo, Depto. de Valle, Bosquia",
    ],
)
def test_a_municipality_with_its_department_in_one_cell_is_that_one(bosquia, written):
    found = queries.resolve(names=[written])
    assert (found.place, found.how) == (bosquia["HN0201"], "exact")
    assert queries.resolve(names=[written, written]).place == bosquia["HN0201"]


def test_a_cell_whose_parts_fit_no_or_several_ways_is_not_guessed(bosquia):
    assert queries.resolve(names=["San Lorenzo, cerca del río"]).how == "none"
    assert queries.resolve(names=["San Lorenzo / Quebrada Honda"]).how != "exact"


def test_a_name_written_wrong_is_answered_with_the_one_it_resembles(bosquia):
    with pytest.raises(ValidationError, match="Quebrada Honda, Río Norte"):
        PlaceField().clean("Quebrada Hondda")
    assert place_asked("zzqqxx").nearest == ()
