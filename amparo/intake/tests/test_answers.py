"""The raw answers of a form go out as a table, whole, and no more of them than may leave."""

import csv
import io
import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import Form, FormVersion, RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.queries.answers import AnswerTable
from amparo.intake.testing import filled, form, machine
from amparo.kernel import ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerEntry
from amparo.kernel.testing import person
from amparo.sites.testing import country
from amparo.toolkit import sheets

pytestmark = pytest.mark.django_db
QUESTIONS = [
    {"path": "code", "kind": "text", "labels": {}},
    {"path": "name", "kind": "text", "labels": {}},
    {"path": "persons", "kind": "integer", "labels": {}},
    {"path": "family/age", "kind": "integer", "labels": {}},
    {"path": "meta/instanceID", "kind": "metadata", "labels": {}},
]


@pytest.fixture
def asked(home) -> Form:
    home.keys.mkdir()
    country()
    made = form(bound=False)
    FormVersion.objects.filter(form=made).update(questions=QUESTIONS)
    return made


def told(number: int, *, content: bytes = b"", **answers: object) -> RawMessage:
    by = machine()
    xml = content or filled(f"uuid:{number}", **answers)  # type: ignore[arg-type]
    return receive_here(
        Incoming("prueba", f"uuid:{number}", str(number).encode(), xml, by=by, holder_id=by.organisation_id)
    )


def rows_of(made: Form) -> list[dict[str, object]]:
    table = AnswerTable(made, RawMessage.objects.all())
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows(table.columns)]


def test_one_row_a_message_and_one_column_a_question(asked):
    told(1, name="Escuela &amp; Compañía", persons=120)
    told(2, name=" ", persons="muchas")
    first, second = rows_of(asked)
    assert (first["name"], first["persons"], first["instance"]) == ("Escuela & Compañía", "120", "uuid:1")
    assert (second["name"], second["persons"]) == ("", "muchas")
    assert json.loads(str(first["other"]))["pcode"] == "TST0101"


def test_answers_that_repeat_stand_together(asked):
    told(1, content=(
        b'<data id="prueba" version="1"><code>E1</code><family><age>4</age></family><family><age>7</age></family>'
        b"<meta><instanceID>uuid:1</instanceID></meta></data>"
    ))  # fmt: skip
    (row,) = rows_of(asked)
    assert row["family/age"] == "4 | 7"


def test_a_message_that_cannot_be_opened_says_so_and_loses_no_other(asked):
    told(1)
    told(2)
    RawMessage.objects.filter(instance_id="uuid:1").update(content=b"\x01nada")
    first, second = rows_of(asked)
    assert first["problem"]
    assert (first["code"], second["code"], second["problem"]) == ("", "E1", "")


def reviewer(**scope: str):
    return person(Intake.REVIEW, Intake.MANAGE_FORMS, **scope)


def exported(user, made: Form, kind: str = "csv"):
    client = Client()
    client.force_login(user)
    answer = client.get(reverse("form_answers", args=[made.uid, kind]))
    return answer, b"".join(answer.streaming_content) if answer.streaming else answer.content


def test_they_leave_with_an_entry_in_the_ledger(asked):
    told(1), told(2)
    answer, content = exported(reviewer(), asked)
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(lines) == 4
    assert answer["Content-Disposition"].startswith('attachment; filename="prueba-')
    said = ledger.payload(LedgerEntry.objects.get(verb="export.left"))
    assert (said["rows"], said["what"]) == (2, "Prueba")


def test_personal_answers_stay_and_the_file_says_so(asked):
    Form.objects.filter(pk=asked.pk).update(answers_class=DataClass.PERSONAL)
    told(1), told(2)
    _answer, content = exported(reviewer(), asked, "xlsx")
    names = sheets.read(content).names
    assert "persons" not in names
    assert "folio" in names


def test_a_message_more_sensitive_than_its_form_makes_all_answers_so(asked):
    told(1), told(2)
    RawMessage.objects.filter(instance_id="uuid:2").update(content_class=DataClass.PERSONAL)
    table = AnswerTable(asked, RawMessage.objects.all())
    assert {column.data_class for column in table.columns if column.key == "persons"} == {DataClass.PERSONAL}


def test_a_reviewer_of_another_area_gets_no_row(asked):
    told(1)
    _answer, content = exported(reviewer(scope="ABC/"), asked)
    assert len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))) == 2


def test_figures_are_figures_in_a_workbook_and_codes_stay_text(asked):
    told(1, persons=120, code="007"), told(2, persons="0120")
    _answer, content = exported(reviewer(), asked, "xlsx")
    table = sheets.read(content)
    at = {name: place for place, name in enumerate(table.names)}
    first, second = (row.cells for row in table.rows)
    assert (first[at["persons"]], second[at["persons"]]) == (120, "0120")
    assert first[at["code"]] == "007"


def test_a_form_that_changed_keeps_the_columns_of_every_version(asked):
    FormVersion.objects.create(
        form=asked, version="2", xml=b"<h:html/>", md5="0" * 32, published_at=timezone.now(),
        questions=[{"path": "pcode", "kind": "text", "labels": {}}, QUESTIONS[0]],
    )  # fmt: skip
    told(1)
    (row,) = rows_of(asked)
    assert (row["pcode"], row["code"], row["persons"]) == ("TST0101", "E1", "120")
    assert "pcode" not in str(row["other"])
