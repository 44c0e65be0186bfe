"""Outlines of places: read from GeoJSON and TopoJSON, thinned for drawing. Pure: values in, values out."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]  # lon, lat in degrees, WGS 84
Ring = list[Point]
Polygon = list[Ring]  # the outer ring first, then holes

TOLERANCE = 0.001  # degrees, about 110 m: finer than a line on a country's map
DECIMALS = 4


class BadGeometry(ValueError):
    """The document is not GeoJSON or TopoJSON of areas in degrees."""


@dataclass(frozen=True)
class Feature:
    """What a map file says of one area."""

    properties: dict[str, Any]
    polygons: list[Polygon]


def features(document: Any) -> list[Feature]:
    """The areas of a GeoJSON or TopoJSON document. Raises `BadGeometry`."""
    try:
        kind = document["type"]
        if kind == "FeatureCollection":
            return [_geojson(feature) for feature in document["features"]]
        if kind == "Feature":
            return [_geojson(document)]
        if kind == "Topology":
            return list(_topojson(document))
    except (KeyError, TypeError, IndexError, ValueError, AttributeError, RecursionError) as broken:
        raise BadGeometry(str(broken)) from broken
    raise BadGeometry(str(kind))


def _geojson(feature: dict[str, Any]) -> Feature:
    geometry = feature.get("geometry")
    polygons = _polygons(geometry["type"], geometry["coordinates"]) if geometry else []
    return Feature(dict(feature.get("properties") or {}), polygons)


def _topojson(document: dict[str, Any]) -> Iterator[Feature]:
    arcs = _arcs(document)

    def ring(indices: list[int]) -> list[list[float]]:
        points: list[list[float]] = []
        for index in indices:
            arc = arcs[index] if index >= 0 else arcs[~index][::-1]
            points += arc[1:] if points else arc
        return points

    for layer in document["objects"].values():
        for shape in layer["geometries"] if layer["type"] == "GeometryCollection" else [layer]:
            if shape.get("type") == "Polygon":
                coordinates: Any = [ring(indices) for indices in shape["arcs"]]
            elif shape.get("type") == "MultiPolygon":
                coordinates = [[ring(indices) for indices in polygon] for polygon in shape["arcs"]]
            else:
                continue
            yield Feature(dict(shape.get("properties") or {}), _polygons(shape["type"], coordinates))


def _arcs(document: dict[str, Any]) -> list[list[list[float]]]:
    transform = document.get("transform")
    if transform is None:
        return document["arcs"]
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    arcs = []
    for steps in document["arcs"]:
        x = y = 0
        arc = []
        for step in steps:
            x, y = x + step[0], y + step[1]
            arc.append([x * scale_x + move_x, y * scale_y + move_y])
        arcs.append(arc)
    return arcs


def _polygons(kind: str, coordinates: Any) -> list[Polygon]:
    if kind == "Polygon":
        coordinates = [coordinates]
    elif kind != "MultiPolygon":
        return []
    return [[[_point(point) for point in ring] for ring in polygon] for polygon in coordinates]


def _point(point: Any) -> Point:
    lon, lat = float(point[0]), float(point[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadGeometry(f"{lon}, {lat} are not degrees")
    return lon, lat


def simplify(polygons: list[Polygon], tolerance: float = TOLERANCE) -> list[Polygon]:
    """Thin the outlines (Douglas and Peucker 1973) to `tolerance` degrees.

    Islands and holes that vanish at that size are left out, but never the largest island.
    """
    kept = []
    for polygon in polygons:
        outer = _thin(polygon[0], tolerance) if polygon else []
        if len(outer) >= 4:
            kept.append([outer, *(hole for ring in polygon[1:] if len(hole := _thin(ring, tolerance)) >= 4)])
    if kept or not polygons:
        return kept
    largest = max(polygons, key=lambda polygon: abs(_area(polygon[0])) if polygon else 0)
    return [[[_rounded(point) for point in largest[0]]]] if largest and len(largest[0]) >= 4 else []


def _rounded(point: Point) -> Point:
    return round(point[0], DECIMALS), round(point[1], DECIMALS)


def _thin(ring: Ring, tolerance: float) -> Ring:
    """A closed ring with fewer points; fewer than four when nothing of it remains."""
    if len(ring) < 4:
        return []
    far = max(range(len(ring)), key=lambda index: math.dist(ring[0], ring[index]))
    keep = {0, far, len(ring) - 1}
    stretches = [(0, far), (far, len(ring) - 1)]
    while stretches:
        first, last = stretches.pop()
        if last - first < 2:
            continue
        middle, offset = _farthest(ring, first, last)
        if offset > tolerance:
            keep.add(middle)
            stretches += [(first, middle), (middle, last)]
    thinned = [_rounded(ring[index]) for index in sorted(keep)]
    thinned[-1] = thinned[0]
    return thinned


def _farthest(ring: Ring, first: int, last: int) -> tuple[int, float]:
    """The point between two of a ring farthest from the line between them, and how far that is in degrees."""
    (start_x, start_y), (end_x, end_y) = ring[first], ring[last]
    across, up = end_x - start_x, end_y - start_y
    length = across * across + up * up
    found, farthest = first + 1, -1.0
    for index in range(first + 1, last):
        x, y = ring[index][0] - start_x, ring[index][1] - start_y
        along = min(1.0, max(0.0, (x * across + y * up) / length)) if length else 0.0
        x, y = x - along * across, y - along * up
        if (offset := x * x + y * y) > farthest:
            found, farthest = index, offset
    return found, math.sqrt(farthest)


def _area(ring: Ring) -> float:
    """Signed area in square degrees."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring)) / 2


def centre(polygons: list[Polygon]) -> Point | None:
    """The middle (lon, lat) of the largest part: a mean of islands would lie in the sea."""
    outers = [polygon[0] for polygon in polygons if polygon and _area(polygon[0])]
    if not outers:
        return None
    ring = max(outers, key=lambda outer: abs(_area(outer)))
    lon = lat = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        cross = x0 * y1 - x1 * y0
        lon += (x0 + x1) * cross
        lat += (y0 + y1) * cross
    return _rounded((lon / (6 * _area(ring)), lat / (6 * _area(ring))))
