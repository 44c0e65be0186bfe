"""The command that says whether a file that left is whole."""

import datetime as dt
import json
from pathlib import Path

from click.testing import CliRunner

from amparo.config.cli.commands import amparo
from amparo.toolkit.exports import About, write
from amparo.toolkit.resources import Column

ABOUT = About(
    "Prueba", "Comité inventado", "todo", "Persona Inventada", dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
)


def a_file(folder: Path) -> Path:
    path = folder / "salida.csv"
    with path.open("w+b") as file:
        write(file, [Column("name", "Nombre", str)], [["Uno"], ["Dos"]], ABOUT, form="csv")
    return path


def test_a_whole_file_is_told_whole(tmp_path):
    answer = CliRunner().invoke(amparo, ["exports", "check", str(a_file(tmp_path)), "--json"])
    said = json.loads(answer.stdout)
    assert (answer.exit_code, said["state"], said["rows"]) == (0, "whole", 2)
    assert said["about"]["fuente"] == "Comité inventado"


def test_a_cut_file_ends_with_an_error_and_words(tmp_path):
    path = a_file(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    answer = CliRunner().invoke(amparo, ["exports", "check", str(path)])
    assert answer.exit_code == 1
    assert "cortado" in " ".join(answer.stdout.split())
