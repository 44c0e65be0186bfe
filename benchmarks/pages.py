"""The pages of a working day, in a country of 1,000 centres in its third month: p50 and p95 of the whole answer."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.invented_country import Country, invented_country
from benchmarks.observations import timed
from benchmarks.report import Figure
from benchmarks.visitor import Visitor

TITLE = "Pages of a working day"
REPEATS = 100
WORDS = ("escuela", "san", "santa", "la", "12", "escuela 7")

FURNISH = """
import json
from pathlib import Path
from benchmarks.furnish_country import bring_sheet, tell_damage

print(json.dumps(dict(told=tell_damage(), sheet=bring_sheet(Path({exported!r}), {username!r}))))
"""
ADDRESSES = """
import json
from django.urls import reverse
from amparo.sites.models import Site
from amparo.sites.queries.daily import silent_since
from django.utils import timezone

uids = list(Site.objects.order_by("pk").values_list("uid", flat=True))
silent = list(silent_since(Site.objects.order_by("pk"), timezone.now()).values_list("uid", flat=True))
print(json.dumps(dict(
    {name: reverse(name) for name in (
        "sites_list", "today", "calls", "situation", "trends", "damage", "map", "map_points")},
    export=reverse("site_export", args=["csv"]),
    origin=reverse("origin", args=["people"]),
    today_site=[reverse("today_site", args=[uid]) for uid in uids],
    daily_report=[reverse("daily_report", args=[uid]) for uid in uids],
    call=[reverse("call", args=[uid]) for uid in silent],
)))
"""


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """In ms, one visitor, SQLite. The first answer after the server's start is printed apart and is no part of them."""
    size = {"sites": 100, "days": 35} if quick else {"sites": 1000, "days": 90}
    figures: list[Figure] = []
    with invented_country(folder, **size) as country:
        visitor = Visitor(country.server).sign_in()
        addresses = country.server.ask(ADDRESSES)
        exported = folder / "centres.csv"
        exported.write_bytes(visitor.get(addresses["export"], encoding="identity").body)
        made = country.server.ask(FURNISH.format(exported=str(exported), username="benchmark"))
        chosen = pages(country, addresses | made, random.Random(1))
        restart(country, visitor)
        for name, choose in chosen.items():
            figures += timed(visitor, name, choose, folder, repeats=10 if quick else REPEATS)
    return figures, [
        f"{size['sites']:,} centres, {country.rows:,} observations of {size['days']} days, {country.lines:,} days of"
        f" centres kept, {made['told']:,} figures of damage; one visitor at a time.",
        "Every twentieth centre is silent: those are the round of calls.",
        "The first request after the start pays for what every later one finds in memory; its page stands first.",
    ]


def restart(country: Country, visitor: Visitor) -> None:
    """So that the first request finds nothing in memory."""
    country.server.stop()
    country.server.start()
    visitor.link = None


def pages(country: Country, at: dict, rnd: random.Random) -> dict[str, Callable[[], str]]:
    """Each kind of page, with a way to choose an address so that no two requests need be alike."""
    last = max(len(country.sites) // 50, 1)
    return {
        "board": lambda: country.board,
        "board, a search": lambda: f"{country.board}?q={rnd.choice(WORDS).replace(' ', '+')}",
        "list of centres": lambda: f"{at['sites_list']}?page={rnd.randint(1, last)}",
        "list of centres, a search": lambda: f"{at['sites_list']}?q={rnd.choice(WORDS).replace(' ', '+')}",
        "a centre's page": lambda: rnd.choice(country.sites),
        "today, which centre": lambda: at["today"],
        "today at a centre": lambda: rnd.choice(at["today_site"]),
        "daily report, the form": lambda: rnd.choice(at["daily_report"]),
        "round of calls": lambda: at["calls"],
        "one call": lambda: rnd.choice(at["call"]),
        "situation report": lambda: at["situation"],
        "where a figure comes from": lambda: at["origin"],
        "trends of thirty days": lambda: at["trends"],
        "damage and needs": lambda: at["damage"],
        "map": lambda: f"{at['map']}?page={rnd.randint(1, last)}",
        "points of the map": lambda: at["map_points"],
        "a sheet before it is applied": lambda: at["sheet"],
    }
