"""A form is seen before anybody gets it, and taken back only when somebody means it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from amparo.briefing.tests.conftest import client_of
from amparo.intake.forms_shipped import catalogue
from amparo.intake.models import Form, FormVersion
from amparo.intake.permissions import Intake
from amparo.kernel.testing import person
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db

SHIPPED = "evaluacion_albergue"


@pytest.fixture
def desk():
    return client_of(person(Intake.MANAGE_FORMS, of=None, member_of=machine().organisation))


def upload(desk, do: str):
    file = SimpleUploadedFile(f"{SHIPPED}.xlsx", catalogue.workbook(SHIPPED))
    return desk.post(reverse("form_upload"), {"file": file, "mapping": "", "do": do})


def test_a_form_is_shown_before_it_is_published_and_the_file_travels_with_the_page(desk):
    page = upload(desk, "preview")
    assert page.status_code == 200
    assert not Form.objects.exists()
    assert "'wasm-unsafe-eval'" in page["Content-Security-Policy"]
    kept = page.context["publish"]["fields"]
    answer = desk.post(reverse("form_upload"), {**kept, "do": "publish"})
    form = Form.objects.get()
    assert answer["Location"] == reverse("form_page", args=[form.uid])
    version = FormVersion.objects.get()
    assert bytes(version.source) == catalogue.workbook(SHIPPED)
    assert version.source_name == f"{SHIPPED}.xlsx"


def test_a_file_that_was_lost_on_the_way_is_asked_for_again(desk):
    answer = desk.post(
        reverse("form_upload"), {"kept": "@@@", "name": "a.xlsx", "mapping": "", "do": "publish"}
    )
    assert "El archivo se perdió en el camino" in answer.content.decode()
    assert not Form.objects.exists()


def test_each_version_can_be_looked_at(desk):
    upload(desk, "publish")
    form = Form.objects.get()
    page = desk.get(reverse("form_page", args=[form.uid])).content.decode()
    shown = reverse("form_preview", args=[form.uid])
    version = FormVersion.objects.get().version
    assert f"{shown}?version={version}" in page
    assert desk.get(shown, {"version": version}).status_code == 200
    assert desk.get(shown, {"version": "no hay"}).status_code == 404
    xml = desk.get(desk.get(shown).context["told"]["form"]["url"])
    assert xml.content == bytes(FormVersion.objects.get().xml)


def test_retiring_asks_first_and_says_what_follows(desk):
    upload(desk, "publish")
    form = Form.objects.get()
    where = reverse("form_retire", args=[form.uid])
    assert "Lo que ya se llenó se sigue recibiendo." in desk.get(where).content.decode()
    form.refresh_from_db()
    assert form.retired_at is None
    desk.post(where)
    form.refresh_from_db()
    assert form.retired_at is not None
    assert where not in desk.get(reverse("form_page", args=[form.uid])).content.decode()
