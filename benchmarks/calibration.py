"""What the machine could do at the moment of a figure; without it a shared machine's figure says little."""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SYNCS = 200
BLOCK = os.urandom(4096)


@dataclass(frozen=True, slots=True)
class Calibration:
    """fdatasync of 4 KB (median, ms), SHA-256 on one core (MB/s), load, others' share of all cores (0..1)."""

    fdatasync_ms: float
    sha256_mb_s: float
    load: float
    foreign_cpu: float

    def __str__(self) -> str:
        return (
            f"fdatasync {self.fdatasync_ms:.2f} ms, SHA-256 {self.sha256_mb_s:.0f} MB/s,"
            f" load {self.load:.1f}, others {self.foreign_cpu:.0%}"
        )


def calibrate(folder: Path) -> Calibration:
    """Takes about a second. `folder` lies on the disk that the measured program will use."""
    idle, own, began = _busy_seconds(), time.process_time(), time.monotonic()
    sync = _fdatasync_ms(folder)
    sha = _sha256_mb_s()
    wall = time.monotonic() - began
    foreign = (_busy_seconds() - idle) - (time.process_time() - own)
    return Calibration(
        fdatasync_ms=sync,
        sha256_mb_s=sha,
        load=os.getloadavg()[0],
        foreign_cpu=max(0.0, foreign / (wall * (os.cpu_count() or 1))),
    )


def _fdatasync_ms(folder: Path) -> float:
    took = []
    with tempfile.NamedTemporaryFile(dir=folder, buffering=0) as out:
        for _ in range(SYNCS):
            began = time.perf_counter()
            out.write(BLOCK)
            os.fdatasync(out.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000


def _sha256_mb_s() -> float:
    megabyte, rounds = os.urandom(1 << 20), 200
    began = time.perf_counter()
    for _ in range(rounds):
        hashlib.sha256(megabyte).digest()
    return rounds / (time.perf_counter() - began)


def _busy_seconds() -> float:
    """Of all cores since boot: user, nice, system, interrupts."""
    ticks = Path("/proc/stat").read_text().split("\n")[0].split()[1:]
    return sum(int(ticks[n]) for n in (0, 1, 2, 5, 6)) / os.sysconf("SC_CLK_TCK")
