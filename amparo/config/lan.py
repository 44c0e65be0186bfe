"""HTTPS that phones trust on a local network without internet: a certificate authority of this installation
alone.

Without HTTPS a browser runs neither service workers nor its cryptography. A phone trusts the authority once
(`TrustPage` tells how); the server's certificate is then renewed whenever an address changes or its end comes
near.

The authority must be of no use against the phones that trust it. So it is limited by critical name
constraints to private addresses and local names; and because some systems ignore the limits of what the user
has trusted, the root's key signs one issuer with the same limits and is then forgotten: nobody, we included,
can sign outside them.
"""

import html
import ipaddress
import logging
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from django.utils.translation import gettext as _

from amparo.config.home import Home
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import sync_folder
from amparo.kernel.selfcheck import Finding

log = logging.getLogger(__name__)

AUTHORITY_DAYS = 3652
CERTIFICATE_DAYS = 397  # what Apple's and Google's rules allow at most for public certificates
RENEW_BEFORE = timedelta(days=30)
CLOCK_SLACK = timedelta(days=1)  # telephones whose clock is behind

NETWORKS = [
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
]
DOMAINS = ["local", "lan", "internal", "home.arpa", "localhost"]
ALWAYS = ["localhost", "127.0.0.1", "::1"]

ROOT, ISSUER, ISSUER_KEY = "lan-ca.crt", "lan-issuer.crt", "lan-issuer.key"
SERVER, SERVER_KEY = "lan-server.crt", "lan-server.key"

HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
VISITORS_AT_ONCE = 32
LARGEST_BODY = 64 * 1024


class LanCertificate(NamedTuple):
    """Files for a server: its chain and key (PEM), and the root that phones trust (PEM)."""

    certificate: Path
    key: Path
    ca: Path


class SuppliedCertificate(NamedTuple):
    """What a certificate brought from outside says: the names it is for, and when it ends."""

    names: list[str]
    ends_at: datetime


def addresses() -> list[str]:
    """This machine's addresses on its networks, the one it speaks from first; neither loopback nor
    link-local.
    """
    found = [*_outgoing(), *_of_linux()] or _of_the_resolver()
    kept = []
    for text in dict.fromkeys(found):
        address = ipaddress.ip_address(text)
        if not (
            address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified
        ):
            kept.append(text)
    return kept


def local_names() -> list[str]:
    """Names by which this machine may be found: `name.local`, and its full name when it has one."""
    name = socket.gethostname().lower().rstrip(".")
    first = name.split(".")[0]
    return [
        candidate
        for candidate in dict.fromkeys([f"{first}.local", name])
        if "." in candidate and _is_name(candidate)
    ]


def is_permitted(host: str, authority: x509.Certificate) -> bool:
    """Whether this authority may vouch for the address or name."""
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        domains = [limit.value for limit in limits if isinstance(limit, x509.DNSName)]
        return _is_name(host) and any(host == domain or host.endswith(f".{domain}") for domain in domains)
    networks = [
        ipaddress.ip_network(str(limit.value)) for limit in limits if isinstance(limit, x509.IPAddress)
    ]
    return any(address in network for network in networks)


def ensure_certificate(home: Home, hosts: Iterable[str]) -> LanCertificate:
    """The server's certificate for `hosts` (addresses, names) and this machine's names; renewed when needed.

    Hosts outside the authority's limits, a public address say, are left out. The authority is made the first
    time.
    """
    folder = home.keys
    files = LanCertificate(folder / SERVER, folder / SERVER_KEY, folder / ROOT)
    if not _authority_stands(folder):
        _make_authority(folder)
    authority = _read_certificate(folder / ISSUER)
    asked = dict.fromkeys([*map(_plain, hosts), *local_names(), *ALWAYS])
    wanted = [host for host in asked if is_permitted(host, authority)]
    if not _certificate_stands(files, authority, wanted):
        _issue(files, folder, authority, wanted)
    return files


