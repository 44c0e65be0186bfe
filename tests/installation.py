"""Whole installations for tests: made ready once for a run, copied for each test, told what to do by command line."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

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
            env=self.environment,
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
    def environment(self) -> dict[str, str]:
        """That of an operator's shell: nothing in it says that this is a test."""
        hidden = ("PYTEST_", "AMPARO_TEST")
        return {name: value for name, value in super().environment.items() if not name.startswith(hidden)}

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


# --- a running server


@contextlib.contextmanager
def serving(place: Installation, *options: str, host: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """`amparo serve` with its worker, as an operator starts it; gives its port. Ended with the `with`."""
    port = port or free_port(host)
    log = place.home.with_suffix(".log")
    with log.open("ab") as written:
        process = subprocess.Popen(
            [AMPARO, "serve", "--host", host, "--port", str(port), *options],
            env=place.environment, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=written, stderr=written,
            start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(host, port, process, log)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=15)


def wait_for(host: str, port: int, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server does not answer: {log.read_text()[-3000:]}")


def free_port(host: str = "127.0.0.1", *, beside: bool = False) -> int:
    """A port that nobody uses; with `beside`, neither the next one."""
    while True:
        with socket.socket() as one, socket.socket() as other:
            one.bind((host, 0))
            port = one.getsockname()[1]
            try:
                if beside:
                    other.bind((host, port + 1))
                return port
            except OSError:
                continue


def until(true: Any, seconds: float = 20) -> Any:
    """What `true()` gives once it gives something."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        time.sleep(0.1)
    return found


class Desk:
    """Somebody at a computer: logs in on the page and keeps the cookies."""

    def __init__(self, address: str) -> None:
        self.address, self.cookies = address, CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def log_in(self, username: str, password: str) -> Desk:
        page = self.post("/login/", {"username": username, "password": password})
        assert 'action="/logout/"' in page, page[-2000:]
        return self

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, said: Mapping[str, str]) -> str:
        """Fill in the form of that page and send it."""
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', self.get(path))
        assert token is not None, path
        data = urlencode({**said, "csrfmiddlewaretoken": token[1]}).encode()
        with self.opener.open(self.address + path, data, timeout=30) as answer:
            return answer.read().decode()
