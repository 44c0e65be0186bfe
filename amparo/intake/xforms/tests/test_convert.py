"""An XLSForm becomes an XForm; what is wrong with one is said in plain Spanish with its sheet and row."""

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from amparo.intake.problems import FormProblem
from amparo.intake.xforms.convert import ConvertedForm, convert
from amparo.intake.xforms.tests.shared import needs_shared, real

INVENTED = Path(__file__).with_name("invented_visit.xls").read_bytes()

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def table(survey: str, choices: str = "", settings: str = "", columns: str = "type | name | label") -> bytes:
    """An XLSForm in Markdown; rows as "text | q | ¿Cómo?"."""
    sheets = {"survey": (columns, survey), "choices": ("list_name | name | label", choices)}
    sheets["settings"] = ("form_id | form_title | version", settings)
    lines: list[str] = []
    for name, (header, rows) in sheets.items():
        if rows:
            lines += [
                f"| {name} |",
                f"| | {header} |",
                *(f"| | {row.strip()} |" for row in rows.strip().splitlines()),
            ]
    return "\n".join(lines).encode()


def converted(content: bytes, filename: str = "formulario.md", **more: str) -> ConvertedForm:
    return convert(content, filename, **more)


def refused(content: bytes, filename: str = "formulario.md") -> FormProblem:
    with pytest.raises(FormProblem) as caught:
        convert(content, filename)
    assert caught.value.status == 400
    return caught.value


