"""The header may stand anywhere in the first fifty rows."""

import pytest

from amparo.toolkit import sheets
from amparo.toolkit.sheets.names import fold, has_code, nearest
from amparo.toolkit.sheets.tests.making import csv_file, xlsx_file

HEADER = ["Código", "Nombre del albergue", "Municipio", "Personas", "Sanitarios"]
DATA = [["1", "Escuela A", "Yoro", "120", "3"], ["2", "Iglesia B", "Yoro", "45", "0"]]


@pytest.mark.parametrize("above", [0, 1, 2, 7, 49])
def test_the_header_is_found_below_titles_by_its_shape(above):
    titles = [["INFORME DE ALBERGUES"], ["al 3 de noviembre", "", "", "", ""], []]
    top = [titles[at % 3] for at in range(above)]
    table = sheets.read(csv_file([*top, HEADER, *DATA]))
    assert table.header_row == above + 1
    assert len(table.rows) == 2


@pytest.mark.parametrize("above", [0, 3, 49])
def test_the_header_is_found_by_expected_names_among_rows_that_look_like_one(above):
    words = ["Favor de", "llenar", "todas las", "casillas", "hoy"]
    table = sheets.read(
        csv_file([*[words] * above, HEADER, *DATA]), expect=["sanitarios", "nombre del albergue"]
    )
    assert table.header_row == above + 1


def test_beyond_fifty_rows_it_is_not_looked_for():
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(csv_file([["nota"]] * 50 + [HEADER, *DATA]), expect=["Sanitarios", "Personas"])
    assert raised.value.code == "missing_columns"


def test_figures_alone_have_no_header():
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(b"1,2,3\n4,5,6\n")
    assert raised.value.code == "no_header"
    assert "títulos" in raised.value.message


def test_missing_columns_are_named_with_the_closest_ones():
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(csv_file([HEADER, *DATA]), expect=["sanitario", "nombre albergues"])
    assert raised.value.code == "missing_columns"
    assert "«sanitario» (¿será «Sanitarios»?)" in raised.value.message
    assert "Nombre del albergue" in raised.value.message
    assert "No se cambió nada" in raised.value.message


def test_a_table_can_be_asked_for_columns():
    table = sheets.read(csv_file([HEADER, *DATA]))
    table.require(["personas", "CODIGO"])
    with pytest.raises(sheets.SheetProblem, match="Duchas"):
        table.require(["Personas", "Duchas"])


def test_a_banner_row_names_the_sections_until_the_next_title():
    banner = ["1,200", "TOTAL HH", "", "POBLACIÓN", "", "AGUA", ""]
    title = ["Ronda 2", "", "", "", "", "", ""]
    header = ["id", "nombre", "fecha", "hombres", "mujeres", "litros", "llaves"]
    table = sheets.read(csv_file([banner, title, header, list("1abcdef")]))
    assert table.header_row == 3
    assert [column.section for column in table.columns] == [
        "",
        "",
        "",
        "POBLACIÓN",
        "POBLACIÓN",
        "AGUA",
        "AGUA",
    ]
    assert ("totals_rows", (1,)) in [(note.code, note.rows) for note in table.notes]


def test_titles_without_data_are_a_problem_said_in_words():
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(csv_file([HEADER]))
    assert raised.value.code == "no_rows"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Código P:", "codigo p"),
        ("site_name", "Site Name"),
        ("< 25 %", "<25%"),
        ("Yes ,  but", "yes, but"),
        ("¿Abierto?", "abierto"),
    ],
)
def test_spelling_does_not_matter(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"), [("<25%", ">25%"), ("<1 year", "1-5 year"), ("60+ year", "60 year")]
)
def test_signs_that_carry_the_meaning_do(one, other):
    assert fold(one) != fold(other)


def test_a_code_is_the_whole_code():
    assert has_code("1.2.b.1 Is there a committee?", "1.2.b.1")
    assert not has_code("1.2.b.10 % of women", "1.2.b.1")
    assert not has_code("1.1.e.3.a Ward", "1.1.e.3")
    assert has_code("1.1.e.3District", "1.1.e.3")


def test_the_nearest_names_come_first():
    assert nearest("latitude", ["longitud", "latitud", "nombre"])[0] == "latitud"
    assert nearest("zzz", ["nombre"]) == []


TWO_ROWS = [
    ["N.º", "Ubicación", "", "Nombre del albergue", "Coordenadas", "", "Capacidad"],
    ["", "Departamento", "Municipio", "", "X", "Y", ""],
    [1, "Cortés", "Choloma", "Escuela Inventada", "-87,9", "15,6", 40],
]
FINE = ("N.º", "Departamento", "Municipio", "Nombre del albergue", "X", "Y", "Capacidad")


@pytest.mark.parametrize("expect", [(), ("Municipio", "Nombre del albergue", "X", "Capacidad")])
def test_titles_on_two_rows_of_a_text_file_are_one_header(expect):
    table = sheets.read(csv_file(TWO_ROWS), expect=expect)
    assert (table.names, table.header_row, len(table.rows)) == (FINE, 2, 1)


def test_titles_on_two_rows_merged_over_each_other_are_one_header():
    def draw(book):
        sheet = book.add_worksheet("Hoja1")
        for at in (0, 3, 6):
            sheet.merge_range(0, at, 1, at, TWO_ROWS[0][at])
        for at in (1, 4):
            sheet.merge_range(0, at, 0, at + 1, TWO_ROWS[0][at])
            sheet.write(1, at, TWO_ROWS[1][at])
            sheet.write(1, at + 1, TWO_ROWS[1][at + 1])
        sheet.write_row(2, 0, TWO_ROWS[2])

    table = sheets.read(xlsx_file(draw=draw), expect=("Ubicación", "Nombre del albergue", "Municipio", "X"))
    assert (table.names, table.header_row, len(table.rows)) == (FINE, 2, 1)


def test_a_first_row_of_words_beside_a_nameless_column_stays_data():
    rows = [
        ["Albergue", "Municipio", ""],
        ["Escuela A", "Choloma", "sin luz"],
        ["Escuela B", "Omoa", "con luz"],
    ]
    for order in ((0, 1, 2), (0, 2, 1), (2, 0, 1)):
        table = sheets.read(csv_file([[row[at] for at in order] for row in rows]))
        assert (table.header_row, len(table.rows)) == (1, 2)


def test_a_subtotal_that_names_its_group_is_no_row_of_data():
    rows = [
        ["N.º", "Albergue", "Municipio", "Capacidad"],
        ["1", "Escuela A", "Choloma", "40"],
        ["", "Subtotal Choloma", "", "40"],
        ["2", "Total Gimnasio de Muestra", "Omoa", "30"],
        ["", "", "Total de albergues", "70"],
    ]
    table = sheets.read(csv_file(rows))
    assert [row.number for row in table.rows] == [2, 4]
    assert ("totals_rows", (3, 5)) in [(note.code, note.rows) for note in table.notes]
