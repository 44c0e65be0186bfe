"""Collect's own conversation with the real views: durable before 201, one record whatever happens."""

import base64
import hashlib
import re

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.utils import timezone

from amparo.intake.actions.applying import apply_received
from amparo.intake.actions.devices import revoke_device
from amparo.intake.actions.receiving import content_of
from amparo.intake.models import Attachment, Form, FormVersion, RawMessage
from amparo.intake.queries.devices import forget
from amparo.intake.testing import body, country, filled, form, machine, phone
from amparo.kernel import files
from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerEntry
from amparo.sites.models import Flag, LatestObservation, ObservationBatch, Site
from amparo.sites.testing import centre

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def collect():
    """A phone that speaks as Collect does, with its own secret."""
    country()
    form()
    return Phone(phone())


class Phone:
    def __init__(self, enrolment):
        self.enrolment = enrolment
        token = base64.b64encode(f"{enrolment.username}:{enrolment.secret}".encode()).decode()
        self.client = Client(headers={"Authorization": f"Basic {token}", "X-OpenRosa-Version": "1.0"})

    def send(self, xml, *files, field="xml_submission_file"):
        content, kind = body(xml, *files, field=field)
        return self.client.post("/openrosa/submission", content, content_type=kind)


def test_head_answers_204_with_what_it_accepts(collect):
    answer = collect.client.head("/openrosa/submission")
    assert answer.status_code == 204
    assert answer["X-OpenRosa-Version"] == "1.0"
    assert int(answer["X-OpenRosa-Accept-Content-Length"]) > 0
    assert answer["Location"].endswith("/openrosa/submission")


def test_a_submission_is_kept_whole_and_sealed_before_201(collect):
    xml = filled("uuid:1")
    answer = collect.send(xml)
    assert answer.status_code == 201
    assert b"OpenRosaResponse" in answer.content
    message = RawMessage.objects.get()
    assert message.folio in answer.content.decode()
    assert content_of(message) == xml
    assert b"Escuela" not in bytes(message.content)
    assert LedgerEntry.objects.filter(verb="messages.received").count() == 1


def test_the_same_message_five_times_is_one_record(collect):
    xml = filled("uuid:1")
    assert [collect.send(xml).status_code for _ in range(5)] == [201] * 5
    assert RawMessage.objects.count() == 1


def test_whitespace_between_elements_does_not_make_another_message(collect):
    xml = filled("uuid:1")
    collect.send(xml)
    assert collect.send(xml.replace(b"</code>", b"</code>\n  ")).status_code == 201
    assert RawMessage.objects.count() == 1


def test_the_same_id_with_other_content_is_refused_and_both_are_kept(collect):
    collect.send(filled("uuid:1", persons=120))
    for _ in range(3):
        assert collect.send(filled("uuid:1", persons=999)).status_code == 409
    assert RawMessage.objects.filter(conflicts=False).count() == 1
    assert RawMessage.objects.filter(conflicts=True, state="waiting", reason="other_content").count() == 1


def test_attachments_may_come_in_several_posts(home, collect):
    xml = filled("uuid:1")
    assert collect.send(xml, ("a.jpg", b"one")).status_code == 201
    assert collect.send(xml, ("b.jpg", b"two")).status_code == 201
    assert collect.send(xml, ("b.jpg", b"two")).status_code == 201
    assert RawMessage.objects.count() == 1
    kept = {one.name: one.sha256 for one in Attachment.objects.all()}
    assert kept == {"a.jpg": hashlib.sha256(b"one").hexdigest(), "b.jpg": hashlib.sha256(b"two").hexdigest()}
    stored = [path for path in home.files.rglob("*") if path.is_file()]
    assert len(stored) == 2
    assert all(b"one" not in path.read_bytes() and b"two" not in path.read_bytes() for path in stored)


def test_the_photos_of_a_message_in_conflict_may_come_in_several_posts_too(home, collect):
    collect.send(filled("uuid:1", persons=120), ("a.jpg", b"one"))
    other = filled("uuid:1", persons=999)
    for photo in (("b.jpg", b"two"), ("c.jpg", b"three"), ("c.jpg", b"three"), ("d.jpg", b"four")):
        assert collect.send(other, photo).status_code == 409
    kept = {message.conflicts: message.attachments for message in RawMessage.objects.all()}
    assert [one.name for one in kept[False].all()] == ["a.jpg"]
    assert [one.name for one in kept[True].all()] == ["b.jpg", "c.jpg", "d.jpg"]
    assert files.read(kept[True].get(name="d.jpg").sha256, DataClass.INTERNAL) == b"four"


