"""Where each person begins, and that every page their menu shows opens."""

import pytest
from django.test import Client
from django.urls import reverse

from amparo.config.roles import ROLES
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import RawMessage
from amparo.intake.testing import filled, phone
from amparo.kernel.models import Holding, User
from amparo.kernel.testing import organisation, person
from amparo.places.testing import a_place, no_country
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db

PEOPLE = [name for name in ROLES if name not in ("console", "device") and not name.startswith("test-")]


@pytest.fixture
def someone(db):
    """A person who holds one role everywhere, signed in: `someone("analyst")`."""
    machine()
    ours = organisation("Comité propio")

    def signed_in(role: str, scope: str = "") -> Client:
        user = User.objects.create(username=f"{role}-{scope}", name="Persona", organisation=ours)
        Holding.objects.create(user=user, role=role, scope=scope, organisation=None)
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.mark.parametrize("role", PEOPLE)
def test_everybody_begins_with_a_page_that_opens_and_so_does_every_page_of_the_menu(someone, role):
    client = someone(role)
    began = client.get("/", follow=True)
    assert began.status_code == 200
    menu = began.context["nav"]
    assert menu
    for entry in menu:
        assert client.get(entry["url"]).status_code == 200, entry["url"]


def test_the_administrator_begins_with_the_health_of_the_system_and_not_with_a_refusal(someone):
    answer = someone("administrator").get("/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("health"))


def test_whoever_may_open_nothing_is_told_whom_to_ask(db):
    machine()
    client = Client()
    client.force_login(person("places.view"))
    answer = client.get("/")
    assert answer.status_code == 403
    assert "Pida un cargo" in answer.content.decode()


def test_the_menu_counts_the_messages_that_the_list_shows(someone, home):
    home.keys.mkdir()
    no_country()
    here, elsewhere = a_place("TST"), a_place("ABC")
    for place in (here, elsewhere):
        sender = phone(f"Brigada {place.code}", scope=place.path).device
        content = filled(f"uuid:{place.code}", form_id="otro")
        message = receive_here(
            Incoming("otro", place.code, b"f", content, by=sender.user, holder_id=sender.holder_id)
        )
        RawMessage.objects.filter(pk=message.pk).update(state="waiting", reason="no_site")
    page = someone("committee", here.path).get(reverse("messages"))
    assert page.context["vm"].total == 1
    assert next(entry["count"] for entry in page.context["nav"] if entry["url"] == reverse("messages")) == 1


def test_a_program_is_answered_in_its_language_at_the_root_and_where_nothing_is():
    client = Client()
    root = client.get("/api/v1/")
    assert root.status_code == 200
    said = root.json()
    assert client.get(said["openapi"]).status_code == 200
    assert "sites" in said["nouns"]
    nothing = client.get("/api/v1/nada/")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    assert client.get("/nada/")["Content-Type"].startswith("text/html")
