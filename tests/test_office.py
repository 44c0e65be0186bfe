"""Every file that leaves, opened by LibreOffice: nothing is computed, no text is lost, numbers stay numbers.

Other programs read these files, and we are not asked. So each kind of file is made once, out of records full of hostile
text, and LibreOffice writes down what it makes of it (flat OpenDocument); that is read here.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import hxl
import openpyxl
import pytest
from django.db import models, transaction
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.translation import override

from amparo.briefing.documents.situation_report import situation_bytes
from amparo.briefing.queries.situation import Asked, situation
from amparo.briefing.resources import CENTRES
from amparo.config.home import Home
from amparo.config.resources import RESOURCES
from amparo.crises.models import Crisis, DamageFigure
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import Device, Form, FormVersion, RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.testing import filled, form, machine
from amparo.kernel.models import Organisation, User
from amparo.kernel.testing import person
from amparo.parties.models import Profile
from amparo.places.models import Place
from amparo.places.permissions import Places
from amparo.places.testing import a_place
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, country, tell
from amparo.toolkit.exports import examine, forms_of
from amparo.toolkit.exports.about import title_of
from amparo.toolkit.exports.hostile import harmless
from amparo.toolkit.exports.tests.test_hostile import PAYLOADS
from amparo.toolkit.imports.actions import read_run, receive_sheet
from amparo.toolkit.resources import Resource
from amparo.toolkit.testing import ResourceContract
from amparo.toolkit.tests.test_imports import workbook
from conftest import forget
from tests.test_resources import contracts

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]

NEEDED = (
    "These tests open what leaves with LibreOffice, and there is none here (soffice). "
    "On Debian or Ubuntu: apt-get install libreoffice-calc-nogui"
)
PLAIN = [
    "00123",
    "0801",
    "+504 9999-1234",
    "99991234",
    "-5",
    "12345678901234567890",
    "https://example.org/x?a=1",
    "file:///etc/hostname",
    "Escuela Inventada",
]
TEXTS = [*PAYLOADS.values(), *PLAIN]
# What people type, of each thing that leaves.
TYPED: dict[type[models.Model], tuple[str, ...]] = {
    Crisis: ("name",),
    DamageFigure: ("source", "note"),
    Device: ("label",),
    Form: ("title",),
    FormVersion: ("version",),
    Organisation: ("name",),
    Place: ("name",),
    Profile: ("acronym",),
    RawMessage: ("form_id", "detail"),
    Site: ("name", "address", "phone", "institution"),
    User: ("name",),
}
LISTS = [(resource.slug, kind) for resource in RESOURCES for kind in forms_of(resource.columns(None))]
PAPERS = [("report", kind) for kind in ("xlsx", "hxl")] + [("report-en", kind) for kind in ("xlsx", "hxl")]
KINDS = [*LISTS, *(("answers", kind) for kind in ("csv", "xlsx")), *PAPERS, ("problems", "xlsx")]
Files = dict[tuple[str, str], bytes]
# Lists of which nothing leaves that a person types.
WORDLESS = {("schedules", "csv"), ("schedules", "xlsx")}
# Where files are written. A new one needs its kind above.
WRITERS = {
    "briefing/documents/situation_report.py",  # report
    "briefing/screens/answers.py",  # answers
    "toolkit/exports/csv_file.py",
    "toolkit/exports/leaving.py",
    "toolkit/exports/workbook.py",
    "toolkit/imports/screens.py",  # problems
    "toolkit/resources/listing.py",  # the lists
}
# Whoever leaves there logs out; the forms that come with Amparo hold nobody's words.
LEAVES_NO_FILE = {"config/account.py", "intake/forms_shipped/catalogue.py"}
AMPARO = Path(__file__).resolve().parents[1] / "amparo"


@dataclass(frozen=True)
class Cell:
    """A cell as LibreOffice holds it: `kind` is string, float, date...; `text` what it shows."""

    kind: str
    text: str


@dataclass(frozen=True)
class Opened:
    """A file as LibreOffice holds it: the rows of each sheet, and whatever would be computed or fetched."""

    sheets: list[list[list[Cell]]]
    alive: list[str]

    def texts(self) -> set[str]:
        return {squeezed(cell.text) for sheet in self.sheets for row in sheet for cell in row}


def squeezed(text: str) -> str:
    """Without the spaces and controls at which programs differ."""
    return re.sub(r"[\s\x00-\x1f]+", "", text)


def office(files: Iterable[Path], to: Path, *options: str, into: str = "fods") -> Path:
    """LibreOffice, started once for all these files, with a profile of its own."""
    program = shutil.which("soffice")
    if program is None:
        pytest.fail(NEEDED, pytrace=False)
    to.mkdir()
    subprocess.run(
        [
            program, "--headless", "--norestore", f"-env:UserInstallation=file://{to}-profile", *options,
            "--convert-to", into, "--outdir", str(to), *map(str, files),
        ],
        check=True, capture_output=True, timeout=240, env=os.environ | {"HOME": str(to)},
    )  # fmt: skip
    return to


def csv_parted_by(*separators: str) -> str:
    """The option under which LibreOffice reads a CSV: parted there, UTF-8, and dates and formulas looked for."""
    signs = "/".join(str(ord(separator)) for separator in separators)
    return f"--infilter=Text - txt - csv (StarCalc):{signs},34,76,1,,0,false,true,false,false,false,0,true"


def read(path: Path) -> Opened:
    """What LibreOffice wrote down."""
    sheets: list[list[list[Cell]]] = []
    alive: list[str] = []
    for _event, element in ElementTree.iterparse(path):
        name = element.tag.rpartition("}")[2]
        if name in ("dde-link", "a", "cell-range-source", "table-source", "event-listener", "object"):
            alive.append(f"<{name}>")
        elif name == "table-cell":
            said = {key.rpartition("}")[2]: value for key, value in element.attrib.items()}
            if "formula" in said or said.get("value-type") == "error":
                alive.append(str(said))
        elif name == "table":
            sheets.append([list(_cells(row)) for row in element.iter() if row.tag.endswith("}table-row")])
            element.clear()
    return Opened(sheets, alive)


def _cells(row: ElementTree.Element) -> Iterator[Cell]:
    for cell in row:
        said = {key.rpartition("}")[2]: value for key, value in cell.attrib.items()}
        text = "\n".join(_letters(part) for part in cell if part.tag.endswith("}p"))
        again = int(said.get("number-columns-repeated", 1))
        yield from [Cell(said.get("value-type", ""), text)] * (again if text else min(again, 100))


def _letters(part: ElementTree.Element) -> str:
    """The text of a paragraph, whose runs of spaces, tabs and line breaks are elements."""
    told = part.text or ""
    for piece in part:
        name = piece.tag.rpartition("}")[2]
        told += {"s": " ", "tab": "\t", "line-break": "\n"}.get(name, _letters(piece)) + (piece.tail or "")
    return told


# --- what is opened


def make_everything(folder: Path) -> dict[tuple[str, str], Path]:
    """One file of each kind, of records whose every typed word is hostile. The records are gone when this returns."""
    made: dict[tuple[str, str], Path] = {}
    makers = [partial(lists_of, resource) for resource in RESOURCES]
    for maker in [*makers, answers_of_a_form, rows_that_were_not_used, reports]:
        with transaction.atomic():
            forget()
            for (name, kind), content in maker().items():
                path = made[name, kind] = folder / f"{name}-{kind}.{'xlsx' if kind == 'xlsx' else 'csv'}"
                path.write_bytes(content)
            transaction.set_rollback(True)
    return made


def lists_of(resource: Resource) -> Files:
    """The lists of a noun, by the contract test of which we know how one is made."""
    contract = next(one for one in ResourceContract.__subclasses__() if one.resource.slug == resource.slug)()
    for number in range(1, len(TEXTS) + 1):
        contract.make(number)
    viewer = contract.viewer()
    spoil()
    shown = {name: value for name, value in contract.all().items() if name != "q"}  # no name is as it was
    return {
        (slug, kind): fetched(viewer, resource.url("export", form=kind), shown)
        for slug, kind in LISTS
        if slug == resource.slug
    }


def answers_of_a_form() -> Files:
    """What phones answered, as it came."""
    made = form("respuestas", bound=False)
    kinds = {"code": "text", "name": "text", "persons": "integer", "toilets": "integer"}
    questions = [{"path": path, "kind": kind, "labels": {}} for path, kind in kinds.items()]
    FormVersion.objects.filter(form=made).update(questions=questions)
    by = machine()
    for number, text in enumerate(TEXTS):
        said = escape(text, {"\r": "&#13;"})
        xml = filled(
            f"uuid:{number}", form_id="respuestas", name=said, code=said, persons=number, toilets=said
        )
        receive_here(
            Incoming("respuestas", f"uuid:{number}", b"%d" % number, xml, by=by, holder_id=by.organisation_id)
        )
    reader = person(Intake.REVIEW, Intake.MANAGE_FORMS)
    return {
        ("answers", kind): fetched(reader, reverse("form_answers", args=[made.uid, kind]))
        for kind in ("csv", "xlsx")
    }


def rows_that_were_not_used() -> Files:
    """What is handed back of somebody's sheet, its titles too."""
    by = person(Sites.VIEW, Sites.MANAGE, member_of=machine().organisation)
    titles = ["Albergue", "Municipio", "Teléfono", *PAYLOADS.values()]
    rows: list[list[Any]] = [[text, "No hay", text, *PAYLOADS.values()] for text in TEXTS]
    run = read_run(
        receive_sheet(by=by, resource=CENTRES, content=workbook(titles, rows), filename="=1+1.xlsx")
    )
    return {("problems", "xlsx"): fetched(by, reverse("site_import_problems", args=[run.uid]))}


