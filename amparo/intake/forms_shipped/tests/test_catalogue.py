"""The shipped forms as workbooks that convert and can be edited."""

import io

import pytest
from python_calamine import CalamineWorkbook

from amparo.intake.forms_shipped import catalogue
from amparo.intake.xforms.convert import convert


def test_every_shipped_form_converts_without_a_warning_and_is_named_like_its_folder():
    assert catalogue.names() == ("evaluacion_albergue",)
    for name in catalogue.names():
        converted = convert(catalogue.workbook(name), f"{name}.xlsx")
        assert converted.form.form_id == name
        assert converted.form.version
        assert converted.warnings == ()


def test_a_workbook_is_the_same_file_each_time():
    assert catalogue.workbook("evaluacion_albergue") == catalogue.workbook("evaluacion_albergue")


def test_a_workbook_has_the_three_sheets_of_an_xlsform_as_text():
    book = CalamineWorkbook.from_filelike(io.BytesIO(catalogue.workbook("evaluacion_albergue")))
    assert tuple(book.sheet_names) == catalogue.SHEETS
    cells = [cell for row in book.get_sheet_by_name("survey").to_python() for cell in row]
    assert all(isinstance(cell, str) for cell in cells)


@pytest.mark.parametrize("name", ["", "nada", "..", "../evaluacion_albergue"])
def test_an_unknown_form_is_unknown(name):
    with pytest.raises(KeyError):
        catalogue.workbook(name)
