"""CSV and its cousins, as they come out of real programs."""

import pytest

from amparo.toolkit import sheets
from amparo.toolkit.sheets.tests.making import csv_file

ROWS = [
    ["Nombre", "Municipio", "Personas"],
    ["Escuela Árbol", "Peñas Blancas", "12"],
    ["Iglesia Ñuñoa", "Corquín", "7"],
]


def cells(table):
    return [list(row.cells) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^"])
def test_any_delimiter_in_any_usual_encoding_gives_the_same_table(encoding, delimiter):
    table = sheets.read(csv_file(ROWS, delimiter=delimiter, encoding=encoding))
    assert table.names == ("Nombre", "Municipio", "Personas")
    assert cells(table) == ROWS[1:]
    assert table.header_row == 1
    assert [row.number for row in table.rows] == [2, 3]


def test_semicolons_win_over_decimal_commas():
    text = "nombre;lat;lon\nEscuela A;15,43;-87,97\nEscuela B;15,44;-87,98\n"
    assert cells(sheets.read(text.encode()))[0] == ["Escuela A", "15,43", "-87,97"]


def test_the_line_that_names_the_delimiter_is_obeyed_and_counted():
    table = sheets.read(b"sep=;\r\nnombre;personas\r\nEscuela, A;3\r\n")
    assert cells(table) == [["Escuela, A", "3"]]
    assert table.header_row == 2
    assert table.rows[0].number == 3


def test_a_quoted_line_break_stays_in_its_cell_and_does_not_shift_the_row_numbers():
    table = sheets.read(b'nombre,nota\n"Escuela A","techo\nroto"\nEscuela B,\n')
    assert cells(table) == [["Escuela A", "techo\nroto"], ["Escuela B", ""]]
    assert [row.number for row in table.rows] == [2, 3]


def test_short_rows_are_filled_and_long_ones_keep_their_extra_cells():
    table = sheets.read(b"nombre,personas\nA\nB,2,sobra\n")
    assert cells(table) == [["A", "", ""], ["B", "2", "sobra"]]
    assert table.columns[2].name == ""
    assert table.columns[2].label == "columna C"
    assert [(note.code, note.rows) for note in table.notes] == [("short_rows", (2,))]


def test_blank_rows_are_skipped_and_said_without_losing_the_numbers():
    table = sheets.read(b"nombre,personas\nA,1\n,\n  ,\nB,0\n\n\n")
    assert [row.number for row in table.rows] == [2, 5]
    assert [(note.code, note.rows) for note in table.notes] == [("blank_rows", (3, 4))]


def test_zero_is_not_blank():
    assert len(sheets.read(b"personas,familias\n0,\n,0\n").rows) == 2


def test_totals_below_the_data_are_not_a_site():
    table = sheets.read(b"nombre,personas\nEscuela A,10\nEscuela B,20\nTotal general,30\n")
    assert [row.cells[0] for row in table.rows] == ["Escuela A", "Escuela B"]
    assert [(note.code, note.rows) for note in table.notes] == [("totals_rows", (4,))]


def test_a_header_pasted_again_in_the_middle_is_skipped():
    table = sheets.read(b"nombre,personas\nA,1\nnombre,personas\nB,2\n")
    assert [row.number for row in table.rows] == [2, 4]
    assert table.notes[0].code == "repeated_header"


def test_a_row_of_hxl_tags_is_not_data():
    table = sheets.read(b"nombre,personas\n#loc+name,#affected\nA,1\n")
    assert cells(table) == [["A", "1"]]


def test_columns_of_the_same_name_are_told_apart():
    table = sheets.read(b"tipo,Otro,agua,Otro,agua,otro\n1,a,2,b,3,c\n")
    assert [(column.name, column.nth) for column in table.columns] == [
        ("tipo", 1),
        ("Otro", 1),
        ("agua", 1),
        ("Otro", 2),
        ("agua", 2),
        ("otro", 3),
    ]
    assert table.column("otro", nth=2).index == 3
    assert table.column("OTRO", nth=4) is None
    assert table.columns[3].label == "Otro (2)"


def test_damaged_letters_are_said_and_the_rest_stays_readable():
    text = ("nombre,municipio\n" + "Ñandú,Peña\n" * 20).encode() + b"\xff,x\n"
    table = sheets.read(text)
    assert table.rows[0].cells == ("Ñandú", "Peña")
    assert [note.code for note in table.notes] == ["damaged_letters"]


def test_zero_bytes_are_removed_and_said():
    table = sheets.read(("nombre,personas\n" + "Escuela A,1\n" * 50 + "Esc\0uela,2\n").encode())
    assert table.rows[-1].cells == ("Escuela", "2")
    assert table.notes[0].code == "zero_bytes"


def test_a_single_column_is_a_table_too():
    assert cells(sheets.read(b"nombre\nEscuela A\nEscuela B\n")) == [["Escuela A"], ["Escuela B"]]


def test_reading_twice_gives_the_same_table(tmp_path):
    path = tmp_path / "sitios.csv"
    path.write_bytes(csv_file(ROWS))
    assert sheets.read(path) == sheets.read(str(path)) == sheets.read(path.read_bytes(), "sitios.csv")


def test_letters_that_a_program_took_apart_are_put_together_and_counted():
    right = [["Dirección", "Nombre"], ["Peñas – centro", "Escuela «Ávila»"]]
    taken_apart = csv_file(right).decode("cp1252", "replace").replace("\ufffd", "\x81").encode()
    table = sheets.read(taken_apart)
    assert table.names == ("Dirección", "Nombre")
    assert cells(table) == right[1:]
    assert [note.code for note in table.notes] == ["mended_letters"]


def test_letters_that_are_right_stay():
    for name in ("Peñas Blancas", "CAFÉ N.º 2", "São João — Âncora", "25 °C", "Ã sola"):
        table = sheets.read(csv_file([["Nombre", "Municipio"], [name, "Choloma"]]))
        assert (cells(table), table.notes) == ([[name, "Choloma"]], ())
