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
REPEATS_UNKEPT = 20
TRENDS = ("persons", "toilets", "litres_person_day", "women")


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """p50 and p95 in ms of the whole answer, one visitor. The target is for SQLite, the smaller size.

    The days gone by are kept before anything is timed, as the worker has done in an installation that runs; a day
    that it has not come to yet is timed apart.
    """
    size = {"sites": 100, "days": 60} if quick else {"sites": 1000, "days": 365}
    figures: list[Figure] = []
    rnd = random.Random(1)
    with invented_country(folder, **size) as country:
        visitor = Visitor(country.server).sign_in()
        keeping = Figure("keeping the days gone by, by the worker", country.keeping, "s", calibrate(folder))
        for name, choose in pages(country, rnd, size["days"]).items():
            figures += timed(visitor, name, choose, folder, repeats=10 if quick else REPEATS)
        unkept = 5 if quick else REPEATS_UNKEPT
        choose = not_kept(country, rnd, size["days"])
        figures += timed(visitor, "board as of a past day, not kept yet", choose, folder, repeats=unkept)
        figures.append(keeping)
        size_mb = sum(path.stat().st_size for path in country.server.home.glob("amparo.sqlite3*")) / 1e6
        figures.append(Figure("database", size_mb, "MB", calibrate(folder)))
    return figures, [
        f"{country.rows:,} observations, written in {country.seconds:.0f} s; one visitor at a time.",
        f"Before the timing the days gone by were kept to their end: {country.lines:,} lines, one per centre and day.",
        "A day is not kept yet in the minutes after midnight, after a year of reports was imported, or after a"
        " threshold or a phase changed.",
    ]


def timed(
    visitor: Visitor, name: str, choose: Callable[[], str], folder: Path, *, repeats: int
) -> list[Figure]:
    """The first answer after the start, then p50 and p95 of so many, in ms."""
    calibration = calibrate(folder)
    first = visitor.get(choose()).seconds * 1000
    took = sorted(visitor.get(choose()).seconds * 1000 for _ in range(repeats))
    p95 = took[min(len(took) - 1, round(len(took) * 0.95))]
    return [
        Figure(f"{name}, first after the start", first, "ms", calibration),
        Figure(f"{name}, p50", took[len(took) // 2], "ms", calibration),
        Figure(f"{name}, p95", p95, "ms", calibration, TARGET_MS, less_is_better=True),
    ]


def some_day(rnd: random.Random, days: int) -> str:
    """A day gone by, wherever the server stands: yesterday by UTC may still be today there."""
    return (dt.datetime.now(dt.UTC) - dt.timedelta(days=rnd.randrange(2, days))).strftime("%Y-%m-%d")


def not_kept(country: Country, rnd: random.Random, days: int) -> Callable[[], str]:
    """A way to choose the board of a past day of which nothing is kept at that moment."""

    def choose() -> str:
        day = some_day(rnd, days)
        country.forget_day(day)
        return f"{country.board}?date={day}"

    return choose


def pages(country: Country, rnd: random.Random, days: int) -> dict[str, Callable[[], str]]:
    """Each kind of page, with a way to choose an address so that no two requests need be alike."""

    def past() -> str:
        return some_day(rnd, days)

    def some_centre() -> str:
        return rnd.choice(country.sites)

    return {
        "board": lambda: country.board,
        "board as of a past day, kept by the worker": lambda: f"{country.board}?date={past()}",
        "a centre's page": some_centre,
        "a centre as of a past day": lambda: f"{some_centre()}?date={past()}",
        "trend of an indicator at a centre": lambda: f"{some_centre()}trend/{rnd.choice(TRENDS)}/",
        "history of a centre": lambda: f"{some_centre()}history/",
    }
