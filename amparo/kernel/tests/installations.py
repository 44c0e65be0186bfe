"""Whole installations for tests, each in a process of its own: settings are read once per process."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

START = """
import json, os, sys
from pathlib import Path
import django
django.setup()
from django.conf import settings
home = settings.HOME.path
def answer(value):
    print(json.dumps(value, default=str), file=sys.__stdout__)
"""


@dataclass(frozen=True)
class Place:
    """Where an installation lives or will: its folder and, on PostgreSQL, its database."""

    home: Path
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name != "AMPARO_DATABASE_URL"}
        kept |= {"AMPARO_HOME": str(self.home), "AMPARO_TESTING": "1", "AMPARO_TEST_SYNCHRONOUS": "OFF"}
        return kept | ({"AMPARO_DATABASE_URL": self.database} if self.database else {})

    def run(self, code: str, *arguments: object) -> dict:
        """Run Python there; what it gave to `answer` comes back. Fails with its errors."""
        done = self.attempt(code, *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}

    def attempt(self, code: str, *arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-c", START + code, *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )


@contextmanager
def empty_place(home: Path) -> Iterator[Place]:
    """Room for one installation, on the database that the tests use."""
    url = os.environ.get("AMPARO_DATABASE_URL")
    if not url:
        yield Place(home)
        return
    import psycopg

    name = f"amparo_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield Place(home, urlsplit(url)._replace(path=f"/{name}").geturl())
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
