"""The body a phone posts: multipart/form-data, read strictly and within bounds.

The whole body is in memory already (the server bounds its size); parts are slices of it, never copies.
Sources: RFC 7578, RFC 2046 section 5.1; the layout of okhttp as ODK Collect uses it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from django.utils.translation import gettext as _

from amparo.intake.problems import WireProblem

XML_FIELD = "xml_submission_file"
MORE_FIELD = "*isIncomplete*"  # Collect adds it to each part of a split submission but the last
XML_LIMIT = 1024 * 1024
MAX_PARTS = 200  # Collect sends at most 101 files at once
MAX_HEADER_BYTES = 8 * 1024
MAX_LOOKALIKES = 1000  # lines that begin like the boundary and are not it: bounds the work on hostile bodies
MAX_NAME = 250

_BOUNDARY = re.compile(
    r"(?:^|;)\s*boundary\s*=\s*(?:\"([^\"\r\n]{1,70})\"|([^\s;\"]{1,70}))\s*(?:;|$)", re.IGNORECASE
)
_REST_OF_DELIMITER = re.compile(rb"(--)?[ \t]*(\r\n|\n|\Z)")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_PARAMETER = re.compile(r';\s*([\w!#$%&\'*+.^`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_PLAIN_ENCODINGS = {"", "binary", "8bit", "7bit", "identity"}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file sent beside the form. `name` has no folder, no control character, at most 250 characters."""

    name: str
    content_type: str
    content: memoryview


@dataclass(frozen=True, slots=True)
class Envelope:
    """One post. `more_follow`: the phone split its files and will post the same form again with the rest."""

    xml: memoryview
    attachments: tuple[Attachment, ...] = ()
    more_follow: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    filename: str
    content_type: str
    content: memoryview


def open_envelope(
    body: bytes, *, content_type: str, content_encoding: str = "", xml_limit: int = XML_LIMIT
) -> Envelope:
    """The form and the files of one post; slices of `body`.

    Raises WireProblem: 415 when it is no multipart or is compressed, 413 when the form alone is over
    `xml_limit` bytes, 400 otherwise.
    """
    boundary = _boundary(content_type, content_encoding)
    if not body:
        raise WireProblem("empty_body", _("El envío llegó vacío."))
    forms: list[memoryview] = []
    files: dict[str, Attachment] = {}
    names: list[str] = []
    more_follow = False
    for part in _parts(body, boundary):
        names.append(part.name)
        if part.name == XML_FIELD:
            forms.append(part.content)
        elif part.filename:
            _add(files, part)
        elif part.name == MORE_FIELD:
            more_follow = bytes(part.content[:3]).lower() == b"yes"
    return Envelope(_only_form(forms, names, xml_limit), tuple(files.values()), more_follow)


def _boundary(content_type: str, content_encoding: str) -> bytes:
    if content_encoding.strip().lower() not in ("", "identity"):
        raise WireProblem(
            "compressed", _("El envío viene comprimido. Debe enviarse sin comprimir."), status=415
        )
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "multipart/form-data":
        raise WireProblem(
            "not_multipart",
            _("Se espera multipart/form-data con la parte «%(field)s».") % {"field": XML_FIELD},
            status=415,
        )
    found = _BOUNDARY.search(content_type)
    boundary = (found[1] or found[2]) if found else ""
    if not boundary or not boundary.isascii():
        raise WireProblem("no_boundary", _("El envío no dice dónde empieza cada parte (boundary)."))
    return boundary.encode("ascii")


def _parts(body: bytes, boundary: bytes) -> Iterator[_Part]:
    view = memoryview(body)
    for count, (start, end) in enumerate(_spans(body, b"--" + boundary)):
        if count >= MAX_PARTS:
            raise WireProblem(
                "too_many_parts", _("El envío trae más de %(limit)d partes.") % {"limit": MAX_PARTS}
            )
        headers, at = _headers(body, start, end)
        yield _part(headers, view[at:end])


