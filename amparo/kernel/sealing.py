"""Sealing: what must not be read from a stolen disk, and hashes by which a secret can be found but not guessed.

One master key file per installation, outside the database, mode 0600. Keys per data class and purpose are derived
from it (HKDF-SHA256). Sealed = version byte, 12-byte nonce, AES-256-GCM ciphertext; the data class and the
caller's context are authenticated with it, so that a sealed value cannot be moved to another place.
"""

import hashlib
import hmac
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from amparo.kernel.classes import DataClass

VERSION = b"\x01"
MASTER = "master.key"


class BrokenSeal(Exception):
    """The sealed value was changed, belongs elsewhere, or was sealed under another key."""


def write_new_keys(folder: Path) -> None:
    """Create the key files of a new installation; existing ones are never touched."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, content in (
        (MASTER, secrets.token_bytes(32)),
        ("django.key", secrets.token_urlsafe(48).encode()),
    ):
        if not (folder / name).exists():
            write_key_file(folder / name, content)
    sync_folder(folder)


def write_key_file(path: Path, content: bytes) -> None:
    """A new file of the keys folder, readable by its owner alone from the first moment. Its folder is not synced."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the folder's entries (new names, renames) survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keys_are_private(folder: Path) -> bool:
    """Whether no one but the owner can read any key file."""
    return all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *folder.iterdir()))


@lru_cache(maxsize=4)
def _master(path: Path) -> bytes:
    if settings.TESTING and not path.is_file():
        return b"t" * 32
    return path.read_bytes()


@lru_cache(maxsize=64)
def _derived(path: Path, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"amparo", info=purpose.encode()).derive(_master(path))


def _key(purpose: str) -> bytes:
    return _derived(settings.HOME.keys / MASTER, purpose)


@lru_cache(maxsize=16)
def _cipher(home: Any, purpose: str) -> AESGCM:
    """Asked for every value of a long list, so it is found by its installation: spelling a path out anew is slow."""
    return AESGCM(_derived(home.keys / MASTER, purpose))


def seal(content: bytes, data_class: DataClass, *, context: str) -> bytes:
    """Seal `content` for its data class; `context` says where it stands (table and field, say)."""
    nonce = os.urandom(12)
    cipher = _cipher(settings.HOME, f"seal:{data_class}")
    return VERSION + nonce + cipher.encrypt(nonce, content, f"{data_class}:{context}".encode())


def unseal(sealed: bytes, data_class: DataClass, *, context: str) -> bytes:
    """The content again, or `BrokenSeal`."""
    sealed = bytes(sealed)
    if sealed[:1] != VERSION:
        raise BrokenSeal("unknown version")
    cipher = _cipher(settings.HOME, f"seal:{data_class}")
    try:
        return cipher.decrypt(sealed[1:13], sealed[13:], f"{data_class}:{context}".encode())
    except (InvalidTag, ValueError) as error:  # ValueError: cut so short that no nonce is left
        raise BrokenSeal(context) from error


def keyed_hash(value: str, *, purpose: str) -> str:
    """A hash to find a value by (64 hex digits): useless without the key file, unlike a plain hash of an ID."""
    return hmac.new(_key(f"find:{purpose}"), value.encode(), hashlib.sha256).hexdigest()


def signing_key(purpose: str) -> bytes:
    """32 bytes for signing short-lived things (nonces, links) of one purpose."""
    return _key(f"sign:{purpose}")