def renew_certificate(home: Home, hosts: Iterable[str]) -> bool:
    """For a server that runs: renew where the end comes near or an address has come; say whether it was renewed.

    An address that is gone is no reason: a network that comes and goes must not trouble the phones.
    """
    try:
        before = (home.keys / SERVER).read_bytes()
        names = _names(x509.load_pem_x509_certificates(before)[0])
        authority = _read_certificate(home.keys / ISSUER)
    except (OSError, ValueError):
        before, names, authority = b"", [], None
    asked = [_plain(host) for host in hosts]
    if authority is not None and all(host in names for host in asked if is_permitted(host, authority)):
        asked = names
    return ensure_certificate(home, asked).certificate.read_bytes() != before


def check_certificates(home: Home, now: datetime) -> list[Finding]:
    """For the self-check: until when phones are answered and trust; nothing without a certificate of our own."""
    if not (home.keys / SERVER).is_file():
        return []
    try:
        server, root = (_read_certificate(home.keys / name).not_valid_after_utc for name in (SERVER, ROOT))
    except (OSError, ValueError):
        message = _("No se puede leer el certificado de la red local.")
        return [
            Finding("lan_certificate", False, "warn", message, _("Encienda otra vez «amparo serve --lan»."))
        ]
    # A running server renews 30 days before the end: a certificate nearer to it is one that nobody renews.
    renewed = now < server - RENEW_BEFORE + CLOCK_SLACK
    trusted = now < root - 2 * RENEW_BEFORE
    return [
        Finding(
            "lan_certificate",
            renewed,
            "warn",
            _("El certificado de la red local vale hasta el %(day)s. Se renueva solo.")
            % {"day": f"{server:%d/%m/%Y}"}
            if renewed
            else _("El certificado de la red local vence el %(day)s y nadie lo ha renovado.")
            % {"day": f"{server:%d/%m/%Y}"},
            "" if renewed else _("Encienda otra vez «amparo serve --lan»."),
        ),
        Finding(
            "lan_authority",
            trusted,
            "warn",
            _("Los teléfonos confían en este servidor hasta el %(day)s.") % {"day": f"{root:%d/%m/%Y}"},
            ""
            if trusted
            else _("Encienda otra vez «amparo serve --lan». Cada teléfono tendrá que confiar de nuevo."),
        ),
    ]


def fingerprint(ca: Path) -> str:
    """SHA-256 of the authority's certificate, as phones show it: `AB:CD:...`, to be compared by eye."""
    return _read_certificate(ca).fingerprint(hashes.SHA256()).hex(":").upper()


def check_supplied(certificate: Path, key: Path, hosts: Iterable[str] = ()) -> SuppliedCertificate:
    """Read a certificate and key (PEM) brought from outside, or refuse in words.

    With `hosts`, at least one of them must be among its names: otherwise every phone would be warned off.
    """
    try:
        leaf = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise Refused(
            "certificate_unreadable", _("No se puede leer el certificado. Debe ser PEM.")
        ) from error
    try:
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except TypeError as error:
        raise Refused(
            "key_encrypted", _("La llave tiene contraseña. Guárdela sin ella, en modo 0600.")
        ) from error
    except (OSError, ValueError) as error:
        raise Refused(
            "key_unreadable", _("No se puede leer la llave del certificado. Debe ser PEM.")
        ) from error
    if _public_bytes(private.public_key()) != _public_bytes(leaf.public_key()):
        raise Refused("key_does_not_match", _("La llave no corresponde a ese certificado."))
    now = datetime.now(UTC)
    if now > leaf.not_valid_after_utc:
        raise Refused(
            "certificate_expired",
            _("El certificado venció el %(day)s.") % {"day": f"{leaf.not_valid_after_utc:%d/%m/%Y}"},
        )
    if now < leaf.not_valid_before_utc:
        raise Refused(
            "certificate_not_yet_valid",
            _("El certificado vale desde el %(day)s. Revise el reloj de este equipo.")
            % {"day": f"{leaf.not_valid_before_utc:%d/%m/%Y}"},
        )
    names = _names(leaf)
    asked = [_plain(host) for host in hosts]
    if asked and not any(_matches(name, host) for name in names for host in asked):
        raise Refused(
            "certificate_other_names",
            _("El certificado es para %(names)s, no para %(hosts)s.")
            % {"names": ", ".join(names) or "-", "hosts": ", ".join(asked)},
        )
    return SuppliedCertificate(names, leaf.not_valid_after_utc)