def test_an_unknown_form_is_refused_in_words_and_stays_on_the_phone(collect):
    answer = collect.send(filled(form_id="otro"))
    assert answer.status_code == 404
    assert "OpenRosaResponse" in answer.content.decode()
    assert "teléfono" in answer.content.decode()


@pytest.mark.parametrize(
    "away", [OperationalError("server closed the connection"), InterfaceError("already closed")]
)
def test_while_the_database_is_away_a_phone_is_told_to_try_again(collect, monkeypatch, away):
    def gone(_batch):
        raise away

    monkeypatch.setattr("amparo.intake.actions.receiving._store", gone)
    answer = collect.send(filled("uuid:1"))
    assert answer.status_code == 503
    assert "sigue en el teléfono" in answer.content.decode()
    monkeypatch.undo()
    assert collect.send(filled("uuid:1")).status_code == 201


@pytest.mark.parametrize("version", ["1999", ""])
def test_a_version_nobody_published_is_refused_and_taken_once_it_is(collect, version):
    xml = filled("uuid:1", version=version)
    answer = collect.send(xml)
    assert answer.status_code == 404
    assert "teléfono" in answer.content.decode()
    FormVersion.objects.create(
        form=Form.objects.get(),
        version=version,
        xml=b"",
        md5="1" * 32,
        questions=[],
        published_at=timezone.now(),
    )
    assert collect.send(xml).status_code == 201


@pytest.mark.parametrize("header", ["", "Basic bm9ib2R5Ong=", "Basic !!!", "Digest x", "Bearer x"])
def test_a_stranger_is_asked_who_they_are(collect, header):
    content, kind = body(filled())
    answer = Client().post(
        "/openrosa/submission", content, content_type=kind, headers={"Authorization": header}
    )
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Digest ")
    assert not RawMessage.objects.exists()


def test_a_revoked_phone_is_refused_on_its_next_call(collect):
    assert collect.client.get("/openrosa/formList").status_code == 200
    revoke_device(collect.enrolment.device, by=machine(), why="perdido")
    assert collect.client.get("/openrosa/formList").status_code == 401


def test_digest_as_collect_speaks_it(collect):
    asked = Client().head("/openrosa/submission")
    fields = dict(re.findall(r'(\w+)="([^"]*)"', asked["WWW-Authenticate"]))
    user, secret = collect.enrolment.username, collect.enrolment.secret
    md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
    ha1 = md5(f"{user}:{fields['realm']}:{secret}")
    ha2 = md5("POST:/openrosa/submission")
    proof = md5(f"{ha1}:{fields['nonce']}:00000001:abcd:auth:{ha2}")
    header = (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
        f'uri="/openrosa/submission", response="{proof}", qop=auth, nc=00000001, cnonce="abcd"'
    )
    content, kind = body(filled())
    sent = Client().post(
        "/openrosa/submission", content, content_type=kind, headers={"Authorization": header}
    )
    assert sent.status_code == 201
    wrong = header.replace(proof, "0" * 32)
    assert Client().head("/openrosa/submission", headers={"Authorization": wrong}).status_code == 401


def test_what_is_too_large_is_refused_before_it_is_read(collect, settings):
    settings.SUBMISSION_LIMIT = 1000
    answer = collect.send(filled(), ("big.jpg", b"x" * 2000))
    assert answer.status_code == 413
    assert "OpenRosaResponse" in answer.content.decode()


def test_applied_messages_become_a_site_and_observations(collect):
    for number in range(30):
        collect.send(filled(f"uuid:{number}", code=f"E{number % 3}", persons=100 + number))
    while apply_received(by=machine()):
        pass
    assert RawMessage.objects.exclude(state="applied").count() == 0
    assert Site.objects.count() == 3
    assert ObservationBatch.objects.count() == 30
    assert LatestObservation.objects.filter(indicator__key="persons").count() == 3
    assert Flag.objects.filter(code="new_from_form").count() == 3


