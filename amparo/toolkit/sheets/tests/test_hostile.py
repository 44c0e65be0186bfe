"""Files that are broken, locked, enormous or no sheets at all: a clear answer, quickly, and nothing else."""

import io
import random
import time
import zipfile

import pytest

from amparo.toolkit import sheets
from amparo.toolkit.sheets import limits
from amparo.toolkit.sheets.tests.making import csv_file, ods_file, with_part, xls_file, xlsx_file

GOOD = [["nombre", "personas"], ["Escuela A", 12], ["Escuela B", 7]]
SHEET = "xl/worksheets/sheet1.xml"
PATIENCE = 20  # seconds; everything here takes less than two on an idle machine


def problem(data, **options):
    started = time.monotonic()
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(data, **options)
    assert time.monotonic() - started < PATIENCE
    assert raised.value.message
    return raised.value


@pytest.mark.parametrize(
    "data", [b"", b"  \n\t ", b"\xef\xbb\xbf", b"\xef\xbb\xbf \n", "\ufeff".encode("utf-16-le")]
)
def test_an_empty_file_is_called_empty(data):
    assert problem(data).code == "empty"


def test_an_empty_workbook_is_called_empty():
    assert problem(xlsx_file()).code == "empty"


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 ...",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"<html><table><tr><td>1</td></tr></table></html>",
        bytes(range(256)) * 20,
        b"PK\x05\x06" + bytes(18),
    ],
)
def test_what_is_no_sheet_is_said_so(data):
    assert problem(data).code == "not_a_sheet"


def test_a_word_document_is_no_sheet():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert problem(out.getvalue()).code == "not_a_sheet"


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    assert problem(tmp_path / "nada.csv").code == "not_found"
    assert problem(tmp_path).code == "not_found"


def test_locked_files_are_recognised():
    assert problem(xls_file(GOOD, stream="EncryptedPackage")).code == "encrypted"
    assert problem(ods_file(GOOD, encrypted=True)).code == "encrypted"


@pytest.mark.parametrize(("make", "times"), [(xlsx_file, 150), (ods_file, 150), (xls_file, 15)])
def test_a_damaged_workbook_never_kills_the_process(make, times):
    whole = make(GOOD)
    chance = random.Random(7)
    for __ in range(times):
        broken = bytearray(whole)
        for __ in range(chance.randint(1, 6)):
            broken[chance.randrange(4, len(broken))] = chance.randrange(256)
        if chance.random() < 0.3:
            broken = broken[: chance.randrange(10, len(broken))]
        try:
            sheets.read(bytes(broken))
        except sheets.SheetProblem as problem:
            assert problem.message


def test_an_old_workbook_whose_sectors_run_in_a_circle_does_not_take_all_memory():
    circle = bytearray(xls_file(GOOD))
    circle[512 + 4 : 512 + 8] = (1).to_bytes(4, "little")  # the directory follows itself
    assert problem(bytes(circle)).code == "damaged"


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/sharedStrings.xml", "w") as part:
            for __ in range(64):
                part.write(bytes(1024 * 1024))
    assert problem(out.getvalue()).code == "too_large"


def test_a_workbook_that_lies_about_its_size_is_refused():
    book = xlsx_file([["nombre", "personas"], *[["Escuela", 1]] * 500])
    size = zipfile.ZipFile(io.BytesIO(book)).getinfo(SHEET).file_size.to_bytes(4, "little")
    assert problem(book.replace(size, (50).to_bytes(4, "little"))).code in ("damaged", "not_a_sheet")


@pytest.mark.parametrize("far", [b"XFD1048576", b"A1048576", b"ZZ99999", b"XFD2"])
def test_one_cell_far_away_does_not_take_all_memory(far):
    book = with_part(xlsx_file(GOOD), SHEET, lambda xml: xml.replace(b'r="B3"', b'r="' + far + b'"'))
    assert problem(book).code == "too_large"


def test_a_far_row_without_cell_names_does_not_either():
    book = with_part(
        xlsx_file(GOOD),
        SHEET,
        lambda xml: xml.replace(b'<row r="3"', b"<row  r='1048576'").replace(b' r="A3"', b""),
    )
    assert problem(book).code == "too_large"


