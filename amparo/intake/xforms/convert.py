"""An XLSForm becomes the XForm phones read: pyxform in this process, without Java, behind our own limits."""

import dataclasses
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from pyxform.xls2json_backends import get_xlsform
from pyxform.xls2xform import convert as pyxform_convert

from amparo.intake.problems import FormProblem
from amparo.intake.xforms.plain_words import in_plain_words
from amparo.intake.xforms.reading import ReadForm, read_form

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_RATIO = 100
MAX_ENTRIES = 200
MAX_TEXT_BYTES = 200 * 1024 * 1024  # a shared text times the cells that use it

EXTENSIONS = (".xlsx", ".xlsm", ".xls", ".csv", ".md")
_TEXT = (".csv", ".md")
_RATIO_MATTERS_FROM = 1024 * 1024
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ASKED = {"calculate", "metadata"}
_SHARED_TEXT_CELL = re.compile(rb"\bt=[\"']s[\"']")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class ConvertedForm:
    """The XForm as phones download it, what it asks, what pyxform warned of, files the conversion made."""

    xml: bytes
    form: ReadForm
    warnings: tuple[str, ...] = ()
    files: Mapping[str, bytes] = dataclasses.field(default_factory=dict)


def convert(content: bytes, filename: str, *, version: str = "") -> ConvertedForm:
    """Convert an XLSForm. `version` is given to a form that states none; a missing form_id, its file's name.

    Raises FormProblem with the sheet, the row and what to do, in plain words.
    """
    extension = _extension(content, filename)
    content = _in_utf8(content, extension)
    said: list[str] = []
    try:
        sheets = get_xlsform(content, file_type=extension)
        sheets.fallback_form_name = _plain_name(filename)
        _give_version(sheets, version)
        fields = {each.name: getattr(sheets, each.name) for each in dataclasses.fields(sheets)}
        result = pyxform_convert(fields, warnings=said, validate=False)
    except Exception as error:  # pyxform meets odd sheets with exceptions of every kind
        raise _unreadable(in_plain_words(str(error)) or (type(error).__name__,)) from error
    form = read_form(result.xform.encode())
    if all(question.kind in _ASKED for question in form.questions):
        raise _unreadable((_("La hoja «survey» no tiene preguntas."),))
    warnings = tuple(dict.fromkeys(line for each in said for line in in_plain_words(each)))
    files = {"itemsets.csv": result.itemsets.encode()} if result.itemsets else {}
    return ConvertedForm(result.xform.encode(), form, warnings, files)


def _extension(content: bytes, filename: str) -> str:
    """The kind of file, by what it is rather than by what it is called."""
    if len(content) > MAX_BYTES:
        raise FormProblem(
            "form_too_large", _("El archivo pesa más de %(limit)d MB.") % {"limit": MAX_BYTES // 1024 // 1024}
        )
    extension = PurePath(filename.lower()).suffix
    if content.startswith(_ZIP):
        _check_archive(content)
        return ".xlsx"
    if content.startswith(_OLE):
        return ".xls"
    if extension in _TEXT and content.strip():
        return extension
    raise _unreadable((_("El archivo no es una hoja de Excel (.xlsx, .xls), ni .csv, ni .md."),))


def _check_archive(content: bytes) -> None:
    """Refuse a workbook that is much larger inside than outside, before anything unpacks it whole."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        entries = archive.infolist()
        unpacked = sum(each.file_size for each in entries)
        bomb = unpacked > _RATIO_MATTERS_FROM and unpacked > MAX_UNPACKED_RATIO * len(content)
        small = not bomb and unpacked <= MAX_UNPACKED_BYTES and len(entries) <= MAX_ENTRIES
        if small and _shared_text(archive) <= MAX_TEXT_BYTES:
            return
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise _unreadable((_("El archivo llegó dañado o tiene contraseña."),)) from None
    raise FormProblem("form_too_large", _("El archivo es demasiado grande por dentro."))


def _shared_text(archive: zipfile.ZipFile) -> int:
    """An upper bound of the text in the cells: the longest shared text as often as any is used."""
    names = [name for name in archive.namelist() if name.startswith("xl/") and name.endswith(".xml")]
    parts = {name: archive.read(name) for name in names}
    longest = max(map(len, parts.get("xl/sharedStrings.xml", b"").split(b"<si")), default=0)
    return longest * sum(len(_SHARED_TEXT_CELL.findall(part)) for part in parts.values())


def _in_utf8(content: bytes, extension: str) -> bytes:
    """Text without the mark that Excel puts before it; workbooks as they are."""
    if extension not in _TEXT:
        return content
    try:
        return content.decode("utf-8-sig").encode()
    except UnicodeDecodeError:
        raise _unreadable((_("El archivo no está en UTF-8. Guárdelo como «CSV UTF-8»."),)) from None


def _plain_name(filename: str) -> str:
    """A name XML accepts, from the name of the file: "Evaluación 2.xlsx" -> "evaluacion_2"."""
    plain = unicodedata.normalize("NFKD", PurePath(filename).stem.lower()).encode("ascii", "ignore").decode()
    name = _NOT_IN_NAMES.sub("_", plain).strip("_")
    return name if name[:1].isalpha() else f"form_{name}".rstrip("_")


def _give_version(sheets: Any, version: str) -> None:
    """State the version in the settings sheet when it has none."""
    settings = {key: value for key, value in (sheets.settings or [{}])[0].items() if key}
    stated = {key for key in settings if key.strip().lower() == "version"}
    if version and not any(str(settings[key]).strip() for key in stated):
        rest = {key: value for key, value in settings.items() if key not in stated}
        sheets.settings = [{**rest, "version": version}]
        sheets.settings_header = [dict.fromkeys(sheets.settings[0])]


def _unreadable(details: tuple[str, ...]) -> FormProblem:
    message = _("El formulario no se pudo leer: %(why)s") % {"why": details[0]}
    return FormProblem("form_unreadable", message, details=details[1:])
