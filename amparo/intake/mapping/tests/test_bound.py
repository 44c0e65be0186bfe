"""A mapping held against a sheet: rows in, facts out."""

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake import mapping
from amparo.intake.mapping import MappingProblem
from amparo.toolkit import sheets
from amparo.toolkit.sheets import Row, Uncomputed
from amparo.toolkit.sheets.tests.making import csv_file

HEAD = """
name = "prueba"
version = 1
kind = "assessment"
title = { es = "Prueba", en = "Test" }
[reading]
offset = "-06:00"
[site]
system = "alcaldia"
id = "Código"
name = "Albergue"
"""


def observe(indicator, column, more=""):
    return f'[[observe]]\nindicator = "{indicator}"\ncolumn = "{column}"\n{more}\n'


def read(text, header, *rows):
    """The facts of the rows under the header, by the mapping; a code and a name stand before each."""
    found = mapping.parse(HEAD + text)
    table = sheets.read(
        csv_file([["Código", "Albergue", *header], *[["7", "Escuela A", *row] for row in rows]])
    )
    return list(found.bind(table.columns).all_facts(table.rows))


def figures(facts):
    return {each.indicator: (each.low, each.high) for each in facts.observations}


def codes(things):
    return [(thing.code, thing.field) for thing in things]


def test_each_cell_becomes_a_figure_an_unknown_a_problem_or_nothing():
    text = (
        observe("toilets", "Sanitarios")
        + observe("showers", "Duchas")
        + observe("taps", "Llaves")
        + observe("persons", "Personas")
    )
    (facts,) = read(text, ["Sanitarios", "Duchas", "Llaves", "Personas"], ["0", "", "No sabe", "doce"])
    assert figures(facts) == {"toilets": (0, 0)}
    assert facts.unknowns == ("taps",)
    assert codes(facts.problems) == [("not_a_number", "persons")]
    assert facts.problems[0].detail == "doce"
    assert facts.observations[0].column == "Sanitarios"
    assert facts.row_number == 2


def test_choices_give_numbers_ranges_unknowns_and_nothing():
    choices = """[observe.choices]
"Poca" = [0, 5]
"Mucha" = [15, inf]
"No hay" = 0
"Otro" = "unknown"
"No aplica" = "skip"
"""
    rows = [["POCA "], ["mucha"], ["no  hay"], ["Otro"], ["No aplica"], ["7.5"], ["regular"]]
    facts = read(observe("litres_person_day", "Agua", choices), ["Agua"], *rows)
    assert [figures(each).get("litres_person_day") for each in facts] == [
        (0, 5),
        (15, math.inf),
        (0, 0),
        None,
        None,
        (7.5, 7.5),
        None,
    ]
    assert [each.unknowns for each in facts][3:5] == [("litres_person_day",), ()]
    assert codes(facts[6].problems) == [("choice_not_listed", "litres_person_day")]
    assert "regular" in facts[6].problems[0].message


def test_levels_are_read_by_their_own_labels():
    facts = read(observe("lighting", "Luz"), ["Luz"], ["hay, alcanza"], ["none"], ["5"])
    assert [figures(each).get("lighting") for each in facts] == [(2, 2), (0, 0), None]


def test_a_factor_turns_one_unit_into_another():
    facts = read(
        observe("litres_day", "Galones al día", "factor = 3.785"),
        ["Galones al día"],
        ["100"],
        ["10-20"],
        ["100 galones"],
    )
    assert figures(facts[0])["litres_day"] == pytest.approx((378.5, 378.5))
    assert figures(facts[1])["litres_day"] == pytest.approx((37.85, 75.7))
    assert facts[2].problems


def test_several_columns_are_added_up_only_when_all_are_there():
    text = '[[observe]]\nindicator = "toilets"\nsum = ["Mujeres", "Hombres"]\n'
    facts = read(
        text,
        ["Mujeres", "Hombres"],
        ["3", "2"],
        ["3", ""],
        ["", ""],
        ["3", "No sabe"],
        ["3", "x1"],
        ["1-2", "2"],
    )
    assert [figures(each).get("toilets") for each in facts] == [(5, 5), None, None, None, None, (3, 4)]
    assert codes(facts[1].problems) == [("sum_incomplete", "toilets")]
    assert facts[1].problems[0].detail == "Hombres"
    assert facts[3].unknowns == ("toilets",)
    assert facts[0].observations[0].column == "Mujeres + Hombres"


