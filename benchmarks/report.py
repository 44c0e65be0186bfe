"""Figures against their targets, misses included: for the terminal and as a section of docs/benchmarks.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.calibration import Calibration

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
HEADINGS = ("Figure", "Value", "Target", "Aim", "Verdict", "Times as good as", "Machine at that moment")


@dataclass(frozen=True, slots=True)
class Rival:
    """Another system's figure for the same work on a like machine, and where it comes from."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `target` must be reached, `aim` is hoped for; `less_is_better` says which way."""

    name: str
    value: float
    unit: str
    calibration: Calibration
    target: float | None = None
    aim: float | None = None
    less_is_better: bool = False
    rival: Rival | None = None

    def reaches(self, mark: float) -> bool:
        return self.value <= mark if self.less_is_better else self.value >= mark

    @property
    def verdict(self) -> str:
        if self.target is None:
            return "-"
        if not self.reaches(self.target):
            return "MISSED"
        return "met, and the aim" if self.aim is not None and self.reaches(self.aim) else "met"

    @property
    def against(self) -> str:
        if self.rival is None or not self.value:
            return "-"
        better = self.rival.value / self.value if self.less_is_better else self.value / self.rival.value
        return f"{better:.1f} x {self.rival.name} ({number(self.rival.value)})"

    def cells(self) -> tuple[str, ...]:
        bound = "<= " if self.less_is_better else ">= "
        marks = ("-" if mark is None else bound + number(mark) for mark in (self.target, self.aim))
        shown = f"{number(self.value)} {self.unit}"
        return (self.name, shown, *marks, self.verdict, self.against, str(self.calibration))


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:.2f}"


def show(title: str, figures: Sequence[Figure], notes: Iterable[str] = ()) -> None:
    """Prints the table."""
    table = Table(*HEADINGS, title=title)
    for figure in figures:
        table.add_row(*figure.cells(), style="red" if figure.verdict == "MISSED" else "")
    console = Console(width=None if Console().is_terminal else 200)
    console.print(table)
    for note in notes:
        console.print(note)


def write(
    section: str, title: str, figures: Sequence[Figure], notes: Iterable[str] = (), page: Path = PAGE
) -> None:
    """Puts the table between the section's markers in the page; other sections stay as they are."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *(figure.cells() for figure in figures)]
    lines = [f"## {title}", "", f"{today()}; {machine()}.", ""]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    lines += ["", *(f"- {note}" for note in notes)]
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    block = "\n".join([begin, *lines, end])
    text = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    if begin in text:
        text = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: block, text, flags=re.DOTALL)
    else:
        text = text.rstrip("\n") + "\n\n" + block + "\n"
    page.parent.mkdir(exist_ok=True)
    page.write_text(text, encoding="utf-8")


def today() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")


def machine() -> str:
    """The kind of machine, without its name."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"
    )