def reports() -> Files:
    """The situation report for other machines, in both languages. Its centres lie in municipalities of their own."""
    for number in range(len(TEXTS)):
        above = a_place(f"TST{number + 50}", parent=country().parent)
        tell(centre(place=a_place(f"TST{number + 50}01", parent=above)), persons=number)
    spoil()
    by, made = person(Sites.VIEW), {}
    report = situation(by, Asked(Moment.now()))
    for name, language in (("report", "es"), ("report-en", "en")):
        with override(language):
            for kind in ("xlsx", "hxl"):
                made[name, kind] = situation_bytes(report, language, kind, by=by)
    return made


def fetched(user: User, address: str, asked: Mapping[str, str] = {}) -> bytes:
    client = Client()
    client.force_login(user)
    answer = client.get(address, asked)
    assert answer.status_code == 200, (address, answer.status_code)
    return b"".join(answer.streaming_content)  # type: ignore[arg-type]


def spoil() -> None:
    """Put the hostile texts where people type, past the forms that might refuse some of them."""
    RawMessage.objects.update(reason="otra")  # a reason without words of its own shows the detail
    for model, fields in TYPED.items():
        records = model._default_manager.order_by("pk")
        if model is Organisation:
            records = records[: len(TEXTS)]  # their names are their own
        for number, record in enumerate(records):
            text = TEXTS[number % len(TEXTS)]
            values = {}
            for name in fields:
                field = model._meta.get_field(name)
                values[name] = (
                    {"es": text} if isinstance(field, models.JSONField) else text[: field.max_length]
                )
            model._default_manager.filter(pk=record.pk).update(**values)


