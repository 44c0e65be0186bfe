"""Files that leave: what they hold, what they say of themselves, and that a cut one is known."""

import csv
import datetime as dt
import io
import re
import tracemalloc
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hxl
import pytest
from django.http import FileResponse
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.disclosure import Purpose
from amparo.kernel import ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerEntry
from amparo.kernel.refusals import Refused
from amparo.kernel.testing import person
from amparo.toolkit import sheets
from amparo.toolkit.exports import About, examine, forms_of, is_whole, leave, write
from amparo.toolkit.exports.hostile import as_it_was
from amparo.toolkit.exports.leaving import safe_name
from amparo.toolkit.exports.tests.test_hostile import LETTERS, ORDINARY, PAYLOADS
from amparo.toolkit.resources.columns import Column
from amparo.toolkit.sheets import marks

AT = dt.datetime(2026, 11, 22, 6, 41, tzinfo=dt.UTC)
ABOUT = About("Albergues", "Comité inventado", "=1+1; zona: Cortés", "Persona Inventada", AT)


def column(key: str, kind: str = "text", **more: Any) -> Column:
    return Column(key, key.title(), lambda record: record[key], kind, **more)  # type: ignore[arg-type]


COLUMNS = [
    column("nombre", hxl="#loc+name"),
    column("telefono", "phone", hxl="#contact+phone"),
    column("personas", "whole", unit="personas", hxl="#affected"),
    column("litros", "number"),
    column("abierto", "yesno"),
    column("desde", "date", hxl="#date+start"),
    column("visto", "moment"),
    column("tipo", "choice", choices=(("a", "Albergue"), ("b", "Paso"))),
]
ROW = ["Escuela Inventada", "+504 9999-1234", 143, -7.25, True, dt.date(2026, 11, 1), AT, "b"]


def made(form: str, rows: list[list[Any]], home: Any, columns: list[Column] = COLUMNS) -> bytes:
    file = io.BytesIO()
    write(file, columns, rows, ABOUT, form=form)
    return file.getvalue()


def at(tmp_path: Path, form: str, content: bytes) -> Path:
    path = tmp_path / f"salida.{form}"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", ["csv", "hxl", "xlsx"])
def test_the_same_rows_give_the_same_bytes(form, home):
    assert made(form, [ROW] * 3, home) == made(form, [ROW] * 3, home)


@pytest.mark.parametrize("form", ["csv", "hxl", "xlsx"])
@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_whole_file_says_how_many_rows_it_holds(form, count, home, tmp_path):
    path = at(tmp_path, form, made(form, [ROW] * count, home))
    found = examine(path)
    assert (found.state, found.rows, found.stated) == ("whole", count, count)
    facts = dict(found.facts)
    assert facts["filtro"] == "=1+1; zona: Cortés"
    assert (facts["fuente"], facts["quien"]) == ("Comité inventado", "Persona Inventada")
    assert facts["fecha"] == "2026-11-22T00:41:00-06:00"


@pytest.mark.parametrize("form", ["csv", "hxl", "xlsx"])
def test_a_file_cut_anywhere_is_known_not_to_be_whole(form, home, tmp_path):
    content = made(form, [ROW] * 40, home)
    step = max(len(content) // 60, 1)
    for length in [*range(0, len(content), step), len(content) - 1, len(content) - 2]:
        assert not is_whole(at(tmp_path, form, content[:length])), length


@pytest.mark.parametrize("form", ["csv", "hxl", "xlsx"])
def test_a_file_in_which_a_figure_was_changed_is_known(form, home, tmp_path):
    other = [*ROW[:2], 144, *ROW[3:]]
    content, changed = made(form, [ROW, ROW], home), made(form, [ROW, other], home)
    if form == "xlsx":
        content = swapped(content, changed)
    else:
        content = content.replace(b",143,", b",144,", 1)
    assert examine(at(tmp_path, form, content)).state == "changed"


def swapped(original: bytes, other: bytes, sheet: str = "sheet1.xml") -> bytes:
    """The first workbook with the rows of the other one, on that sheet."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(original)) as one,
        zipfile.ZipFile(io.BytesIO(other)) as two,
        zipfile.ZipFile(out, "w") as target,
    ):
        for name in one.namelist():
            target.writestr(name, (two if name.endswith(sheet) else one).read(name))
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "hxl", "xlsx"])
def test_the_line_of_control_is_no_row_to_whoever_reads_the_file_back(form, home):
    table = sheets.read(made(form, [ROW] * 2, home))
    assert len(table.rows) == 2
    assert table.names[:3] == ("Nombre", "Telefono", "Personas (personas)")


def test_every_file_that_is_none_of_ours_is_told_in_words(tmp_path):
    for content in (b"", b"a,b\r\n1,2\r\n", b"PK\x03\x04nada", "ñ,ñ\r\n".encode("latin-1"), b"\x00" * 50):
        found = examine(at(tmp_path, "csv", content))
        assert found.state in ("cut", "strange")
        assert found.words


# --- what the cells are


def test_a_workbook_holds_numbers_as_numbers_and_dates_as_dates(home):
    row = sheets.read(made("xlsx", [ROW], home)).rows[0].cells
    assert row[0] == "Escuela Inventada"
    assert row[1] == "+504 9999-1234"
    assert (row[2], row[3], row[4], row[7]) == (143, -7.25, "Sí", "Paso")
    assert row[5] in (dt.date(2026, 11, 1), dt.datetime(2026, 11, 1))
    assert row[6] == dt.datetime(2026, 11, 22, 0, 41)


def test_a_csv_holds_dates_that_sort_and_moments_with_their_zone(home):
    lines = made("csv", [ROW], home).decode("utf-8-sig").split("\r\n")
    assert lines[1] == (
        "Escuela Inventada,'+504 9999-1234,143,-7.25,Sí,2026-11-01,2026-11-22T00:41:00-06:00,Paso"
    )


@pytest.mark.parametrize("text", [*PAYLOADS.values(), *ORDINARY], ids=repr)
def test_no_cell_of_a_workbook_is_a_formula_and_its_text_is_as_it_was(text, home):
    content = made("xlsx", [[text]], home, [column("nombre")])
    assert formulas(content) == []
    cell = sheets.read(content).rows[0].cells[0] if text.strip() else text
    assert str(cell).replace("\r", "").strip() == text.replace("\r", "").strip()


def formulas(content: bytes) -> list[str]:
    """Cells of any sheet that a program would compute: `<f>` in the XML, or links and types that are no text."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/"):
                xml = book.read(name).decode()
                found += re.findall(r"<f[ >/]|<hyperlink|t=\"(?:str|e)\"", xml)
            assert "external" not in name.lower()
    return found


