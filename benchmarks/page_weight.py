"""Bytes that a phone on a dear connection pays: the board's first load, and the page after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.calibration import calibrate
from benchmarks.invented_country import invented_country
from benchmarks.report import Figure
from benchmarks.visitor import Visitor

TITLE = "Weight of pages"
KILOBYTE = 1000


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Kilobytes (1000 bytes) over the wire with gzip. The database makes no difference and SQLite is used."""
    calibration = calibrate(folder)
    with invented_country(folder, sites=50, days=2) as country:
        visitor = Visitor(country.server).sign_in()
        first = visitor.load(country.board)
        following = visitor.load(country.sites[0])
    figures = [
        Figure(name, sum(sizes.values()) / KILOBYTE, "kB", calibration, target, less_is_better=True)
        for name, sizes, target in (
            ("board, first load with all its parts", first, 30),
            ("a centre's page after it", following, 10),
        )
    ]
    parts = ", ".join(f"{path} {size / KILOBYTE:.1f} kB" for path, size in first.items())
    return figures, [f"The first load is {parts}."]
