"""HTTPS on a local network: a server on a second address of this machine, clients that trust one root."""

import http.client
import os
import shutil
import socket
import ssl
import stat
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from amparo.config import lan, processes
from amparo.config.home import Home
from amparo.kernel.refusals import Refused

SECOND = "127.0.0.2"
PAGE = b"<!doctype html><title>Confiar en Amparo</title><p>Instale la autoridad."


@pytest.fixture
def home(tmp_path) -> Home:
    home = Home(tmp_path)
    home.keys.mkdir(mode=0o700)
    return home


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = b"<!doctype html><title>no</title><p id=said>no<script src=/ask.js></script>"
        kind = "text/html"
        if self.path == "/ask.js":
            kind = "text/javascript"
            content = b"said.textContent = [isSecureContext, 'serviceWorker' in navigator, !!crypto.subtle]"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None: ...


class Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_visit: object) -> None: ...


@contextmanager
def serving(certificate: Path, key: Path):
    """A real TLS server on the second address; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Quiet((SECOND, 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def greet(port: int, name: str, *, trusting: Path | None) -> None:
    """A handshake as a phone would make it. Raises `ssl.SSLCertVerificationError`."""
    context = ssl.create_default_context(cafile=trusting)
    with (
        socket.create_connection((SECOND, port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name),
    ):
        pass


def forged(home: Home, folder: Path, *names: str, authority: bool = False) -> tuple[Path, Path]:
    """What a thief of the issuer's key could sign: a certificate, or an authority, for any name."""
    issuer = lan._read_certificate(home.keys / lan.ISSUER)
    issuer_key = serialization.load_pem_private_key((home.keys / lan.ISSUER_KEY).read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = lan._begun(lan._name("Otro"), issuer.subject, key.public_key(), 30)
    if authority:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    else:
        alternative = x509.SubjectAlternativeName([lan._general(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    made = builder.add_extension(lan._signed_by(issuer), critical=False).sign(issuer_key, hashes.SHA256())
    (folder / "forged.crt").write_bytes(lan._pem(made) + (home.keys / lan.ISSUER).read_bytes())
    (folder / "forged.key").write_bytes(lan._pem(key))
    return folder / "forged.crt", folder / "forged.key"


def extension(certificate: x509.Certificate, kind: type) -> x509.Extension:
    return certificate.extensions.get_extension_for_class(kind)


# --- what phones accept


def test_a_client_that_trusts_the_root_accepts_the_server_by_address_and_by_name(home):
    files = lan.ensure_certificate(home, [SECOND, "albergue.local"])
    with serving(files.certificate, files.key) as port:
        for name in (SECOND, "albergue.local", "localhost"):
            greet(port, name, trusting=files.ca)


def test_a_client_that_does_not_trust_the_root_refuses(home):
    files = lan.ensure_certificate(home, [SECOND])
    with serving(files.certificate, files.key) as port, pytest.raises(ssl.SSLCertVerificationError):
        greet(port, SECOND, trusting=None)


def test_a_client_refuses_the_server_under_a_name_it_is_not_for(home):
    files = lan.ensure_certificate(home, [SECOND])
    with serving(files.certificate, files.key) as port, pytest.raises(ssl.SSLCertVerificationError):
        greet(port, "192.168.9.9", trusting=files.ca)


@pytest.mark.parametrize("name", ["banco.example", "8.8.8.8", "local.example", "2001:db8::1"])
def test_even_a_stolen_issuer_key_vouches_for_nothing_outside(home, tmp_path, name):
    files = lan.ensure_certificate(home, [SECOND])
    with (
        serving(*forged(home, tmp_path, name)) as port,
        pytest.raises(ssl.SSLCertVerificationError) as refused,
    ):
        greet(port, name, trusting=files.ca)
    assert "permitted subtree" in str(refused.value)


def test_the_same_forgery_inside_the_limits_would_pass(home, tmp_path):
    files = lan.ensure_certificate(home, [SECOND])
    with serving(*forged(home, tmp_path, "otra.local")) as port:
        greet(port, "otra.local", trusting=files.ca)


def test_the_issuer_can_make_no_other_authority(home, tmp_path):
    files = lan.ensure_certificate(home, [SECOND])
    authority, key = forged(home, tmp_path, authority=True)
    below = lan._read_certificate(authority)
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = (
        lan._begun(lan._name("Hoja"), below.subject, leaf_key.public_key(), 30)
        .add_extension(x509.SubjectAlternativeName([lan._general(SECOND)]), critical=False)
        .sign(serialization.load_pem_private_key(key.read_bytes(), None), hashes.SHA256())
    )
    (tmp_path / "leaf.crt").write_bytes(lan._pem(leaf) + authority.read_bytes())
    (tmp_path / "leaf.key").write_bytes(lan._pem(leaf_key))
    with (
        serving(tmp_path / "leaf.crt", tmp_path / "leaf.key") as port,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        greet(port, SECOND, trusting=files.ca)


# --- what the certificates say


def test_the_root_is_limited_and_its_key_is_kept_nowhere(home):
    files = lan.ensure_certificate(home, [SECOND])
    root = lan._read_certificate(files.ca)
    limits = extension(root, x509.NameConstraints)
    assert limits.critical
    assert {str(limit.value) for limit in limits.value.permitted_subtrees} >= {
        "192.168.0.0/16",
        "local",
        "home.arpa",
    }
    assert extension(root, x509.BasicConstraints).value.path_length == 1
    assert root.not_valid_after_utc > datetime.now(UTC) + timedelta(days=3600)
    for path in home.keys.iterdir():
        if path.suffix == ".key":
            key = serialization.load_pem_private_key(path.read_bytes(), None)
            assert lan._public_bytes(key.public_key()) != lan._public_bytes(root.public_key())


def test_the_server_certificate_is_what_phones_ask_for(home):
    leaf = lan._read_certificate(lan.ensure_certificate(home, [SECOND]).certificate)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert leaf.not_valid_before_utc < datetime.now(UTC)
    assert x509.ExtendedKeyUsageOID.SERVER_AUTH in extension(leaf, x509.ExtendedKeyUsage).value
    assert not extension(leaf, x509.BasicConstraints).value.ca
    assert {SECOND, "127.0.0.1", "::1", "localhost"} <= set(lan._names(leaf))
    assert len(lan.fingerprint(home.keys / lan.ROOT).split(":")) == 32


def test_only_the_owner_can_read_the_files(home):
    lan.ensure_certificate(home, [SECOND])
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.keys.iterdir()} == {0o600}


def test_public_addresses_and_names_are_left_out(home):
    hosts = [
        "192.168.1.7",
        "203.0.113.9",
        "example.org",
        "2001:db8::1",
        "fd00::7",
        "[fe80::1]",
        "no_es_nombre",
        "",
    ]
    names = lan._names(lan._read_certificate(lan.ensure_certificate(home, hosts).certificate))
    assert {"192.168.1.7", "fd00::7", "fe80::1"} <= set(names)
    assert not {"203.0.113.9", "example.org", "2001:db8::1", "no_es_nombre", ""} & set(names)


# --- renewal


def test_nothing_is_renewed_while_it_stands(home):
    before = {path: path.read_bytes() for path in lan.ensure_certificate(home, [SECOND, "10.0.0.5"])}
    again = lan.ensure_certificate(home, ["10.0.0.5", SECOND])
    assert {path: path.read_bytes() for path in again} == before


def test_a_new_address_renews_the_certificate_and_keeps_the_authority(home):
    files = lan.ensure_certificate(home, [SECOND])
    root, leaf = files.ca.read_bytes(), files.certificate.read_bytes()
    lan.ensure_certificate(home, [SECOND, "10.0.0.6"])
    assert files.ca.read_bytes() == root
    assert files.certificate.read_bytes() != leaf
    with serving(files.certificate, files.key) as port:
        greet(port, "10.0.0.6", trusting=files.ca)


def test_a_certificate_near_its_end_is_renewed(home, monkeypatch):
    monkeypatch.setattr(lan, "CERTIFICATE_DAYS", 30)
    files = lan.ensure_certificate(home, [SECOND])
    leaf = files.certificate.read_bytes()
    monkeypatch.undo()
    lan.ensure_certificate(home, [SECOND])
    assert files.certificate.read_bytes() != leaf


def test_a_key_of_another_certificate_is_replaced_with_it(home):
    files = lan.ensure_certificate(home, [SECOND])
    shutil.copyfile(home.keys / lan.ISSUER_KEY, files.key)
    lan.ensure_certificate(home, [SECOND])
    with serving(files.certificate, files.key) as port:
        greet(port, SECOND, trusting=files.ca)


@pytest.mark.parametrize("name", [lan.ROOT, lan.ISSUER, lan.ISSUER_KEY])
def test_a_lost_or_broken_authority_is_made_anew(home, name):
    files = lan.ensure_certificate(home, [SECOND])
    (home.keys / name).write_bytes(b"-----BEGIN")
    lan.ensure_certificate(home, [SECOND])
    with serving(files.certificate, files.key) as port:
        greet(port, SECOND, trusting=files.ca)


# --- a server that runs for a year


def test_a_running_server_keeps_a_certificate_that_is_good(home):
    lan.ensure_certificate(home, [SECOND, "10.0.0.5"])
    assert not lan.renew_certificate(home, [SECOND, "10.0.0.5"])
    assert not lan.renew_certificate(home, [SECOND]), "an address that is gone for a while"
    assert not lan.renew_certificate(home, [SECOND, "8.8.8.8"]), "one that the authority may not vouch for"
    lan.renew_certificate(home, [SECOND, "fd00::7"])
    assert not lan.renew_certificate(home, [SECOND, "[FD00:0:0::07]"]), "the same, written otherwise"


def test_a_running_server_renews_before_the_end(home, monkeypatch):
    monkeypatch.setattr(lan, "CERTIFICATE_DAYS", 30)
    files = lan.ensure_certificate(home, [SECOND, "10.0.0.5"])
    monkeypatch.undo()
    assert lan.renew_certificate(home, [SECOND])
    leaf = lan._read_certificate(files.certificate)
    assert leaf.not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)
    assert "10.0.0.5" in lan._names(leaf)
    assert not lan.renew_certificate(home, [SECOND])


def test_a_running_server_renews_for_an_address_that_has_come(home):
    files = lan.ensure_certificate(home, [SECOND])
    assert lan.renew_certificate(home, [SECOND, "10.0.0.7"])
    assert "10.0.0.7" in lan._names(lan._read_certificate(files.certificate))


@pytest.mark.parametrize("name", [lan.SERVER, lan.ISSUER])
def test_a_running_server_mends_what_was_lost(home, name):
    lan.ensure_certificate(home, [SECOND])
    (home.keys / name).write_bytes(b"-----BEGIN")
    assert lan.renew_certificate(home, [SECOND])
    assert SECOND in lan._names(lan._read_certificate(home.keys / lan.SERVER))


def test_the_self_check_says_until_when(home):
    assert lan.check_certificates(home, datetime.now(UTC)) == []
    ends = lan._read_certificate(lan.ensure_certificate(home, [SECOND]).certificate).not_valid_after_utc
    server, authority = lan.check_certificates(home, datetime.now(UTC))
    assert (server.ok, authority.ok, server.level) == (True, True, "warn")
    assert f"{ends:%d/%m/%Y}" in server.message
    late, still = lan.check_certificates(home, ends - timedelta(days=20))
    assert (late.ok, still.ok) == (False, True)
    assert f"{ends:%d/%m/%Y}" in late.message
    assert "--lan" in late.remedy
    assert not lan.check_certificates(home, datetime.now(UTC) + timedelta(days=3600))[1].ok


def test_the_self_check_says_that_a_certificate_cannot_be_read(home):
    lan.ensure_certificate(home, [SECOND])
    (home.keys / lan.SERVER).write_bytes(b"-----BEGIN")
    (found,) = lan.check_certificates(home, datetime.now(UTC))
    assert not found.ok


def test_a_renewal_that_stumbles_is_tried_again(monkeypatch):
    monkeypatch.setattr(processes, "RENEW_EVERY", 0.01)
    taken_up, tried = threading.Event(), []

    def renew() -> bool:
        tried.append(len(tried))
        if len(tried) == 1:
            raise OSError("the disk is full")
        return len(tried) == 3

    renewal = processes.Renewal(renew, taken_up.set)
    renewal.start()
    assert taken_up.wait(5)
    assert len(tried) >= 3
    renewal.end()
    renewal.join(5)
    assert not renewal.is_alive()


# --- a certificate brought from outside


def brought(folder: Path, *names: str, days: tuple[int, int] = (-1, 90), key=None) -> tuple[Path, Path]:
    key = key or rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Alcaldía")])
    begins, ends = (datetime.now(UTC) + timedelta(days=day) for day in days)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.SubjectAlternativeName([lan._general(one) for one in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "own.crt").write_bytes(lan._pem(certificate))
    (folder / "own.key").write_bytes(lan._pem(key))
    return folder / "own.crt", folder / "own.key"


def refusal(certificate: Path, key: Path, hosts=()) -> str:
    with pytest.raises(Refused) as refused:
        lan.check_supplied(certificate, key, hosts)
    assert refused.value.message
    return refused.value.code


def test_a_good_certificate_from_outside_is_read(tmp_path):
    pair = brought(tmp_path, "albergues.example.hn", "*.gob.example", "10.1.1.1")
    for hosts in (
        [],
        ["albergues.example.hn"],
        ["centro.gob.example"],
        ["10.1.1.1", "other"],
        ["ALBERGUES.example.hn."],
    ):
        assert lan.check_supplied(*pair, hosts).names == ["albergues.example.hn", "*.gob.example", "10.1.1.1"]


def test_a_certificate_from_outside_that_would_fail_is_refused_in_words(tmp_path):
    certificate, key = brought(tmp_path, "albergues.example.hn")
    assert refusal(certificate, key, ["otra.example.hn"]) == "certificate_other_names"
    assert refusal(certificate, key, ["a.b.albergues.example.hn"]) == "certificate_other_names"
    assert refusal(tmp_path / "none", key) == "certificate_unreadable"
    assert refusal(certificate, tmp_path / "none") == "key_unreadable"
    assert refusal(certificate, certificate) == "key_unreadable"
    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "other.key").write_bytes(lan._pem(other))
    assert refusal(certificate, tmp_path / "other.key") == "key_does_not_match"
    locked = serialization.BestAvailableEncryption(b"secret")
    (tmp_path / "locked.key").write_bytes(
        other.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked)
    )
    assert refusal(certificate, tmp_path / "locked.key") == "key_encrypted"


def test_the_dates_of_a_certificate_from_outside_are_checked(tmp_path):
    assert refusal(*brought(tmp_path, "a.example", days=(-90, -1))) == "certificate_expired"
    assert refusal(*brought(tmp_path, "a.example", days=(1, 90))) == "certificate_not_yet_valid"


# --- addresses


def test_the_kernels_tables_give_the_addresses(tmp_path):
    (tmp_path / "fib_trie").write_text(
        "Local:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n"
        "     |-- 192.168.1.0\n        /24 link UNICAST\n     |-- 192.168.1.7\n        /32 host LOCAL\n"
        "     |-- 192.168.1.255\n        /32 link BROADCAST\n"
    )
    (tmp_path / "if_inet6").write_text("fd000000000000000000000000000007 02 40 00 80 wlan0\n")
    assert lan._of_linux(tmp_path) == ["127.0.0.1", "192.168.1.7", "fd00::7"]
    assert lan._of_linux(tmp_path / "none") == []


def test_the_addresses_of_this_machine_are_those_of_a_network():
    for address in lan.addresses():
        assert not address.startswith(("127.", "169.254.", "fe80:")) and address != "::1"
        socket.getaddrinfo(address, None, flags=socket.AI_NUMERICHOST)


# --- the page that tells how to trust


@pytest.fixture
def page(home):
    files = lan.ensure_certificate(home, [SECOND])
    with lan.TrustPage(SECOND, 0, page=PAGE, ca=files.ca, https_port=8443) as page:
        yield page


def ask(page: lan.TrustPage, method: str, path: str, **headers: str) -> http.client.HTTPResponse:
    visit = http.client.HTTPConnection(SECOND, page.port, timeout=5)
    visit.request(method, path, headers=headers, body=headers.pop("body", None))
    return visit.getresponse()


def test_the_page_and_the_authority_are_given_in_plain_http(page, home):
    assert ask(page, "GET", "/").read() == PAGE
    answer = ask(page, "GET", "/ca.crt")
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert x509.load_der_x509_certificate(answer.read()) == lan._read_certificate(home.keys / lan.ROOT)
    assert ask(page, "HEAD", "/ca.crt").read() == b""


@pytest.mark.parametrize(
    ("path", "host", "target"),
    [
        ("/albergues/?q=1", "192.168.1.7:8000", "https://192.168.1.7:8443/albergues/?q=1"),
        ("/x", "albergue.local", "https://albergue.local:8443/x"),
        ("/x", "[fd00::7]:8000", "https://[fd00::7]:8443/x"),
        ("/x", "[fd00::7]", "https://[fd00::7]:8443/x"),
        ("http://evil.example/", "albergue.local", "https://albergue.local:8443/"),
    ],
)
def test_everything_else_is_sent_to_https(page, path, host, target):
    for method in ("GET", "HEAD", "POST"):
        answer = ask(page, method, path, Host=host)
        assert (answer.status, answer.headers["Location"]) == (307, target)


@pytest.mark.parametrize(
    "host", ["", "evil.example/x", "a@evil.example", "evil example", "-", "a:b:c", "[x]"]
)
def test_a_strange_host_is_not_repeated(page, host):
    answer = ask(page, "GET", "/x", Host=host)
    assert answer.status == 400
    assert answer.headers["Location"] is None


def test_a_private_key_is_never_given(page):
    for path in (
        "/lan-issuer.key",
        "/../keys/lan-issuer.key",
        "/ca.crt/../lan-server.key",
        "/%2e%2e/keys/master.key",
    ):
        answer = ask(page, "GET", path)
        assert answer.status == 307
        assert b"PRIVATE" not in answer.read()


def test_idle_visitors_do_not_keep_others_out(page):
    idle = [
        socket.create_connection((SECOND, page.port), timeout=5)
        for _visitor in range(lan.VISITORS_AT_ONCE + 5)
    ]
    for visitor in idle:
        visitor.close()
    for _attempt in range(50):
        try:
            assert ask(page, "GET", "/").status == 200
            return
        except OSError:  # turned away while the idle ones are noticed
            continue
    pytest.fail("the page no longer answers")


# --- a real browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(
    not (CHROMIUM and shutil.which("certutil")), reason="needs chromium and certutil (libnss3-tools)"
)


def shown(folder: Path, url: str, *, trusting: Path | None, names: str = "") -> str:
    """The page, or the error, as a fresh Chromium shows it, for a user who trusts that root or none."""
    store = folder / ".pki" / "nssdb"
    store.mkdir(parents=True)
    subprocess.run(["certutil", "-d", f"sql:{store}", "-N", "--empty-password"], check=True, timeout=20)
    if trusting:
        subprocess.run(
            ["certutil", "-d", f"sql:{store}", "-A", "-t", "C,,", "-n", "amparo", "-i", trusting],
            check=True,
            timeout=20,
        )
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-sync",
    ]
    options += [
        "--disable-background-networking",
        "--disable-component-update",
        f"--user-data-dir={folder}/profile",
    ]
    if names:
        options.append(f"--host-resolver-rules={names}")
    done = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", url],
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.browser
@needs_chromium
def test_chromium_gives_service_workers_and_cryptography_to_who_trusts_the_root(home, tmp_path):
    files = lan.ensure_certificate(home, [SECOND])
    with serving(files.certificate, files.key) as port:
        url = f"https://{SECOND}:{port}/"
        assert "true,true,true" in shown(tmp_path / "trusting", url, trusting=files.ca)
        assert "ERR_CERT_AUTHORITY_INVALID" in shown(tmp_path / "stranger", url, trusting=None)


@pytest.mark.browser
@needs_chromium
def test_chromium_refuses_the_authority_outside_its_limits(home, tmp_path):
    files = lan.ensure_certificate(home, [SECOND])
    with serving(*forged(home, tmp_path, "banco.example")) as port:
        page = shown(
            tmp_path / "trusting",
            f"https://banco.example:{port}/",
            trusting=files.ca,
            names=f"MAP banco.example {SECOND}",
        )
    assert "ERR_CERT_INVALID" in page
    assert "true,true,true" not in page
