"""The pages that fill forms: what they are told, whom they show, which policy they have; and the service worker."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from amparo.briefing.tests.conftest import client_of
from amparo.config.middleware import POLICY
from amparo.intake.actions.forms import publish_form
from amparo.intake.forms_shipped import catalogue
from amparo.intake.models import Form, FormMedia, FormVersion
from amparo.intake.permissions import Intake
from amparo.intake.web.author import author_of
from amparo.kernel.dropbox import current_key
from amparo.kernel.testing import holding_role, organisation, person
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.sites.actions.site import add_site
from amparo.sites.testing import machine
from amparo.toolkit.built import FOLDER, assets_version

pytestmark = pytest.mark.django_db

SHIPPED = "evaluacion_albergue"


@pytest.fixture
def form() -> Form:
    by = machine()
    publish_form(by=by, holder=by.organisation, content=catalogue.workbook(SHIPPED), filename="a.xlsx")
    return Form.objects.get()


@pytest.fixture
def manager():
    return holding_role("site_manager", scope=a_place("TST").path, of=organisation("Comité propio"))


def told(client: Client, url: str) -> dict:
    page = client.get(url).content.decode()
    return json.loads(re.search(r'<script id="told" type="application/json">(.*?)</script>', page)[1])


def test_the_page_is_told_form_key_author_and_where_to_find_all_of_it(form, manager):
    client = client_of(manager)
    page = told(client, reverse("form_fill", args=[form.uid]))
    assert page["key"] == {"name": current_key().name.hex(), "public": current_key().public.hex()}
    assert author_of(page["author"]) == manager
    assert client.get(page["form"]["url"]).content == bytes(FormVersion.objects.get().xml)
    assert page["prefill"] == {
        "place/typed_code": "code",
        "place/site_name": "name",
        "place/municipality": "place",
    }


def test_only_centres_within_the_persons_scope_are_offered(form, manager):
    here = Place.objects.get(code="TST")
    own = add_site(by=machine(), holder=manager.organisation, place=here, name="Escuela propia")
    add_site(by=machine(), holder=organisation("Otra"), place=here, name="Escuela ajena")
    add_site(by=machine(), holder=manager.organisation, place=a_place("ABC"), name="Escuela de lejos")
    client = client_of(manager)
    page = told(client, reverse("form_fill", args=[form.uid]) + f"?site={own.uid}")
    assert [site["name"] for site in page["sites"]] == ["Escuela propia"]
    enumerator = client_of(holding_role("enumerator"))
    assert told(enumerator, reverse("form_fill", args=[form.uid]))["sites"] == []


def test_only_this_page_may_run_webassembly(form, manager):
    client = client_of(manager)
    page = client.get(reverse("form_fill", args=[form.uid]))
    policy = page["Content-Security-Policy"]
    nonce = told(client, reverse("form_fill", args=[form.uid]))["nonce"]
    assert "'wasm-unsafe-eval'" in policy
    assert "font-src 'self' data:" in policy
    assert "unsafe-inline" not in policy
    assert nonce not in policy, "each answer has a nonce of its own"
    for name in ("fill_list", "fill_queue", "fill_rescue"):
        assert client.get(reverse(name))["Content-Security-Policy"] == POLICY


def test_without_javascript_the_page_says_what_to_do_instead(form, manager):
    page = client_of(manager).get(reverse("form_fill", args=[form.uid])).content.decode()
    instead = re.search(r"<noscript>(.*?)</noscript>", page, re.DOTALL)[1]
    assert all(word in instead for word in ("hoja de papel", "ODK Collect", "diez cifras"))


def test_a_retired_form_leaves_the_list_and_can_still_be_finished(form, manager):
    client = client_of(manager)
    page = reverse("form_fill", args=[form.uid])
    assert page in client.get(reverse("fill_list")).content.decode()
    Form.objects.update(retired_at=timezone.now())
    assert page not in client.get(reverse("fill_list")).content.decode()
    assert "Este formulario se retiró." in client.get(page).content.decode()


def test_the_list_names_everything_that_a_phone_needs_without_signal(form, manager):
    FormMedia.objects.create(
        version=FormVersion.objects.get(), name="lista.csv", content=b"name,label", md5="0"
    )
    client = client_of(manager)
    page = told(client, reverse("fill_list"))
    assert page["shells"] == [
        reverse("fill_list"),
        reverse("fill_queue"),
        reverse("form_fill", args=[form.uid]),
    ]
    answers = [client.get(address) for address in page["files"]]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1]["Content-Type"] == "text/csv"
    for address in page["shells"]:
        assert client.get(address)["X-Amparo-Assets"] == page["assets"] == assets_version()


def test_the_list_asks_as_much_for_one_form_as_for_twenty(form, manager, django_assert_max_num_queries):
    client = client_of(manager)
    client.get(reverse("fill_list"))
    by, version = machine(), FormVersion.objects.get()
    for number in range(20):
        other = Form.objects.create(holder=by.organisation, form_id=f"f{number}", title=f"Forma {number}")
        FormVersion.objects.create(
            form=other,
            version="1",
            xml=version.xml,
            md5=version.md5,
            questions=[],
            published_at=timezone.now(),
        )
    with django_assert_max_num_queries(16):
        assert "Forma 19" in client.get(reverse("fill_list")).content.decode()


def test_who_may_not_send_sees_none_of_it(form):
    client = client_of(person(Intake.MANAGE_FORMS))
    for name in ("fill_list", "fill_queue", "fill_rescue"):
        assert client.get(reverse(name)).status_code == 403


def test_the_service_worker_names_built_files_that_are_there_and_is_never_stale():
    answer = Client().get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert (answer["Cache-Control"], answer["Service-Worker-Allowed"]) == ("no-cache", "/")
    head = answer.content.decode().splitlines()[0]
    version, assets = re.fullmatch(r'const VERSION = "(\w+)", ASSETS = (\[.*\]);', head).groups()
    assert version == assets_version()
    for address in json.loads(assets):
        assert (FOLDER / address.removeprefix("/static/amparo/")).is_file()
    assert len(json.loads(assets)) < 20


def test_from_a_centre_one_comes_to_its_form_with_the_centre_chosen(form, manager):
    by = machine()
    own = add_site(by=by, holder=manager.organisation, place=Place.objects.get(code="TST"), name="La Propia")
    far = add_site(by=by, holder=organisation("Ajena"), place=a_place("OTR"), name="La Ajena")
    client = client_of(manager)
    page = client.get(reverse("site_page", args=[own.uid])).content.decode()
    link = re.search(r'href="([^"]+)">Llenar un formulario de este albergue', page)[1]
    listed = client.get(link).content.decode()
    assert f"{reverse('form_fill', args=[form.uid])}?site={own.uid}" in listed
    for other in (far.uid, "x'--"):
        listed = client.get(reverse("fill_list"), {"site": other}).content.decode()
        assert f"{reverse('form_fill', args=[form.uid])}?site" not in listed


def test_who_only_reads_a_centre_is_not_led_to_fill(form):
    site = add_site(by=machine(), holder=organisation("Una"), place=a_place("TST"), name="La Propia")
    page = client_of(holding_role("analyst")).get(reverse("site_page", args=[site.uid])).content.decode()
    assert "La Propia" in page
    assert reverse("fill_list") + "?site" not in page
