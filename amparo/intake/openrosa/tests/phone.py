"""A phone with ODK Collect, as far as the wire can tell: okhttp's bodies, okhttp-digest's answers."""

import hashlib
import re
import uuid
from collections.abc import Iterable

BOUNDARY = "0c1b6f0e-6a52-4f0d-9b0e-9c7a5d2b9f11"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def filled(
    *,
    instance: str | None = None,
    form_id: str = "evaluacion",
    version: str = "3",
    answers: str = "<toilets>4</toilets>",
) -> bytes:
    """A submission as Collect writes it."""
    instance = instance or f"uuid:{uuid.uuid4()}"
    return (
        f'<?xml version=\'1.0\' ?><data id="{form_id}" version="{version}" '
        'xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:orx="http://openrosa.org/xforms" '
        'xmlns:jr="http://openrosa.org/javarosa">'
        f"<start>2026-11-22T08:12:41.123-06:00</start><wash>{answers}</wash>"
        f"<orx:meta><orx:instanceID>{instance}</orx:instanceID>"
        "<orx:instanceName>Escuela Lempira</orx:instanceName></orx:meta></data>"
    ).encode()


def body(
    xml: bytes, files: Iterable[tuple[str, str, bytes]] = (), *, more: str = "", newline: bytes = b"\r\n"
) -> bytes:
    """One post; `files` are (name, content type, content); `more`, when not empty, is *isIncomplete*."""
    parts = [_part('name="xml_submission_file"; filename="Evaluacion_2026.xml"', "text/xml", xml, newline)]
    parts += [
        _part(f'name="{name}"; filename="{name}"', kind, content, newline) for name, kind, content in files
    ]
    if more:
        parts.append(_part('name="*isIncomplete*"', "", more.encode(), newline))
    mark = b"--" + BOUNDARY.encode()
    return b"".join(mark + newline + part + newline for part in parts) + mark + b"--" + newline


def _part(disposition: str, content_type: str, content: bytes, newline: bytes) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}".encode()]
    if content_type:
        lines.append(f"Content-Type: {content_type}".encode())
    lines.append(f"Content-Length: {len(content)}".encode())
    return newline.join(lines) + newline * 2 + content


def digest_answer(
    challenge: str,
    *,
    username: str,
    secret: str,
    method: str,
    uri: str,
    cnonce: str = "0a4f113b",
    count: int = 1,
) -> str:
    """The Authorization header with which okhttp-digest answers a challenge."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    nc = f"{count:08x}"
    ha1 = _md5(f"{username}:{said['realm']}:{secret}")
    ha2 = _md5(f"{method}:{uri}")
    proof = _md5(f"{ha1}:{said['nonce']}:{nc}:{cnonce}:auth:{ha2}")
    return (
        f'Digest username="{username}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
        f'response="{proof}", qop=auth, nc={nc}, cnonce="{cnonce}", algorithm=MD5'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