class TrustPage(ThreadingHTTPServer):
    """Plain HTTP beside the real server: how to trust it (`/`), its authority (`/ca.crt`), and a way to
    HTTPS.

    Use as a context manager: it answers from its own threads until the block ends.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str, port: int, *, page: bytes, ca: Path, https_port: int) -> None:
        self.page = page
        self.authority = _read_certificate(ca).public_bytes(serialization.Encoding.DER)
        self.https_port = https_port
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._room = threading.BoundedSemaphore(VISITORS_AT_ONCE)
        super().__init__((host, port), _TrustVisit)
        self._thread = threading.Thread(target=self.serve_forever, args=[0.1], name="trust-page", daemon=True)

    @property
    def port(self) -> int:
        return self.server_address[1]

    def __enter__(self) -> "TrustPage":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a visit to the trust page broke off", exc_info=True)


class _TrustVisit(BaseHTTPRequestHandler):
    server: TrustPage
    timeout = 5
    server_version, sys_version = "Amparo", ""

    def do_GET(self) -> None:
        if self.path == "/":
            self._answer(200, "text/html; charset=utf-8", self.server.page)
        elif self.path == "/ca.crt":
            self._answer(200, "application/x-x509-ca-cert", self.server.authority)
        else:
            self._send_to_https()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if length.isdigit():
            self.rfile.read(min(int(length), LARGEST_BODY))  # an unread body would cut the answer off
        self._send_to_https()

    def _send_to_https(self) -> None:
        host, _colon, port = self.headers.get("Host", "").strip().rpartition(":")
        if not host or not port.isdigit():
            host = self.headers.get("Host", "").strip()
        if not HOST.fullmatch(host):
            self._answer(400, "text/plain; charset=utf-8", b"")
            return
        port = "" if self.server.https_port == 443 else f":{self.server.https_port}"
        path = self.path if self.path.startswith("/") else "/"
        target = f"https://{host}{port}{path}"
        link = html.escape(target, quote=True)
        # Temporary: another installation may have this address tomorrow.
        self._answer(307, "text/html; charset=utf-8", f'<a href="{link}">HTTPS</a>'.encode(), Location=target)

    def _answer(self, status: int, kind: str, content: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
            **headers,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        log.debug(format, *arguments)


# --- addresses


def _outgoing() -> list[str]:
    """The address of the default route. Connecting a datagram socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # kept for documentation (RFC 5737)
        except OSError:
            return []
        return [probe.getsockname()[0]]


def _of_linux(tables: Path = Path("/proc/net")) -> list[str]:
    """What the kernel answers to: `host LOCAL` leaves of its routing table, and addresses of IPv6."""
    found = []
    try:
        leaf = ""
        for line in (tables / "fib_trie").read_text().splitlines():
            if "|--" in line:
                leaf = line.rpartition("|-- ")[2]
            elif "host LOCAL" in line:
                found.append(leaf)
        for line in (tables / "if_inet6").read_text().splitlines():
            found.append(str(ipaddress.IPv6Address(bytes.fromhex(line.split()[0]))))
    except OSError:
        pass
    return found


def _of_the_resolver() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]).partition("%")[0] for *_rest, address in found]


def _plain(host: str) -> str:
    plain = host.strip().strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(plain))  # fd00:0:0::07 is fd00::7
    except ValueError:
        return plain


def _is_name(host: str) -> bool:
    labels = host.split(".")
    return len(host) <= 253 and all(re.fullmatch(r"(?!-)[a-z0-9-]{1,63}(?<!-)", label) for label in labels)


# --- certificates


