"""What a phone hears: well-formed XML in OpenRosa's own namespaces, whatever words go in."""

from datetime import UTC, datetime
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.openrosa import answers

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"

FORM = answers.ListedForm(
    "evaluacion", "Evaluación <1> & 2", "3", answers.md5_hash(b"<x/>"), "https://c/f/1.xml?a=1&b=2"
)


def test_the_list_says_all_that_collect_requires_of_a_form():
    root = ElementTree.fromstring(answers.form_list([FORM]))

    assert root.tag == f"{LIST}xforms"
    assert {each.tag.removeprefix(LIST): each.text for each in root[0]} == {
        "formID": "evaluacion",
        "name": "Evaluación <1> & 2",
        "version": "3",
        "hash": FORM.hash,
        "downloadUrl": "https://c/f/1.xml?a=1&b=2",
    }


def test_a_form_with_media_says_where_its_manifest_is():
    form = answers.ListedForm("f", "F", "", "md5:0", "https://c/f", "https://c/m")
    root = ElementTree.fromstring(answers.form_list([form]))
    assert root[0].findtext(f"{LIST}manifestUrl") == "https://c/m"


def test_the_manifest_names_each_file_with_its_hash():
    root = ElementTree.fromstring(
        answers.manifest([answers.ListedFile("mapa ñ.jpg", "md5:1", "https://c/1")])
    )
    assert [each.text for each in root[0]] == ["mapa ñ.jpg", "md5:1", "https://c/1"]
    assert root[0].tag == f"{MANIFEST}mediaFile"


def test_empty_lists_are_documents_too():
    assert ElementTree.fromstring(answers.form_list([])).tag == f"{LIST}xforms"
    assert ElementTree.fromstring(answers.manifest([])).tag == f"{MANIFEST}manifest"


@given(st.text())
def test_any_words_reach_the_phone_as_well_formed_xml(words):
    root = ElementTree.fromstring(answers.response(words, answers.SUBMIT_ERROR))
    assert root.tag == f"{RESPONSE}OpenRosaResponse"
    assert root[0].get("nature") == "submit_error"


def test_a_hash_is_the_md5_of_the_file_as_collect_computes_it():
    assert answers.md5_hash(b"abc") == "md5:900150983cd24fb0d6963f7d28e17f72"


def test_every_answer_carries_the_headers_of_openrosa():
    now = datetime(2026, 11, 22, 18, 4, 5, tzinfo=UTC)

    assert answers.wire_headers(now) == {"X-OpenRosa-Version": "1.0", "Date": "Sun, 22 Nov 2026 18:04:05 GMT"}
    assert answers.wire_headers(now, 10_000_000)["X-OpenRosa-Accept-Content-Length"] == "10000000"
