"""What a browser sealed: durable before 201, one record whatever happens, its author's whoever brings it."""

import hashlib
import json
import os
import struct

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from amparo.intake.actions.applying import apply_received
from amparo.intake.actions.delivering import deliver
from amparo.intake.actions.receiving import content_of
from amparo.intake.models import Attachment, Form, RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.problems import WireProblem
from amparo.intake.queries.messages import messages_visible_to
from amparo.intake.testing import country, filled, form, machine
from amparo.intake.web.author import author_of, token_for
from amparo.intake.web.package import RESCUE, Package, envelopes, pack, unpack
from amparo.kernel.dropbox import current_key, put_in
from amparo.kernel.models import Holding, LedgerEntry
from amparo.kernel.testing import holding_role, organisation, person
from amparo.places.testing import a_place
from amparo.sites.models import LatestObservation, ObservationBatch, Site

pytestmark = pytest.mark.django_db(transaction=True)

HERE = {"Sec-Fetch-Site": "same-origin"}


def sealed(xml: bytes, *files: tuple[str, bytes], author: str = "") -> bytes:
    return put_in(pack(Package(author, xml, files)), current_key().public)


@pytest.fixture
def author():
    """Somebody of the machine's organisation who may send, everywhere."""
    country()
    form()
    return holding_role("site_manager", of=machine().organisation)


@pytest.fixture
def browser(author):
    client = Client()
    client.force_login(author)
    return client


def post(client, content, headers=HERE, kind="application/octet-stream"):
    return client.post("/fill/send", content, content_type=kind, headers=headers)


def test_a_sealed_form_is_kept_and_answered_with_folio_and_digest(browser, author):
    xml = filled("uuid:1")
    envelope = sealed(xml, author=token_for(author))
    answer = post(browser, envelope)
    message = RawMessage.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {
        "folio": message.folio,
        "again": False,
        "digest": hashlib.sha256(envelope).hexdigest(),
    }
    assert content_of(message) == xml
    assert (message.channel, message.by, message.holder) == ("web", author, author.organisation)


def test_the_same_form_again_is_the_same_folio_even_under_another_seal(browser):
    first = post(browser, sealed(filled("uuid:1"))).json()
    again = post(browser, sealed(filled("uuid:1"))).json()
    assert (again["folio"], again["again"]) == (first["folio"], True)
    assert RawMessage.objects.count() == 1
    assert LedgerEntry.objects.filter(verb="messages.received").count() == 1


def test_what_is_filled_in_the_browser_becomes_observations(browser):
    post(browser, sealed(filled("uuid:1", persons=57)))
    assert apply_received(by=machine()) == 1
    assert RawMessage.objects.get().state == "applied"
    site = Site.objects.get()
    assert LatestObservation.objects.get(site=site, indicator__key="persons").low == 57
    assert ObservationBatch.objects.get().source == "screen"


def test_photos_come_with_it_and_lose_where_they_were_taken(browser):
    post(browser, sealed(filled("uuid:1"), ("foto.jpg", b"\xff\xd8 no whole photo")))
    assert [kept.name for kept in Attachment.objects.all()] == ["foto.jpg"]


def test_the_author_stays_the_author_when_another_brings_it(author):
    other = holding_role("committee", of=organisation())
    token = token_for(author)
    assert author_of(token) == author
    deliver(sealed(filled("uuid:1"), author=token), by=other)
    message = RawMessage.objects.get()
    assert (message.by, message.holder) == (author, author.organisation)


@pytest.mark.parametrize("token", ["", "nadie", "7f0e3a40-0000-4000-8000-000000000000~forged"])
def test_a_token_that_is_not_ours_proves_nothing_and_the_bringer_answers_for_it(author, token):
    deliver(sealed(filled("uuid:1"), author=token), by=author)
    assert RawMessage.objects.get().by == author


def test_without_a_session_nothing_is_taken_and_the_words_say_that_nothing_is_lost(author):
    answer = post(Client(), sealed(filled("uuid:1")))
    assert answer.status_code == 401
    assert answer.json() == {"code": "log_in", "message": "Entre otra vez para enviar; nada se pierde."}
    assert not RawMessage.objects.exists()


def test_who_may_not_send_is_told_so(author):
    client = Client()
    client.force_login(holding_role("auditor"))
    assert post(client, sealed(filled("uuid:1"))).status_code == 403


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, "application/octet-stream"),
        ({"Sec-Fetch-Site": "same-site"}, "application/octet-stream"),
        ({}, "application/octet-stream"),
        ({"Origin": "https://otra.example"}, "application/octet-stream"),
        (HERE, "text/plain"),
    ],
)
def test_only_our_own_pages_may_send(browser, headers, kind):
    answer = post(browser, sealed(filled("uuid:1")), headers, kind)
    assert (answer.status_code, answer.json()["code"]) == (400, "not_from_here")
    assert not RawMessage.objects.exists()


def test_a_browser_that_says_only_its_origin_is_believed(browser):
    assert post(browser, sealed(filled("uuid:1")), {"Origin": "http://testserver"}).status_code == 201


def test_a_form_that_nobody_published_stays_on_the_phone_with_the_reason(browser):
    answer = post(browser, sealed(filled("uuid:1", form_id="otro")))
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_form")


