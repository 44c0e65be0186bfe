"""The age file format, written and read as a stream: a file of any size, opened by the standard `age` tool.

Backups use it (format: https://age-encryption.org/v1). The library pyrage handles a passphrase only with the
whole file in memory, and a country's database does not fit there; so the format's few lines stand here over
the primitives of `cryptography`, and the tests check them against pyrage in both directions.

A file key of 16 bytes is wrapped by a passphrase (scrypt) or for a public key (X25519) in a text header; the
content follows in chunks of 64 KiB (ChaCha20-Poly1305), the last one marked, so that a cut file is noticed.
"""

import hmac
import io
import os
import unicodedata
from base64 import b64decode, b64encode
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

VERSION_LINE = b"age-encryption.org/v1\n"
ANY_VERSION = b"age-encryption.org/"
LONGEST_LINE = 4096
MOST_STANZAS = 64
CHUNK = 64 * 1024
TAG = 16
ZERO_NONCE = bytes(12)
WORK_FACTOR = 18  # scrypt with N = 2**18: about a second and 256 MB, what the standard tool uses
HARDEST_WORK_FACTOR = 22  # a hostile header must not ask for hours and gigabytes

Stanza = tuple[list[str], bytes]


class AgeError(Exception):
    """The file cannot be opened."""


class NotAge(AgeError):
    """It is not an age file at all."""


class NewerAge(AgeError):
    """An age file of a version this program does not know."""


class WrongKey(AgeError):
    """The passphrase or key does not open it."""


class OtherKey(WrongKey):
    """It opens with the other kind: a key instead of a passphrase, or the reverse."""


class Damaged(AgeError):
    """It was cut, changed, or is incomplete."""


class BadKey(Exception):
    """The text is not a key of the kind asked for."""


class Lock(Protocol):
    """What closes a file: wraps its key into one stanza of the header."""

    def wrap(self, file_key: bytes) -> bytes: ...


class Key(Protocol):
    """What opens a file: the file key from the header's stanzas, or `WrongKey`."""

    def unwrap(self, stanzas: list[Stanza]) -> bytes: ...


class Passphrase:
    """Closes and opens with a passphrase (compared in the composed form NFC)."""

    def __init__(self, text: str, work_factor: int = WORK_FACTOR) -> None:
        self._text = unicodedata.normalize("NFC", text).encode()
        self._work_factor = work_factor

    def wrap(self, file_key: bytes) -> bytes:
        salt = os.urandom(16)
        body = self._cipher(salt, self._work_factor).encrypt(ZERO_NONCE, file_key, None)
        return _stanza(f"scrypt {_base64(salt)} {self._work_factor}", body)

    def unwrap(self, stanzas: list[Stanza]) -> bytes:
        if len(stanzas) != 1 or stanzas[0][0][0] != "scrypt":
            raise OtherKey
        arguments, body = stanzas[0]
        if len(arguments) != 3 or not (arguments[2].isascii() and arguments[2].isdigit()) or len(body) != 32:
            raise Damaged
        salt, work_factor = _unbase64(arguments[1]), int(arguments[2])
        if len(salt) != 16 or not 1 <= work_factor <= HARDEST_WORK_FACTOR:
            raise Damaged
        try:
            return self._cipher(salt, work_factor).decrypt(ZERO_NONCE, body, None)
        except InvalidTag as error:
            raise WrongKey from error

    def _cipher(self, salt: bytes, work_factor: int) -> ChaCha20Poly1305:
        kdf = Scrypt(salt=b"age-encryption.org/v1/scrypt" + salt, length=32, n=1 << work_factor, r=8, p=1)
        return ChaCha20Poly1305(kdf.derive(self._text))


class Recipient:
    """Closes for the holder of a key, known by its public half (`age1...`). Raises `BadKey`."""

    def __init__(self, text: str) -> None:
        self._public = _bech32(text, "age")

    def wrap(self, file_key: bytes) -> bytes:
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        try:
            secret = ephemeral.exchange(X25519PublicKey.from_public_bytes(self._public))
        except ValueError as error:  # a point that gives the same secret to everybody
            raise BadKey from error
        body = _x25519_cipher(secret, share, self._public).encrypt(ZERO_NONCE, file_key, None)
        return _stanza(f"X25519 {_base64(share)}", body)


class Identity:
    """Opens what was closed for its public half; written `AGE-SECRET-KEY-1...`. Raises `BadKey`."""

    def __init__(self, text: str) -> None:
        self._private = X25519PrivateKey.from_private_bytes(_bech32(text, "age-secret-key-"))
        self._public = self._private.public_key().public_bytes_raw()

    def unwrap(self, stanzas: list[Stanza]) -> bytes:
        if stanzas[0][0][0] == "scrypt":
            raise OtherKey
        for arguments, body in stanzas:
            if arguments[0] == "X25519" and len(arguments) == 2 and len(body) == 32:
                share = _unbase64(arguments[1])
                try:
                    secret = self._private.exchange(X25519PublicKey.from_public_bytes(share))
                    return _x25519_cipher(secret, share, self._public).decrypt(ZERO_NONCE, body, None)
                except ValueError as error:
                    raise Damaged from error
                except InvalidTag:
                    continue  # addressed to another key
        raise WrongKey


