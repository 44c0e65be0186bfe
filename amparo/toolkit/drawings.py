"""Drawings as SVG text. Places are percentages, sizes pixels: a drawing stretches, its letters do not.

Every function takes plain numbers and already translated words, and returns markup that is safe to print:
whatever came from outside is escaped here.
"""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

Ring = Sequence[tuple[float, float]]


def _g(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") or "0"


def capacity_bar(
    people: int | None, floor: int | None, served: int | None, words: str, *, size: str = ""
) -> str:
    """The bar of two capacities. Blue: whom the services hold; hatched: who exceeds them; frame: the floor;
    black line: what binds. Grey when nobody measured the services (`served` is None)."""
    scale = max(people or 0, floor or 0, served or 0, 1)
    digits = 1 if size == "tall" else 0  # a row's bar is so short that no eye sees half a percent
    here, frame, line = (
        min(round(100 * (value or 0) / scale, digits), 100) for value in (people, floor, served)
    )
    height = 20 if size == "tall" else 12
    parts = []
    if floor is not None:
        parts.append(f'<rect class="f-sunk s-line" width="{_g(frame)}%" height="{height}"/>')
    if people is not None and served is None:
        parts.append(f'<rect class="f-nada" width="{_g(here)}%" height="{height}"/>')
    elif people is not None:
        parts.append(f'<rect class="f-anil" width="{_g(min(here, line))}%" height="{height}"/>')
        if here > line:
            box = f'x="{_g(line)}%" width="{_g(here - line)}%" height="{height}"'
            parts.append(f'<rect class="f-sheet" {box}/><rect fill="url(#hr)" class="s-grave" {box}/>')
    if served is not None:
        parts.append(
            f'<rect class="f-ink" x="{_g(min(line, 99.2))}%" y="-4" width="2.5" height="{height + 8}"/>'
        )
    css = f"bar {size}".strip()
    return f'<svg class="{css}" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def group_bars(groups: Iterable[tuple[str, int, int]], words: str) -> str:
    """One bar a group: (label, how many, how many of them beyond the standard), on one common scale."""
    rows = list(groups)
    scale = max((total for _, total, _ in rows), default=0) or 1
    parts = []
    for index, (label, total, over) in enumerate(rows):
        y = index * 28
        over = min(over, total)
        met, beyond = 100 * (total - over) / scale, 100 * over / scale
        parts.append(f'<text class="t-ink" y="{y + 11}">{escape(label)}</text>')
        parts.append(f'<rect class="f-anil" y="{y + 15}" width="{_g(met)}%" height="9"/>')
        if over:
            box = f'x="{_g(met)}%" y="{y + 15}" width="{_g(beyond)}%" height="9"'
            parts.append(f'<rect class="f-sheet" {box}/><rect class="s-grave" fill="url(#hr)" {box}/>')
    return (
        f'<svg class="sexes" height="{max(len(rows), 1) * 28}" role="img" aria-label="{escape(words)}">'
        f"{''.join(parts)}</svg>"
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """One point of a series. `low` is None where nobody measured; `high` only for a range."""

    when: dt.datetime
    low: float | None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class _Scale:
    start: float
    span: float
    top: float

    def x(self, when: dt.datetime) -> float:
        return 1000 * (when.timestamp() - self.start) / self.span

    def y(self, value: float) -> float:
        return 100 - 100 * min(value, self.top) / self.top


def _scale(readings: Sequence[Reading], threshold: float | None) -> _Scale:
    values = [v for r in readings for v in (r.low, r.high) if v is not None and math.isfinite(v)]
    values += [threshold] if threshold is not None else []
    stamps = [r.when.timestamp() for r in readings] or [0.0]
    round_up = _round_up_whole if all(value == int(value) for value in values) else _round_up
    return _Scale(min(stamps), max(stamps) - min(stamps) or 1, round_up(max(values, default=1) * 1.12))


def _round_up(value: float) -> float:
    if value < 1e-9:
        return 1
    step = 10 ** math.floor(math.log10(value)) / 4
    return math.ceil(value / step) * step


_ROUND = (1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6, 7.5, 8, 10)


def _round_up_whole(value: float) -> float:
    """The same for things that come whole: the half of the axis is whole too."""
    half = max(value / 2, 1)
    ten = 10 ** math.floor(math.log10(half))
    return next(2 * part * ten for part in _ROUND if part * ten >= half and part * ten % 1 == 0)


def _middle(reading: Reading) -> float | None:
    if reading.low is None or reading.high is None or math.isinf(reading.high):
        return reading.low
    return (reading.low + reading.high) / 2


def _line(readings: Sequence[Reading], scale: _Scale) -> str:
    """A path that breaks where nothing was measured; a lone reading becomes a dot."""
    path, pen = [], False
    for index, reading in enumerate(readings):
        value = _middle(reading)
        if value is None:
            pen = False
            continue
        place = f"{round(scale.x(reading.when))} {_g(scale.y(value))}"
        if pen:
            path.append(f"L{place}")
        else:
            after = _middle(readings[index + 1]) if index + 1 < len(readings) else None
            path.append(f"M{place}" + ("h0" if after is None else ""))
        pen = True
    return "".join(path)


def _ranges(readings: Sequence[Reading], scale: _Scale) -> str:
    return "".join(
        f"M{round(scale.x(r.when))} {_g(scale.y(r.low))}V{_g(scale.y(r.high))}"
        for r in readings
        if r.low is not None and r.high is not None and r.high != r.low
    )


def _curve(readings: Sequence[Reading], scale: _Scale, width: float) -> str:
    spread = _ranges(readings, scale)
    return (
        '<svg viewBox="0 0 1000 100" preserveAspectRatio="none" overflow="visible" '
        'width="100%" height="100%">'
        + (f'<path class="still f-none s-nada" stroke-width="1" d="{spread}"/>' if spread else "")
        + f'<path class="still f-none s-anil" stroke-width="{width:g}" d="{_line(readings, scale)}"/></svg>'
    )


def _failing_side(threshold: float | None, at_most: bool, scale: _Scale) -> str:
    """Grey where the standard is not met, and the dashed line of the standard."""
    if threshold is None:
        return ""
    y = scale.y(threshold)
    top, height = (0.0, y) if at_most else (y, 100 - y)
    return (
        f'<rect class="f-sunk" y="{_g(top)}%" width="100%" height="{_g(height)}%"/>'
        f'<line class="s-ink" stroke-dasharray="6 3" x2="100%" y1="{_g(y)}%" y2="{_g(y)}%"/>'
    )


def _last_dot(readings: Sequence[Reading], scale: _Scale, kind: str) -> str:
    measured = [(r, _middle(r)) for r in readings if r.low is not None]
    if not measured:
        return ""
    reading, value = measured[-1]
    x, y = scale.x(reading.when) / 10, scale.y(value or 0)
    return f'<circle class="f-{escape(kind)} s-sheet" stroke-width="1.5" cx="{_g(x)}%" cy="{_g(y)}%" r="5"/>'


def spark(
    readings: Sequence[Reading], words: str, *, threshold: float | None, at_most: bool, kind: str
) -> str:
    """Some days in the size of a word. `at_most`: the standard is an upper limit. `kind`: last verdict."""
    scale = _scale(readings, threshold)
    return (
        f'<svg class="spark" role="img" aria-label="{escape(words)}">'
        f"{_failing_side(threshold, at_most, scale)}{_curve(readings, scale, 2)}"
        f"{_last_dot(readings, scale, kind)}</svg>"
    )


def trend(
    readings: Sequence[Reading],
    words: str,
    *,
    threshold: float | None,
    threshold_words: str,
    at_most: bool,
    kind: str,
    say_number: Callable[[float], str],
    say_day: Callable[[dt.datetime], str],
    same: Sequence[Reading] = (),
    steps: Sequence[str] = (),
) -> str:
    """A year on one page: axis, line of the standard, gaps where nobody measured. `same`: hollow marks, apart from the
    line, where a value was only said to be still so. `steps`: the words for 0, 1... of what is no
    number; they stand for the axis."""
    scale = _scale(readings, threshold)
    steps_up = [(scale.top * part, say_number(scale.top * part)) for part in (0.0, 0.5, 1.0)]
    if steps:
        scale = _Scale(scale.start, scale.span, max(len(steps) - 1, 1))
        steps_up = [(float(step), word) for step, word in enumerate(steps)]
    parts = [_failing_side(threshold, at_most, scale)]
    for value, word in steps_up:
        y = scale.y(value)
        parts.append(f'<line class="s-line" stroke-width=".5" x2="100%" y1="{_g(y)}%" y2="{_g(y)}%"/>')
        parts.append(f'<text y="{_g(y)}%" dy="-4">{escape(word)}</text>')
    parts.append(_curve(readings, scale, 2.5 if len(readings) < 120 else 1.5))
    for said in same:
        if said.low is not None:
            x, y = scale.x(said.when) / 10, scale.y(_middle(said) or 0)
            parts.append(f'<circle class="f-none s-anil" cx="{_g(x)}%" cy="{_g(y)}%" r="7"/>')
    if threshold is not None:
        at = f'x="100%" y="{_g(scale.y(threshold))}%" dy="-5"'
        parts.append(f'<text class="t-ink end" {at}>{escape(threshold_words)}</text>')
    parts.append(_last_dot(readings, scale, kind))
    if readings:
        first, last = readings[0].when, readings[-1].when
        marks = (
            (0, "", first),
            (50, ' class="mid"', first + (last - first) / 2),
            (100, ' class="end"', last),
        )
        for x, css, when in marks if last > first else marks[:1]:
            parts.append(f'<text{css} x="{x}%" y="100%" dy="17">{escape(say_day(when))}</text>')
    return f'<svg class="trend" role="img" aria-label="{escape(words)}">{"".join(parts)}</svg>'


def pulse(reports: Sequence[bool], words: str) -> str:
    """Which of the last reports came: a tall box each that did, a small empty one each that did not."""
    came = "".join(f"M{i * 8} 1h5v16h-5z" for i, report in enumerate(reports) if report)
    missing = "".join(f"M{i * 8}.5 11.5h4v5h-4z" for i, report in enumerate(reports) if not report)
    width = max(len(reports) * 8, 8)
    return (
        f'<svg width="{width}" height="18" role="img" aria-label="{escape(words)}">'
        f'<path class="f-ink" d="{came}"/><path class="f-none s-line" d="{missing}"/></svg>'
    )


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A place on a sketch map: `marker` is its number or letter in the list, `kind` its verdict. Its size says how many
    `people` are there, the smallest where nobody knows."""

    lat: float
    lon: float
    kind: str
    marker: str = ""
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """What is drawn of one place or of several whose marks would cover each other, where the first of them lies.
    `label`: its marker, or how many they are; `kind`: the worst of them."""

    x: float
    y: float
    kind: str
    people: int
    points: tuple[MapPoint, ...]

    @property
    def label(self) -> str:
        return self.points[0].marker if len(self.points) == 1 else str(len(self.points))


@dataclass(frozen=True, slots=True)
class Sketch:
    """Marks on a sheet of `width` by `height`, north up, `unit` to the degree; `off`: points too far to be drawn."""

    marks: tuple[Mark, ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    width: float
    height: float
    unit: float
    off: int


_SHAPES = {
    "grave": "m0-{a}l{a} {a}-{a} {a}-{a}-{a}z",
    "bajo": "m0-{a}l{a} {b}h-{b}z",
    "cumple": "m-{c} 0a{c} {c} 0 1 0 {b2} 0a{c} {c} 0 1 0-{b2} 0z",
    "nada": "m-{c} 0a{c} {c} 0 1 0 {b2} 0a{c} {c} 0 1 0-{b2} 0z",
    "duda": "m-{c}-{c}h{b2}v{b2}h-{b2}z",
    "mudo": "m-{c}-{c}h{b2}v{b2}h-{b2}z",
}
_WORST = ("grave", "mudo", "bajo", "nada", "duda", "cumple")
_PAINT = {
    "grave": ("f-grave", 's-sheet" stroke-width="1.5'),
    "bajo": ("f-bajo", 's-sheet" stroke-width="1.5'),
    "cumple": ("f-cumple", 's-sheet" stroke-width="1.5'),
    "nada": ("f-sheet", 's-line" stroke-width="1.5" stroke-dasharray="4 3'),
    "duda": ("f-sheet", 's-ink" stroke-width="1.5'),
    "mudo": ("f-ink", 's-sheet" stroke-width="1.5'),
}
_SEVERAL = 's-ink" stroke-width="3'
_LETTER = {"bajo": "t-dark", "nada": "t-ink", "duda": "t-ink"}
_SMALLEST, _LARGEST = 11.0, 14.0  # half a mark's height: a number of two digits fits in the smallest
_APART = 2 * _LARGEST
_EDGE = 20
_WIDE, _TALL = 300, 340
_STRAY = 5.0  # degrees: more than half the width of the widest country this was drawn for


def _shape(kind: str, size: float) -> str:
    values = {"a": size, "b": size * 2 * 0.93, "c": size * 0.8, "b2": size * 1.6}
    return _SHAPES[kind].format(**{name: _g(value) for name, value in values.items()})


def _size(people: int, most: int) -> float:
    """Half a mark's height: its area grows with the people there, in five steps so that sizes can be told apart."""
    share = math.ceil(5 * people / most) / 5 if most else 0.0
    return _SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(share)


def _stray(points: Sequence[MapPoint], corners: Sequence[tuple[float, float]]) -> list[MapPoint]:
    """Those few that cannot be where they say: beyond the outline, or alone and far from all the others."""
    if corners:
        wide, tall = ([corner[axis] for corner in corners] for axis in (0, 1))
        return [
            p
            for p in points
            if not min(wide) - _STRAY <= p.lon <= max(wide) + _STRAY
            or not min(tall) - _STRAY <= p.lat <= max(tall) + _STRAY
        ]
    if len(points) < 3:
        return []
    lat, lon = (
        sorted(values)[len(points) // 2] for values in ([p.lat for p in points], [p.lon for p in points])
    )

    def far(point: MapPoint) -> float:
        return math.hypot(point.lat - lat, point.lon - lon)

    outward = sorted(points, key=far)
    for few in range(max(len(points) // 10, 1), 0, -1):
        if far(outward[-few]) > max(3 * far(outward[-few - 1]), _STRAY):
            return outward[-few:]
    return []


def _together(placed: Sequence[tuple[float, float, MapPoint]]) -> tuple[Mark, ...]:
    """A mark for each place; those nearer to one than a mark is wide are counted in it, so nothing is moved by more."""
    led: list[tuple[float, float, list[MapPoint]]] = []
    for x, y, _point in placed:
        if all(math.hypot(x - of[0], y - of[1]) >= _APART for of in led):
            led.append((x, y, []))
    for x, y, point in placed:
        min(led, key=lambda of: math.hypot(x - of[0], y - of[1]))[2].append(point)
    return tuple(
        Mark(
            x,
            y,
            min((p.kind for p in points), key=_WORST.index),
            sum(p.people or 0 for p in points),
            tuple(points),
        )
        for x, y, points in led
    )


def sketch(points: Sequence[MapPoint], outline: Iterable[Ring] = ()) -> Sketch | None:
    """Where points (WGS 84 degrees) and, when given, the outline as rings of (lon, lat) lie on a sheet; None of none.

    Equirectangular around the middle latitude: right to a few metres over a municipality, and to a percent
    over one of the three countries.
    """
    rings = [list(ring) for ring in outline]
    corners = [corner for ring in rings for corner in ring]
    stray = {id(point) for point in _stray(points, corners)}
    near = [point for point in points if id(point) not in stray]
    lons = [p.lon for p in near] + [lon for lon, _ in corners]
    lats = [p.lat for p in near] + [lat for _, lat in corners]
    if not lons:
        return None
    middle = math.cos(math.radians((min(lats) + max(lats)) / 2))
    wide = max((max(lons) - min(lons)) * middle, 0.004)
    tall = max(max(lats) - min(lats), 0.004)
    unit = min((_WIDE - 2 * _EDGE) / wide, _TALL / tall)
    left = _WIDE / 2 - (max(lons) - min(lons)) * middle * unit / 2
    top = _EDGE + (tall - (max(lats) - min(lats))) * unit / 2

    def place(lon: float, lat: float) -> tuple[float, float]:
        return left + (lon - min(lons)) * middle * unit, top + (max(lats) - lat) * unit

    return Sketch(
        marks=_together([(*place(p.lon, p.lat), p) for p in near]),
        lines=tuple(tuple(place(lon, lat) for lon, lat in ring) for ring in rings),
        width=_WIDE,
        height=round(tall * unit + 2 * _EDGE + 26),
        unit=unit,
        off=len(stray),
    )


def _nice_distance(km: float) -> float:
    power = 10 ** math.floor(math.log10(km))
    return max(step * power for step in (1, 2, 5) if step * power <= km)


KM_OF_A_DEGREE = 111.2


def sketch_map(
    drawn: Sketch,
    words: str,
    *,
    say_km: Callable[[float], str] = lambda km: f"{km:g} km",
    north: str = "N",
) -> str:
    """The sketch with its scale bar: every mark stands where the first of its places is."""
    parts = []
    for line in drawn.lines:
        path = "L".join(f"{x:.0f} {y:.0f}" for x, y in line)
        parts.append(f'<path class="f-sheet s-line" stroke-width="1.2" d="M{path}z"/>')
    most = max((mark.people for mark in drawn.marks), default=0)
    for kind in reversed(_WORST):
        for several in (False, True):
            mine = [m for m in drawn.marks if m.kind == kind and (len(m.points) > 1) == several]
            if not mine:
                continue
            path = "".join(f"M{_g(m.x)} {_g(m.y)}{_shape(kind, _size(m.people, most))}" for m in mine)
            fill, edge = _PAINT[kind]
            parts.append(f'<path class="{fill} {_SEVERAL if several else edge}" d="{path}"/>')
            parts += [_label(mark) for mark in mine if mark.label]
    km = _nice_distance(70 / drawn.unit * KM_OF_A_DEGREE)
    bar = km / KM_OF_A_DEGREE * drawn.unit
    foot = drawn.height - 10
    parts.append(
        f'<path class="s-ink f-none" stroke-width="1.5" d="M14 {_g(foot)}h{_g(bar)}m-{_g(bar)}-4v8m{_g(bar)}-8v8'
        f'M286 {_g(foot)}v-18m-4 5l4-5 4 5"/>'
        f'<text x="{_g(20 + bar)}" y="{_g(foot + 4)}">{escape(say_km(km))}</text>'
        f'<text class="end" x="278" y="{_g(foot)}">{escape(north)}</text>'
    )
    return (
        f'<svg class="map" viewBox="0 0 {_g(drawn.width)} {_g(drawn.height)}" role="img" '
        f'aria-label="{escape(words)}">{"".join(parts)}</svg>'
    )


def _label(mark: Mark) -> str:
    low = 8 if mark.kind == "bajo" else 5
    narrow = ' textLength="19" lengthAdjust="spacingAndGlyphs"' if len(mark.label) > 2 else ""
    css = _LETTER.get(mark.kind, "t-on")
    return (
        f'<text class="{css} mid" x="{_g(mark.x)}" y="{_g(mark.y + low)}"{narrow}>{escape(mark.label)}</text>'
    )


def path_of_modules(matrix: Sequence[Sequence[int]], words: str, border: int = 4) -> str:
    """A QR code: rows of 0 and 1 become one path of horizontal runs."""
    path = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                path.append(f"M{x + border} {y + border}h{run}v1h-{run}z")
            x += run + 1
    side = len(matrix) + 2 * border
    return (
        f'<svg class="qr" viewBox="0 0 {side} {side}" shape-rendering="crispEdges" role="img" '
        f'aria-label="{escape(words)}"><path d="{"".join(path)}"/></svg>'
    )