def test_applying_twice_changes_nothing(collect):
    collect.send(filled("uuid:1"))
    apply_received(by=machine())
    RawMessage.objects.update(state="received")
    before = LatestObservation.objects.count()
    apply_received(by=machine())
    assert LatestObservation.objects.count() == before
    assert Site.objects.count() == 1


def test_odd_values_are_accepted_and_say_so(collect):
    collect.send(filled("uuid:1", persons="abc", toilets=10**30))
    apply_received(by=machine())
    message = RawMessage.objects.get()
    assert message.state == "applied"
    assert message.notes


def test_a_form_without_a_mapping_waits_for_a_person():
    country()
    form("sola", bound=False)
    sender = Phone(phone())
    assert sender.send(filled(form_id="sola")).status_code == 201
    apply_received(by=machine())
    message = RawMessage.objects.get()
    assert (message.state, message.reason) == ("waiting", "no_mapping")


def test_a_site_outside_the_phones_area_waits_for_a_person():
    country()
    form()
    sender = Phone(phone(scope="HND/"))
    assert sender.send(filled()).status_code == 201
    apply_received(by=machine())
    assert RawMessage.objects.get().reason == "outside_the_phone_area"
    assert not Site.objects.exists()


def test_an_edited_form_replaces_what_its_first_copy_said(collect):
    collect.send(filled("uuid:1", persons=120))
    apply_received(by=machine())
    edited = filled("uuid:2", persons=90).replace(
        b"</orx:meta>", b"<orx:deprecatedID>uuid:1</orx:deprecatedID></orx:meta>"
    )
    collect.send(edited)
    apply_received(by=machine())
    assert LatestObservation.objects.get(indicator__key="persons").low == 90
    assert ObservationBatch.objects.count() == 1


def test_the_form_list_and_the_form_are_downloaded(collect):
    listed = collect.client.get("/openrosa/formList")
    assert listed["X-OpenRosa-Version"] == "1.0"
    assert "xformsList" in listed.content.decode()
    url = re.search(r"<downloadUrl>([^<]+)</downloadUrl>", listed.content.decode())[1]
    assert collect.client.get(url).content == b"<h:html/>"
    forget(collect.enrolment.username)


def test_an_original_that_arrives_after_its_edited_copy_says_nothing(collect):
    edited = filled("uuid:2", persons=90).replace(
        b"</orx:meta>", b"<orx:deprecatedID>uuid:1</orx:deprecatedID></orx:meta>"
    )
    collect.send(edited)
    apply_received(by=machine())
    collect.send(filled("uuid:1", persons=120))
    apply_received(by=machine())
    assert LatestObservation.objects.get(indicator__key="persons").low == 90
    assert [note["code"] for note in RawMessage.objects.get(instance_id="uuid:1").notes] == ["edited_since"]


def test_a_correction_that_waits_for_a_person_takes_nothing_from_its_original(collect):
    nameless = filled("uuid:2", code="", name="").replace(
        b"</orx:meta>", b"<orx:deprecatedID>uuid:1</orx:deprecatedID></orx:meta>"
    )
    collect.send(nameless)
    apply_received(by=machine())
    assert RawMessage.objects.get(instance_id="uuid:2").state == "waiting"
    collect.send(filled("uuid:1", persons=120))
    apply_received(by=machine())
    assert LatestObservation.objects.get(indicator__key="persons").low == 120


def test_a_busy_database_leaves_the_messages_in_the_queue(collect, monkeypatch):
    collect.send(filled("uuid:1"))

    def busy(*_said, **_more):
        raise OperationalError("database is locked")

    monkeypatch.setattr("amparo.intake.actions.applying._write", busy)
    with pytest.raises(OperationalError):
        apply_received(by=machine())
    assert RawMessage.objects.get().state == "received"
    monkeypatch.undo()
    apply_received(by=machine())
    assert RawMessage.objects.get().state == "applied"


def test_a_centre_that_was_known_is_not_marked_as_new_from_a_form(collect):
    known = centre(place=country(), name="Escuela Conocida")
    collect.send(filled("uuid:1", code=known.code, persons=40))
    apply_received(by=machine())
    assert RawMessage.objects.get().state == "applied"
    assert not Flag.objects.filter(site=known, code="new_from_form").exists()