class Sealer:
    """A binary file to write to: what is written reaches `file` encrypted.

    Only `close` makes it whole, and nothing else calls it: a writer that fails must leave a file seen to be
    cut.
    """

    def __init__(self, file: BinaryIO, lock: Lock) -> None:
        file_key, nonce = os.urandom(16), os.urandom(16)
        header = VERSION_LINE + lock.wrap(file_key) + b"---"
        file.write(header + b" " + _base64(_header_mac(file_key, header)).encode() + b"\n" + nonce)
        self._file = file
        self._cipher = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
        self._counter = 0
        self._waiting = bytearray()

    def write(self, content: "bytes | bytearray | memoryview") -> int:
        self._waiting += content
        while len(self._waiting) > CHUNK:  # the last chunk may be full but not empty
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(content)

    def flush(self) -> None:
        """Nothing to do: only whole chunks can be written before the end."""

    def close(self) -> None:
        self._put(bytes(self._waiting), last=True)

    def _put(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_chunk_nonce(self._counter, last=last), chunk, None))
        self._counter += 1


class Opener(io.RawIOBase):
    """A binary file to read from: gives what `file` holds, chunk by chunk, each authenticated before it is
    given.

    Raises `NotAge`, `NewerAge`, `WrongKey`, `Damaged`. The end is proven only once a read has returned b"".
    """

    def __init__(self, file: BinaryIO, key: Key) -> None:
        header, stanzas, mac = _read_header(file)
        file_key = key.unwrap(stanzas)
        if not hmac.compare_digest(_header_mac(file_key, header), mac):
            raise Damaged
        nonce = file.read(16)
        if len(nonce) != 16:
            raise Damaged
        self._file = file
        self._cipher = ChaCha20Poly1305(_hkdf(file_key, nonce, b"payload"))
        self._counter = 0
        self._next = file.read(CHUNK + TAG)
        self._ready = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._ready and not self._ended:
            self._ready = memoryview(self._take())
        given = min(len(buffer), len(self._ready))
        buffer[:given] = self._ready[:given]
        self._ready = self._ready[given:]
        return given

    def _take(self) -> bytes:
        chunk, self._next = self._next, self._file.read(CHUNK + TAG)
        self._ended = not self._next
        if len(chunk) <= TAG and not (self._counter == 0 and self._ended and len(chunk) == TAG):
            raise Damaged
        try:
            content = self._cipher.decrypt(_chunk_nonce(self._counter, last=self._ended), chunk, None)
        except InvalidTag as error:
            raise Damaged from error
        self._counter += 1
        return content


def _read_header(file: BinaryIO) -> tuple[bytes, list[Stanza], bytes]:
    """The header up to and including `---`, its stanzas and its MAC."""
    header = file.readline(LONGEST_LINE)
    if not header.startswith(ANY_VERSION):
        raise NotAge
    if header != VERSION_LINE:
        raise NewerAge if header.endswith(b"\n") else Damaged
    stanzas: list[Stanza] = []
    while (line := _line(file)).startswith(b"-> "):
        arguments = line[3:].decode("ascii", "replace").split(" ")
        header += line + b"\n"
        body = b""
        while len(part := _line(file)) == 64:
            header += part + b"\n"
            body += part
        header += part + b"\n"
        stanzas.append((arguments, _unbase64((body + part).decode("ascii", "replace"))))
        if len(stanzas) > MOST_STANZAS or len(header) > 16 * LONGEST_LINE:
            raise Damaged
    if not stanzas or not line.startswith(b"--- "):
        raise Damaged
    return header + b"---", stanzas, _unbase64(line[4:].decode("ascii", "replace"))


def _line(file: BinaryIO) -> bytes:
    line = file.readline(LONGEST_LINE)
    if not line.endswith(b"\n"):
        raise Damaged
    return line[:-1]


def _stanza(arguments: str, body: bytes) -> bytes:
    return f"-> {arguments}\n{_base64(body)}\n".encode()  # the bodies here are 32 bytes: one short line


def _base64(content: bytes) -> str:
    return b64encode(content).decode().rstrip("=")


def _unbase64(text: str) -> bytes:
    """Base64 without padding, canonical only: a header must not have two spellings."""
    try:
        content = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError as error:
        raise Damaged from error
    if _base64(content) != text:
        raise Damaged
    return content


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=info).derive(secret)


def _header_mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), header, "sha256")


def _chunk_nonce(counter: int, *, last: bool) -> bytes:
    return counter.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _x25519_cipher(secret: bytes, share: bytes, public: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_hkdf(secret, share + public, b"age-encryption.org/v1/X25519"))


BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def _bech32(text: str, prefix: str) -> bytes:
    """The 32 bytes of a key written in Bech32 (BIP 173); its checksum catches any mistyped character."""
    text = text.strip()
    if text not in (text.lower(), text.upper()):
        raise BadKey
    found, _, data = text.lower().rpartition("1")
    if found != prefix or len(data) != 58 or any(letter not in BECH32 for letter in data):
        raise BadKey
    values = [BECH32.index(letter) for letter in data]
    expanded = [ord(letter) >> 5 for letter in prefix] + [0] + [ord(letter) & 31 for letter in prefix]
    if _bech32_checksum(expanded + values) != 1:
        raise BadKey
    number = 0
    for value in values[:-6]:
        number = number << 5 | value
    if number & 0b1111:  # 52 groups of 5 bits carry 256 bits and four bits of nothing
        raise BadKey
    return (number >> 4).to_bytes(32, "big")


def _bech32_checksum(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            checksum ^= generator if top >> bit & 1 else 0
    return checksum
