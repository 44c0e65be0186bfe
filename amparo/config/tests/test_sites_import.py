"""`amparo sites import`: what it would do is said before it asks, and nothing is written on a no."""

import json
import sqlite3

import click
import pytest
from click.testing import CliRunner, Result
from django.db import OperationalError

from amparo.config.cli.commands import amparo
from amparo.config.cli.talk import in_words
from amparo.places.testing import a_place, no_country
from amparo.sites.models import Site
from amparo.sites.testing import machine

LIST = """Albergue;Municipio;Latitud;Longitud;Capacidad;Nota
Escuela Inventada;San Lorenzo;-87,25;15,5;40;x
;San Lorenzo;;;;sin nombre
"""


@pytest.fixture
def typed(home, db, tmp_path):
    home.keys.mkdir()
    machine()
    no_country()
    a_place("HN01", "San Lorenzo", parent=a_place("HND", "Bosquia"))
    file = tmp_path / "lista.csv"
    file.write_text(LIST, encoding="utf-8")

    def run(*words: str, answer: str = "") -> Result:
        return CliRunner().invoke(amparo, ["sites", "import", str(file), *words], input=answer)

    return run


def test_it_says_which_rows_and_columns_were_not_taken_and_what_is_odd_before_it_asks(typed):
    said = typed(answer="n\n").output
    assert "1 (filas 3)" in said
    assert "Columnas que no se leyeron: «Nota»." in said
    assert "Coordenadas cambiadas de orden: 1" in said
    assert not Site.objects.exists()


def test_a_program_reads_the_same_and_the_second_time_nothing_changes(typed):
    first = json.loads(typed("--yes", "--json").output)
    assert (first["changed"], first["observations"], first["rejected"]) == (2, 1, 1)
    assert first["rejected_rows"] == [{"row": 3, "message": "No dice de qué albergue es."}]
    assert first["flagged"] == {"coordinates_swapped": 1}
    assert [note["code"] for note in first["notes"]] == ["columns_not_read"]
    again = json.loads(typed("--yes", "--json").output)
    assert (again["changed"], again["observations"]) == (0, 0)


def test_another_task_that_writes_is_told_in_words(capsys, monkeypatch):
    @click.command()
    def command() -> None:
        locked = sqlite3.OperationalError("database is locked")
        locked.sqlite_errorcode = sqlite3.SQLITE_BUSY
        raise OperationalError("database is locked") from locked

    monkeypatch.setattr("sys.argv", ["amparo"])
    assert in_words(command) == 1
    assert "No se cambió nada" in " ".join(capsys.readouterr().err.split())
