"""The instrument is proven before the server is judged by it: on programs whose losses are known."""

from __future__ import annotations

import os
import random
import selectors
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.powercut import PowerCut

HERE = Path(__file__).parent
pytestmark = pytest.mark.xdist_group("faults")


@dataclass
class Losses:
    cuts: int = 0
    acknowledged: int = 0
    lost: int = 0
    cuts_with_loss: int = 0
    corrupt: int = 0

    def __str__(self) -> str:
        return (
            f"{self.cuts} cuts: {self.acknowledged} acknowledged, {self.lost} lost"
            f" in {self.cuts_with_loss} cuts, {self.corrupt} corrupt"
        )


def run_until_cut(power: PowerCut, commands: list[list[str]], seconds: float) -> list[str]:
    """Starts the programs under the instrument, cuts `seconds` after their first word; what they said."""
    power.arm()
    programs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | power.environment())
        for command in commands
    ]
    said: dict[Any, bytearray] = {program.stdout: bytearray() for program in programs}
    with selectors.DefaultSelector() as ready:
        for pipe in said:
            ready.register(pipe, selectors.EVENT_READ)
        started = time.monotonic()
        end = started + 20
        while time.monotonic() < end:
            for key, _ in ready.select(timeout=max(0.0, end - time.monotonic())):
                words = os.read(key.fd, 1 << 16)
                if not words:
                    raise AssertionError("the program stopped by itself")
                said[key.fileobj] += words
                if end == started + 20:
                    end = time.monotonic() + seconds
    power.cut()
    for program in programs:
        program.wait(timeout=10)
    for pipe, heard in said.items():
        heard += pipe.read()
        pipe.close()
    return [line for words in said.values() for line in words.decode().split("\n")[:-1]]


def cut_sqlite(home: Path, journal_mode: str, synchronous: str, cuts: int, **instrument: str) -> Losses:
    home.mkdir()
    losses, rnd = Losses(), random.Random(7)
    power = PowerCut(home, seed=7, **instrument)  # type: ignore[arg-type]
    database = home / "rows.sqlite3"
    for _ in range(cuts):
        commands = [
            [
                sys.executable,
                "-I",
                str(HERE / "sqlite_writer.py"),
                str(database),
                journal_mode,
                synchronous,
                writer,
            ]
            for writer in "123"
        ]
        said = {
            tuple(map(int, line.split())) for line in run_until_cut(power, commands, rnd.uniform(0.02, 0.35))
        }
        with sqlite3.connect(database) as link:
            sound = link.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            kept = set(link.execute("SELECT writer, number FROM row")) if sound and has_rows(link) else set()
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.close()
        losses.cuts += 1
        losses.acknowledged += len(said)
        losses.lost += len(said - kept)
        losses.cuts_with_loss += bool(said - kept)
        losses.corrupt += not sound
    return losses


def has_rows(link: sqlite3.Connection) -> bool:
    return bool(link.execute("SELECT 1 FROM sqlite_master WHERE name = 'row'").fetchone())


def cut_files(home: Path, steps: str, cuts: int) -> tuple[int, int, int]:
    """Acknowledged, missing and damaged files over so many cuts."""
    folder = home / "files"
    folder.mkdir(parents=True)
    acknowledged = missing = damaged = 0
    power, rnd = PowerCut(home), random.Random(7)
    for _ in range(cuts):
        command = [sys.executable, "-I", str(HERE / "file_writer.py"), str(folder), steps]
        for name in run_until_cut(power, [command, command], rnd.uniform(0.02, 0.1)):
            acknowledged += 1
            if not (folder / name).exists():
                missing += 1
            elif (folder / name).read_bytes() != name.encode() * 100:
                damaged += 1
    return acknowledged, missing, damaged


def test_wal_with_full_sync_loses_nothing(tmp_path: Path) -> None:
    losses = cut_sqlite(tmp_path / "home", "WAL", "FULL", 6)
    assert losses.acknowledged > 50
    assert (losses.lost, losses.corrupt) == (0, 0), losses


def test_wal_with_full_sync_loses_nothing_when_unsynced_sectors_survive_by_lot(tmp_path: Path) -> None:
    losses = cut_sqlite(tmp_path / "home", "WAL", "FULL", 4, unsynced="scattered")
    assert losses.acknowledged > 50
    assert (losses.lost, losses.corrupt) == (0, 0), losses


def test_wal_with_normal_sync_is_caught(tmp_path: Path) -> None:
    losses = cut_sqlite(tmp_path / "home", "WAL", "NORMAL", 3)
    assert losses.lost > 0, losses
    assert losses.corrupt == 0, losses


def test_without_sync_nearly_all_is_lost(tmp_path: Path) -> None:
    losses = cut_sqlite(tmp_path / "home", "WAL", "OFF", 2)
    assert losses.lost > 0.9 * losses.acknowledged, losses


def test_a_file_synced_renamed_and_named_durably_is_there_and_whole(tmp_path: Path) -> None:
    acknowledged, missing, damaged = cut_files(tmp_path / "home", "fd", 2)
    assert acknowledged > 5
    assert (missing, damaged) == (0, 0)


def test_a_folder_that_was_not_synced_loses_its_new_names(tmp_path: Path) -> None:
    acknowledged, missing, _ = cut_files(tmp_path / "home", "f", 1)
    assert missing == acknowledged > 0


def test_a_file_that_was_not_synced_is_there_and_empty(tmp_path: Path) -> None:
    acknowledged, missing, damaged = cut_files(tmp_path / "home", "d", 1)
    assert missing == 0
    assert damaged == acknowledged > 0


def test_modes_and_untouched_files_survive(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "master.key").write_bytes(b"secret")
    (home / "keys" / "master.key").chmod(0o600)
    power = PowerCut(home)
    power.arm()
    (home / "keys" / "master.key").write_bytes(b"changed and never synced")
    (home / "new").write_bytes(b"never named durably")
    cut = power.cut()
    assert (home / "keys" / "master.key").read_bytes() == b"secret"
    assert (home / "keys" / "master.key").stat().st_mode & 0o777 == 0o600
    assert not (home / "new").exists()
    assert cut.names_lost == 1
    assert cut.bytes_lost > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("journal_mode", "synchronous", "directories", "unsynced", "loses"),
    [
        ("WAL", "FULL", "strict", "dropped", False),
        ("WAL", "FULL", "strict", "scattered", False),
        ("WAL", "FULL", "lenient", "dropped", False),
        ("WAL", "NORMAL", "strict", "dropped", True),
        ("WAL", "NORMAL", "strict", "scattered", True),
        ("WAL", "OFF", "strict", "dropped", True),
        ("DELETE", "FULL", "lenient", "dropped", False),
        ("DELETE", "FULL", "strict", "dropped", True),
        ("DELETE", "EXTRA", "strict", "dropped", False),
    ],
)
def test_each_mode_over_100_cuts(
    tmp_path: Path, journal_mode: str, synchronous: str, directories: str, unsynced: str, loses: bool
) -> None:
    losses = cut_sqlite(
        tmp_path / "home", journal_mode, synchronous, 100, directories=directories, unsynced=unsynced
    )
    print(f"{journal_mode}+{synchronous}, {directories} directories, unsynced {unsynced}: {losses}")
    assert (losses.lost > 0) == loses, losses
    if synchronous != "OFF":
        assert losses.corrupt == 0, losses
