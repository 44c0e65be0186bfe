"""Phones' submissions: how many a second are durably acknowledged, how late, how soon all are applied.

The load is `loadgen.py submit` with its own form (4.5 kB, about 40 answers), 1, 8 and 32 connections, each
waiting for its 201 before it sends the next. "Alone" is without a worker, "applying" with the worker at work
beside it, 40 observations a message.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.calibration import Calibration, calibrate
from benchmarks.installation import installation
from benchmarks.report import Figure, Rival
from tests import postgres
from tests.faults.live import PATH, LiveServer, Stored

TITLE = "Submissions from phones"
SHARED = Path(os.environ.get("AMPARO_SHARED", "../shared")).resolve()
FORM = SHARED / "tools" / "site_assessment.xml"
MAPPING = Path(__file__).with_name("site_assessment.toml")
FORM_ID, VERSION = "site_assessment", "2026112201"

# ODK Central 2026.2 on a like machine: the better end of what it did, in submissions a second; p99 in ms.
CENTRAL = {1: 63, 8: 121, 32: 151}
CENTRAL_P99 = 300
CENTRAL_TRAILING = 19
FLOOR_AND_AIM = {"sqlite": (2.0, 3.0), "postgres": (1.5, 2.5)}
COUNTS = {1: 3000, 8: 4000, 32: 5000}


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Figures for each database; a database that is not installed is named in the notes."""
    figures: list[Figure] = []
    notes = [
        "Against ODK Central 2026.2, measured on a like machine with the same load generator and form.",
        "Memory is the resident set of server and worker together, at its peak.",
    ]
    for database in databases:
        try:
            with installation(folder / database, database) as server:
                server.prepare(FORM, "--mapping", str(MAPPING))
                figures += _measure_one(server, database, quick)
        except postgres.NotInstalled as absent:
            notes.append(f"{database}: not measured. {absent}.")
    return figures, notes


def _measure_one(server: LiveServer, database: str, quick: bool) -> Iterator[Figure]:
    floor, aim = FLOOR_AND_AIM[database]
    for applying in (False, True):
        server.serve_options = () if applying else ("--no-worker",)
        server.start()
        for connections, count in COUNTS.items():
            yield from _one_run(
                server, database, applying, connections, count // 10 if quick else count, floor, aim
            )
        server.stop()


def _one_run(
    server: LiveServer, database: str, applying: bool, connections: int, count: int, floor: float, aim: float
) -> Iterator[Figure]:
    stored = Stored(server)
    if applying:
        _wait_until_applied(stored)
    calibration = calibrate(server.home.parent)
    run = loadgen(server, connections, count)
    ended = time.monotonic()
    calibration = _with_load(calibration, run)
    name = f"{database}, {connections} at once, {'applying' if applying else 'alone'}"
    central = CENTRAL[connections]
    rival = Rival("Central", central)
    yield Figure(name, run["rps"], "/s", calibration, floor * central, aim * central, rival=rival)
    if run["in_doubt"]:
        yield Figure(f"{name}: refused", run["in_doubt"], "messages", calibration, 0, less_is_better=True)
    if connections < max(COUNTS):
        return
    rival = Rival("Central", CENTRAL_P99)
    yield Figure(f"{name}: p99", run["p99_ms"], "ms", calibration, 150, None, True, rival)
    if applying:
        memory = run["server"]["rss_peak_mb"]["amparo"]
        yield Figure(
            f"{name}: memory of server and worker", memory, "MB", calibration, 500, less_is_better=True
        )
        _wait_until_applied(stored)
        trailing = (time.monotonic() - ended) * 5000 / count
        rival = Rival("Central", CENTRAL_TRAILING)
        yield Figure(f"{name}: last of 5,000 applied after", trailing, "s", calibration, 10, 5, True, rival)


def loadgen(server: LiveServer, connections: int, count: int) -> dict[str, Any]:
    """One run of the shared load generator against the enrolled phone's account; its JSON."""
    assert server.process is not None
    command = [sys.executable, str(SHARED / "tools" / "loadgen.py"), "submit"]
    command += ["--base", f"http://127.0.0.1:{server.port}", "--path", PATH]
    command += ["--auth", f"Basic {server.phone['username']}:{server.phone['password']}"]
    command += ["--form-id", FORM_ID, "--version", VERSION, "-c", str(connections), "-n", str(count)]
    command += ["--warmup", str(min(200, count // 5)), "--pid", f"amparo={server.process.pid}"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=900)
    return json.loads(done.stdout)


def _wait_until_applied(stored: Stored) -> None:
    deadline = time.monotonic() + 600
    while stored.waiting():
        if time.monotonic() > deadline:
            raise TimeoutError("messages are still waiting to be applied")
        time.sleep(0.1)


def _with_load(calibration: Calibration, run: dict[str, Any]) -> Calibration:
    """With the processor time that others took while the load ran, which the load generator knows."""
    share = run["server"]["foreign_cpu_s"] / (run["server"]["wall_s"] * (os.cpu_count() or 1))
    return Calibration(calibration.fdatasync_ms, calibration.sha256_mb_s, calibration.load, share)
