"""A write-only drop box: anybody who holds the public key can put something in, only this installation takes it out.

A browser seals what a person finished to the public key (WebCrypto) and cannot read it back: a stolen phone yields
nothing that was finished. Sealed = magic, 8 bytes that name the key, a one-time P-256 public key (65 bytes), a
12-byte nonce, AES-256-GCM ciphertext; the bytes before the nonce are authenticated with it. The AES key is
HKDF-SHA256 of the ECDH secret, salted with both public keys. Key pairs are files of the keys folder, mode 0600; the
newest is handed out, all are accepted (ADR 0016).
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.conf import settings

from amparo.kernel.sealing import BrokenSeal, sync_folder, write_key_file

MAGIC = b"AMP1"
INFO = b"amparo drop box"
ID_BYTES, POINT_BYTES, NONCE_BYTES, TAG_BYTES = 8, 65, 12, 16
HEAD = len(MAGIC) + ID_BYTES + POINT_BYTES
PREFIX, SUFFIX = "drop-", ".key"
MOMENT = "%Y%m%dT%H%M%S%f"


class UnknownKey(BrokenSeal):
    """Sealed to a key that this installation does not hold."""


@dataclass(frozen=True, slots=True)
class DropKey:
    """One key pair. `public` is the uncompressed point, 65 bytes; `name` the first 8 bytes of its SHA-256."""

    private: ec.EllipticCurvePrivateKey
    public: bytes
    name: bytes


def write_drop_key(folder: Path) -> Path:
    """Add a key pair: from now on it is the one that is handed out. Older ones stay, for what phones still hold."""
    private = ec.generate_private_key(ec.SECP256R1())
    key = _named(private)
    # After the newest one, though a clock that was put back says otherwise: the last name is the one handed out.
    there = drop_key_files(folder)
    moment = (
        max(datetime.now(UTC), made_at(there[-1]) + timedelta(microseconds=1)) if there else datetime.now(UTC)
    )
    path = folder / f"{PREFIX}{moment.strftime(MOMENT)}-{key.name.hex()}{SUFFIX}"
    write_key_file(path, private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    sync_folder(folder)
    return path


def drop_key_files(folder: Path) -> list[Path]:
    """The oldest first."""
    return sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))


def made_at(path: Path) -> datetime:
    """When a key pair was made, by the name of its file."""
    moment = path.name.removeprefix(PREFIX).partition("-")[0]
    return datetime.strptime(moment, MOMENT).replace(tzinfo=UTC)


def current_key() -> DropKey:
    """The key pair to seal to. Raises `UnknownKey` where none was made: `amparo init` makes one."""
    files = drop_key_files(settings.HOME.keys)
    if files:
        return _read(files[-1])
    if settings.TESTING:
        return _for_tests()
    raise UnknownKey("no drop key")


def take_out(sealed: bytes) -> bytes:
    """What was put in. Raises `UnknownKey`, or `BrokenSeal` for anything that was changed or is no envelope."""
    if len(sealed) < HEAD + NONCE_BYTES + TAG_BYTES or not sealed.startswith(MAGIC):
        raise BrokenSeal("no envelope")
    head, nonce, ciphertext = sealed[:HEAD], sealed[HEAD : HEAD + NONCE_BYTES], sealed[HEAD + NONCE_BYTES :]
    key = _key_named(head[len(MAGIC) : len(MAGIC) + ID_BYTES])
    once = head[len(MAGIC) + ID_BYTES :]
    try:
        secret = key.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), once)
        )
        return _cipher(secret, once, key.public).decrypt(nonce, ciphertext, head)
    except (InvalidTag, ValueError) as error:
        raise BrokenSeal("drop box") from error


def put_in(content: bytes, public: bytes) -> bytes:
    """Seal as a browser does. `public` is a `DropKey.public`."""
    private = ec.generate_private_key(ec.SECP256R1())
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    once = _point(private)
    head = MAGIC + _name(public) + once
    nonce = os.urandom(NONCE_BYTES)
    cipher = _cipher(private.exchange(ec.ECDH(), theirs), once, public)
    return head + nonce + cipher.encrypt(nonce, content, head)


def _cipher(secret: bytes, once: bytes, public: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt=once + public, info=INFO).derive(secret))


def _key_named(name: bytes) -> DropKey:
    for path in reversed(drop_key_files(settings.HOME.keys)):
        if path.name.endswith(f"-{name.hex()}{SUFFIX}"):
            return _read(path)
    if settings.TESTING and _for_tests().name == name:
        return _for_tests()
    raise UnknownKey(name.hex())


@lru_cache(maxsize=16)
def _read(path: Path) -> DropKey:
    private = load_der_private_key(path.read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    return _named(private)


@lru_cache(maxsize=1)
def _for_tests() -> DropKey:
    return _named(ec.derive_private_key(7, ec.SECP256R1()))


def _named(private: ec.EllipticCurvePrivateKey) -> DropKey:
    public = _point(private)
    return DropKey(private, public, _name(public))


def _name(public: bytes) -> bytes:
    return hashlib.sha256(public).digest()[:ID_BYTES]


def _point(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
