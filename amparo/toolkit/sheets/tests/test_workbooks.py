"""Workbooks as people keep them: merged cells, formulas, several sheets, dates."""

import datetime as dt

import pytest

from amparo.toolkit import sheets
from amparo.toolkit.sheets import Uncomputed
from amparo.toolkit.sheets.tests.making import (
    as_saved_by_a_spreadsheet_program,
    ods_file,
    with_part,
    xls_file,
    xlsx_file,
)

ROWS = [["Nombre", "Personas", "Litros"], ["Escuela A", 12, 7.5], ["Iglesia Ñ", 0, 15]]


@pytest.mark.parametrize("make", [xlsx_file, ods_file, xls_file])
def test_every_kind_of_workbook_gives_the_same_table(make):
    table = sheets.read(make(ROWS))
    assert table.names == ("Nombre", "Personas", "Litros")
    assert [list(row.cells) for row in table.rows] == ROWS[1:]
    assert [row.number for row in table.rows] == [2, 3]
    assert table.sheet == "Hoja1"


@pytest.mark.parametrize("make", [xlsx_file, ods_file, xls_file])
def test_rows_keep_the_numbers_that_the_program_shows(make):
    table = sheets.read(make([[], ["Informe"], [], *ROWS]))
    assert table.header_row == 4
    assert [row.number for row in table.rows] == [5, 6]


def test_dates_come_as_dates_and_shares_as_numbers():
    def draw(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["nombre", "fecha", "parte", "abierto"])
        sheet.write(1, 0, "Escuela A")
        sheet.write_datetime(1, 1, dt.datetime(2026, 11, 3))
        sheet.write(1, 2, 0.5, book.add_format({"num_format": "0%"}))
        sheet.write(1, 3, True)

    assert sheets.read(xlsx_file(draw=draw)).rows[0].cells == ("Escuela A", dt.date(2026, 11, 3), 0.5, True)


def draw_formulas(book):
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["nombre", "hombres", "mujeres", "total", "nota"])
    sheet.write_row(1, 0, ["Escuela A", 3, 4])
    sheet.write_formula(1, 3, "=B2+C2", None, 7)
    sheet.write_formula(1, 4, '=A2&"!"', None, "Escuela A!")
    sheet.write_row(2, 0, ["Escuela B", 5, 6])
    sheet.write_formula(2, 3, "=B3+C3", None, "")
    sheet.write_formula(2, 4, "=1/0", None, "#DIV/0!")


def test_a_formula_gives_the_result_the_file_keeps_and_is_never_calculated():
    table = sheets.read(as_saved_by_a_spreadsheet_program(xlsx_file(draw=draw_formulas)))
    assert table.rows[0].cells == ("Escuela A", 3.0, 4.0, 7.0, "Escuela A!")
    assert table.rows[1].cells == ("Escuela B", 5.0, 6.0, Uncomputed("=B3+C3"), "#DIV/0!")
    notes = {note.code: note for note in table.notes}
    assert "4" in notes["formulas"].message
    assert notes["formulas_without_result"].rows == (3,)


def test_a_zero_that_no_program_calculated_is_nobodys_measurement():
    def draw(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["nombre", "sanitarios"])
        sheet.write_row(1, 0, ["Escuela A"])
        sheet.write_formula(1, 1, "=SUM(C2:D2)")  # the writing library stores 0 and asks for calculation

    never_opened = xlsx_file(draw=draw)
    assert sheets.read(never_opened).rows[0].cells[1] == Uncomputed("=SUM(C2:D2)")
    saved = as_saved_by_a_spreadsheet_program(never_opened)
    assert sheets.read(saved).rows[0].cells[1] == 0