def test_one_filled_on_a_retired_form_is_still_taken(browser):
    Form.objects.update(retired_at=timezone.now())
    assert post(browser, sealed(filled("uuid:1"))).status_code == 201


def test_other_content_under_the_same_number_is_kept_and_said(browser):
    post(browser, sealed(filled("uuid:1", persons=1)))
    answer = post(browser, sealed(filled("uuid:1", persons=2)))
    assert (answer.status_code, answer.json()["code"]) == (409, "other_content")
    assert RawMessage.objects.count() == 2


@pytest.mark.parametrize("junk", [b"AMP1", os.urandom(300), b"AMP1" + os.urandom(300)])
def test_junk_is_refused_in_words(browser, junk):
    answer = post(browser, junk)
    assert answer.status_code in (400, 409)
    assert "Sigue en el teléfono" in answer.json()["message"]


@pytest.mark.parametrize(
    "inside",
    [
        b"",
        b"\0\0\0\xff{}",
        struct.pack(">I", 2) + b"{}",
        struct.pack(">I", 2) + b"[]",
        struct.pack(">I", 40) + json.dumps({"author": "", "xml": 9, "files": []}).encode(),
        pack(Package("", b"<a/>", (("../../x", b"1"),)))[:-1],
        pack(Package("", b"<a/>", (("", b"1"),))),
    ],
)
def test_a_broken_package_is_refused(inside):
    with pytest.raises(WireProblem):
        unpack(inside)


def test_a_negative_size_is_refused():
    header = json.dumps({"author": "", "xml": -1, "files": [["a", 5]]}).encode()
    with pytest.raises(WireProblem):
        unpack(struct.pack(">I", len(header)) + header + b"1234")


def test_a_files_name_loses_its_folders():
    package = unpack(pack(Package("", b"<a/>", (("../../etc/x.jpg", b"1"),))))
    assert package.files == (("x.jpg", b"1"),)


def rescue(*inside: bytes) -> bytes:
    return RESCUE + b"".join(struct.pack(">I", len(each)) + each for each in inside)


def test_a_rescue_file_gives_its_envelopes_and_says_where_it_breaks_off():
    assert list(envelopes(rescue(b"uno", b"dos"))) == [b"uno", b"dos"]
    broken = envelopes(rescue(b"uno", b"dos")[:-1])
    assert next(broken) == b"uno"
    with pytest.raises(WireProblem, match="rescue_broken_off"):
        next(broken)
    with pytest.raises(WireProblem, match="not_a_rescue"):
        list(envelopes(b"PK\x03\x04"))


def upload(client, content: bytes) -> str:
    file = SimpleUploadedFile("rescate.amparo", content)
    return client.post("/fill/rescue/", {"file": file}, follow=True).content.decode()


def test_a_rescue_file_is_received_once_whoever_brings_it_and_how_often(browser, author):
    content = rescue(*(sealed(filled(f"uuid:{n}"), author=token_for(author)) for n in range(3)))
    assert "Se recibieron 3 formularios." in upload(browser, content)
    upload(browser, content)
    assert RawMessage.objects.count() == 3


def test_of_a_rescue_that_breaks_off_the_whole_ones_are_received(browser):
    content = rescue(sealed(filled("uuid:1")), sealed(filled("uuid:2")))[:-1]
    page = upload(browser, content)
    assert "Se recibió 1 formulario." in page
    assert "El archivo está cortado." in page
    assert RawMessage.objects.count() == 1


def test_one_bad_form_in_a_rescue_does_not_stop_the_others(browser):
    content = rescue(sealed(filled("uuid:1", form_id="otro")), sealed(filled("uuid:2")))
    page = upload(browser, content)
    assert "Uno no se recibió." in page
    assert RawMessage.objects.count() == 1


def test_a_centre_outside_the_senders_area_waits_for_a_person(author):
    elsewhere = a_place("ZZZ")
    Holding.objects.filter(user=author).update(scope=elsewhere.path)
    deliver(sealed(filled("uuid:1"), author=token_for(author)), by=author)
    apply_received(by=machine())
    message = RawMessage.objects.get()
    assert (message.state, message.reason) == ("waiting", "outside_the_phone_area")


def test_what_somebody_filled_whose_role_has_ended_is_kept_and_waits_for_a_person(author):
    envelope = sealed(filled("uuid:1"), author=token_for(author))
    Holding.objects.filter(user=author).delete()
    deliver(envelope, by=holding_role("committee", of=author.organisation))
    apply_received(by=machine())
    message = RawMessage.objects.get()
    assert (message.by, message.state) == (author, "waiting")


def test_reviewers_of_the_senders_whole_area_see_what_waits(author):
    area = country().path
    Holding.objects.filter(user=author).update(scope=area)
    deliver(sealed(filled("uuid:1")), by=author)
    here = person(Intake.REVIEW, scope=area, of=author.organisation)
    assert messages_visible_to(here).count() == 1
    Holding.objects.create(user=author, role="site_manager", scope="", organisation=author.organisation)
    assert messages_visible_to(here).count() == 0, "they also work elsewhere: it may speak of there"
    whole = person(Intake.REVIEW, of=author.organisation)
    assert messages_visible_to(whole).count() == 1
