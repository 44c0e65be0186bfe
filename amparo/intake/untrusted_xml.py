"""XML from strangers, read in one streaming pass behind hard limits.

Expat itself (`pyexpat`) rather than a tree: the limits are checked while it reads, so nothing is built from
a hostile document. What defusedxml forbids (document types, entities, outside references) is forbidden here
too, and what it lets through (depth, number of elements; measured) is bounded. A document type is found
before expat sees it: an exception in a handler does not stop expat from expanding entities to the end of
its buffer.
"""

from dataclasses import dataclass
from typing import NoReturn, Protocol
from xml.parsers import expat

from django.utils.translation import gettext as _

from amparo.intake.problems import WireProblem

_CHUNK = 64 * 1024
_DOCTYPE = b"<!DOCTYPE"
_TWO_BYTE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")  # UTF-16 and UTF-32
_ENCODINGS = {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"}
_CODES = expat.errors.codes
_ENDS_EARLY = {
    _CODES[expat.errors.XML_ERROR_NO_ELEMENTS],
    _CODES[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    _CODES[expat.errors.XML_ERROR_PARTIAL_CHAR],
    _CODES[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
}
_BAD_CHARACTER = _CODES[expat.errors.XML_ERROR_BAD_CHAR_REF]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may hold: bytes, nesting, elements, attributes of an element, characters of one."""

    size: int = 1024 * 1024
    depth: int = 50
    elements: int = 20_000
    attributes: int = 64
    attribute_length: int = 4_096


class Listener(Protocol):
    """Hears a document. Attributes come as name, value, name, value; text in one run between tags."""

    def start(self, name: str, attributes: list[str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...


def hear(
    document: bytes | memoryview,
    listener: Listener,
    limits: Limits,
    *,
    namespace_separator: str | None = None,
) -> None:
    """Read `document` aloud to `listener`.

    With a `namespace_separator`, names come as address + separator + local name; without, as written.
    Raises WireProblem: 413 over the size, 400 for all else that is not well-formed or not within the limits.
    """
    data = bytes(document)
    if len(data) > limits.size:
        raise WireProblem(
            "xml_too_large",
            _("El XML pesa más de %(limit)d KB.") % {"limit": limits.size // 1024},
            status=413,
        )
    if data.startswith(_TWO_BYTE_STARTS):
        raise _wrong_encoding()
    guard = _Guard(listener, limits)
    parser = expat.ParserCreate(None, namespace_separator)
    guard.stand_before(parser)
    doctype = data.find(_DOCTYPE)
    try:
        if doctype >= 0:
            parser.Parse(data[:doctype], False)
            if not guard.elements:
                raise _forbidden()
            data = data[doctype:]
        for at in range(0, len(data), _CHUNK):
            parser.Parse(data[at : at + _CHUNK], False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _damage(bytes(document), error) from None
    except (LookupError, ValueError):  # an encoding that Python does not know or cannot map byte by byte
        raise _wrong_encoding() from None


class _Guard:
    """Counts what passes and lets it through to the listener."""

    def __init__(self, listener: Listener, limits: Limits) -> None:
        self.limits = limits
        self.listener_start = listener.start
        self.listener_end = listener.end
        self.listener = listener
        self.depth = 0
        self.elements = 0

    def stand_before(self, parser: expat.XMLParserType) -> None:
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.listener.text
        parser.XmlDeclHandler = self.declaration
        parser.StartDoctypeDeclHandler = self.forbid
        parser.EntityDeclHandler = self.forbid
        parser.ExternalEntityRefHandler = self.forbid

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        self.elements += 1
        limits = self.limits
        if self.depth > limits.depth:
            raise WireProblem(
                "xml_too_deep", _("El XML tiene más de %(limit)d niveles.") % {"limit": limits.depth}
            )
        if self.elements > limits.elements:
            raise WireProblem(
                "xml_too_many_elements",
                _("El XML tiene más de %(limit)d elementos.") % {"limit": limits.elements},
            )
        if attributes and (
            len(attributes) > 2 * limits.attributes or max(map(len, attributes)) > limits.attribute_length
        ):
            raise WireProblem("xml_attributes", _("El XML trae atributos demasiado largos o numerosos."))
        self.listener_start(name, attributes)

    def end(self, name: str) -> None:
        self.depth -= 1
        self.listener_end(name)

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and encoding.lower() not in _ENCODINGS:
            raise _wrong_encoding()

    def forbid(self, *args: object) -> NoReturn:
        raise _forbidden()


def _forbidden() -> WireProblem:
    return WireProblem("xml_doctype", _("El XML trae declaraciones (DOCTYPE) que no se aceptan."))


def _wrong_encoding() -> WireProblem:
    return WireProblem("xml_encoding", _("El XML no está en UTF-8."))


def _damage(document: bytes, error: expat.ExpatError) -> WireProblem:
    """What is wrong, in words, with the line where expat stopped."""
    line = {"line": error.lineno}
    if not document.strip():
        return WireProblem("xml_empty", _("El XML llegó vacío."))
    if b"\x00" in document or error.code == _BAD_CHARACTER:
        return WireProblem("xml_character", _("El XML trae un carácter inválido (línea %(line)d).") % line)
    if error.code in _ENDS_EARLY:
        return WireProblem("xml_truncated", _("El XML llegó incompleto (línea %(line)d).") % line)
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return WireProblem("xml_encoding", _("El XML trae letras dañadas: no está en UTF-8."))
    return WireProblem("xml_damaged", _("El XML está dañado (línea %(line)d).") % line)
