"""A real server on a temporary home, the phones that write to it, and what its database holds afterwards."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from tests.faults import probe
from tests.faults.powercut import PowerCut

CHECKOUT = Path(__file__).resolve().parents[2]
AMPARO = (str(CHECKOUT / ".venv" / "bin" / "amparo"),)
STANDIN = (sys.executable, "-m", "tests.faults.standin")
UNGUARDED = (sys.executable, "-m", "tests.faults.unguarded")
PATH = "/openrosa/submission"
OPENROSA = {"X-OpenRosa-Version": "1.0", "User-Agent": "org.odk.collect.android/v2026.2 (fault probe)"}


def is_built() -> bool:
    return Path(AMPARO[0]).exists()


@dataclass
class LiveServer:
    """`amparo serve` on one home, started and killed as often as a test likes.

    `command` is the program and may be the stand-in; `environment` is added to the processes' own.
    """

    home: Path
    command: Sequence[str] = AMPARO
    environment: dict[str, str] = field(default_factory=dict)
    port: int = 0
    phone: dict[str, str] = field(default_factory=dict)
    serve_options: Sequence[str] = ()
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.port = self.port or free_port()
        self.log = self.home.with_name(self.home.name + ".log")

    def run(self, *arguments: str) -> dict[str, Any]:
        """One command of the program that answers in JSON."""
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=CHECKOUT,
            env=self.environ(),
            capture_output=True,
            timeout=120,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stdout.decode()[-2000:]} {done.stderr.decode()[-4000:]}")
        return json.loads(done.stdout or b"{}")

    def init(self) -> None:
        """A new home with its keys and an empty database."""
        self.home.mkdir(parents=True, exist_ok=True)
        command = [*self.command, "init", "--quiet"]
        subprocess.run(
            command, cwd=CHECKOUT, env=self.environ(), check=True, capture_output=True, timeout=120
        )

    def prepare(self, form: Path, *publish_options: str) -> LiveServer:
        """A new home with one form published and one phone enrolled."""
        self.init()
        self.run("forms", "publish", str(form), *publish_options, "--json")
        self.phone = self.run("phones", "enrol", "fault-probe", "--json")
        return self

    def ask(self, program: str) -> Any:
        """What a Python program prints as JSON that runs with the server's code, keys and database."""
        environment = self.environ() | {"DJANGO_SETTINGS_MODULE": "amparo.config.settings"}
        command = [sys.executable, "-c", "import django; django.setup()\n" + program]
        done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, timeout=600)
        if done.returncode:
            raise RuntimeError(done.stderr.decode()[-4000:])
        return json.loads(done.stdout)

    def copy(self, home: Path, **environment: str) -> LiveServer:
        """The same installation in another folder, not started."""
        shutil.copytree(self.home, home)
        return replace(self, home=home, environment=self.environment | environment, port=0, process=None)

    def start(self, power: PowerCut | None = None) -> float:
        """Returns the seconds until the first answer, like `until_it_answers`."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, "serve", "--port", str(self.port), *self.serve_options],
                cwd=CHECKOUT,
                env=self.environ() | (power.environment() if power else {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self.until_it_answers()

    def until_it_answers(self) -> float:
        """Seconds until an answer; AssertionError with the log's end if it ends, or none comes within 60."""
        began = time.monotonic()
        while time.monotonic() < began + 60:
            if self.process is None or self.process.poll() is not None:
                break
            try:
                self.request("GET", "/openrosa/formList", timeout=2)
            except OSError:
                time.sleep(0.05)
            else:
                return time.monotonic() - began
        raise AssertionError(f"the server does not answer: {self.end_of_log()}")

    def end_of_log(self) -> str:
        """What server and worker said last; pytest shows it beside a failure."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""

    def tree(self) -> list[psutil.Process]:
        """Every process of this home, orphans of a killed parent too."""
        mark = f"AMPARO_HOME={self.home}".encode()
        return [psutil.Process(pid) for pid in psutil.pids() if mark in _environment_of(pid).split(b"\0")]

    def workers(self) -> list[psutil.Process]:
        """The processes that run jobs: those whose command line says `worker`."""
        return [process for process in self.tree() if "worker" in _command_line(process)]

    def servers(self) -> list[psutil.Process]:
        """The processes that answer requests, and the one that minds them all."""
        below = {child.pid for worker in self.workers() for child in [worker, *_children(worker)]}
        return [process for process in self.tree() if process.pid not in below]

    def answering(self) -> list[psutil.Process]:
        """The processes that answer requests and are started again by the one that minds them."""
        return [process for process in self.servers() if self.process and process.pid != self.process.pid]

    def stop(self) -> None:
        """Ends politely, then surely. What the first process left behind is ended too."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
        psutil.wait_procs(self.tree(), timeout=15)
        kill_all(self.tree())
        if self.process is not None:
            self.process.wait(timeout=15)
            self.process = None

    def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        timeout: float = 30,
    ) -> tuple[int, bytes]:
        """One request on a connection of its own: status and body."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            link.request(method, path, body, self.headers() | (headers or {}))
            answer = link.getresponse()
            return answer.status, answer.read()
        except http.client.HTTPException as fault:
            raise ConnectionError(repr(fault)) from fault
        finally:
            link.close()

    def send(self, body: bytes, timeout: float = 30) -> tuple[int, bytes]:
        """Posts one multipart body as the enrolled phone."""
        return self.request("POST", PATH, body, {"Content-Type": probe.CONTENT_TYPE}, timeout)

    def takes(self, body: bytes) -> bool:
        """Whether the enrolled phone's message is acknowledged now."""
        try:
            return self.send(body)[0] == 201
        except OSError:
            return False

    def headers(self) -> dict[str, str]:
        secret = f"{self.phone.get('username', '')}:{self.phone.get('password', '')}".encode()
        return OPENROSA | {"Authorization": "Basic " + base64.b64encode(secret).decode()}

    def environ(self) -> dict[str, str]:
        """What an operator's shell would have: the server must not learn that pytest started it."""
        outer = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "AMPARO_"))
        }
        return outer | {"AMPARO_HOME": str(self.home), "PYTHONUNBUFFERED": "1"} | self.environment


