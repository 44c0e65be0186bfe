"""Phones on screen: enrolled once however often one taps, their secret shown once and kept nowhere."""

import json
import threading
from time import monotonic
from uuid import uuid4

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.test import Client

from amparo.briefing import shown_once
from amparo.briefing.tests.conftest import client_of
from amparo.intake.actions.devices import revoke_device
from amparo.intake.models import Device
from amparo.intake.openrosa.credentials import verifier_for
from amparo.intake.openrosa.settings_qr import decode
from amparo.intake.permissions import Intake
from amparo.intake.queries.devices import REALM
from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.testing import person
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db

LAN = {"host": "192.168.1.10:8000"}


@pytest.fixture
def administrator(db) -> User:
    return person(Intake.MANAGE_DEVICES, of=None, member_of=machine().organisation)


@pytest.fixture
def client(administrator) -> Client:
    return client_of(administrator)


def wish(**said: str) -> dict[str, str]:
    return {"token": str(uuid4()), "label": "Equipo 2", "place": ""} | said


def enrol(client: Client, said: dict[str, str] | None = None):
    """The answer to the form; it leads on."""
    return client.post("/phones/enrol/", said or wish(), headers=LAN)


def opens(device: Device, secret: str) -> bool:
    return verifier_for(device.user.username, REALM, secret).secret_sha256 == device.secret_hash


def test_enrolling_leads_to_a_page_that_shows_the_secret_once(client):
    answer = enrol(client)
    device = Device.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/phones/{device.uid}/secret/")
    first = client.get(answer["Location"], headers=LAN)
    shown = first.context["vm"]
    assert opens(device, shown.password)
    assert shown.password in first.content.decode()
    settings = decode(shown.qr_text)["general"]
    assert (settings["server_url"], settings["password"]) == (
        "http://192.168.1.10:8000/openrosa",
        shown.password,
    )
    assert first["Cache-Control"] == "no-store"
    second = client.get(answer["Location"], headers=LAN).content.decode()
    assert shown.password not in second
    assert "La contraseña de este teléfono ya se mostró" in second
    assert "Dar otra contraseña" in second


def test_reloading_the_page_after_enrolling_makes_no_second_phone(client):
    answer = enrol(client)
    for _reload in range(3):
        assert client.get(answer["Location"]).status_code == 200
    assert Device.objects.count() == 1


def test_a_double_tap_enrols_one_phone_and_still_shows_its_secret(client):
    said = wish()
    answers = [enrol(client, said), enrol(client, said)]
    assert len({answer["Location"] for answer in answers}) == 1
    device = Device.objects.get()
    assert opens(device, client.get(answers[1]["Location"], headers=LAN).context["vm"].password)
    assert LedgerEntry.objects.filter(verb="device.enrolled").count() == 1


def test_going_back_and_asking_for_another_phone_enrols_another(client):
    said = wish()
    enrol(client, said)
    enrol(client, said | {"label": "Equipo 3"})
    assert {device.label for device in Device.objects.all()} == {"Equipo 2", "Equipo 3"}


def test_going_back_and_sending_the_same_enrols_no_other_while_that_one_stands(client, administrator):
    first = enrol(client)
    assert enrol(client)["Location"] == first["Location"]
    revoke_device(Device.objects.get(), by=administrator, why="Se perdió")
    assert enrol(client)["Location"] != first["Location"]
    assert Device.objects.count() == 2


def test_every_form_carries_a_token_of_its_own_that_survives_a_mistake(client):
    forms = [client.get("/phones/enrol/").context["form"] for _time in range(2)]
    tokens = {str(form["token"].value()) for form in forms}
    assert len(tokens) == 2
    said = wish(place="Macondo")
    page = enrol(client, said).content.decode()
    assert "No se encontró ese lugar" in page
    assert said["token"] in page


def test_a_form_without_a_token_enrols_all_the_same(client):
    enrol(client, {"label": "Equipo 2", "place": ""})
    assert Device.objects.count() == 1
    assert enrol(client, wish(token="nonsense", label="Equipo 3")).status_code == 200
    assert Device.objects.count() == 1


