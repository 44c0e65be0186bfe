"""Whole installations for tests: made ready once for a run, copied for each test, told what to do by command line."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from amparo.kernel.tests.installations import Place

CHECKOUT = Path(__file__).resolve().parent.parent
AMPARO = CHECKOUT / ".venv" / "bin" / "amparo"

# Many commands in one process, each as it would be typed: `amparo("sites", "list", "--json")`.
SPEAK = """
import contextlib, io
from amparo.config.cli.commands import amparo as command_line

def amparo(*words):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        command_line.main([str(word) for word in words], standalone_mode=False)
    return json.loads(said.getvalue()) if "--json" in words else said.getvalue()

"""


@dataclass(frozen=True)
class Installation(Place):
    """A folder and, on PostgreSQL, a database."""

    def speak(self, program: str, *arguments: object) -> Any:
        """Run a program that says `amparo(...)` to the command line and `answer(...)` to us."""
        return self.run(SPEAK + program, *arguments)

    def typed(self, *words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        """One command as an operator types it, in a process of its own."""
        done = subprocess.run(
            [AMPARO, *map(str, words)],
            env=self.outside,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=90,
        )
        assert done.returncode == code, f"{words}: {done.stdout[-2000:]} {done.stderr[-4000:]}"
        return done

    def said(self, *words: object) -> Any:
        """What a command answers in JSON."""
        return json.loads(self.typed(*words, "--json").stdout)

    @property
    def outside(self) -> dict[str, str]:
        """The environment of an operator's shell: nothing in it says that this is a test."""
        hidden = ("PYTEST_", "AMPARO_TEST")
        return {name: value for name, value in self.environment.items() if not name.startswith(hidden)}

    @contextlib.contextmanager
    def copy(self, home: Path) -> Iterator[Installation]:
        """The same installation elsewhere, for as long as the `with` lasts."""
        if self.home.exists():
            shutil.copytree(self.home, home)
        with database_like(self.database) as database:
            yield Installation(home, database)


@contextlib.contextmanager
def database_like(url: str) -> Iterator[str]:
    """On PostgreSQL a copy of that database (an empty one for "template0"); its address. On SQLite ""."""
    server = os.environ.get("AMPARO_DATABASE_URL")
    if not server:
        yield ""
        return
    import psycopg

    name, template = f"amparo_{os.urandom(8).hex()}", urlsplit(url).path.lstrip("/") or "template0"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            link.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def new_database() -> str:
    """On PostgreSQL an empty database that stays for the run."""
    server = os.environ.get("AMPARO_DATABASE_URL")
    if not server:
        return ""
    import psycopg

    name = f"amparo_{os.urandom(8).hex()}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return urlsplit(server)._replace(path=f"/{name}").geturl()
