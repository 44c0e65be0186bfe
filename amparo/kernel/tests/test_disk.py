"""Room on the disk: attachments stop first, exports next, text last."""

import errno
import os
import sqlite3

import psycopg.errors
import pytest
from django.db import OperationalError

from amparo.kernel import disk

MB = 1024 * 1024


@pytest.fixture
def folder(tmp_path):
    disk._remembered.clear()
    return tmp_path


def needing(settings, folder, missing: int) -> None:
    """Raise the installation's threshold until this disk lacks `missing` bytes of it."""
    settings.AMPARO_RESERVE_BYTES = disk.free_bytes(folder) + missing
    disk._remembered.clear()


def test_a_disk_with_room_takes_everything(folder, settings):
    settings.AMPARO_RESERVE_BYTES = MB
    assert disk.room(folder).state == "ok"
    assert [disk.accepts(kind, folder) for kind in ("attachment", "export", "text")] == [True, True, True]


def test_attachments_stop_first_then_exports_and_text_goes_on(folder, settings):
    needing(settings, folder, missing=1000 * MB)
    assert disk.room(folder).state == "low"
    assert [disk.accepts(kind, folder) for kind in ("attachment", "export", "text")] == [False, True, True]
    needing(settings, folder, missing=2 * disk.free_bytes(folder))
    assert [disk.accepts(kind, folder) for kind in ("attachment", "export", "text")] == [False, False, True]


@pytest.mark.parametrize(
    ("free", "state"),
    [(0, "critical"), (20 * MB - 1, "critical"), (20 * MB, "low"), (200 * MB - 1, "low"), (200 * MB, "ok")],
)
def test_what_the_free_bytes_mean(free, state):
    assert disk.judge(free) == disk.Room(free, state)


def test_text_gives_up_the_reserve_when_nothing_is_left(folder, settings):
    (folder / disk.RESERVE_NAME).write_bytes(bytes(MB))
    disk._remembered[folder] = (float("inf"), disk.Room(0, "critical"))  # as read a moment ago
    assert disk.accepts("text", folder)
    assert not (folder / disk.RESERVE_NAME).exists()


def test_text_stops_when_the_reserve_is_gone_too(folder):
    disk._remembered[folder] = (float("inf"), disk.Room(0, "critical"))
    assert not disk.accepts("text", folder)


def test_the_disk_is_read_at_most_once_a_second(folder):
    first = disk.room(folder)
    (folder / "large").write_bytes(os.urandom(4 * MB))
    assert disk.room(folder) is first
    disk._remembered[folder] = (disk._remembered[folder][0] - disk.REMEMBERED_SECONDS, first)
    assert disk.room(folder) is not first


def test_a_folder_that_is_still_to_be_made_has_the_room_of_its_place(folder):
    assert disk.free_bytes(folder / "not" / "yet") == pytest.approx(disk.free_bytes(folder), rel=0.1)


def test_the_reserve_takes_real_blocks_and_gives_them_back(folder, settings):
    settings.AMPARO_RESERVE_BYTES = MB
    assert disk.make_reserve(folder, size=3 * MB)
    assert (folder / disk.RESERVE_NAME).stat().st_blocks * 512 >= 3 * MB
    assert disk.make_reserve(folder, size=3 * MB)  # again changes nothing
    assert disk.release_reserve(folder)
    assert not disk.release_reserve(folder)
    assert list(folder.iterdir()) == []


def test_no_reserve_is_taken_from_a_disk_that_is_short_already(folder, settings):
    needing(settings, folder, missing=1)
    assert not disk.make_reserve(folder, size=MB)
    assert list(folder.iterdir()) == []


def full_sqlite() -> sqlite3.Error:
    """SQLite's own error when the file may not grow."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE filling (content)")
    database.execute("PRAGMA max_page_count = 4")
    with pytest.raises(sqlite3.OperationalError) as full:
        database.execute("INSERT INTO filling VALUES (zeroblob(100000))")
    return full.value


def full_device() -> OSError:
    with pytest.raises(OSError) as full, open("/dev/full", "wb", buffering=0) as device:
        device.write(b"x")
    return full.value


def raised_from(cause: BaseException) -> BaseException:
    try:
        try:
            raise cause
        except BaseException as error:
            raise OperationalError("as Django wraps it") from error
    except OperationalError as wrapped:
        return wrapped


@pytest.mark.parametrize(
    "full",
    [
        full_sqlite,
        full_device,
        lambda: OSError(errno.EDQUOT, "quota"),
        lambda: psycopg.errors.DiskFull("no space"),
    ],
)
def test_a_full_disk_is_recognised_as_itself_and_as_django_wraps_it(full):
    assert disk.is_disk_full(full())
    assert disk.is_disk_full(raised_from(full()))


@pytest.mark.parametrize(
    "other",
    [
        OSError(errno.EACCES, "denied"),
        sqlite3.OperationalError("database is locked"),
        psycopg.errors.SerializationFailure("again"),
        ValueError("database or disk is full"),
    ],
)
def test_other_errors_are_not_a_full_disk(other):
    assert not disk.is_disk_full(other)
    assert not disk.is_disk_full(raised_from(other))
