"""python -m benchmarks [NAME ...] [--quick] [--write]

NAME is one of submissions, observations, pages, exports, sheets, page_weight, edge; none means all. --quick takes fewer
repeats. --write puts the figures into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from benchmarks import report

NAMES = ("submissions", "observations", "pages", "exports", "sheets", "page_weight", "edge")


def main() -> int:
    options = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    options.add_argument(
        "--quick", action="store_true", help="fewer repeats; for trying out, not for the record"
    )
    options.add_argument("--write", action="store_true", help="rewrite the section in docs/benchmarks.md")
    options.add_argument("--database", choices=["sqlite", "postgres"], action="append", help="default: both")
    chosen = options.parse_args()
    if unknown := set(chosen.names) - set(NAMES):
        options.error(f"unknown: {', '.join(sorted(unknown))}")
    missed = 0
    for name in chosen.names or NAMES:
        benchmark = importlib.import_module(f"benchmarks.{name}")
        with tempfile.TemporaryDirectory(prefix=f"amparo-{name}-") as folder:
            figures, notes = benchmark.measure(
                Path(folder), quick=chosen.quick, databases=chosen.database or ["sqlite", "postgres"]
            )
        if chosen.quick:
            notes = [*notes, "Quick run: too few repeats for the record."]
        report.show(benchmark.TITLE, figures, notes)
        if chosen.write:
            report.write(name, benchmark.TITLE, figures, notes)
        missed += sum(figure.verdict == "MISSED" for figure in figures)
    print(f"{missed} targets missed" if missed else "All targets met")
    return 0


if __name__ == "__main__":
    sys.exit(main())