def test_a_condition_decides_whether_a_column_counts():
    text = observe("committee_women_share", "% mujeres", 'when = { column = "Comité", is = ["Sí", "yes"] }')
    facts = read(text, ["Comité", "% mujeres"], ["sí", "50%"], ["No", "0%"])
    assert [figures(each) for each in facts] == [{"committee_women_share": (0.5, 0.5)}, {}]


def test_an_indicator_refuses_what_it_cannot_be():
    facts = read(observe("toilets_locks", "Seguro", 'kind = "count"'), ["Seguro"], ["1"], ["4"])
    assert figures(facts[0]) == {"toilets_locks": (1, 1)}
    assert codes(facts[1].problems) == [("not_yes_or_no", "toilets_locks")]


def test_odd_values_are_taken_and_flagged_by_indicator():
    (facts,) = read(observe("persons", "Personas"), ["Personas"], ["1000000000000"])
    assert figures(facts) == {"persons": (1e12, 1e12)}
    assert codes(facts.flags) == [("very_large", "persons")]


def test_columns_of_one_name_are_told_apart_by_turn_or_by_what_stands_before():
    text = (
        '[[observe]]\nindicator = "toilets"\ncolumn = "Cuántos"\nnth = 1\n'
        '[[observe]]\nindicator = "showers"\ncolumn = "Cuántos"\nafter = "¿Hay duchas?"\n'
    )
    (facts,) = read(text, ["¿Hay sanitarios?", "Cuántos", "¿Hay duchas?", "Cuántos"], ["sí", "3", "sí", "2"])
    assert figures(facts) == {"toilets": (3, 3), "showers": (2, 2)}


def test_a_doubtful_column_is_not_guessed():
    with pytest.raises(MappingProblem) as raised:
        read(observe("toilets", "Cuántos"), ["Cuántos", "Cuántos"], ["1", "2"])
    assert [trouble.code for trouble in raised.value.troubles] == ["column_ambiguous"]
    assert "«Cuántos», «Cuántos (2)»" in raised.value.message


def test_every_missing_column_is_named_with_the_nearest():
    with pytest.raises(MappingProblem) as raised:
        read(
            observe("toilets", "Sanitarios buenos") + observe("showers", "Duchas"),
            ["Sanitarios", "Regaderas"],
            ["1", "2"],
        )
    assert [(trouble.code, trouble.where) for trouble in raised.value.troubles] == [
        ("column_missing", "observe toilets"),
        ("column_missing", "observe showers"),
    ]
    assert "¿Será «Sanitarios»?" in raised.value.message


def test_what_may_be_missing_is_left_out_and_listed():
    found = mapping.parse(
        HEAD + observe("toilets", "Sanitarios", "optional = true") + observe("showers", "Duchas")
    )
    bound = found.bind(["Código", "Albergue", "Duchas", "Nota"])
    assert bound.indicators == ("showers",)
    assert bound.unbound == ("observe toilets: Sanitarios",)
    assert [column.name for column in bound.unused] == ["Nota"]


def test_a_sheet_that_feeds_nothing_is_refused():
    found = mapping.parse(
        HEAD.replace("[reading]", '[reading]\nmissing = "allowed"') + observe("toilets", "Sanitarios")
    )
    with pytest.raises(MappingProblem) as raised:
        found.bind(["Código", "Albergue"])
    assert [trouble.code for trouble in raised.value.troubles] == ["nothing_observed"]


SITE = """
name = "lugares"
version = 1
kind = "sites"
title = { es = "Lugares", en = "Places" }
[site]
system = "copeco"
id = "id"
identity = ["municipio", "nombre"]
name = "nombre"
lat = "lat"
lon = "lon"
within = [-89.4, 12.9, -82.4, 17.5]
address = ["colonia", "calle"]
status = { column = "abierto", choices = { "sí" = "open", "no" = "closed" } }
extra = { piso = "piso" }
[site.kind]
column = "tipo"
otherwise = "planned_site"
choices = { "Escuela" = "collective_centre", "Carpas" = "next" }
[place]
pcode = ["pcode", "pcode1"]
names = ["departamento", "municipio"]
country = "HN"
[told_at]
column = "fecha"
"""
NAMES = [
    "id",
    "nombre",
    "lat",
    "lon",
    "colonia",
    "calle",
    "tipo",
    "abierto",
    "piso",
    "pcode",
    "pcode1",
    "departamento",
    "municipio",
    "fecha",
]


def site(**cells):
    bound = mapping.parse(SITE).bind(NAMES)
    return bound.facts({name: cells.get(name, "") for name in NAMES})


