"""Which device is speaking: HTTP Basic and Digest with one random secret per device.

A secret has 138 random bits, so one fast hash of it is safe to keep for Basic; the HA1 of Digest lets whoever
holds it speak as the device, and the caller seals it. Digest is MD5 alone: it is what we ask for and what
every phone knows, and with a random secret nothing is gained by SHA-256. The nonce is signed and dated rather
than stored, so that any process may check it; within its life a request could be replayed, which is harmless:
the same submission twice is one record. Sources: RFC 7616, RFC 7617; okhttp-digest as ODK Collect uses it
(qop=auth, stale=true to renew).
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes, urlsplit

NONCE_LIFE = timedelta(minutes=15)
CLOCK_SLACK = timedelta(minutes=1)

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without i, l, o, 0, 1: read aloud and typed without doubt
_GROUPS, _GROUP = 7, 4  # 28 letters of 31: 138 bits
_MAX_HEADER = 4_096
_PARAMETER = re.compile(r'([A-Za-z*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_ESCAPED = re.compile(r"\\(.)")
_NONCE = struct.Struct(">Q8s16s")  # second, random, signature
_COUNT = re.compile(r"[0-9a-fA-F]{8}\Z")


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept of a secret, in hexadecimal. `ha1` is as good as the secret for Digest: seal it."""

    secret_sha256: str
    ha1: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`device` is the name that proved itself, or None. `stale`: right, but to an old nonce; ask again."""

    device: str | None = None
    stale: bool = False


Lookup = Callable[[str], Verifier | None]

_NOBODY = Verifier("0" * 64, "0" * 32)


def new_secret() -> str:
    """A secret of 138 random bits in seven groups of four, such as "k7qm-3xwd-...", hyphens included."""
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def verifier_for(device: str, realm: str, secret: str) -> Verifier:
    """What to keep of `secret`. Changing the device's name or the realm needs a new secret."""
    return Verifier(
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        ha1=_md5(f"{device}:{realm}:{secret}"),
    )


def challenge(realm: str, key: bytes, now: datetime, *, stale: bool = False) -> str:
    """The WWW-Authenticate of a 401: one Digest challenge, which Collect answers over HTTP and HTTPS alike.

    Basic is accepted without being asked for, since a phone would send its secret in clear.
    """
    renew = ", stale=true" if stale else ""
    return f'Digest realm="{realm}", qop="auth", algorithm=MD5, nonce="{_nonce(realm, key, now)}"{renew}'


def check(
    header: str, *, method: str, uri: str, lookup: Lookup, realm: str, key: bytes, now: datetime
) -> Checked:
    """Who speaks, from the Authorization header.

    `uri` is the path with its query as the request line has it; `lookup` gives what is kept of a device.
    Comparisons take the same time for a wrong secret and an unknown device.
    """
    scheme, _space, rest = header.partition(" ")
    if len(header) > _MAX_HEADER:
        return Checked()
    if scheme.lower() == "basic":
        return _check_basic(rest, lookup)
    if scheme.lower() == "digest":
        return _check_digest(rest, method, uri, lookup, realm, key, now)
    return Checked()


def _check_basic(encoded: str, lookup: Lookup) -> Checked:
    try:
        raw = base64.b64decode(encoded.strip(), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, ValueError):
        return Checked()
    device, colon, secret = text.partition(":")
    if not colon or not device:
        return Checked()
    kept = lookup(device) or _NOBODY
    given = hashlib.sha256(secret.encode()).hexdigest()
    return Checked(device) if hmac.compare_digest(given, kept.secret_sha256) else Checked()


def _check_digest(
    rest: str, method: str, uri: str, lookup: Lookup, realm: str, key: bytes, now: datetime
) -> Checked:
    said = _parameters(rest)
    device, cnonce, count = said.get("username", ""), said.get("cnonce", ""), said.get("nc", "")
    if said.get("algorithm", "MD5").upper() != "MD5" or (said.get("qop"), said.get("realm")) != (
        "auth",
        realm,
    ):
        return Checked()
    if not device or not cnonce or not _COUNT.match(count) or not _same_address(said.get("uri", ""), uri):
        return Checked()
    age = _age_of_nonce(said.get("nonce", ""), realm, key, now)
    if age is None:
        return Checked()
    kept = lookup(device) or _NOBODY
    ha2 = _md5(f"{method}:{said['uri']}")
    expected = _md5(f"{kept.ha1}:{said['nonce']}:{count}:{cnonce}:auth:{ha2}")
    given = said.get("response", "").lower().encode("utf-8", "replace")
    if not hmac.compare_digest(given, expected.encode()) or kept is _NOBODY:
        return Checked()
    if not -CLOCK_SLACK <= age <= NONCE_LIFE:
        return Checked(stale=True)
    return Checked(device)


def _parameters(rest: str) -> dict[str, str]:
    return {
        name.lower(): _ESCAPED.sub(r"\1", quoted) if quoted else bare
        for name, quoted, bare in _PARAMETER.findall(rest)
    }


def _same_address(said: str, uri: str) -> bool:
    """Path and query say the same resource. The path may be escaped otherwise (%7E for ~), the query not."""
    one, other = _split(said), _split(uri)
    return one is not None and one == other


def _split(uri: str) -> tuple[bytes, str] | None:
    try:
        parts = urlsplit(uri)
        return unquote_to_bytes(parts.path), parts.query
    except ValueError:
        return None


def _nonce(realm: str, key: bytes, now: datetime) -> str:
    second, salt = int(now.timestamp()), secrets.token_bytes(8)
    packed = _NONCE.pack(second, salt, _signature(realm, key, second, salt))
    return base64.urlsafe_b64encode(packed).decode()


def _age_of_nonce(nonce: str, realm: str, key: bytes, now: datetime) -> timedelta | None:
    """How old a nonce of ours is; None when it is not ours."""
    try:
        second, salt, signature = _NONCE.unpack(base64.b64decode(nonce, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, struct.error):
        return None
    if not hmac.compare_digest(signature, _signature(realm, key, second, salt)):
        return None
    return timedelta(seconds=now.timestamp() - second)


def _signature(realm: str, key: bytes, second: int, salt: bytes) -> bytes:
    said = b"amparo digest nonce\x00" + realm.encode() + b"\x00" + struct.pack(">Q", second) + salt
    return hmac.digest(key, said, "sha256")[:16]


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
