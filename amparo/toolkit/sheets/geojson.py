"""Points on a map: each feature a row, its properties the columns, its place in `lon` and `lat`.

And lists of records in JSON, each record a row.
"""

import json
from typing import Any

from django.utils.translation import gettext as _

from amparo.toolkit.sheets import limits
from amparo.toolkit.sheets.archive import too_large
from amparo.toolkit.sheets.delimited import (
    cell_too_long,
    decode,
    empty,
    not_a_sheet,
    too_many_columns,
    too_many_rows,
)
from amparo.toolkit.sheets.grid import Grid
from amparo.toolkit.sheets.table import Cell, Note


def read(data: bytes) -> Grid:
    """The features of a FeatureCollection under a header row of property names, then `lon` and `lat`; the records of a
    list under their names.

    Features that are not points keep their row with no place. Raises `SheetProblem` when the JSON is broken
    or is something else.
    """
    text, encoding, notes = decode(data)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise not_a_sheet() from None
    if isinstance(document, list) and document and all(isinstance(entry, dict) for entry in document):
        return Grid(rows=_records(document), format="json", encoding=encoding, notes=notes)
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise not_a_sheet()
    if not features:
        raise empty()
    if len(features) > limits.MAX_ROWS:
        raise too_many_rows()
    properties = [_properties(feature) for feature in features]
    header = list(dict.fromkeys(name for entry in properties for name in entry))
    if len(header) + 2 > limits.MAX_COLUMNS:
        raise too_many_columns()
    rows: list[list[Cell]] = [[*header, "lon", "lat"]]
    elsewhere: list[int] = []
    for number, (feature, entry) in enumerate(zip(features, properties, strict=True), start=2):
        point = _point(feature)
        if point is None:
            elsewhere.append(number)
        cells = [_cell(entry.get(name)) for name in header]
        if any(isinstance(cell, str) and len(cell) > limits.MAX_CELL_CHARACTERS for cell in cells):
            raise cell_too_long(number)
        rows.append([*cells, *(point or (None, None))])
    if elsewhere:
        notes.append(
            Note(
                "not_points",
                _("Lugares sin un punto en el mapa: %(count)d.") % {"count": len(elsewhere)},
                tuple(elsewhere[:100]),
            )
        )
    return Grid(rows=rows, format="geojson", encoding=encoding, notes=notes)


def _records(entries: list[dict[str, Any]]) -> list[list[Cell]]:
    """The records under a header row of their names."""
    if len(entries) > limits.MAX_ROWS:
        raise too_many_rows()
    header = list(dict.fromkeys(name for entry in entries for name in entry))
    if len(header) > limits.MAX_COLUMNS:
        raise too_many_columns()
    if len(header) * len(entries) > limits.MAX_CELLS:
        raise too_large()
    rows = [[_cell(entry.get(name)) for name in header] for entry in entries]
    for number, cells in enumerate(rows, start=2):
        if any(isinstance(cell, str) and len(cell) > limits.MAX_CELL_CHARACTERS for cell in cells):
            raise cell_too_long(number)
    return [[*header], *rows]


def _properties(feature: Any) -> dict[str, Any]:
    found = feature.get("properties") if isinstance(feature, dict) else None
    return found if isinstance(found, dict) else {}


def _point(feature: Any) -> tuple[float, float] | None:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Point", "MultiPoint"):
        return None
    place = geometry.get("coordinates")
    if geometry["type"] == "MultiPoint":  # of one point: so some map programs write every point
        place = place[0] if isinstance(place, list) and len(place) == 1 else None
    if not isinstance(place, list) or len(place) < 2:
        return None
    lon, lat = place[0], place[1]
    if isinstance(lon, bool) or isinstance(lat, bool):
        return None
    return (lon, lat) if isinstance(lon, int | float) and isinstance(lat, int | float) else None


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(value, ensure_ascii=False)
