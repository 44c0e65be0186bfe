"""The real server on an invented country, and the addresses of its pages."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.live import CHECKOUT, LiveServer

ADDRESSES = """
import json
from django.urls import reverse
from amparo.sites.models import Site

uids = list(Site.objects.order_by("pk").values_list("uid", flat=True))
print(json.dumps({"board": reverse("board"), "sites": [reverse("site_page", args=[uid]) for uid in uids]}))
"""


@dataclass(frozen=True)
class Country:
    """A running server; `sites` are the addresses of its centres' pages; `rows` observations in `seconds`.

    `lines` of days gone by (one per centre and day) were kept before it started, in `keeping` seconds.
    """

    server: LiveServer
    board: str
    sites: list[str]
    rows: int
    seconds: float
    lines: int
    keeping: float

    def forget_day(self, day: str) -> None:
        """Take away what was kept of a day (ISO), as when a threshold has just changed."""
        file = self.server.home / "amparo.sqlite3"
        with contextlib.closing(sqlite3.connect(file, timeout=30)) as database, database:
            database.execute("DELETE FROM sites_daysummary WHERE day = ?", (day,))


@contextlib.contextmanager
def invented_country(folder: Path, *, sites: int, days: int, indicators: int = 60) -> Iterator[Country]:
    """So many centres with so many days of reports of so many indicators, served while the `with` lasts."""
    server = LiveServer(folder / "home")
    server.init()
    command = [sys.executable, "-m", "benchmarks.fill_country", "--sites", str(sites), "--days", str(days)]
    environment = server.environ() | {"DJANGO_SETTINGS_MODULE": "amparo.config.settings"}
    done = subprocess.run(
        [*command, "--indicators", str(indicators)],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        timeout=3600,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-4000:])
    filled, addresses = json.loads(done.stdout), server.ask(ADDRESSES)
    server.start()
    try:
        yield Country(server, **addresses, **filled)
    finally:
        server.stop()