def test_a_text_that_looks_like_the_writers_own_xml_stays_text(home):
    attack = '<r><t>a</t></r></is></c><c r="B2"><f>1+1</f></c><c t="inlineStr"><is><r><t>b</t></r>'
    content = made("xlsx", [[attack, "b"]], home, [column("nombre"), column("otro")])
    assert formulas(content) == []
    assert sheets.read(content).rows[0].cells == (attack, "b")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LETTERS, LETTERS), min_size=1, max_size=5))
def test_any_text_goes_out_as_csv_and_comes_back(rows):
    columns = [column("uno"), column("dos")]
    file = io.BytesIO()
    write(file, columns, rows, ABOUT, form="csv")
    lines = list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")))
    assert lines[-1][0].startswith(marks.END)
    assert [tuple(as_it_was(cell) for cell in line) for line in lines[1:-1]] == rows


@settings(max_examples=40, deadline=None)
@given(LETTERS)
def test_no_text_becomes_a_formula_in_a_workbook(tmp_path_factory, text):
    from amparo.toolkit.exports.workbook import write_xlsx

    file = io.BytesIO()
    write_xlsx(file, [column("uno")], [[text]], ABOUT, folder=tmp_path_factory.mktemp("libro"))
    assert formulas(file.getvalue()) == []


def test_a_text_too_long_for_a_cell_is_cut_and_told(home):
    content = made("xlsx", [["a" * 40_000]], home, [column("nombre")])
    table = sheets.read(content)
    assert len(str(table.rows[0].cells[0])) == 32_767
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        told = [book.read(name).decode() for name in book.namelist() if "sheet2" in name]
    assert any("cortados" in text for text in told)


def test_the_hxl_is_read_by_its_own_library(home, tmp_path):
    path = at(tmp_path, "csv", made("hxl", [ROW] * 3, home))
    data = hxl.data(str(path), hxl.InputOptions(allow_local=True))
    rows = list(data)
    assert len(rows) == 3
    assert data.tags[:3] == ["#loc", "#contact", "#affected"]
    assert rows[0].get("#affected") == "143"


def test_memory_stays_flat_however_many_rows(home, tmp_path):
    def rows(count: int):
        return (["Escuela Inventada", f"{n:08d}", n, n / 2, True, AT.date(), AT, "a"] for n in range(count))

    for form in ("csv", "xlsx"):
        peaks = []
        for count in (1_000, 8_000):
            with (tmp_path / "grande").open("w+b") as file:
                tracemalloc.start()
                write(file, COLUMNS, rows(count), ABOUT, form=form)
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        assert peaks[1] < peaks[0] + 1_500_000, (form, peaks)


# --- the door


@dataclass(frozen=True)
class Thing:
    name: str
    secret: str


