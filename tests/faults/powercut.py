"""A power cut for processes that run unprivileged on an ordinary disk.

`powercut.c` is loaded into every process started with `PowerCut.environment()` and keeps a durable image of
one directory: of each file what it held at its last fsync or fdatasync, of each directory the names it held
at its last fsync. `cut()` kills every such process at once and puts that image in the directory's place.

What is modelled:

- `unsynced="dropped"`: every byte not synced is gone, the severest disk that keeps its promises. A file that
  was created and named durably but never synced is there and empty, as on ext4 and XFS.
- `unsynced="scattered"`: of the bytes not synced, sectors of 512 bytes survive by lot, in no order, so that
  writes arrive torn and reordered. A file's length may have grown or not.
- `directories="strict"`: a created, renamed or removed name survives only if its directory was synced
  afterwards, which is all that POSIX promises. `directories="lenient"`: names survive at once, as a
  journalling file system usually manages.
- Everything present when the instrument is armed is durable.

What is not modelled: disks that lie about a flush; damage to neighbouring sectors already synced; a rename
across two directories as one step (each directory keeps what it last synced); files opened O_SYNC or O_DSYNC,
sync and syncfs, which are taken to save nothing, so that a server relying on them would fail and not pass.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

SECTOR = 512
SOURCE = Path(__file__).with_name("powercut.c")


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cut took: bytes in which the directory and its image differed, names only one of them had."""

    killed: int
    bytes_lost: int
    names_lost: int


@dataclass(frozen=True, slots=True)
class Name:
    """One entry of a directory: kind is "f" or "d"."""

    kind: str
    key: str
    mode: int
    name: str


@cache
def shim() -> Path:
    """The shared library, built once per run by the machine's C compiler."""
    folder = mkdtemp(prefix="amparo-powercut-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = Path(folder) / "powercut.so"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"],
        check=True,
        timeout=60,
    )
    return library