def _spans(body: bytes, mark: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of every part, headers included. Raises when the closing boundary never comes."""
    at = 0 if body.startswith(mark) else body.find(b"\n" + mark) + 1
    line = _REST_OF_DELIMITER.match(body, at + len(mark)) if body.startswith(mark, at) else None
    if line is None:
        raise _cut_short()
    if line[1]:
        return
    separator = line[2] + mark
    lookalikes = 0
    start = line.end()
    # The newline just read may itself open the next delimiter: a part may be empty even of headers.
    search_from = max(start - len(line[2]), 0)
    while True:
        end = body.find(separator, search_from)
        if end < 0:
            raise _cut_short()
        line = _REST_OF_DELIMITER.match(body, end + len(separator))
        if line is None or not (line[1] or line[2]):
            lookalikes += 1
            if lookalikes > MAX_LOOKALIKES:
                raise _cut_short()
            search_from = end + len(separator)
            continue
        yield start, max(start, end)
        if line[1]:
            return
        start = line.end()
        search_from = start - len(line[2])


def _cut_short() -> WireProblem:
    return WireProblem("truncated", _("El envío llegó incompleto. Vuelva a enviarlo."))


def _headers(body: bytes, start: int, end: int) -> tuple[dict[str, str], int]:
    """The header lines of one part by lower-case name, and where its content begins."""
    if body.startswith((b"\r\n", b"\n"), start):
        raise _nameless()
    limit = min(end, start + MAX_HEADER_BYTES)
    blank = _BLANK_LINE.search(body, start, limit)
    if blank is None:
        if end - start > MAX_HEADER_BYTES:
            raise WireProblem("header_too_long", _("El encabezado de una parte es demasiado largo."))
        # Headers that end at the boundary itself: what looked like their blank line was its newline.
        blank_at, content_at = end, end
    else:
        blank_at, content_at = blank.start(), blank.end()
    headers: dict[str, str] = {}
    for each in _FOLD.sub(" ", _text(body[start:blank_at])).split("\n"):
        name, colon, value = each.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    return headers, content_at


def _text(raw: bytes) -> str:
    """Header text: UTF-8 as phones send it, else Latin-1, which reads any byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _part(headers: dict[str, str], content: memoryview) -> _Part:
    disposition = headers.get("content-disposition", "")
    parameters = {
        name.lower(): _ESCAPED.sub(r"\1", quoted) or bare
        for name, quoted, bare in _PARAMETER.findall(disposition)
    }
    name = parameters.get("name", "")
    if disposition.partition(";")[0].strip().lower() != "form-data" or not name:
        raise _nameless()
    if headers.get("content-transfer-encoding", "").lower() not in _PLAIN_ENCODINGS:
        raise WireProblem(
            "part_encoded",
            _("La parte «%(name)s» viene codificada. Debe enviarse tal cual (binary).") % {"name": name[:80]},
            status=415,
        )
    filename = _extended(parameters.get("filename*", "")) or parameters.get("filename", "")
    return _Part(name, filename, headers.get("content-type", "application/octet-stream"), content)


def _extended(value: str) -> str:
    """A name written as RFC 8187 (charset'language'percent-encoded); empty when it is not readable."""
    charset, _quote, rest = value.partition("'")
    encoded = rest.partition("'")[2]
    if charset.lower() not in ("utf-8", "iso-8859-1") or not encoded.isascii():
        return ""
    try:
        return unquote_to_bytes(encoded).decode(charset)
    except UnicodeDecodeError:
        return ""


def _nameless() -> WireProblem:
    return WireProblem("part_without_name", _("Una parte del envío no dice su nombre."))


def _add(files: dict[str, Attachment], part: _Part) -> None:
    name = part.filename
    if "/" in name or "\\" in name or name in (".", ".."):
        raise WireProblem(
            "attachment_name",
            _("El archivo «%(name)s» lleva carpetas en su nombre. Debe ir sin carpetas.")
            % {"name": name[:80]},
        )
    if len(name) > MAX_NAME or any(ord(each) < 32 or 127 <= ord(each) < 160 for each in name):
        raise WireProblem(
            "attachment_name", _("El nombre de un archivo es muy largo o tiene signos inválidos.")
        )
    before = files.get(name)
    if before is None:
        files[name] = Attachment(name, part.content_type, part.content)
    elif before.content != part.content:
        raise WireProblem(
            "attachment_twice", _("Llegaron dos archivos distintos llamados «%(name)s».") % {"name": name}
        )


def _only_form(forms: list[memoryview], names: list[str], xml_limit: int) -> memoryview:
    if not forms:
        came = ", ".join(each[:40] for each in names[:5]) or "—"
        raise WireProblem(
            "wrong_field",
            _("Falta la parte «%(field)s» con el formulario. Llegó: %(names)s.")
            % {"field": XML_FIELD, "names": came},
        )
    if len(forms) > 1:
        raise WireProblem(
            "two_forms", _("El envío trae más de una parte «%(field)s».") % {"field": XML_FIELD}
        )
    if not forms[0].nbytes:
        raise WireProblem("empty_form", _("El formulario llegó vacío."))
    if forms[0].nbytes > xml_limit:
        raise WireProblem(
            "form_too_large",
            _("El formulario pesa más de %(limit)d KB.") % {"limit": xml_limit // 1024},
            status=413,
        )
    return forms[0]
