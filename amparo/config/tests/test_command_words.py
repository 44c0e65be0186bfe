"""The command line speaks one language at a time, also where Click speaks for us."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from amparo.config.cli.click_words import SPANISH, SPANISH_PLURALS


def said(home: Path, *arguments: str, language: str = "es") -> str:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("amparo")), *arguments],
        env=os.environ | {"AMPARO_HOME": str(home), "AMPARO_LANGUAGE": language},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("gaps", "--help"),
            ("Uso: amparo gaps [OPCIONES]", "Opciones:", "Mostrar esta ayuda", "--place TEXTO"),
        ),
        (("--help",), ("ORDEN [ARGUMENTOS]", "Órdenes:")),
        (("gaps", "--placce", "x"), ("No existe la opción --placce", "¿Quiso decir", "Vea la ayuda")),
        (("serve", "--port", "x"), ("«x» no es un número",)),
    ],
    ids=lambda value: " ".join(value)[:20],
)
def test_no_english_is_left_in_spanish_help_and_errors(tmp_path, arguments, words):
    shown = said(tmp_path, *arguments)
    for word in words:
        assert word in shown
    for english in ("Usage", "Options", "Commands", "Error", "Show this", "OPTIONS", "TEXT ", "Did you mean"):
        assert english not in shown, english


def test_in_english_click_speaks_as_it_does(tmp_path):
    shown = said(tmp_path, "gaps", "--help", language="en")
    assert "Usage: amparo gaps [OPTIONS]" in shown
    assert "Show this message and exit." in shown


def test_click_still_says_what_we_translate():
    says: set[str] = set()
    for file in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                says.add(node.value)
    assert not {*SPANISH, *SPANISH_PLURALS} - says
