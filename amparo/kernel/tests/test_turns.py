"""Whether an error says that another process is writing."""

import sqlite3

import psycopg
import pytest
from django.db import OperationalError

from amparo.kernel.turns import is_busy


def locked(tmp_path):
    """What SQLite itself says when two write at once."""
    one, other = (sqlite3.connect(tmp_path / "x.db", timeout=0, isolation_level=None) for _time in range(2))
    one.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as raised:
        other.execute("BEGIN IMMEDIATE")
    one.close()
    other.close()
    return raised.value


def test_a_busy_database_is_recognised_as_itself_and_as_django_wraps_it(tmp_path):
    for busy in (locked(tmp_path), psycopg.errors.LockNotAvailable("busy")):
        wrapped = OperationalError("busy")
        wrapped.__cause__ = busy
        assert is_busy(busy)
        assert is_busy(wrapped)


def test_other_errors_are_not_a_busy_database():
    for other in (OSError("x"), sqlite3.OperationalError("no such table"), psycopg.errors.DiskFull("x")):
        assert not is_busy(other)
