"""Where a place is, in decimal degrees, from whatever way people write it."""

import math
import re
from functools import lru_cache

from amparo.intake.mapping.values.cells import as_text, plain, shortened, silence
from amparo.intake.mapping.values.results import MISSING, Flag, Missing, Place, Problem, Unknown
from amparo.toolkit.sheets.table import Cell, Uncomputed

Result = Place | Unknown | Missing | Problem
Box = tuple[float, float, float, float]
"""West, south, east, north."""

_DECIMAL = r"[-+]?[0-9]{1,9}(?:[.,][0-9]+)?"
_SIGNED = re.compile(rf"([nsewo])? ?({_DECIMAL}) ?(?:°|º|grados|deg)? ?([nsewo])?")
_SEXAGESIMAL = re.compile(
    r"([nsewo])? ?([-+]?[0-9]{1,3})(?: ?(?:°|º|grados|deg|d|:) ?| )([0-9]{1,2}(?:[.,][0-9]+)?)"
    r"(?:(?: ?(?:'|′|min|m|:) ?| )([0-9]{1,2}(?:[.,][0-9]+)?) ?(?:\"|″|''|seg|s)?(?= |$|[nsewo]))?"
    r" ?(?:'|′)? ?([nsewo])?"
)
_PAIR = re.compile(rf"({_DECIMAL}) ?[,; ] ?({_DECIMAL})(?: {_DECIMAL}){{0,2}}")
_LINK = re.compile(  # what maps write into the address of a point
    r"(?:[@=]|%3d|geo:|loc:|!3d|mlat=|#map=[0-9.]+/)(-?[0-9]{1,3}\.[0-9]+)"
    r"(?:,|%2c|/|!4d|&mlon=)(?:%20|\+| )?(-?[0-9]{1,3}\.[0-9]+)",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r" ?[,;/|] ?| ")
_SIGNS = str.maketrans({"º": "°", "ª": "°", "˚": "°", "´": "'", "′": "'", "″": '"', "“": '"', "”": '"'})
_WORDS = {
    "oeste": "w",
    "west": "w",
    "este": "e",
    "east": "e",
    "norte": "n",
    "north": "n",
    "sur": "s",
    "south": "s",
}


def place(lat_cell: Cell, lon_cell: Cell, within: Box | None = None) -> Result:
    """The point that two cells say. What cannot be a point is flagged, and no point is given.

    Decimal degrees with point or comma, or degrees, minutes and seconds; letters N, S, E, W and O (oeste).
    `within` is where the sheet's places should lie: it lets swapped cells and a lost minus sign be
    recognised, corrected and flagged.
    """
    lat, lon = _angle(lat_cell), _angle(lon_cell)
    if isinstance(lat, Problem):
        pair = geopoint(lat_cell, within) if isinstance(lon, Missing) else lat
        return pair if isinstance(pair, Place) else lat
    if isinstance(lon, Problem):
        return lon
    text = f"{as_text(lat_cell)}, {as_text(lon_cell)}"
    if isinstance(lat, tuple) and isinstance(lon, tuple):
        if lat[1] == "lon" or lon[1] == "lat":
            if lat[1] == "lat" or lon[1] == "lon":
                return Place(None, None, (Flag("coordinates_out_of_range", "place", text),))
            checked = _check(lon[0], lat[0], text, within)
            return Place(
                checked.lat, checked.lon, (Flag("coordinates_swapped", "place", text), *checked.flags)
            )
        return _check(lat[0], lon[0], text, within)
    if isinstance(lat, Missing) and isinstance(lon, Missing):
        return MISSING
    if isinstance(lat, tuple) or isinstance(lon, tuple):
        return Place(None, None, (Flag("coordinates_incomplete", "place", text),))
    return lat if isinstance(lat, Unknown) else lon


def geopoint(cell: Cell, within: Box | None = None) -> Result:
    """The point of one cell: "lat lon altitude accuracy" as forms write it, "lat, lon", both in degrees, minutes and
    seconds, or the address of a point on a map. An address that leads to the point without saying it is a problem."""
    text = as_text(cell)
    quiet = silence(text)
    if quiet is not None:
        return quiet
    match = _LINK.search(text[:1000]) if "://" in text or ":" in text[:5] else None
    if match is None and len(text) <= 100:
        match = _PAIR.fullmatch(plain(text).strip("()[] "))
    if match:
        return _check(_decimal(match[1]), _decimal(match[2]), shortened(text), within)
    angles = _two_angles(text) if len(text) <= 100 else None
    if angles is None:
        return Problem("coordinates_unreadable", shortened(text))
    return place(*angles, within)


