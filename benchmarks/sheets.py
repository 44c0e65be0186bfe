"""Centre sheets in PDF, one page each: 109 of them, as a province prints before a meeting."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.calibration import calibrate
from benchmarks.invented_country import invented_country
from benchmarks.report import Figure
from tests.faults.live import CHECKOUT

TITLE = "Centre sheets in PDF"
SHEETS = 109


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Seconds for all of them with one command, start of the program included."""
    count = 10 if quick else SHEETS
    with invented_country(folder, sites=count, days=30) as country:
        server = country.server
        calibration = calibrate(folder)
        out = folder / "sheets"
        began = time.monotonic()
        subprocess.run(
            [*server.command, "report", "sites", "--out", str(out)],
            cwd=CHECKOUT,
            env=server.environ(),
            check=True,
            capture_output=True,
            timeout=900,
        )
        took = time.monotonic() - began
    made = [path for path in out.glob("*.pdf") if path.read_bytes().startswith(b"%PDF")]
    assert len(made) == count, f"{len(made)} of {count} sheets"
    size = sum(path.stat().st_size for path in made) / len(made) / 1000
    name = f"{count} sheets"
    return [
        Figure(name, took, "s", calibration, 60, less_is_better=True),
        Figure("one sheet", size, "kB", calibration),
    ], []