def test_the_secret_is_in_no_address_no_session_and_no_row(client):
    answer = enrol(client)
    everything = json.dumps(
        [
            answer["Location"],
            dict(client.session),
            *(ledger.payload(entry) for entry in LedgerEntry.objects.all()),
            *(list(Device.objects.values())),
            *(list(User.objects.values())),
        ],
        cls=DjangoJSONEncoder,
        default=str,
    )
    secret = client.get(answer["Location"]).context["vm"].password
    assert len(secret) > 20
    assert secret not in everything
    assert secret not in answer.content.decode()


def test_another_session_sees_no_secret_and_takes_none_away(client, administrator):
    answer = enrol(client)
    other = client_of(administrator).get(answer["Location"]).context["vm"]
    assert (other.password, other.qr_text) == ("", "")
    assert client.get(answer["Location"]).context["vm"].password


def test_a_look_at_the_headers_alone_does_not_use_the_one_time_up(client):
    answer = enrol(client)
    client.head(answer["Location"])
    assert client.get(answer["Location"]).context["vm"].password


def test_a_secret_that_nobody_looked_at_is_forgotten_within_minutes(client, monkeypatch):
    answer = enrol(client)
    later = monotonic() + shown_once.WITHIN_SECONDS + 1
    monkeypatch.setattr(shown_once, "monotonic", lambda: later)
    assert client.get(answer["Location"]).context["vm"].password == ""
    assert shown_once._waiting == {}


def test_the_same_phone_is_given_another_secret_and_the_old_one_opens_nothing(client):
    answer = enrol(client)
    old = client.get(answer["Location"]).context["vm"].password
    given = client.post(answer["Location"])
    assert (given.status_code, given["Location"]) == (302, answer["Location"])
    new = client.get(given["Location"]).context["vm"].password
    device = Device.objects.get()
    assert new != old
    assert opens(device, new)
    assert not opens(device, old)
    assert LedgerEntry.objects.filter(verb="device.secret_renewed").count() == 1


def test_of_two_taps_on_another_secret_the_last_is_shown_and_holds(client):
    where = enrol(client)["Location"]
    client.post(where)
    client.post(where)
    assert opens(Device.objects.get(), client.get(where).context["vm"].password)


def test_a_phone_that_was_cut_off_gets_no_other_secret(client):
    where = enrol(client)["Location"]
    device = Device.objects.get()
    client.post(f"/phones/{device.uid}/revoke/", {"why": "perdido"})
    client.get(where)
    assert "Dar otra contraseña" not in client.get(where).content.decode()
    refused = client.post(where)
    assert refused.status_code == 409
    assert "Este teléfono está cortado" in refused.content.decode()


def test_the_neighbour_can_neither_see_nor_renew_a_secret(client):
    where = enrol(client)["Location"]
    elsewhere = client_of(person(Intake.MANAGE_DEVICES, scope="ABC/"))
    before = Device.objects.get().secret_hash
    assert elsewhere.get(where).status_code == 404
    assert elsewhere.post(where).status_code == 404
    assert Device.objects.get().secret_hash == before


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_the_very_same_moment_enrol_one_phone(client):
    said, answers = wish(), []
    together = threading.Barrier(2)

    def tap() -> None:
        twin = Client()
        twin.cookies = client.cookies.copy()
        together.wait(timeout=10)
        answers.append(enrol(twin, said)["Location"])
        connection.close()

    taps = [threading.Thread(target=tap) for _time in range(2)]
    for one in taps:
        one.start()
    for one in taps:
        one.join(timeout=30)
    assert len(answers) == 2
    assert len(set(answers)) == 1
    assert opens(Device.objects.get(), client.get(answers[0]).context["vm"].password)


# --- an address that means the phone itself


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_a_code_made_on_this_machine_alone_says_so_and_what_to_do(client, host):
    asked = client.get("/phones/enrol/", headers={"host": host}).content.decode()
    where = enrol(client)["Location"]
    shown = client.get(where, headers={"host": host}).content.decode()
    for page in (asked, shown):
        assert f"Un teléfono no puede llegar a esta dirección: {host}." in page
        assert "amparo serve --lan" in page


def test_a_code_with_an_address_of_the_network_warns_of_nothing(client):
    assert "--lan" not in client.get("/phones/enrol/", headers=LAN).content.decode()
    assert "--lan" not in client.get(enrol(client)["Location"], headers=LAN).content.decode()
