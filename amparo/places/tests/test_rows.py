"""Lists of places in the files in which they are published."""

from datetime import datetime

import pytest

from amparo.kernel.refusals import Refused
from amparo.places.rows import read
from amparo.toolkit.sheets.tests.making import csv_file, xlsx_file

HEADER = ["ADM2_ES", "ADM2_PCODE", "ADM1_ES", "ADM1_PCODE", "ADM0_ES", "ADM0_PCODE", "date"]
ROWS = [
    ["San Lorenzo", "NI0101", "Río Niño", "NI01", "Nicaragua", "NI", datetime(2020, 1, 1)],
    ["Villa Ávila", "NI0102", "Río Niño", "NI01", "Nicaragua", "NI", datetime(2020, 1, 1)],
]
NAMES = ["Nicaragua", "Río Niño", "San Lorenzo", "Villa Ávila"]


@pytest.mark.parametrize(("delimiter", "encoding"), [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8-sig")])
def test_a_text_file_of_any_usual_encoding_gives_its_places(tmp_path, delimiter, encoding):
    file = tmp_path / "lugares.csv"
    file.write_bytes(csv_file([HEADER, *ROWS], delimiter=delimiter, encoding=encoding))
    assert sorted(row.name for row in read(file)) == NAMES


def test_a_workbook_with_a_sheet_for_each_level_gives_all_of_them(tmp_path):
    def draw(book):
        book.add_worksheet("LEAME").write_row(0, 0, ["Lista de lugares"])
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for title, start in (("ADM1", 2), ("ADM2", 0)):
            sheet = book.add_worksheet(title)
            for at, row in enumerate([HEADER, *ROWS]):
                sheet.write_row(at, 0, row[start:], day)

    file = tmp_path / "lugares.xlsx"
    file.write_bytes(xlsx_file(draw=draw))
    places = {row.code: row for row in read(file)}
    assert sorted(place.name for place in places.values()) == NAMES
    assert (places["NI0102"].parent, places["NI0102"].level) == ("NI01", 2)


def test_a_file_that_is_neither_is_refused_in_words(tmp_path):
    for name, content in (("lugares.docx", b"x"), ("lugares.xlsx", b"x"), ("lugares.csv", b"\x00\x01" * 90)):
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(Refused):
            read(file)