def test_one_long_text_used_a_million_times_does_not_take_all_memory():
    text = b"<si><t>" + b"a" * 32_000 + b"</t></si>"
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 50_001))
    book = with_part(
        xlsx_file(GOOD),
        SHEET,
        lambda xml: (
            b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            + rows
            + b"</sheetData></worksheet>"
        ),
    )
    book = with_part(book, "xl/sharedStrings.xml", lambda xml: b"<sst>" + text + b"</sst>")
    assert problem(book).code == "too_large"


@pytest.mark.parametrize("repeat", ["number-rows-repeated", "number-columns-repeated"])
def test_a_repeated_cell_of_an_ods_does_not_take_all_memory(repeat):
    cell = '<table:table-cell {} office:value-type="string"><text:p>x</text:p></table:table-cell>'
    on_cell = f'table:{repeat}="1000000"' if "columns" in repeat else ""
    on_row = f'table:{repeat}="1000000"' if "rows" in repeat else ""
    xml = f"<table:table-row {on_row}>{cell.format(on_cell)}</table:table-row>"
    assert problem(ods_file(xml=xml)).code == "too_large"


def test_the_empty_tail_that_every_ods_carries_is_no_harm():
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    words = "".join(map(cell.format, "abc"))
    tail = (
        '<table:table-row table:number-rows-repeated="1048573">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    row = f"<table:table-row>{words}</table:table-row>"
    xml = row + row.replace(">a<", ">z<") + tail
    assert len(sheets.read(ods_file(xml=xml)).rows) == 1


def test_entities_in_an_ods_are_refused():
    bomb = ods_file(GOOD)
    bomb = with_part(
        bomb, "content.xml", lambda xml: xml.replace(b"?><", b'?><!DOCTYPE x [<!ENTITY a "aaaa">]><', 1)
    )
    assert problem(bomb).code == "not_a_sheet"


@pytest.mark.parametrize(
    "piece",
    [
        b'<c r="A1" s="1"/>',
        b"<c><f>",
        b"<c",
        b"<f",
        b"<f ",
        b'<c t="e" ',
        b' t="s"',
        b"r = ",
        b"<v>",
        b"<si>",
        b"<x:",
    ],
)
def test_a_part_that_repeats_one_piece_for_ever_is_answered_at_once(piece):
    sheet = b'<worksheet><sheetData><f/>"e"' + piece * (1_500_000 // len(piece))
    book = xlsx_file([*GOOD, *[["x" * 30_000, 1]] * 9])
    started = time.monotonic()
    for part, change in ((SHEET, lambda xml: sheet), ("xl/sharedStrings.xml", lambda xml: xml + sheet)):
        try:
            sheets.read(with_part(book, part, change))
        except sheets.SheetProblem as problem:
            assert problem.message
    assert time.monotonic() - started < PATIENCE


def test_long_figures_and_long_names_are_answered_at_once():
    started = time.monotonic()
    digits = "1" * 32_000
    sheets.read(f"nombre,nota\nA,{digits}x\nB,{digits}.\n{digits}x,2\n".encode())
    header = ",".join(f"columna {'muy ' * 60}larga {at}" for at in range(2_000))
    with pytest.raises(sheets.SheetProblem):
        sheets.read(f"{header}\n{',' * 1999}\n".encode(), expect=[f"columna larga {at}" for at in range(60)])
    assert time.monotonic() - started < PATIENCE


def test_a_quote_that_is_never_closed_is_explained():
    text = 'nombre,nota\nA,"' + "x,y\n" * 20_000
    found = problem(text.encode())
    assert found.code == "cell_too_long"
    assert "comillas" in found.message


def test_too_many_columns_and_rows_are_refused():
    assert (
        problem(csv_file([[f"c{n}" for n in range(limits.MAX_COLUMNS + 1)], ["1"] * 2001])).code
        == "too_large"
    )
    assert problem(b"a,b\n" + b"1,2\n" * (limits.MAX_ROWS + 100)).code == "too_large"


def test_text_that_looks_like_a_formula_is_only_text():
    table = sheets.read(b"nombre,personas\n=HYPERLINK(1),=1+1\nA,2\n")
    assert table.rows[0].cells == ("=HYPERLINK(1)", "=1+1")


def test_fifty_thousand_rows_of_sixty_columns_take_seconds():
    row = ",".join(["Escuela", "12", "345"] * 20)
    data = (",".join(f"c{n}" for n in range(60)) + "\n" + (row + "\n") * 50_000).encode()
    started = time.monotonic()
    assert len(sheets.read(data).rows) == 50_000
    assert time.monotonic() - started < PATIENCE
