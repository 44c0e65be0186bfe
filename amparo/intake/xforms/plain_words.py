"""What pyxform says of a form, in plain Spanish with its sheet and row.

A table of the messages people meet; anything else is passed on as pyxform wrote it.
"""

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ROW = re.compile(r"^\[row : (\w+)\]\s*")
_SHEET = re.compile(r"^On the '(\w+)' sheet, ")
_NEXT = re.compile(r"\n(?=\[row : )")
_LEARN_MORE = re.compile(r"\s*Learn more: \S+\s*$")

_WORDS: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"^You must have a sheet named 'survey'", gettext_lazy("Falta la hoja «survey» con las preguntas.")),
        (
            r"header(?:s)? were not found: (?P<missing>[^.]+)\.",
            gettext_lazy("Faltan columnas en la hoja: %(missing)s."),
        ),
        (r"^Invalid headers provided", gettext_lazy("Los títulos de las columnas no se entienden.")),
        (r"^Duplicate column header: (?P<name>.+)", gettext_lazy("La columna «%(name)s» está dos veces.")),
        (r"^Question with no type", gettext_lazy("La pregunta no dice su tipo (columna type).")),
        (r"^Question or group with no name", gettext_lazy("La pregunta no tiene nombre (columna name).")),
        (
            r"^Unknown question type '(?P<type>.*?)'",
            gettext_lazy("El tipo «%(type)s» no existe. Por ejemplo: text, integer, select_one lista."),
        ),
        (
            r"^There should be a choices sheet",
            gettext_lazy("Falta la hoja «choices» con las opciones (list_name, name, label)."),
        ),
        (
            r"^List name not in (?:external )?choices sheet: (?P<list>\S+)",
            gettext_lazy("La lista de opciones «%(list)s» no está en la hoja «choices»."),
        ),
        (
            r"^Choice names with spaces cannot be added to multiple choice selects\. See \[(?P<name>.*?)\]",
            gettext_lazy("La opción «%(name)s» lleva espacios. En select_multiple no se puede."),
        ),
        (
            r"^the 'name' value(?: '(?P<name>.*?)')? is invalid\. Questions, groups, and repeats must be",
            gettext_lazy("El nombre «%(name)s» está repetido en el mismo grupo."),
        ),
        (
            r"^the '(?P<column>.*?)' value is invalid\. Names must begin with",
            gettext_lazy("El nombre debe empezar con letra y no llevar espacios ni tildes."),
        ),
        (
            r"^the 'name' value is invalid\. Choice names must be unique",
            gettext_lazy("La opción está repetida en su lista."),
        ),
        (
            r"^the 'name' value is invalid\. Choices must have a name",
            gettext_lazy("La opción no tiene nombre."),
        ),
        (
            r"^the 'label' value is invalid\. Choices should have a label",
            gettext_lazy("La opción no tiene texto (columna label)."),
        ),
        (
            r"^the '(?P<column>.*?)' value is invalid\. Reference variables must contain a name.*"
            r"Could not find the name '(?P<name>.*?)'",
            gettext_lazy("La columna «%(column)s» nombra «%(name)s», que no existe."),
        ),
        (
            r"^the '(?P<column>.*?)' value is invalid\. Reference variables? names must be unique.*"
            r"The name '(?P<name>.*?)' appears",
            gettext_lazy("La columna «%(column)s» nombra «%(name)s», que está repetido."),
        ),
        (
            r"^the '(?P<column>.*?)' value is invalid\. Reference variables must start",
            gettext_lazy("Una referencia de la columna «%(column)s» está mal escrita. Debe ser ${nombre}."),
        ),
        (
            r"^Unmatched 'begin_(?P<kind>\w+)'.*for the name '(?P<name>.*?)'",
            gettext_lazy("El grupo «%(name)s» se abre y no se cierra (falta end %(kind)s)."),
        ),
        (
            r"^Unmatched 'end_(?P<kind>\w+)'",
            gettext_lazy("Se cierra un grupo que no se abrió (end %(kind)s)."),
        ),
        (
            r"^The survey element named '(?P<name>.*?)' has no label or hint",
            gettext_lazy("La pregunta «%(name)s» no tiene texto (columna label)."),
        ),
        (r"^Missing calculation", gettext_lazy("Falta el cálculo (columna calculation).")),
        (r"^the 'parameters' value is invalid", gettext_lazy("La columna «parameters» no se entiende.")),
        (
            r"^(?P<name>\w+) is no longer supported on most devices",
            gettext_lazy("Los teléfonos actuales ya no dan «%(name)s»."),
        ),
        (
            r"^Use the max-pixels parameter",
            gettext_lazy("La foto irá en tamaño completo. Agregue max-pixels=1024 para enviar más rápido."),
        ),
        (
            r"^The following language declarations do not contain valid .* codes: (?P<names>.+?)\. ",
            gettext_lazy("Los idiomas no llevan su código: %(names)s. Por ejemplo: Español (es)."),
        ),
        (
            r"^Language '(?P<language>.*?)' is missing the",
            gettext_lazy("Faltan textos en el idioma «%(language)s»."),
        ),
        (
            r"^Row without name, text, or label is being skipped",
            gettext_lazy("La fila no tiene nombre ni texto: no se usó."),
        ),
        (r"^(?:Group|Repeat) has no label", gettext_lazy("El grupo no tiene texto (columna label).")),
        (
            r"^This form uses or_other",
            gettext_lazy("«or_other» no se traduce. Escriba la opción «Otro» en la lista."),
        ),
        (
            r"the 'name' value '(?P<name>.*?)' is problematic",
            gettext_lazy("El nombre «%(name)s» solo cambia en mayúsculas con otro."),
        ),
        (
            r"^When looking for a sheet named '(?P<sheet>.*?)'.*found: (?P<found>.+?)\.",
            gettext_lazy("No hay hoja «%(sheet)s», pero sí %(found)s."),
        ),
        (r"contain some invalid XML", gettext_lazy("El archivo está dañado por dentro. Guárdelo de nuevo.")),
        (
            r"was not recognized as a supported type|not a zip file",
            gettext_lazy("El archivo no es una hoja de Excel (.xlsx, .xls), ni .csv, ni .md."),
        ),
    )
)


def in_plain_words(message: str) -> tuple[str, ...]:
    """One line for each thing pyxform says in `message`."""
    return tuple(_one(each) for each in _NEXT.split(message.strip()) if each.strip())


def _one(message: str) -> str:
    row = _ROW.match(message)
    rest = message[row.end() :] if row else message
    sheet = _SHEET.match(rest)
    rest = rest[sheet.end() :] if sheet else rest
    words = _said(rest)
    if row and sheet:
        return _("Hoja «%(sheet)s», fila %(row)s: %(words)s") % {
            "sheet": sheet[1],
            "row": row[1],
            "words": words,
        }
    if row:
        return _("Fila %(row)s: %(words)s") % {"row": row[1], "words": words}
    return words


def _said(text: str) -> str:
    for pattern, words in _WORDS:
        found = pattern.search(text)
        if found:
            return str(words) % {key: value or "" for key, value in found.groupdict().items()}
    return _LEARN_MORE.sub("", text).strip()
