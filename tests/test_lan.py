"""`amparo serve --lan` on a second address of this machine: HTTPS for whoever was told to trust it, and no one else."""

import hashlib
import http.client
import re
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from cryptography import x509

from amparo.config import lan as authority
from amparo.config.home import Home
from tests.installation import CHECKOUT, Installation, free_port, serving, until, wait_for
from tests.phone import Collect

ADDRESS = "127.0.0.2"
SET_UP = """
answer({
    "password": amparo("init", "--admin", "jefa", "--quiet").split()[-1],
    "phone": amparo("phones", "enrol", "Brigada inventada", "--server", sys.argv[1], "--json"),
})
"""


class Lan:
    """A server of the local network, and what its trust page gives to whoever asks in plain HTTP."""

    def __init__(self, place: Installation, port: int, told: dict) -> None:
        self.place, self.port, self.told = place, port, told
        self.page = self.plain("/").read().decode()
        self.authority = self.plain("/ca.crt").read()
        self.trusting = ssl.create_default_context(cadata=self.authority)

    def plain(self, path: str) -> http.client.HTTPResponse:
        link = http.client.HTTPConnection(ADDRESS, self.port + 1, timeout=10)
        link.request("GET", path)
        return link.getresponse()

    def secure(self, context: ssl.SSLContext) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(ADDRESS, self.port, timeout=10, context=context)


