"""The health page says what is well, what is not and what to do, without a name."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from amparo.config import care, lan
from amparo.config.health import signs
from amparo.intake.testing import phone
from amparo.kernel.dropbox import write_drop_key
from amparo.kernel.models import User, WorkerLease
from amparo.kernel.testing import here, holding_role
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db


def kinds(now=None) -> dict[str, str]:
    return {sign.title: sign.kind for sign in signs(now or timezone.now())}


def sign_of(title, now):
    return next(sign for sign in signs(now) if sign.title == title)


@pytest.fixture(autouse=True)
def ready(home):
    here()
    home.keys.mkdir()


def test_every_sign_that_is_not_well_says_what_to_do(home):
    for sign in signs(timezone.now()):
        assert sign.words
        assert bool(sign.do) == (sign.kind != "cumple"), sign


def test_without_a_worker_it_is_red_and_with_one_it_is_not(home):
    assert kinds()["Trabajos de fondo"] == "grave"
    WorkerLease.objects.create(worker="uno", renewed_at=timezone.now())
    assert kinds()["Trabajos de fondo"] == "cumple"


def test_a_backup_is_well_until_it_is_old_or_lies_beside_the_data(home):
    assert kinds()["Respaldo"] == "bajo"
    care.note("backup", size=10, same_disk=False)
    assert kinds()["Respaldo"] == "cumple"
    assert kinds(timezone.now() + timedelta(days=3))["Respaldo"] == "bajo"
    care.note("backup", size=10, same_disk=True)
    assert kinds()["Respaldo"] == "bajo"


def test_a_ledger_that_did_not_verify_is_red(home):
    care.note("verification", ok=False)
    assert kinds()["Bitácora"] == "grave"


def test_a_note_that_cannot_be_read_is_as_none(home):
    (home.path / care.FILE).write_text("{ no")
    assert care.last("backup") is None
    (home.path / care.FILE).write_text('{"backup": {"at": "ayer"}}')
    assert care.last("backup") is None


def test_a_certificate_that_ends_soon_is_said(home, settings):
    lan.ensure_certificate(home, ["127.0.0.2"])
    settings.LAN_SERVED = True
    title, now = "Certificado del servidor", timezone.now()
    ends = lan._read_certificate(home.keys / lan.SERVER).not_valid_after_utc
    assert sign_of(title, now).kind == "cumple"
    assert sign_of(title, ends - timedelta(days=31)).kind == "cumple"
    soon = sign_of(title, ends - timedelta(days=29, hours=12))
    assert (soon.kind, "faltan 29 días" in soon.words) == ("bajo", True)
    assert sign_of(title, ends - timedelta(days=6)).kind == "grave"
    over = sign_of(title, ends + timedelta(days=1))
    assert (over.kind, over.words.startswith("Venció")) == ("grave", True)
    assert sign_of("Autoridad de certificados", ends).kind == "cumple"


def test_a_certificate_brought_from_outside_is_the_one_that_is_told(home, settings):
    lan.ensure_certificate(home, ["127.0.0.2"])
    now = timezone.now()
    settings.CERTIFICATE_ENDS_AT = now + timedelta(days=20)
    assert "Autoridad de certificados" not in kinds(now)
    sign = sign_of("Certificado del servidor", now)
    assert (sign.kind, "faltan 20 días" in sign.words, "--cert" in sign.do) == ("bajo", True, True)


def test_a_certificate_of_a_local_network_that_is_not_served_is_nobodys_worry(home):
    lan.ensure_certificate(home, ["127.0.0.2"])
    ends = lan._read_certificate(home.keys / lan.SERVER).not_valid_after_utc
    assert "Certificado del servidor" not in kinds(ends + timedelta(days=1))


def test_a_file_that_cannot_be_read_is_a_sign_in_words_and_the_others_are_still_told(home, settings):
    settings.LAN_SERVED = True
    (home.keys / lan.SERVER).write_bytes(b"\x00 no certificate")
    told = sign_of("Certificado del servidor", timezone.now())
    assert (told.kind, "dañado" in told.words, bool(told.do)) == ("nada", True, True)
    assert {"Disco", "Respaldo"} <= set(kinds())
    client = Client()
    client.force_login(holding_role("administrator"))
    assert "no se puede leer" in client.get("/health/").content.decode()


def test_the_key_of_the_forms_tells_its_age_and_asks_to_be_rotated_after_a_year(home):
    title = "Llave de los formularios"
    assert title not in kinds()
    write_drop_key(home.keys)
    now = timezone.now()
    assert (sign_of(title, now).kind, sign_of(title, now).words) == ("cumple", "Es de hoy.")
    assert "Tiene 41 días" in sign_of(title, now + timedelta(days=41)).words
    old = sign_of(title, now + timedelta(days=366))
    assert (old.kind, "366 días" in old.words) == ("bajo", True)
    assert "amparo keys rotate" in old.do


def test_silent_phones_are_counted_and_not_named(home):
    machine()
    phone("Brigada de Nombre Propio")
    later = timezone.now() + timedelta(days=3)
    assert kinds(later)["Teléfonos"] == "bajo"
    assert not any("Nombre Propio" in sign.words + sign.do for sign in signs(later))


def test_a_rehearsal_is_noted_by_whoever_made_it(home):
    user = holding_role("administrator")
    client = Client()
    client.force_login(user)
    assert client.get("/health/").status_code == 200
    assert client.post("/health/backups/").status_code == 302
    assert care.last("rehearsal") is not None
    page = client.get("/health/backups/").content.decode()
    assert not re.search(re.escape(user.username), page.split("<main")[1].split("</main>")[0])
    assert User.objects.filter(pk=user.pk).exists()