def test_a_site_is_recognised_and_placed():
    facts = site(
        id=12.0,
        nombre=" Escuela  Á ",
        lat="15,5",
        lon="87.25",
        colonia="Centro",
        calle="2a",
        tipo="ESCUELA",
        abierto="Sí",
        piso="tierra",
        pcode1="HN08",
        departamento="Francisco Morazán",
        municipio="Distrito Central",
        fecha="3/11/2026",
    )
    found = facts.site
    assert (found.external_id, found.system, found.name) == ("12", "copeco", "Escuela Á")
    assert found.identity == ("distrito central", "escuela á")
    assert (found.lat, found.lon) == (15.5, -87.25)
    assert (found.kind, found.status, found.address) == ("collective_centre", "open", "Centro, 2a")
    assert (found.pcode, found.admin_names, found.country) == (
        "HN08",
        ("Francisco Morazán", "Distrito Central"),
        "HN",
    )
    assert found.extra == {"piso": "tierra"}
    assert codes(facts.flags) == [("coordinates_sign", "place")]
    assert (facts.told_at, facts.precision) == (dt.date(2026, 11, 3), "day")
    assert facts.moment == dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC)


def test_a_site_without_name_or_code_waits_for_a_person():
    assert codes(site(nombre="N/A").problems) == [("site_without_name", "site")]


def test_kinds_and_states_nobody_listed_are_flagged():
    found = site(nombre="A", tipo="Estadio", abierto="quizás")
    assert (found.site.kind, found.site.status) == ("planned_site", None)
    assert codes(found.flags) == [("site_kind_not_listed", "kind"), ("site_status_not_listed", "status")]
    assert site(nombre="A", tipo="Carpas").flags == ()
    assert site(nombre="A").flags == ()


def test_a_date_that_has_not_come_is_flagged_when_the_day_of_receipt_is_known():
    bound = mapping.parse(SITE).bind(NAMES)
    row = dict.fromkeys(NAMES, "") | {"nombre": "A", "fecha": "11/12/2026"}
    received = dt.datetime(2026, 11, 12, tzinfo=dt.UTC)
    assert codes(bound.facts(row, received).flags) == [("date_in_future", "told_at")]
    assert bound.facts(row).flags == ()


CHECK = (
    observe("men", "H")
    + observe("women", "M")
    + observe("persons", "T")
    + '[[check]]\nname = "sexes"\nsum = ["men", "women"]\nequals = "persons"\n'
    + 'message = { es = "Suman {sum}, dice {total}.", en = "Add up to {sum}, says {total}." }\n'
)


@pytest.mark.parametrize(
    ("men", "women", "total", "flagged"),
    [
        ("3", "4", "7", False),
        ("3", "4", "8", True),
        ("3", "4", "6", True),
        ("3", "", "7", False),
        ("9", "", "7", True),
        ("3", "No sabe", "7", False),
        ("", "", "7", False),
        ("3", "4", "", False),
        ("3-5", "4", "8", False),
        ("3-5", "4", "10", True),
        ("x", "9", "7", False),
    ],
)
def test_sums_that_cannot_be_true_are_flagged_and_never_refused(men, women, total, flagged):
    (facts,) = read(CHECK, ["H", "M", "T"], [men, women, total])
    assert [flag.code for flag in facts.flags] == (["sexes"] if flagged else [])
    assert all(key in figures(facts) for key, cell in (("men", men), ("persons", total)) if cell.isdigit())


def test_the_flag_says_both_figures():
    (facts,) = read(CHECK, ["H", "M", "T"], ["3", "4", "8"])
    assert facts.flags[0].message == "Suman 7, dice 8."


def test_a_formula_without_result_waits_and_is_never_zero():
    bound = mapping.parse(HEAD + observe("toilets", "Sanitarios")).bind(["Código", "Albergue", "Sanitarios"])
    facts = bound.facts(Row(9, ("1", "A", Uncomputed("=B1"))))
    assert facts.observations == ()
    assert codes(facts.problems) == [("formula_without_value", "toilets")]
    assert facts.row_number == 9


@given(st.lists(st.one_of(st.text(max_size=20), st.floats(), st.none(), st.dates()), max_size=20))
def test_no_row_whatever_raises_and_the_same_row_gives_the_same_facts(cells):
    bound = mapping.parse(SITE + observe("toilets", "piso")).bind(NAMES)
    assert bound.facts(cells) == bound.facts(tuple(cells))
