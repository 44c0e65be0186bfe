"""What lies inside a sealed envelope: who filled the form, the form, its files.

Four bytes (big endian) give the length of a JSON header {"author": text, "xml": size, "files": [[name, size], ...]};
then come the XML and the files, one after the other. A rescue file is a line of magic and, for each envelope, its
length in four bytes and the envelope.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from amparo.intake.openrosa.multipart import MAX_NAME, XML_LIMIT
from amparo.intake.problems import WireProblem

RESCUE = b"AMPARO RESCATE 1\n"
MAX_HEADER = 64 * 1024
MAX_FILES = 200
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Package:
    """One finished form as its author left it. `author` is a token of ours (`web.author`), or "" for none."""

    author: str
    xml: bytes
    files: tuple[tuple[str, bytes], ...] = ()


def pack(package: Package) -> bytes:
    """The bytes of a package, as a browser writes them."""
    header = {
        "author": package.author,
        "xml": len(package.xml),
        "files": [[name, len(content)] for name, content in package.files],
    }
    said = json.dumps(header).encode()
    return b"".join([_LENGTH.pack(len(said)), said, package.xml, *(content for _n, content in package.files)])


def unpack(content: bytes) -> Package:
    """The package again. Raises WireProblem 400 where it is none, 413 where the form alone is too large."""
    header, at = _header(content)
    try:
        author, size, listed = str(header["author"]), int(header["xml"]), list(header["files"])
        sizes = [(str(name), int(length)) for name, length in listed]
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable() from error
    if size > XML_LIMIT:
        raise WireProblem(
            "form_too_large", _("El formulario solo, sin fotos, es demasiado grande."), status=413
        )
    if len(sizes) > MAX_FILES or min([size, *(length for _name, length in sizes)]) < 0:
        raise _unreadable()
    if at + size + sum(length for _name, length in sizes) != len(content):
        raise _unreadable()
    xml, at = content[at : at + size], at + size
    files = []
    for name, length in sizes:
        files.append((_plain(name), content[at : at + length]))
        at += length
    return Package(author, xml, tuple(files))


def envelopes(rescue: bytes) -> Iterator[bytes]:
    """The envelopes of a rescue file, still sealed. Raises WireProblem 400 at the point where it breaks off."""
    if not rescue.startswith(RESCUE):
        raise WireProblem("not_a_rescue", _("Este archivo no es un rescate de Amparo."))
    at = len(RESCUE)
    while at < len(rescue):
        length = _LENGTH.unpack_from(rescue, at)[0] if at + _LENGTH.size <= len(rescue) else len(rescue)
        at += _LENGTH.size
        if at + length > len(rescue):
            raise WireProblem(
                "rescue_broken_off",
                _("El archivo está cortado. Lo anterior se recibió; guarde el rescate otra vez."),
            )
        yield rescue[at : at + length]
        at += length


def _header(content: bytes) -> tuple[dict, int]:
    if len(content) < _LENGTH.size:
        raise _unreadable()
    end = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    if not _LENGTH.size < end <= min(len(content), MAX_HEADER):
        raise _unreadable()
    try:
        header = json.loads(content[_LENGTH.size : end])
    except ValueError as error:
        raise _unreadable() from error
    if not isinstance(header, dict):
        raise _unreadable()
    return header, end


def _plain(name: str) -> str:
    """A file's name without folders or control characters."""
    name = "".join(letter for letter in name.replace("\\", "/").rpartition("/")[2] if letter.isprintable())
    if not name or len(name) > MAX_NAME:
        raise _unreadable()
    return name


def _unreadable() -> WireProblem:
    return WireProblem(
        "unreadable", _("Lo enviado no se entiende. Sigue en el teléfono; avise a quien coordina.")
    )