@pytest.fixture(scope="module")
def lan(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lan")
    port = free_port(ADDRESS, beside=True)
    with prepared.copy(folder / "home") as place:
        told = place.speak(SET_UP, f"https://{ADDRESS}:{port}")
        with serving(place, "--lan", host=ADDRESS, port=port):
            yield Lan(place, port, told)


def ask(link: http.client.HTTPSConnection, path: str) -> http.client.HTTPResponse:
    link.request("GET", path)
    return link.getresponse()


def test_who_trusts_the_downloaded_authority_and_nothing_else_is_answered(lan):
    assert len(lan.trusting.get_ca_certs()) == 1
    answer = ask(lan.secure(lan.trusting), "/login/")
    assert answer.status == 200
    assert "¿Quién es usted?" in answer.read().decode()


def test_who_was_not_told_to_trust_is_refused(lan):
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(lan.secure(ssl.create_default_context()), "/login/")


def test_the_authority_vouches_for_no_other_name(lan):
    with (
        socket.create_connection((ADDRESS, lan.port), timeout=10) as plain,
        pytest.raises(ssl.CertificateError),
    ):
        lan.trusting.wrap_socket(plain, server_hostname="banco.example")


def test_the_trust_page_says_which_certificate_it_is_and_needs_nothing_from_outside(lan):
    fingerprint = hashlib.sha256(lan.authority).hexdigest().upper()
    assert fingerprint in re.sub(r"[^0-9A-F]", "", lan.page.upper())
    assert "ca.crt" in lan.page
    assert not re.findall(r'(?:src|href)="(?!http://127\.0\.0\.2|/|#|ca\.crt|data:)[^"]*"', lan.page)
    assert "<script" not in lan.page


def test_plain_http_gives_the_way_to_https_and_no_page(lan):
    answer = lan.plain("/sites/?status=open")
    assert (answer.status, answer.headers["Location"]) == (
        307,
        f"https://{ADDRESS}:{lan.port}/sites/?status=open",
    )


def test_a_phone_that_trusts_fetches_forms_and_sends_over_it(lan):
    phone = lan.told["phone"]
    collect = Collect(phone["server_url"], phone["username"], phone["password"], tls=lan.trusting)
    assert phone["server_url"] == f"https://{ADDRESS}:{lan.port}/openrosa"
    form = collect.blank_forms()["evaluacion_albergue"]
    sent = collect.send(form.filled({"place/site_name": "Escuela Inventada", "place/is_open": "yes"}))
    assert [answer.status for answer in sent] == [201]
    collect.close()


def test_a_phone_that_does_not_trust_says_nothing_of_its_secret(lan):
    phone = lan.told["phone"]
    stranger = Collect(
        phone["server_url"], phone["username"], phone["password"], tls=ssl.create_default_context()
    )
    with pytest.raises(ssl.SSLCertVerificationError):
        stranger.blank_forms()
    assert stranger.spoken == []


def test_cookies_travel_over_https_alone(lan):
    link = lan.secure(lan.trusting)
    door = ask(link, "/login/")
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', door.read().decode())
    assert token is not None
    ours = SimpleCookie(door.headers["Set-Cookie"])
    said = {"username": "jefa", "password": lan.told["password"], "csrfmiddlewaretoken": token[1]}
    link.request(
        "POST", "/login/", urlencode(said),
        {
            "Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{ADDRESS}:{lan.port}/login/",
            "Cookie": f"csrftoken={ours['csrftoken'].value}",
        },
    )  # fmt: skip
    answer = link.getresponse()
    answer.read()
    assert answer.status == 302
    given = SimpleCookie()
    for header in answer.headers.get_all("Set-Cookie"):
        given.load(header)
    for cookies, name in ((ours, "csrftoken"), (given, "csrftoken"), (given, "sessionid")):
        assert cookies[name]["secure"] is True, name
        assert cookies[name]["httponly"] is True, name
        assert cookies[name]["samesite"] == "Lax"


# --- a certificate brought from outside

READER = """
from django.test import Client
from amparo.kernel.actions import add_user, console, grant
by = console()
user = add_user(by=by, username="lectora", name="Lectora Inventada", organisation=by.organisation, password="x" * 20)
grant(by=by, user=user, role="analyst")
client = Client()
client.force_login(user)
answer(client.cookies["sessionid"].value)
"""


def test_the_health_page_says_until_when_a_certificate_of_ones_own_holds(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr(authority, "CERTIFICATE_DAYS", 20)
    (tmp_path / "keys").mkdir()
    own = authority.ensure_certificate(Home(tmp_path), [ADDRESS])
    ends_at = x509.load_pem_x509_certificate(own.certificate.read_bytes()).not_valid_after_utc
    trusting = ssl.create_default_context(cafile=str(own.ca))
    with prepared.copy(tmp_path / "home") as place:
        session = place.speak(READER)
        options = ("--no-worker", "--cert", str(own.certificate), "--key", str(own.key))
        with serving(place, *options, host=ADDRESS) as port:
            link = http.client.HTTPSConnection(ADDRESS, port, timeout=20, context=trusting)
            link.request("GET", "/health/", headers={"Cookie": f"sessionid={session}; language=es"})
            page = link.getresponse().read().decode()
            link.close()
    left = (ends_at - datetime.now(UTC)).days
    assert f"faltan {left} días" in page
    assert "--cert" in page


# --- a server that nobody starts again for a year

HURRIED = """
import django
django.setup()
from amparo.config import cli, processes
processes.RENEW_EVERY = 0.5  # a year in seconds
cli.main()
"""


def served(port: int) -> x509.Certificate:
    """The certificate that whoever comes is shown."""
    return x509.load_pem_x509_certificate(ssl.get_server_certificate((ADDRESS, port), timeout=10).encode())


def test_the_certificate_is_renewed_while_phones_go_on_sending(prepared, tmp_path, monkeypatch):
    port, stopping, answers = free_port(ADDRESS, beside=True), threading.Event(), []
    with prepared.copy(tmp_path / "home") as place:
        log = tmp_path / "serve.log"
        command = [sys.executable, "-c", HURRIED, "serve", "--lan", "--host", ADDRESS, "--port", str(port)]
        environment = place.environment | {"DJANGO_SETTINGS_MODULE": "amparo.config.settings"}
        with log.open("wb") as said:
            process = subprocess.Popen(
                [*command, "--no-worker"], cwd=CHECKOUT, env=environment, stdout=said, stderr=said
            )
        try:
            wait_for(ADDRESS, port, process, log)
            first = served(port)
            trusting = ssl.create_default_context(cafile=str(place.home / "keys" / authority.ROOT))

            def visit() -> None:
                while not stopping.is_set():
                    link = http.client.HTTPSConnection(ADDRESS, port, timeout=20, context=trusting)
                    try:
                        answers.append(ask(link, "/healthz").status)
                    except OSError as error:
                        answers.append(repr(error))
                    finally:
                        link.close()

            visitor = threading.Thread(target=visit)
            visitor.start()
            monkeypatch.setattr(authority, "CERTIFICATE_DAYS", 20)  # as if all but twenty days had gone by
            authority.ensure_certificate(Home(place.home), [ADDRESS, "10.9.8.7"])
            monkeypatch.undo()
            until(lambda: served(port).serial_number != first.serial_number)
            until(lambda: len(answers) > 50)
            renewed = served(port)
            stopping.set()
            visitor.join(timeout=30)
        finally:
            stopping.set()
            process.terminate()
            process.wait(timeout=15)
    assert renewed.not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    assert set(answers) == {200}
