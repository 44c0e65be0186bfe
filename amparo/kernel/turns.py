"""Turns at writing, between the processes of one SQLite installation.

SQLite answers a busy lock by sleeping and asking again, up to a tenth of a second each time: a process that writes
without pause can keep another waiting for long. Those who write in bulk take turns by a file lock instead, which
the system hands over at once. PostgreSQL needs none of this.
"""

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

POSTGRES_BUSY = ("55P03", "40P01")  # lock not available, deadlock


class _Held(threading.local):
    """Whether this thread has the turn already."""

    turn = False


_held = _Held()


@contextmanager
def turn() -> Iterator[None]:
    """Wait for one's turn, then write: take it around the transaction, never inside one."""
    if connection.vendor != "sqlite" or _held.turn or not settings.HOME.path.is_dir():
        yield
        return
    with (settings.HOME.path / "write.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        _held.turn = True
        try:
            yield
        finally:
            _held.turn = False
            fcntl.flock(file, fcntl.LOCK_UN)


def is_busy(exception: BaseException) -> bool:
    """Whether this exception says that another process is writing and did not end in time."""
    cause = exception.__cause__ or exception
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in POSTGRES_BUSY