def workbook(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        page = book.add_worksheet("survey")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return out.getvalue()


def test_a_form_is_converted_with_its_name_version_and_questions():
    form = converted(table("text | q | ¿Cómo se llama?", settings="censo | Censo | 7")).form

    assert (form.form_id, form.version, form.title) == ("censo", "7", "Censo")
    assert [(each.path, each.kind) for each in form.questions if each.kind != "metadata"] == [("q", "text")]
    assert form.questions[0].labels == {"default": "¿Cómo se llama?"}


def test_a_form_without_a_version_takes_the_one_it_is_given():
    assert converted(table("text | q | Q"), version="20261122").form.version == "20261122"
    assert (
        converted(table("text | q | Q", settings="censo | Censo | 7"), version="20261122").form.version == "7"
    )


def test_a_form_without_an_id_is_named_by_its_file():
    assert converted(table("text | q | Q"), "Evaluación 2 (última).md").form.form_id == "evaluacion_2_ultima"
    assert converted(table("text | q | Q"), "2026.md").form.form_id == "form_2026"


def test_a_workbook_is_known_by_its_content_whatever_its_name():
    assert (
        converted(workbook([["type", "name", "label"], ["text", "q", "Q"]]), "datos.bin").form.form_id
        == "datos"
    )


def test_a_csv_with_the_mark_that_excel_writes_is_read():
    rows = "\ufeffsurvey,,,\n,type,name,label\n,text,q,¿Cuántas?\n"
    assert converted(rows.encode(), "f.csv").form.questions[0].labels == {"default": "¿Cuántas?"}


def test_the_invented_form_in_the_old_excel_format_is_converted():
    done = converted(INVENTED, "invented_visit.xls", version="1")
    form = done.form

    assert (form.form_id, form.version, form.title) == ("invented_visit_v1_0", "1", "Invented visit")
    assert form.languages[:2] == ("English", "Français")
    kinds = {each.path: each.kind for each in form.questions}
    assert kinds["place/site_gps"] == "geopoint"
    assert kinds["access/accessible"] == "select_one"
    assert kinds["minutes"] == "integer"
    assert kinds["plan"] == "image"
    assert any("simserial" in each for each in done.warnings)


@pytest.mark.shared
@needs_shared
def test_the_real_ifrc_form_is_converted():
    form = converted(
        real("data/xlsforms/ifrc-distribution-site-assessment-v1.xls"), "ifrc.xls", version="1"
    ).form

    assert form.form_id == "distributionsite_assessment_v1_0"
    assert len(form.questions) == 96
    assert len([each for each in form.questions if each.kind == "select_one"]) == 32


@pytest.mark.shared
@needs_shared
def test_the_form_of_the_load_generator_is_converted_to_the_paths_it_sends():
    form = converted(real("tools/site_assessment.xlsx"), "site_assessment.xlsx").form

    assert (form.form_id, form.version) == ("site_assessment", "2026112201")
    assert {"pop/ind_total", "wash/latrines", "wash/lpd"} <= {each.path for each in form.questions}


def test_choices_from_outside_become_a_file_beside_the_form():
    sheets = table(
        "select_one_external municipios | m | M", columns="type | name | label | choice_filter"
    ).replace(b"M |", b"M | state='a' |")
    outside = (
        b"\n| external_choices |\n| | list_name | name | label | state |\n| | municipios | x | X | a |\n"
    )
    done = converted(sheets + outside)
    assert done.files["itemsets.csv"].splitlines()[0] == b'"list_name","name","label","state"'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (table(" | q | Q"), "Fila 2: La pregunta no dice su tipo"),
        (table("text | | Q"), "Fila 2: La pregunta no tiene nombre"),
        (table("texto | q | Q"), "El tipo «texto» no existe"),
        (table("text | mi pregunta | Q"), "Hoja «survey», fila 2: El nombre debe empezar con letra"),
        (table("text | q | Q\ntext | q | Q"), "Hoja «survey», fila 3: El nombre «q» está repetido"),
        (table("text | q | "), "La pregunta «q» no tiene texto"),
        (table("select_one x | q | Q"), "Falta la hoja «choices»"),
        (table("select_one x | q | Q", choices="y | a | A"), "Fila 2: La lista de opciones «x» no está"),
        (table("select_multiple y | q | Q", choices="y | a b | A"), "La opción «a b» lleva espacios"),
        (table("select_one y | q | Q", choices="y | a | A\ny | a | B"), "La opción está repetida"),
        (table("begin group | g | G\ntext | q | Q"), "El grupo «g» se abre y no se cierra"),
        (table("text | q | Q\nend group | |"), "Se cierra un grupo que no se abrió"),
        (table("calculate | q | "), "Falta el cálculo"),
        (table("text | q | Q", columns="tipo | name | label"), "Faltan columnas en la hoja: 'type'"),
        (
            table("text | q | Q | ${nada} = 1", columns="type | name | label | relevant"),
            "Hoja «survey», fila 2: La columna «relevant» nombra «nada», que no existe",
        ),
        (table(""), "El archivo no es una hoja"),
        (table("note | n | Hola").replace(b"note | n | Hola", b""), "no tiene preguntas"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(content, words):
    assert refused(content).message.startswith("El formulario no se pudo leer: ")
    assert words in refused(content).message


def test_every_fault_of_the_same_kind_is_said_once():
    problem = refused(table("select_one y | q | Q", choices="y | a | A\ny | a | B\ny | a | C"))
    assert "Hoja «choices», fila 3" in problem.message
    assert [each.partition(":")[0] for each in problem.details] == ["Hoja «choices», fila 4"]


def test_a_message_nobody_translated_is_passed_on():
    sheets = table("range | q | Q | start=1 end=0 step=0", columns="type | name | label | parameters")
    assert refused(sheets).message.partition(": ")[2]


def test_missing_translations_are_a_warning():
    done = converted(
        table("text | q | Hola | Nombre", columns="type | name | label::Español (es) | hint::English (en)")
    )
    assert "Faltan textos en el idioma «English (en)»." in done.warnings
    assert done.form.questions[0].labels == {"Español (es)": "Hola"}


@pytest.mark.parametrize(
    "content",
    [b"", b"hola", b"PK\x03\x04junk", b"\xd0\xcf\x11\xe0junk", b"%PDF-1.7", b"\xff\xfeh\x00", b"\x00" * 99],
)
@pytest.mark.parametrize("filename", ["f.xlsx", "f.xls", "f.csv", "f.md", "f", ""])
def test_what_is_no_form_is_refused(content, filename):
    assert refused(content, filename).code == "form_unreadable"


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        packed(xl__bomb=b"\0" * 3_000_000),
        packed(**{f"part{n}": b"" for n in range(300)}),
        packed(
            **{
                "xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 500_000 + b"</t></si></sst>",
                "xl/worksheets/sheet1.xml": b'<c t="s"><v>0</v></c>' * 500
                + b"<!-- "
                + bytes(range(128)) * 80,
            }
        ),
        b"PK\x03\x04" + b"x" * (5 * 1024 * 1024),
    ],
)
def test_a_workbook_that_swells_is_refused_before_it_is_unpacked(content):
    assert refused(content, "f.xlsx").code == "form_too_large"


def test_entities_inside_a_workbook_are_refused():
    good = workbook([["type", "name", "label"], ["text", "q", "Q"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as source, zipfile.ZipFile(out, "w") as target:
        for part in source.infolist():
            content = source.read(part)
            if part.filename == "xl/sharedStrings.xml":
                content = content.replace(b"<sst", b'<!DOCTYPE d [<!ENTITY x "lol">]><sst', 1)
            target.writestr(part.filename, content)
    assert "está dañado por dentro" in refused(out.getvalue(), "f.xlsx").message