THINGS = [Thing("Uno", "a"), Thing("Dos", "b")]
CLASSED = [
    Column("name", "Nombre", lambda thing: thing.name, data_class=DataClass.PUBLIC),
    Column("note", "Nota", lambda thing: "llamar al 9999-1234", data_class=DataClass.PUBLIC),
    Column("phone", "Teléfono", lambda thing: "9999-1234", "phone", data_class=DataClass.PUBLIC),
    Column("secret", "Motivo", lambda thing: thing.secret, data_class=DataClass.PROTECTION),
]


def told(answer: FileResponse) -> list[list[str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[arg-type]
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.django_db
def test_what_is_more_sensitive_than_the_purpose_never_leaves(home):
    by = person()
    lines = told(leave(CLASSED, THINGS, by=by, name="cosas", title="Cosas", form="csv"))
    assert lines[0] == ["Nombre", "Nota", "Teléfono"]
    assert lines[1] == ["Uno", "llamar al 9999-1234", "9999-1234"]
    public = leave(CLASSED, THINGS, by=by, name="c", title="C", form="csv", purpose=Purpose.PUBLICATION)
    assert told(public)[1] == ["Uno", "llamar al •••••• 34", "•••••• 34"]


@pytest.mark.django_db
def test_without_one_tag_there_is_no_hxl(home):
    assert forms_of(CLASSED) == ("csv", "xlsx")
    assert forms_of(COLUMNS) == ("csv", "hxl", "xlsx")
    with pytest.raises(Refused) as refused:
        leave(CLASSED, THINGS, by=person(), name="cosas", title="Cosas", form="hxl")
    assert (refused.value.code, refused.value.status) == ("unknown_form", 404)


def test_a_workbook_of_several_tables_is_told_whole_from_changed(home, tmp_path):
    from amparo.toolkit.exports.workbook import write_tables

    def book(second: int) -> bytes:
        file = io.BytesIO()
        tables = [("Uno", COLUMNS, [ROW]), ("Dos", COLUMNS, [ROW, [*ROW[:2], second, *ROW[3:]]])]
        write_tables(file, tables, ABOUT, folder=tmp_path)
        return file.getvalue()

    found = examine(at(tmp_path, "xlsx", book(5)))
    assert (found.state, found.rows) == ("whole", 3)
    assert examine(at(tmp_path, "xlsx", swapped(book(5), book(6), "sheet2.xml"))).state == "changed"


@pytest.mark.django_db
def test_an_export_of_one_record_or_of_many_is_in_the_ledger_before_it_leaves(home):
    by = person()
    answer = leave(CLASSED, THINGS, by=by, name="cosas", title="Cosas", selection="zona: Cortés", form="csv")
    entry = LedgerEntry.objects.get(verb="export.left")
    said = ledger.payload(entry)
    assert entry.by == by.uid
    assert (said["what"], said["selection"], said["rows"], said["withheld"]) == (
        "Cosas", "zona: Cortés", 2, ["Motivo"],
    )  # fmt: skip
    assert marks.read(told(answer)[-1][0])["sha256"] == said["sha256"]
    told(leave(CLASSED, THINGS[:1], by=by, name="cosas", title="Cosas", form="csv"))
    assert LedgerEntry.objects.filter(verb="export.left").count() == 2


@pytest.mark.django_db
def test_what_fails_half_way_leaves_no_half_file_and_no_entry(home):
    def breaking():
        yield THINGS[0]
        raise RuntimeError

    with pytest.raises(RuntimeError):
        leave(CLASSED, breaking(), by=person(), name="cosas", title="Cosas", form="csv")
    assert not LedgerEntry.objects.filter(verb="export.left").exists()
    assert list((home.path / "exports").iterdir()) == []


@pytest.mark.django_db
def test_where_the_disk_is_short_no_file_is_prepared(home, monkeypatch):
    from amparo.toolkit.exports import leaving

    monkeypatch.setattr(leaving, "accepts", lambda kind: False)
    with pytest.raises(Refused) as refused:
        leave(CLASSED, THINGS, by=person(), name="cosas", title="Cosas", form="csv")
    assert (refused.value.code, refused.value.status) == ("disk_full_for_exports", 507)


@pytest.mark.django_db
def test_the_name_of_the_file_is_safe_on_every_system(home):
    answer = leave(CLASSED, THINGS, by=person(), name='../../Niños "y"\r\nX: 1', title="Cosas", form="xlsx")
    assert re.fullmatch(
        r'attachment; filename="ninos-y-x-1-\d{4}-\d\d-\d\d\.xlsx"', answer["Content-Disposition"]
    )
    assert safe_name("¡!") == "datos"


def test_nobody_left_behind_what_a_killed_process_wrote(home):
    import os

    from amparo.toolkit.exports.leaving import _folder

    old = _folder() / "workbook-viejo"
    old.mkdir()
    (old / "hoja").write_text("texto claro")
    long_ago = (timezone.now() - dt.timedelta(days=2)).timestamp()
    os.utime(old, (long_ago, long_ago))
    _folder()
    assert not old.exists()