def _two_angles(text: str) -> tuple[str, str] | None:
    """The two angles of one cell where it parts in one way only: at N, S, E, W, or with degree signs on both."""
    text = text.translate(_SIGNS).strip("()[] ")
    found = []
    for between in _BETWEEN.finditer(text):
        halves = text[: between.start()], text[between.end() :]
        first, second = map(_angle_text, halves)
        if isinstance(first, tuple) and isinstance(second, tuple):
            if (first[1], second[1]) == ("lon", "lat"):
                found.append(halves[::-1])
            elif (first[1], second[1]) == ("lat", "lon") or (
                first[1] == second[1] == "" and all("°" in half for half in halves)
            ):
                found.append(halves)
    return found[0] if len(found) == 1 else None


def _check(lat: float, lon: float, text: str, within: Box | None) -> Place:
    text = shortened(text)
    if lat == 0 and lon == 0:
        return Place(None, None, (Flag("coordinates_zero", "place", text),))
    if _inside(lat, lon, within):
        return Place(lat, lon)
    if within is not None:
        if _inside(lon, lat, within):
            return Place(lon, lat, (Flag("coordinates_swapped", "place", text),))
        signs = [(y, x) for y in {lat, -lat} for x in {lon, -lon} if _inside(y, x, within)]
        if len(signs) == 1:
            return Place(*signs[0], (Flag("coordinates_sign", "place", text),))
    if abs(lat) > 90 and abs(lon) <= 90 and abs(lat) <= 180:
        return Place(lon, lat, (Flag("coordinates_swapped", "place", text),))
    if abs(lat) > 90 or abs(lon) > 180:
        return Place(None, None, (Flag("coordinates_out_of_range", "place", text),))
    return Place(lat, lon, (Flag("coordinates_elsewhere", "place", text),))


def _inside(lat: float, lon: float, within: Box | None) -> bool:
    west, south, east, north = within or (-180.0, -90.0, 180.0, 90.0)
    return south <= lat <= north and west <= lon <= east


def _angle(cell: Cell) -> tuple[float, str] | Unknown | Missing | Problem:
    """Degrees and the axis that its letter names ("lat", "lon" or "")."""
    if cell is None:
        return MISSING
    if isinstance(cell, Uncomputed):
        return Problem("formula_without_value", shortened(cell.formula))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if math.isnan(cell):
            return MISSING
        return (float(cell) if abs(cell) < 1e300 else math.inf, "")
    if isinstance(cell, str):
        return _angle_text(cell)
    return Problem("coordinates_unreadable", shortened(str(cell)))


@lru_cache(maxsize=8192)
def _angle_text(text: str) -> tuple[float, str] | Unknown | Missing | Problem:
    quiet = silence(text)
    if quiet is not None:
        return quiet
    said = plain(text.translate(_SIGNS)) if len(text) <= 60 else ""
    for word, letter in _WORDS.items():
        said = said.replace(word, letter)
    match = _SIGNED.fullmatch(said)
    if match:
        return _lettered(_decimal(match[2]), match[1], match[3], text)
    match = _SEXAGESIMAL.fullmatch(said)
    if match:
        degrees, minutes, seconds = float(match[2]), _decimal(match[3]), _decimal(match[4] or "0")
        if minutes >= 60 or seconds >= 60:
            return Problem("coordinates_unreadable", shortened(text))
        size = abs(degrees) + minutes / 60 + seconds / 3600
        return _lettered(-size if match[2].startswith("-") else size, match[1], match[5], text)
    return Problem("coordinates_unreadable", shortened(text))


def _lettered(value: float, before: str | None, after: str | None, text: str) -> tuple[float, str] | Problem:
    letter = before or after or ""
    if (before and after) or (letter and value < 0 and letter not in "swo"):
        return Problem("coordinates_unreadable", shortened(text))
    if letter in ("s", "w", "o"):
        value = -abs(value)
    axis = "lat" if letter in ("n", "s") and letter else "lon" if letter else ""
    return value, axis


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
