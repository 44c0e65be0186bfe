"""What happened in the exercise: its centres, how many people came each day, what each centre told."""

import random
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from amparo.sites.models import Site

DAYS = 30
SECOND_STORM = 13  # days after the first
# People against today's, by days since the first storm: a rise, a lull, a second rise, a slow return.
CURVE = ((0, 0.30), (2, 0.85), (5, 1.05), (12, 0.80), (14, 1.15), (18, 1.25), (24, 1.08), (30, 1.0))
BINS = (("0", 0.03), ("1_5", 0.14), ("6_17", 0.31), ("18_59", 0.43), ("60", 0.09))
MISSED = 0.3  # of the days of a patchy centre


@dataclass(frozen=True, slots=True)
class Centre:
    """An invented centre; see `centres.toml` for what each word means."""

    name: str
    place: str
    point: tuple[float, float]
    people: int
    women: float
    rooms: tuple[tuple[str, float, int], ...]
    toilets: tuple[int, int, int]
    showers: tuple[int, int]
    litres: float
    taps: int
    lit: bool
    ramp: bool
    reports: str = "daily"
    kind: str = Site.Kind.COLLECTIVE_CENTRE
    opened: int = 0

    @property
    def country(self) -> str:
        return {"HN": "HND", "GT": "GTM"}[self.place[:2]]

    def tells(self, day: int, dice: random.Random) -> bool:
        """Whether it reports on a day, counted from the first storm."""
        if self.reports == "never" or day < self.opened:
            return False
        if self.reports == "silent":
            return day < DAYS - 1
        return self.reports == "daily" or dice.random() > MISSED


@dataclass(frozen=True, slots=True)
class Telling:
    """What somebody invented told of the damage in a municipality: (figure, unit, from, to) each, unit "" for its usual
    one. `withdrawn`: why it was taken back."""

    place: str
    day: int
    source: str
    figures: tuple[tuple[str, str, int, int], ...]
    withdrawn: str = ""


def _read(name: str) -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


def _centre(said: dict[str, Any]) -> Centre:
    lists = {name: tuple(said[name]) for name in ("point", "toilets", "showers")}
    return Centre(**{**said, **lists, "rooms": tuple(tuple(room) for room in said["rooms"])})


def _telling(said: dict[str, Any]) -> Telling:
    figures = []
    for name, value in said["figures"].items():
        figure, _space, unit = name.partition(" ")
        low, high = value if isinstance(value, list) else (value, value)
        figures.append((figure, unit, low, high))
    return Telling(**{**said, "figures": tuple(figures)})


_TOLD = _read("centres.toml")
CENTRES = tuple(_centre(said) for said in _TOLD["centre"])
CANDIDATES = tuple(_TOLD["candidate"])
CLOSED = tuple(_TOLD["closed"])
TELLINGS = tuple(_telling(said) for said in _read("damage.toml")["telling"])


def share_of_today(day: float) -> float:
    """People on a day against today's, on the curve of the two storms."""
    at = bisect_right([known for known, _share in CURVE], day)
    if at == 0:
        return CURVE[0][1]
    if at == len(CURVE):
        return CURVE[-1][1]
    (start, low), (end, high) = CURVE[at - 1], CURVE[at]
    return low + (high - low) * (day - start) / (end - start)


def day_of(told_at: datetime, now: datetime) -> int:
    """Days since the first storm: 0 to `DAYS`, which is today."""
    return DAYS - (now.date() - told_at.date()) // timedelta(days=1)


def told(centre: Centre, told_at: datetime, now: datetime) -> list[tuple[str, float]]:
    """What the centre told then: (indicator, value). The same moment gives the same values."""
    dice = random.Random(f"{centre.name}{told_at.date()}")
    day = day_of(told_at, now)
    people = max(round(centre.people * share_of_today(day)) + dice.randint(-3, 3), 3)
    if day >= DAYS:
        people = centre.people
    women = round(people * centre.women)
    litres = round(centre.litres * (dice.uniform(0.92, 1.06) if day < DAYS else 1), 1)
    values: list[tuple[str, float]] = [
        ("persons", people), ("women", women), ("men", people - women), ("households", round(people / 4.3)),
        ("litres_person_day", litres), ("litres_day", round(litres * people)),
        ("arrivals", dice.randint(0, 9)), ("departures", dice.randint(0, 5)),
        ("persons_unfed", round(people * 0.1) if litres < 7 else 0), ("urgent_health", dice.choice((0, 0, 1, 2))),
        ("persons_disability", round(people * 0.06)), ("pregnant", round(people * 0.02)),
        ("electricity", float(centre.lit)), ("lighting", 2.0 if centre.lit else 1.0),
        ("complaints", float(centre.lit)), ("committee", float(centre.ramp)),
        ("handwashing", 2.0 if centre.litres > 12 else 1.0), ("water_potable", float(centre.litres > 8)),
        ("women_friendly_spaces", 0), ("child_friendly_spaces", 1.0 if centre.ramp else 0.0),
    ]  # fmt: skip
    for prefix, total in (("females", women), ("males", people - women)):
        left = total
        for name, share in BINS[:-1]:
            part = round(total * share)
            values.append((f"{prefix}_{name}", part))
            left -= part
        values.append((f"{prefix}_60", max(left, 0)))
    return values