def test_formulas_and_errors_of_an_ods_are_found_too():
    def cell(attributes, text=""):
        return (
            f"<table:table-cell {attributes}>{f'<text:p>{text}</text:p>' if text else ''}</table:table-cell>"
        )

    words = "".join(cell('office:value-type="string"', text) for text in ("nombre", "a", "b", "c"))
    values = (
        cell('office:value-type="string"', "Escuela A")
        + cell('table:formula="of:=1+1" office:value-type="float" office:value="2"', "2")
        + cell('table:formula="of:=SUM([.B1:.B2])"')
        + cell('table:formula="of:=1/0" office:value-type="string" office:string-value=""', "#DIV/0!")
    )
    xml = f"<table:table-row>{words}</table:table-row><table:table-row>{values}</table:table-row>"
    table = sheets.read(ods_file(xml=xml))
    assert table.rows[0].cells == ("Escuela A", 2.0, Uncomputed("=SUM([.B1:.B2])"), "#DIV/0!")


def test_words_merged_over_rows_are_on_each_row_and_figures_only_on_the_first():
    def draw(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["municipio", "nombre", "sanitarios"])
        sheet.merge_range(1, 0, 3, 0, "Choluteca")
        sheet.merge_range(1, 2, 3, 2, 12)
        for row, name in enumerate(("A", "B", "C"), start=1):
            sheet.write(row, 1, name)

    table = sheets.read(xlsx_file(draw=draw))
    assert [row.cells for row in table.rows] == [
        ("Choluteca", "A", 12.0),
        ("Choluteca", "B", ""),
        ("Choluteca", "C", ""),
    ]
    assert {note.code for note in table.notes} == {"merged_words", "merged_figures"}


def test_a_header_of_two_merged_rows_is_read_with_its_sections():
    def draw(book):
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 1, 0, "Albergue")
        sheet.merge_range(0, 1, 0, 2, "Población")
        sheet.merge_range(0, 3, 0, 4, "Agua")
        sheet.write_row(1, 1, ["Hombres", "Mujeres", "Litros", "Llaves"])
        sheet.write_row(2, 0, ["Escuela A", 3, 4, 100, 2])

    table = sheets.read(xlsx_file(draw=draw))
    assert table.header_row == 2
    assert table.names == ("Albergue", "Hombres", "Mujeres", "Litros", "Llaves")
    assert [column.section for column in table.columns] == [
        "Albergue",
        "Población",
        "Población",
        "Agua",
        "Agua",
    ]


def draw_three_sheets(book):
    book.add_worksheet("Portada").write(0, 0, "Informe")
    hidden = book.add_worksheet("Listas")
    hidden.hide()
    hidden.write_row(0, 0, ["Choice", "Name", "Label", "More"])
    for row in range(1, 50):
        hidden.write_row(row, 0, [f"c{row}", "x", "y", "z"])
    data = book.add_worksheet("Datos 2026")
    for row, cells in enumerate([["Nombre", "Personas"], ["A", 1], ["B", 2]]):
        data.write_row(row, 0, cells)


def test_the_sheet_with_the_data_is_chosen_and_the_others_are_named():
    table = sheets.read(xlsx_file(draw=draw_three_sheets))
    assert table.sheet == "Datos 2026"
    assert "Portada, Listas" in table.notes[0].message


def test_a_sheet_can_be_asked_for_by_name():
    assert sheets.read(xlsx_file(draw=draw_three_sheets), sheet="listas").names[0] == "Choice"
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(xlsx_file(draw=draw_three_sheets), sheet="Hoja9")
    assert raised.value.code == "sheet_not_found"
    assert "«Datos 2026»" in raised.value.message


def test_expected_names_choose_the_sheet():
    assert sheets.read(xlsx_file(draw=draw_three_sheets), expect=["label", "choice"]).sheet == "Listas"


def test_other_spellings_of_the_same_xml_are_understood():
    table = xlsx_file([["nombre", "total"], ["A", 5]])
    changed = with_part(
        table,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<c r="B2"><v>5</v></c>', b"<c r = 'B2' t='e'><f>1/0</f><v>#N/A</v></c>"),
    )
    assert sheets.read(changed).rows[0].cells == ("A", "#N/A")