@pytest.fixture(scope="module")
def left(django_db_setup: Any, django_db_blocker: Any, tmp_path_factory: Any) -> dict[tuple[str, str], Path]:
    """Where each kind of file is."""
    folder = tmp_path_factory.mktemp("left")
    home = Home(folder / "home")
    home.keys.mkdir(parents=True)
    contracts()
    with override_settings(HOME=home, AMPARO_SECOND_FACTOR=False), django_db_blocker.unblock():
        return make_everything(folder)


@pytest.fixture(scope="module")
def opened(left: dict[tuple[str, str], Path], tmp_path_factory: Any) -> dict[tuple[str, str], Opened]:
    """What LibreOffice makes of each: two starts for all of them."""
    folder = tmp_path_factory.mktemp("office")
    books = [path for path in left.values() if path.suffix == ".xlsx"]
    texts = [path for path in left.values() if path.suffix == ".csv"]
    office(books, folder / "xlsx")
    office(texts, folder / "csv", csv_parted_by(","))
    return {
        kind: read(folder / path.suffix[1:] / path.with_suffix(".fods").name) for kind, path in left.items()
    }


@pytest.fixture
def centres(home: Home) -> User:
    """Centres whose names, addresses and telephones are the texts; whoever may change them."""
    home.keys.mkdir()
    by = person(Sites.VIEW, Sites.MANAGE, Places.VIEW, scope="TST/", member_of=machine().organisation)
    for text in TEXTS:
        site = centre(name="Por nombrar")
        Site.objects.filter(pk=site.pk).update(name=text, address=text, phone=text)
    return by


# --- the eyes are open


def test_what_would_be_computed_or_fetched_is_seen(tmp_path: Path) -> None:
    for name, cell in (("sum", "=1+1"), ("link", '=HYPERLINK(""https://example.org/"")'), ("wrong", "=1/0")):
        (tmp_path / f"{name}.csv").write_text(f'titulo\r\n"{cell}"\r\n', encoding="utf-8")
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = "=1+1"
    sheet["A2"] = "texto"
    sheet["A2"].hyperlink = "https://example.org/"
    book.save(tmp_path / "book.xlsx")
    office(sorted(tmp_path.glob("*.csv")), tmp_path / "text", csv_parted_by(","))
    office([tmp_path / "book.xlsx"], tmp_path / "book")
    for name in ("sum", "link", "wrong"):
        assert read(tmp_path / "text" / f"{name}.fods").alive, name
    assert len(read(tmp_path / "book" / "book.fods").alive) == 2