class PowerCut:
    """Cuts the power under `directory`.

        power = PowerCut(home)
        power.arm()
        server = subprocess.Popen([...], env=os.environ | power.environment())
        ...
        power.cut()         # every process under the instrument is dead, the directory holds what was synced

    May be armed again after a cut: the survivors are then the durable start.
    """

    def __init__(
        self,
        directory: Path,
        *,
        directories: Literal["strict", "lenient"] = "strict",
        unsynced: Literal["dropped", "scattered"] = "dropped",
        seed: int | None = None,
    ) -> None:
        self.directory = directory.resolve()
        self.directories = directories
        self.unsynced = unsynced
        self.lot = random.Random(seed)
        self.image = self.directory.with_name(self.directory.name + ".durable")
        # Each instrument loads a copy of its own, so that its processes can be told from any other's.
        self.library = self.directory.with_name(self.directory.name + ".powercut.so")

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self.library),
            "AMPARO_POWERCUT_ROOT": str(self.directory),
            "AMPARO_POWERCUT_IMAGE": str(self.image),
        }

    def arm(self) -> None:
        """Takes what lies in the directory as durable. Call while no process of the server runs."""
        if not self.library.exists():
            shutil.copy(shim(), self.library)
        shutil.rmtree(self.image, ignore_errors=True)
        (self.image / "files").mkdir(parents=True)
        (self.image / "dirs").mkdir()
        for folder, _, _ in os.walk(self.directory):
            names = list(_live_names(Path(folder)))
            (self.image / "dirs" / _key(Path(folder))).write_bytes(
                b"".join(
                    f"{n.kind} {n.key} {n.mode:o} ".encode() + os.fsencode(n.name) + b"\0" for n in names
                )
            )
            for name in names:
                if name.kind == "f":
                    shutil.copyfile(Path(folder) / name.name, self.image / "files" / name.key)
                    (self.image / "files" / name.key).chmod(name.mode)

    def processes(self) -> list[int]:
        """Every living process that carries this instrument, children and orphans too."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and self._carries(entry)
        ]

    def cut(self) -> Cut:
        """Kills all, then leaves the directory as the disk would show it when the power is back."""
        killed = self._kill_all()
        survivor = self.directory.with_name(self.directory.name + ".survivor")
        shutil.rmtree(survivor, ignore_errors=True)
        tally = _Tally()
        self._rebuild(self.directory, _key(self.directory), survivor, tally)
        shutil.rmtree(self.directory)
        survivor.rename(self.directory)
        return Cut(killed=killed, bytes_lost=tally.bytes_lost, names_lost=tally.names_lost)

    def _carries(self, entry: Path) -> bool:
        try:
            return str(self.library) in (entry / "maps").read_text(errors="replace")
        except OSError:  # gone, or not ours to read
            return False

    def _kill_all(self) -> int:
        killed: set[int] = set()
        deadline = time.monotonic() + 20
        while living := self.processes():
            for pid in living:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
                killed.add(pid)
            if time.monotonic() > deadline:
                raise TimeoutError(f"processes outlive SIGKILL: {living}")
            time.sleep(0.005)
        return len(killed)

    def _rebuild(self, living: Path, key: str, into: Path, tally: _Tally) -> None:
        live = {n.name: n for n in _live_names(living)} if living.is_dir() else {}
        durable = live if self.directories == "lenient" else {n.name: n for n in self._kept_names(key)}
        tally.names_lost += len(
            {(n.name, n.key) for n in live.values()} ^ {(n.name, n.key) for n in durable.values()}
        )
        into.mkdir()
        if living.is_dir():
            shutil.copymode(living, into)
        for name in durable.values():
            still_there = name.name in live and live[name.name].key == name.key
            original = living / name.name if still_there else Path(os.devnull)
            if name.kind == "d":
                self._rebuild(original, name.key, into / name.name, tally)
            else:
                self._restore(original, name, into / name.name, tally)

    def _restore(self, original: Path, name: Name, into: Path, tally: _Tally) -> None:
        kept = self.image / "files" / name.key
        synced = kept.read_bytes() if kept.exists() else b""
        written = original.read_bytes() if original.is_file() else synced
        tally.bytes_lost += abs(len(written) - len(synced))
        if written != synced:
            tally.bytes_lost += sum(
                SECTOR for at in _sectors(written, synced) if at < min(len(written), len(synced))
            )
            if self.unsynced == "scattered":
                synced = self._scatter(written, synced)
        into.write_bytes(synced)
        into.chmod(name.mode)

    def _scatter(self, written: bytes, synced: bytes) -> bytes:
        length = self.lot.choice([len(written), len(synced)])
        disk = bytearray(synced[:length].ljust(length, b"\0"))
        for at in _sectors(written, synced):
            if at < length and self.lot.random() < 0.5:
                sector = written[at : min(at + SECTOR, length)]
                disk[at : at + len(sector)] = sector
        return bytes(disk)

    def _kept_names(self, key: str) -> Iterator[Name]:
        kept = self.image / "dirs" / key
        if not kept.exists():  # a directory that was never synced comes back empty
            return
        for record in kept.read_bytes().split(b"\0")[:-1]:
            kind, file_key, mode, name = record.split(b" ", 3)
            yield Name(kind.decode(), file_key.decode(), int(mode, 8), os.fsdecode(name))


@dataclass(slots=True)
class _Tally:
    bytes_lost: int = 0
    names_lost: int = 0


_libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_ALL = -100, 0x100, 0xFFF


def _key(path: Path) -> str:
    """Inode and birth time, written as the shim writes them; Python 3.11 itself shows no birth time."""
    facts = ctypes.create_string_buffer(256)
    if _libc.statx(AT_FDCWD, os.fsencode(path), AT_SYMLINK_NOFOLLOW, STATX_ALL, facts) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(path))
    inode, born, fraction = (
        int.from_bytes(facts.raw[at : at + size], sys.byteorder) for at, size in ((32, 8), (80, 8), (88, 4))
    )
    return f"{inode:x}-{born:x}.{fraction:x}"


def _sectors(written: bytes, synced: bytes) -> Iterator[int]:
    """Offsets of the sectors that differ; a page at a time, since most are equal."""
    page = 64 * SECTOR
    for start in range(0, max(len(written), len(synced)), page):
        if written[start : start + page] == synced[start : start + page]:
            continue
        for at in range(start, start + page, SECTOR):
            if written[at : at + SECTOR] != synced[at : at + SECTOR]:
                yield at


def _live_names(folder: Path) -> Iterator[Name]:
    with os.scandir(folder) as entries:
        for entry in entries:
            facts = entry.stat(follow_symlinks=False)
            kind = (
                "f"
                if entry.is_file(follow_symlinks=False)
                else "d"
                if entry.is_dir(follow_symlinks=False)
                else ""
            )
            if kind:
                yield Name(kind, _key(Path(entry.path)), facts.st_mode & 0o7777, entry.name)
