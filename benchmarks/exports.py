"""The answers of a large form as a file: 50,000 filled copies of 64 questions, asked for as a browser does.

Each file is read back and must be whole: as many rows as it says, and the SHA-256 it says. Memory is what the server's
process takes for itself beyond what it had before; pages of the database's file that the system lends it are no part.
"""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.calibration import calibrate
from benchmarks.installation import installation
from benchmarks.report import Figure, Rival
from benchmarks.visitor import Visitor
from tests import postgres
from tests.faults.live import LiveServer

TITLE = "Answers of a form as a file"
COPIES = 50_000
FEW = 5_000
REPEATS = 3
TARGET_S = 5
CENTRAL_S = 15  # ODK Central 2026.2 for as many, on a like machine
TARGET_GROWTH_MB = 25
LOOK_SECONDS = 0.01

FILL = """
import json
from django.db import connection
from django.urls import reverse
from amparo.intake.testing import large_form, receive_copies

pages = dict()
for name, copies in {forms}.items():
    made = large_form(name)
    receive_copies(made, copies)
    pages[name] = dict(page=reverse("form_page", args=[made.uid]))
    for ending in ("csv", "xlsx"):
        pages[name][ending] = reverse("form_answers", args=[made.uid, ending])
with connection.cursor() as cursor:
    cursor.execute("ANALYZE")
print(json.dumps(pages))
"""
ROWS = """
import json
from pathlib import Path
from amparo.toolkit.exports import examine, is_whole

file = Path({file!r})
print(json.dumps(examine(file).rows if is_whole(file) else -1))
"""


@dataclass(frozen=True, slots=True)
class Left:
    """One file that left: seconds until its last byte, the server's processor seconds, and its growth in MB."""

    wall: float
    cpu: float
    growth: float
    size: float


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Figures for each database; a database that is not installed is named in the notes."""
    forms = {"muchos": COPIES // 10 if quick else COPIES, "pocos": FEW // 10 if quick else FEW}
    figures: list[Figure] = []
    notes = [
        "Each file was read back and found whole: its count of rows and its SHA-256 are those it states.",
        "64 questions a copy; over HTTP, not compressed, the median of the repeats.",
        "Against ODK Central 2026.2, measured on a like machine: 15 s for 50,000 submissions as CSV.",
        "Memory is the private memory of the server's process at its peak, beyond what it was after a first page.",
    ]
    for database in databases:
        try:
            with installation(folder / database, database) as server:
                server.init()
                addresses = server.ask(FILL.format(forms=forms))
                for ending in ("csv", "xlsx"):
                    figures += _figures(server, database, ending, forms, addresses, 1 if quick else REPEATS)
        except postgres.NotInstalled as absent:
            notes.append(f"{database}: not measured. {absent}.")
    return figures, notes


def _figures(
    server: LiveServer,
    database: str,
    ending: str,
    forms: dict[str, int],
    addresses: dict[str, dict[str, str]],
    repeats: int,
) -> Iterator[Figure]:
    calibration = calibrate(server.home.parent)
    name = f"{database}, {forms['muchos']:,} copies as {ending.upper()}"
    runs = [_left(server, addresses["muchos"], ending, forms["muchos"]) for _ in range(repeats)]
    few = _left(server, addresses["pocos"], ending, forms["pocos"])
    wall = statistics.median(run.wall for run in runs)
    growth = max(run.growth for run in runs)
    if ending == "csv":
        rival = Rival("Central", CENTRAL_S) if forms["muchos"] == COPIES else None
        yield Figure(name, wall, "s", calibration, TARGET_S, less_is_better=True, rival=rival)
        yield Figure(f"{name}: memory", growth, "MB", calibration, TARGET_GROWTH_MB, less_is_better=True)
    else:
        yield Figure(name, wall, "s", calibration)
        yield Figure(f"{name}: memory", growth, "MB", calibration)
    yield Figure(f"{name}: memory of {forms['pocos']:,}", few.growth, "MB", calibration)
    yield Figure(f"{name}: processor", statistics.median(run.cpu for run in runs), "s", calibration)
    yield Figure(f"{name}: size", runs[0].size, "MB", calibration)


def _left(server: LiveServer, addresses: dict[str, str], ending: str, copies: int) -> Left:
    """One export by a server that has just started and shown the form's page, so that nothing is left of others."""
    server.start()
    visitor = Visitor(server).sign_in()
    visitor.get(addresses["page"])
    processes = server.answering()
    with _growing(processes) as growth:
        before = _cpu_seconds(processes)
        page = visitor.get(addresses[ending], encoding="identity")
        cpu = _cpu_seconds(processes) - before
    server.stop()
    file = server.home.parent / f"answers.{ending}"
    file.write_bytes(page.body)
    rows = server.ask(ROWS.format(file=str(file)))
    assert rows == copies, f"{rows} rows instead of {copies}, or the file is not whole"
    return Left(page.seconds, cpu, growth.most / 1e6, len(page.body) / 1e6)


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


@dataclass
class _Growth:
    most: int = 0


@contextlib.contextmanager
def _growing(processes: Sequence[psutil.Process]) -> Iterator[_Growth]:
    """The most bytes by which these processes' private memory grew while the `with` lasted."""
    before, growth, ended = _private(processes), _Growth(), threading.Event()

    def look() -> None:
        while not ended.is_set():
            growth.most = max(growth.most, _private(processes) - before)
            time.sleep(LOOK_SECONDS)

    watch = threading.Thread(target=look)
    watch.start()
    try:
        yield growth
    finally:
        ended.set()
        watch.join()


def _private(processes: Sequence[psutil.Process]) -> int:
    """Bytes that belong to these processes alone."""
    lines = [
        line
        for process in processes
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines()
        if line.startswith("RssAnon:")
    ]
    return sum(int(line.split()[1]) * 1024 for line in lines)