@dataclass
class Writing:
    """What the phones know: what was answered 201, by id and by photo's SHA-256; what never was; the rest.

    `every`: how many seconds each phone lets pass from one message to the next; none by default.
    """

    every: float = 0
    acknowledged: set[str] = field(default_factory=set)
    photos: dict[str, str] = field(default_factory=dict)
    in_doubt: dict[str, bytes] = field(default_factory=dict)
    refused: Counter[int] = field(default_factory=Counter)
    stopping: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, server: LiveServer, seed: int, attachment_bytes: int) -> None:
        rnd, link = random.Random(seed), None
        headers = server.headers() | {"Content-Type": probe.CONTENT_TYPE}
        due = time.monotonic()
        while not self.stopping.wait(max(0, due - time.monotonic())):
            due += self.every
            name = probe.new_instance_id()
            photos = {f"{name[5:]}.jpg": probe.picture(attachment_bytes)} if attachment_bytes else {}
            body = probe.multipart(probe.instance(name, rnd, photo="".join(photos)), photos)
            try:
                link = link or http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                link.request("POST", PATH, body, headers)
                answer = link.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                link = None
                with self.lock:
                    self.in_doubt[name] = body
                time.sleep(0.02)
                continue
            with self.lock:
                if answer.status == 201:
                    self.acknowledged.add(name)
                    for photo in photos.values():
                        self.photos[name] = hashlib.sha256(photo).hexdigest()
                else:
                    self.refused[answer.status] += 1
        if link is not None:
            link.close()


@contextlib.contextmanager
def phones_writing(
    server: LiveServer,
    phones: int = 4,
    *,
    every: float = 0,
    with_attachments: int = 0,
    attachment_bytes: int = 20_000,
) -> Iterator[Writing]:
    """So many phones post, each a message `every` so many seconds, until the `with` ends; `with_attachments` of them
    send photos.
    """
    writing = Writing(every=every)
    threads = [
        threading.Thread(
            target=writing.write, args=(server, number, attachment_bytes if number < with_attachments else 0)
        )
        for number in range(phones)
    ]
    for thread in threads:
        thread.start()
    try:
        yield writing
    finally:
        writing.stopping.set()
        for thread in threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a phone never got an answer"


