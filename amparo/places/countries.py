"""The countries of the world by ISO code. Read once from the shipped list."""

import csv
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

LIST = Path(__file__).parent / "gazetteer" / "countries.csv"

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

EXTENTS: dict[str, Box] = {  # with islands, a little wider than the land
    "HND": (-89.4, 12.9, -82.4, 17.5),
    "GTM": (-92.4, 13.6, -88.1, 17.9),
    "SLV": (-90.2, 13.0, -87.6, 14.5),
}


class Country(NamedTuple):
    code: str  # ISO 3166-1 alpha-3
    iso2: str  # with which P-codes begin
    name: str  # in Spanish


@lru_cache(maxsize=1)
def _countries() -> dict[str, Country]:
    with LIST.open(encoding="utf-8", newline="") as lines:
        listed = [Country(**row) for row in csv.DictReader(lines)]
    return {code: country for country in listed for code in (country.code, country.iso2)}


def country(code: str) -> Country | None:
    """The country of an alpha-3 or alpha-2 code, in any case of letters."""
    return _countries().get(code.strip().upper())


def code_of(written: str) -> str:
    """The alpha-3 code of a country however it was told; what is no country's stays as it is."""
    known = country(written)
    return known.code if known else written.strip().upper()


def inside(lat: float, lon: float, code: str) -> bool:
    """Whether a point may lie in a country: so do all points of one that we do not draw."""
    box = extent(code)
    return box is None or (box[0] <= lon <= box[2] and box[1] <= lat <= box[3])


def extent(code: str) -> Box | None:
    """Where the points of a country lie; None of a country that we do not draw."""
    return EXTENTS.get(code)
