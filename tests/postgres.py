"""A private PostgreSQL server for tests: started in a temporary folder on a free port, ended with its data.

    python tests/postgres.py -- pytest ...      runs a command with AMPARO_DATABASE_URL set

It keeps its promises as in service (fsync, full_page_writes and synchronous_commit on), so that killing it
proves something. PostgreSQL refuses to run as root: started by root, it runs as the user `postgres`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PLACES = ["/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"]
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "120",
    "shared_buffers": "256MB",
}


class NotInstalled(Exception):
    """No PostgreSQL server program was found."""


@dataclass(frozen=True)
class PostgresServer:
    """One running server and the address of its empty database `amparo`."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://amparo@127.0.0.1:{self.port}/amparo"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """The postmaster; its children die with it."""
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    def start(self) -> None:
        """Starts, after a kill too: recovery from the write-ahead log is part of it."""
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        options += f" -p {self.port} -k {self.folder}"
        deadline = time.monotonic() + 60
        # After a kill -9 the old children hold the shared memory for a moment, and the new server says so.
        while self._run(
            "pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options, "-w", "start"
        ):
            if time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.2)

    def kill(self) -> None:
        """kill -9 of the postmaster, then of the children it leaves behind: a crash of the whole database."""
        os.kill(self.pid, signal.SIGKILL)
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _works_in(entry, self.data):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(entry.name), signal.SIGKILL)

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def create(self) -> None:
        self.folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        if self._run(
            "initdb", "-D", str(self.data), "-U", "amparo", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust"
        ):
            raise RuntimeError("initdb failed")
        self.start()
        if self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "amparo", "amparo"):
            raise RuntimeError("createdb failed")

    def _run(self, program: str, *arguments: str) -> int:
        """Exit code. Output goes to the log: a server that inherits a pipe would keep its reader waiting."""
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = [shutil.which("runuser") or "/usr/sbin/runuser", "-u", "postgres", "--", *command]
        with (self.folder / "commands.log").open("ab") as log:
            done = subprocess.run(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                timeout=120,
                check=False,
            )
        return done.returncode


def find_programs() -> Path:
    """The folder that holds initdb, pg_ctl and createdb; the newest version where there are several."""
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True
    )
    for folder in [*on_path, *versions, *map(Path, PLACES)]:
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "createdb")):
            return folder
    raise NotInstalled("PostgreSQL's server programs were not found: install postgresql")


@contextlib.contextmanager
def running() -> Iterator[PostgresServer]:
    """A server for the length of a `with`. Raises NotInstalled."""
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="amparo-postgres-"))
    server = PostgresServer(programs=programs, folder=folder, port=_free_port())
    try:
        server.create()
        yield server
    finally:
        if server.data.exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _works_in(process: Path, folder: Path) -> bool:
    try:
        return (process / "cwd").readlink() == folder
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] != "--" or len(arguments) < 2:
        print(__doc__)
        return 2
    with running() as server:
        print(f"AMPARO_DATABASE_URL={server.url}", flush=True)
        return subprocess.run(
            arguments[1:], env=os.environ | {"AMPARO_DATABASE_URL": server.url}, check=False
        ).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