def kill_all(processes: Sequence[psutil.Process]) -> None:
    """kill -9."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs(processes, timeout=15)


def wait_until(true: Any, seconds: float, what: str) -> float:
    """Polls; the seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, f"not within {seconds:g} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _environment_of(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
        return b"" if state == "Z" else Path(f"/proc/{pid}/environ").read_bytes()
    return b""


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.children(recursive=True)
    return []


def _command_line(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return process.cmdline()
    return []


def _sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


READ_PHOTOS = """
import hashlib, json
from amparo.kernel import files
from amparo.intake.models import Attachment
from amparo.kernel.classes import DataClass

found = []
for photo in Attachment.objects.select_related("message"):
    try:
        content = files.read(photo.sha256, DataClass(photo.message.content_class))
    except Exception:  # missing, cut short or mixed with old sectors: what the seal does not open is lost
        continue
    if hashlib.sha256(content).hexdigest() == photo.sha256:
        found.append([photo.message.instance_id, photo.sha256])
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Stored:
    """What the database of a home holds, read beside the server and without its code."""

    server: LiveServer

    def rows(self, query: str) -> list[tuple]:
        url = self.server.environment.get("AMPARO_DATABASE_URL")
        if url:
            import psycopg

            with psycopg.connect(url) as link:
                return link.execute(query).fetchall()  # type: ignore[arg-type]
        with contextlib.closing(sqlite3.connect(self.server.home / "amparo.sqlite3", timeout=30)) as link:
            return link.execute(query).fetchall()

    @property
    def is_standin(self) -> bool:
        return self.server.command == STANDIN

    def instance_ids(self) -> list[str]:
        """One for each stored message; a repeated id is a fault."""
        if self.is_standin:
            return [row[0] for row in self.rows("SELECT instance_id FROM message")]
        return [row[0] for row in self.rows("SELECT instance_id FROM intake_rawmessage WHERE NOT conflicts")]

    def waiting(self) -> int:
        """Messages neither applied nor set aside for a person."""
        if self.is_standin:
            return self.rows("SELECT count(*) FROM message WHERE applied_at IS NULL")[0][0]
        return self.rows("SELECT count(*) FROM intake_rawmessage WHERE state = 'received'")[0][0]

    def effects(self) -> Counter[str]:
        """How often each message was applied: how many sets of observations came of it."""
        if self.is_standin:
            return Counter(row[0] for row in self.rows("SELECT instance_id FROM effect"))
        applied = (
            "SELECT m.instance_id FROM sites_observationbatch b JOIN intake_rawmessage m ON b.message = m.uid"
        )
        return Counter(row[0] for row in self.rows(applied))

    def photos(self) -> set[tuple[str, str]]:
        """Message and SHA-256 of every photo that can be read back whole, with the server's code and keys."""
        if self.is_standin:
            files = [path for path in (self.server.home / "files").iterdir() if path.name == _sha256_of(path)]
            return {(name, path.name) for path in files for name in self.instance_ids()}
        return {(name, sha256) for name, sha256 in self.server.ask(READ_PHOTOS)}

    def is_sound(self) -> bool:
        """SQLite's own check; PostgreSQL would not have started.

        SQLite 3.40.0 to 3.41.0 takes columns for NULL in a table without row ids whose key is not declared in
        column order (mended in 3.41.1), so such a word is believed only if there is a NULL.
        """
        if self.server.environment.get("AMPARO_DATABASE_URL"):
            return True
        said = {word for (word,) in self.rows("PRAGMA integrity_check(1000000)")}
        return all(word == "ok" or self._is_false_alarm(word) for word in said)

    def _is_false_alarm(self, word: str) -> bool:
        found = re.fullmatch(r"NULL value in (\w+)\.(\w+)", word)
        if found is None:
            return False
        table, column = found.groups()
        return self.rows(f"SELECT count(*) FROM {table} WHERE {column} IS NULL") == [(0,)]
