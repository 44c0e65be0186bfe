import pytest

from amparo.toolkit.documents import printable, render_pdf, render_pdfs

SOURCE = """
#let data = json(bytes(sys.inputs.data))
#set document(date: none)
#set text(font: data.fonts)
#data.name
"""


@pytest.fixture
def template(tmp_path):
    path = tmp_path / "sheet.typ"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize(
    "name",
    [
        '#panic("no")',
        "$x^2$",
        "]*_`",
        "\\u{41}",
        '"; #read("/etc/passwd")',
        "مدرسة विद्यालय Ñandú",
        "{{ x }}",
        "",
    ],
)
def test_a_name_is_only_ever_text(template, name):
    assert render_pdf(template, {"name": name}).startswith(b"%PDF-")


def test_the_same_data_give_the_same_bytes(template):
    first, second = render_pdfs(template, [{"name": "Escuela"}, {"name": "Escuela"}])
    assert first == second == render_pdf(template, {"name": "Escuela"})


def test_different_data_give_different_documents(template):
    first, second = render_pdfs(template, [{"name": "Escuela"}, {"name": "Gimnasio"}])
    assert first != second


def test_text_for_paper_is_cut_and_can_break():
    assert printable("  Escuela\x00\x07 ") == "Escuela"
    assert len(printable("palabra " * 100, 50)) <= 50
    assert printable("palabra " * 100, 50).endswith("…")
    assert "\u200b" in printable("W" * 40)
