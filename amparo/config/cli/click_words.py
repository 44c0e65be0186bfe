"""Click's own words in Spanish: it speaks English, and ships no translation. In English it is left as it is."""

from collections.abc import Iterable
from typing import Any

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

SPANISH = {
    "Usage:": "Uso:",
    "Options": "Opciones",
    "Commands": "Órdenes",
    "Positional arguments": "Argumentos",
    "Show this message and exit.": "Mostrar esta ayuda.",
    "default: {default}": "si no se dice: {default}",
    "required": "obligatorio",
    "Aborted!": "Cancelado. No se cambió nada.",
    "Error: {message}": "No se puede: {message}",
    "Error: invalid input": "No se entiende. Escriba otra vez.",
    "Error: The two entered values do not match.": "No son iguales. Escriba otra vez.",
    "Repeat for confirmation": "Escriba otra vez lo mismo",
    "Try '{command} {option}' for help.": "Vea la ayuda: {command} {option}",
    "Missing command.": "Falta la orden.",
    "Missing argument": "Falta el argumento",
    "Missing option": "Falta la opción",
    "Missing parameter": "Falta el dato",
    "Missing parameter: {param_name}": "Falta el dato: {param_name}",
    "Missing {param_type}": "Falta: {param_type}",
    "No such option {name!r}.": "No existe la opción {name}.",
    "No such command {name!r}.": "No existe la orden {name}.",
    "Invalid value: {message}": "El valor no vale: {message}",
    "Invalid value for {param_hint}: {message}": "El valor de {param_hint} no vale: {message}",
    "Could not open file {filename!r}: {message}": "No se puede abrir el archivo {filename}: {message}",
    "unknown error": "no se sabe por qué",
    "Option {name!r} does not take a value.": "La opción {name} no lleva valor.",
    "{value!r} is not a valid {number_type}.": "«{value}» no es un número.",
    "{value!r} is not a valid UUID.": "«{value}» no es un identificador.",
    "{value} is not in the range {range}.": "{value} no está entre {range}.",
    "{name} {filename!r} is a file.": "«{filename}» es un archivo, no una carpeta.",
    "{name} {filename!r} is a directory.": "«{filename}» es una carpeta, no un archivo.",
    "{name} {filename!r} is not readable.": "No se puede leer «{filename}».",
    "{name} {filename!r} is not writable.": "No se puede escribir en «{filename}».",
    "{name} {filename!r} does not exist.": "No existe «{filename}».",
    "Choose from:\n\t{choices}": "Elija entre:\n\t{choices}",
    "file": "archivo",
    "directory": "carpeta",
    "path": "ruta",
}
SPANISH_PLURALS = {
    "Did you mean {possibility}?": (
        "¿Quiso decir {possibility}?",
        "¿Quiso decir una de estas: {possibilities}?",
    ),
    "Got unexpected extra argument ({args})": ("Sobra esto: {args}", "Sobra esto: {args}"),
    "Option {name!r} requires an argument.": (
        "La opción {name} necesita un valor.",
        "La opción {name} necesita {nargs} valores.",
    ),
    "{value!r} is not {choice}.": ("«{value}» no es {choice}.", "«{value}» no es uno de estos: {choices}."),
}
METAVARS = {"TEXT": "TEXTO", "INTEGER": "NÚMERO"}
SPEAKING = (core, decorators, exceptions, formatting, parser, termui, types)


def said(text: str) -> str:
    return SPANISH.get(text, text)


def said_of(singular: str, plural: str, count: int) -> str:
    one, several = SPANISH_PLURALS.get(singular, (singular, plural))
    return one if count == 1 else several


def speak_spanish() -> None:
    """Give Click these words. Before commands are declared: some are read then."""
    for module in SPEAKING:
        for name, words in (("_", said), ("ngettext", said_of)):
            if hasattr(module, name):
                setattr(module, name, words)


def name_in_spanish(command: click.Command) -> None:
    """The capitals that stand for what is to be written, in the help of a command and of those below it."""
    command.options_metavar = "[OPCIONES]"
    for parameter in command.params:
        _name(parameter)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "ORDEN [ARGUMENTOS]..."
        for below in _below(command):
            name_in_spanish(below)


def _below(group: click.Group) -> Iterable[click.Command]:
    return group.commands.values()


def _name(parameter: Any) -> None:
    if isinstance(parameter, click.Option) and parameter.metavar is None:
        parameter.metavar = METAVARS.get(parameter.type.name.upper())