def _limits() -> x509.NameConstraints:
    """Private addresses, local names, and the machine's full name.

    Not its bare name: a limit covers what lies below, and a machine called `casa` would open a real domain.
    """
    domains = [*DOMAINS, *(name for name in local_names() if not name.endswith(".local"))]
    permitted: list[x509.GeneralName] = [x509.DNSName(domain) for domain in domains]
    return x509.NameConstraints(permitted + [x509.IPAddress(network) for network in NETWORKS], None)


def _make_authority(folder: Path) -> None:
    """Write a root without its key, and an issuer with its own."""
    label = f"Amparo {socket.gethostname().split('.')[0][:30]} {secrets.token_hex(2).upper()}"
    root_key, issuer_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    limits = _limits()
    root_name, issuer_name = _name(label), _name(f"{label} 1")
    begun = _begun(root_name, root_name, root_key.public_key(), AUTHORITY_DAYS)
    root = _as_authority(begun, limits, below=1).sign(root_key, hashes.SHA256())
    begun = _begun(issuer_name, root_name, issuer_key.public_key(), AUTHORITY_DAYS)
    issuer = (
        _as_authority(begun, limits, below=0)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_signed_by(root), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    _write(folder / ISSUER_KEY, _pem(issuer_key))
    _write(folder / ISSUER, _pem(issuer))
    _write(folder / ROOT, _pem(root))


def _issue(files: LanCertificate, folder: Path, authority: x509.Certificate, hosts: list[str]) -> None:
    issuer_key = serialization.load_pem_private_key((folder / ISSUER_KEY).read_bytes(), password=None)
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    days = min(CERTIFICATE_DAYS, (authority.not_valid_after_utc - datetime.now(UTC)).days)
    leaf = (
        _begun(_name("Amparo"), authority.subject, key.public_key(), days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(host) for host in hosts]), critical=False)
        .add_extension(_signed_by(authority), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    _write(files.key, _pem(key))
    _write(files.certificate, _pem(leaf) + _pem(authority))


def _authority_stands(folder: Path) -> bool:
    """Whether root, issuer and the issuer's key are there, belong together and last long enough."""
    try:
        root, issuer = _read_certificate(folder / ROOT), _read_certificate(folder / ISSUER)
        key = serialization.load_pem_private_key((folder / ISSUER_KEY).read_bytes(), password=None)
        issuer.verify_directly_issued_by(root)
    except Exception:  # unreadable, of another kind, or not signed by the root: there is none
        return False
    return (
        _public_bytes(key.public_key()) == _public_bytes(issuer.public_key())
        and datetime.now(UTC) < issuer.not_valid_after_utc - 2 * RENEW_BEFORE
    )


def _certificate_stands(files: LanCertificate, authority: x509.Certificate, hosts: list[str]) -> bool:
    try:
        leaf = _read_certificate(files.certificate)
        key = serialization.load_pem_private_key(files.key.read_bytes(), password=None)
    except (OSError, ValueError):
        return False
    now = datetime.now(UTC)
    return (
        leaf.issuer == authority.subject
        and _public_bytes(key.public_key()) == _public_bytes(leaf.public_key())
        and leaf.not_valid_before_utc <= now < leaf.not_valid_after_utc - RENEW_BEFORE
        and set(_names(leaf)) == set(hosts)
    )


def _begun(subject: x509.Name, issuer: x509.Name, public: Any, days: int) -> x509.CertificateBuilder:
    """A certificate that lasts `days` in all, begun a little in the past."""
    starts = datetime.now(UTC).replace(microsecond=0) - CLOCK_SLACK
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days) - timedelta(seconds=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _as_authority(
    builder: x509.CertificateBuilder, limits: x509.NameConstraints, *, below: int
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=below), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(limits, critical=True)
    )


def _usage(**allowed: bool) -> x509.KeyUsage:
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in every})


def _signed_by(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    known = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(known)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Amparo"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in alternatives if isinstance(name, x509.DNSName | x509.IPAddress)]


def _matches(name: str, host: str) -> bool:
    name = name.lower()
    return name == host or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _read_certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def _public_bytes(key: Any) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _pem(thing: Any) -> bytes:
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(serialization.Encoding.PEM)
    return thing.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes) -> None:
    """A private file, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    sync_folder(path.parent)