def test_every_place_that_writes_a_file_is_known_here() -> None:
    writes = re.compile(
        r"\b(?:leave|leave_rows|write_tables|write_xlsx|write_csv|write_hxl|csv\.(?:Dict)?[wW]riter"
        r"|xlsxwriter\.Workbook|openpyxl\.Workbook)\("
    )
    found = {
        str(path.relative_to(AMPARO))
        for path in AMPARO.rglob("*.py")
        if "tests" not in path.parts
        and path.name != "testing.py"
        and re.search(r"^(?!def ).*" + writes.pattern, path.read_text(), re.MULTILINE)
    }
    assert found - WRITERS == LEAVES_NO_FILE, "add what it writes to KINDS"
    assert found >= WRITERS


# --- each file


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_no_cell_is_computed_and_every_text_is_there(name: str, kind: str, opened: Any) -> None:
    found = opened[name, kind]
    assert found.alive == []
    if (name, kind) in WORDLESS:
        return
    texts = TEXTS if kind == "xlsx" else [harmless(text) for text in TEXTS]
    assert [text for text in texts if squeezed(text) not in found.texts()] == []


@pytest.mark.parametrize("name", sorted({name for name, kind in KINDS if kind == "xlsx"}))
def test_the_library_that_others_read_workbooks_with_finds_no_formula_either(name: str, left: Any) -> None:
    book = openpyxl.load_workbook(left[name, "xlsx"])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    assert not [cell for cell in cells if cell.hyperlink]


@pytest.mark.parametrize("slug", [resource.slug for resource in RESOURCES])
def test_numbers_are_numbers_and_texts_are_texts(slug: str, opened: Any) -> None:
    resource = next(one for one in RESOURCES if one.slug == slug)
    kinds = {title_of(column): column.kind for column in resource.columns(machine())}
    titles, *rows = opened[slug, "xlsx"].sheets[0]
    wanted = {"whole": "float", "number": "float", "coordinate": "float", "date": "date", "moment": "date"}
    for row in rows:
        for title, cell in zip(titles, row, strict=False):
            kind = kinds.get(title.text, "text")
            assert not cell.text or cell.kind == wanted.get(kind, "string"), (title.text, cell)


def test_the_figures_of_a_report_are_numbers(opened: Any) -> None:
    for name, kind, column in (("report", "xlsx", "Personas"), ("report", "hxl", "#affected+ind+sheltered")):
        rows = next(
            sheet
            for sheet in opened[name, kind].sheets
            if column in {cell.text for row in sheet for cell in row}
        )
        titles = next([cell.text for cell in row] for row in rows if column in {cell.text for cell in row})
        people = [row[titles.index(column)] for row in rows if len(row) > titles.index(column)]
        assert sum(cell.kind == "float" for cell in people) == len(TEXTS)


@pytest.mark.parametrize("name", sorted({name for name, kind in KINDS if kind == "hxl"}))
def test_the_library_of_hxl_finds_no_error(name: str, left: Any) -> None:
    errors: list[Any] = []
    source = hxl.data(str(left[name, "hxl"]), hxl.InputOptions(allow_local=True))
    hxl.schema(None, callback=errors.append).validate(source)
    # Warnings are of the texts: spaces before and after.
    assert [(one.message, one.rule.tag_pattern) for one in errors if one.rule.severity == "error"] == []


@pytest.mark.parametrize(("name", "kind"), KINDS)
def test_it_says_that_it_is_whole_and_cut_midway_that_it_is_not(
    name: str, kind: str, left: Any, tmp_path: Path
) -> None:
    whole = left[name, kind]
    assert examine(whole).state == "whole"
    cut = tmp_path / whole.name
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert examine(cut).state in ("cut", "changed", "strange")


def test_a_program_of_another_country_that_parts_the_line_elsewhere_computes_nothing(
    left: Any, tmp_path: Path
) -> None:
    texts = [path for path in left.values() if path.suffix == ".csv"]
    office(texts, tmp_path / "parted", csv_parted_by(";", "\t", "|"))
    for path in texts:
        assert read(tmp_path / "parted" / path.with_suffix(".fods").name).alive == [], path.name


# --- and back


@pytest.mark.parametrize(
    ("kind", "into"),
    [("csv", "csv:Text - txt - csv (StarCalc):44,34,76,1"), ("xlsx", "xlsx:Calc MS Excel 2007 XML")],
)
def test_a_list_that_was_opened_and_saved_comes_back_as_it_was(
    centres: User, tmp_path: Path, kind: str, into: str
) -> None:
    path = tmp_path / f"lista.{kind}"
    path.write_bytes(fetched(centres, reverse("site_export", args=[kind])))
    options = (csv_parted_by(","),) if kind == "csv" else ()
    saved = office([path], tmp_path / "saved", *options, into=into) / path.name
    for content in (path.read_bytes(), saved.read_bytes()):
        run = read_run(receive_sheet(by=centres, resource=CENTRES, content=content, filename=path.name))
        assert run.counts == {"same": len(TEXTS)}, run.words
