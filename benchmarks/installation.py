"""The real server on an empty home, with either database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests import postgres
from tests.faults.live import LiveServer


@contextlib.contextmanager
def installation(folder: Path, database: str) -> Iterator[LiveServer]:
    """A server that is not started yet, on `database` (sqlite, postgres); ended with the `with`.

    Raises `postgres.NotInstalled`.
    """
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        environment = {}
        if database == "postgres":
            environment["AMPARO_DATABASE_URL"] = stack.enter_context(postgres.running()).url
        server = LiveServer(folder / "home", environment=environment)
        stack.callback(server.stop)
        yield server
