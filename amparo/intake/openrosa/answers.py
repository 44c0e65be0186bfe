"""What the server says back to a phone: OpenRosa's own XML and headers.

Sources: docs.getodk.org/openrosa-http, -form-list, -form-submission; Collect requires `formID`, `name` and
`downloadUrl` of each form, and a `md5:` hash of each media file.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

CONTENT_TYPE = "text/xml; charset=utf-8"
VERSION = "1.0"

SUBMIT_SUCCESS = "submit_success"
SUBMIT_ERROR = "submit_error"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_RESPONSE = "http://openrosa.org/http/response"
_FORM_LIST = "http://openrosa.org/xforms/xformsList"
_MANIFEST = "http://openrosa.org/xforms/xformsManifest"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class ListedForm:
    """One form a phone may download. Addresses are absolute; `manifest_url` is empty when it has none."""

    form_id: str
    name: str
    version: str
    hash: str
    download_url: str
    manifest_url: str = ""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file a form needs beside it: its plain name, the hash of its content, its absolute address."""

    name: str
    hash: str
    download_url: str


def md5_hash(content: bytes) -> str:
    """The hash OpenRosa asks for. It says "this changed", it proves nothing."""
    return "md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest()


def wire_headers(now: datetime, accept_length: int | None = None) -> dict[str, str]:
    """Headers of every answer at `now` (UTC).

    `accept_length`: bytes of one post above which a phone should split it.
    """
    headers = {"X-OpenRosa-Version": VERSION, "Date": format_datetime(now, usegmt=True)}
    if accept_length is not None:
        headers["X-OpenRosa-Accept-Content-Length"] = str(accept_length)
    return headers


def response(message: str, nature: str) -> bytes:
    """An OpenRosaResponse with words for the person who holds the phone."""
    return _document(
        f'<OpenRosaResponse xmlns="{_RESPONSE}">'
        f"<message nature={quoteattr(_clean(nature))}>{_text(message)}</message></OpenRosaResponse>"
    )


def form_list(forms: Iterable[ListedForm]) -> bytes:
    """The forms a phone may download."""
    return _document(f'<xforms xmlns="{_FORM_LIST}">{"".join(map(_form, forms))}</xforms>')


def manifest(files: Iterable[ListedFile]) -> bytes:
    """The files one form needs."""
    return _document(f'<manifest xmlns="{_MANIFEST}">{"".join(map(_file, files))}</manifest>')


def _form(form: ListedForm) -> str:
    manifest_url = _element("manifestUrl", form.manifest_url) if form.manifest_url else ""
    return (
        f"<xform>{_element('formID', form.form_id)}{_element('name', form.name)}"
        f"{_element('version', form.version)}{_element('hash', form.hash)}"
        f"{_element('downloadUrl', form.download_url)}{manifest_url}</xform>"
    )


def _file(file: ListedFile) -> str:
    return (
        f"<mediaFile>{_element('filename', file.name)}{_element('hash', file.hash)}"
        f"{_element('downloadUrl', file.download_url)}</mediaFile>"
    )


def _element(name: str, text: str) -> str:
    return f"<{name}>{_text(text)}</{name}>"


def _text(text: str) -> str:
    return escape(_clean(text))


def _clean(text: str) -> str:
    """Without the characters that no XML may carry."""
    return _NOT_XML.sub("�", text)


def _document(body: str) -> bytes:
    return (_HEAD + body).encode()
