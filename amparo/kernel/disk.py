"""Room on the disk: what is still taken in when it runs short, and the reserve that keeps text coming.

Attachments are refused first, exports next, text last (trust, threat 9). A reserve file of real blocks is
given up at the very end, so that what people type is still kept while somebody makes room.
"""

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import sync_folder

State = Literal["ok", "low", "critical"]
Kind = Literal["attachment", "export", "text"]

CRITICAL_BYTES = 20 * 1024 * 1024
RESERVE_SIZE = 64 * 1024 * 1024
RESERVE_NAME = "reserve.bin"
REMEMBERED_SECONDS = 1.0

# A shared-memory file that cannot grow is how a full disk first shows itself to a SQLite database in WAL
# mode.
SQLITE_FULL_CODES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})
FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT})
POSTGRES_DISK_FULL = "53100"

_remembered: dict[Path, tuple[float, "Room"]] = {}


@dataclass(frozen=True, slots=True)
class Room:
    """Free bytes for this process on the home's disk, and what that means."""

    free_bytes: int
    state: State


def room(folder: Path | None = None) -> Room:
    """How much room the home's disk has; read at most once a second."""
    folder = folder or settings.HOME.path
    now = time.monotonic()
    at, known = _remembered.get(folder, (-REMEMBERED_SECONDS, None))
    if known is None or now - at >= REMEMBERED_SECONDS:
        known = judge(free_bytes(folder))
        _remembered[folder] = (now, known)
    return known


def free_bytes(folder: Path) -> int:
    """Bytes an ordinary process may write where `folder` lies or will. A quota shows when a write fails."""
    disk = os.statvfs(next(place for place in (folder, *folder.absolute().parents) if place.exists()))
    return disk.f_bavail * disk.f_frsize


def judge(free: int) -> Room:
    """What `free` bytes mean: `low` under the installation's threshold, `critical` under 20 MB."""
    if free < CRITICAL_BYTES:
        return Room(free, "critical")
    return Room(free, "low" if free < settings.AMPARO_RESERVE_BYTES else "ok")


def accepts(kind: Kind, folder: Path | None = None) -> bool:
    """Whether the disk still takes this kind of content.

    Attachments need the whole threshold free, exports half of it, text 20 MB. Text gives up the reserve file
    first when there is no room.
    """
    free = room(folder).free_bytes
    if kind == "attachment":
        return free >= settings.AMPARO_RESERVE_BYTES
    if kind == "export":
        return free >= max(settings.AMPARO_RESERVE_BYTES // 2, CRITICAL_BYTES)
    return free >= CRITICAL_BYTES or (release_reserve(folder) and room(folder).free_bytes >= CRITICAL_BYTES)


def make_reserve(folder: Path | None = None, size: int = RESERVE_SIZE) -> bool:
    """Take `size` bytes of real blocks for the hour when the disk fills. False when the disk is short
    already.
    """
    folder = folder or settings.HOME.path
    reserve = folder / RESERVE_NAME
    if reserve.exists():
        return True
    if free_bytes(folder) < size + settings.AMPARO_RESERVE_BYTES:
        return False
    part = folder / f"{RESERVE_NAME}.part"
    with part.open("wb") as file:
        part.chmod(0o600)
        # Random bytes: a file system that compresses, or that shares equal blocks, cannot make them smaller.
        for _block in range(0, size, 1024 * 1024):
            file.write(os.urandom(min(1024 * 1024, size)))
        file.flush()
        os.fsync(file.fileno())
    part.rename(reserve)
    sync_folder(folder)
    return True


def release_reserve(folder: Path | None = None) -> bool:
    """Give the reserve's blocks back to the disk; False when there were none to give."""
    folder = folder or settings.HOME.path
    try:
        (folder / RESERVE_NAME).unlink()
    except FileNotFoundError:
        return False
    _remembered.pop(folder, None)
    return True


def full() -> Refused:
    """The refusal in words, for whoever is about to write something large."""
    return Refused("disk_full", _("El disco está lleno. Libere espacio y pruebe otra vez."), status=507)


def is_disk_full(exception: BaseException) -> bool:
    """Whether this exception, or one it came from, says that a disk (ours or the database's) has no room."""
    return any(_says_full(link) for link in _chain(exception))


def _says_full(exception: BaseException) -> bool:
    if isinstance(exception, sqlite3.Error):
        return getattr(exception, "sqlite_errorcode", None) in SQLITE_FULL_CODES
    if isinstance(exception, OSError):
        return exception.errno in FULL_ERRNOS
    return getattr(exception, "sqlstate", None) == POSTGRES_DISK_FULL


def _chain(exception: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = exception
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__
