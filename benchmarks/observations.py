"""A country's year, 1,000 centres x 365 days x 60 indicators (22 million observations), and pages over it."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.calibration import calibrate
from benchmarks.invented_country import Country, invented_country
from benchmarks.report import Figure
from benchmarks.visitor import Visitor

TITLE = "Pages over a year of observations"
TARGET_MS = 250
REPEATS = 100
TRENDS = ("persons", "toilets", "litres_person_day", "women")


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """p50 and p95 in ms of the whole answer, one visitor. The target is for SQLite, the smaller size."""
    size = {"sites": 100, "days": 60} if quick else {"sites": 1000, "days": 365}
    figures: list[Figure] = []
    rnd = random.Random(1)
    with invented_country(folder, **size) as country:
        visitor = Visitor(country.server).sign_in()
        for name, choose in pages(country, rnd, size["days"]).items():
            calibration = calibrate(folder)
            first = visitor.get(choose()).seconds * 1000
            took = sorted(visitor.get(choose()).seconds * 1000 for _ in range(10 if quick else REPEATS))
            figures.append(Figure(f"{name}, first after the start", first, "ms", calibration))
            figures.append(Figure(f"{name}, p50", took[len(took) // 2], "ms", calibration))
            p95 = took[min(len(took) - 1, round(len(took) * 0.95))]
            figures.append(Figure(f"{name}, p95", p95, "ms", calibration, TARGET_MS, less_is_better=True))
        size_mb = sum(path.stat().st_size for path in country.server.home.glob("amparo.sqlite3*")) / 1e6
        figures.append(Figure("database", size_mb, "MB", calibrate(folder)))
    return figures, [
        f"{country.rows:,} observations, written in {country.seconds:.0f} s; one visitor at a time."
    ]


def pages(country: Country, rnd: random.Random, days: int) -> dict[str, Callable[[], str]]:
    """Each kind of page, with a way to choose an address so that no two requests need be alike."""

    def past() -> str:
        return (dt.datetime.now(dt.UTC) - dt.timedelta(days=rnd.randrange(1, days))).strftime("%Y-%m-%d")

    def some_centre() -> str:
        return rnd.choice(country.sites)

    return {
        "board": lambda: country.board,
        "board as of a past day": lambda: f"{country.board}?date={past()}",
        "a centre's page": some_centre,
        "a centre as of a past day": lambda: f"{some_centre()}?date={past()}",
        "trend of an indicator at a centre": lambda: f"{some_centre()}trend/{rnd.choice(TRENDS)}/",
        "history of a centre": lambda: f"{some_centre()}history/",
    }
