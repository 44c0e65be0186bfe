"""GeoJSON points."""

import json

import pytest

from amparo.toolkit import sheets


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)}).encode()


def feature(properties, geometry):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_each_point_is_a_row_with_its_properties_and_its_place():
    table = sheets.read(
        collection(
            feature({"Albergue": "Escuela A", "m2": 40}, {"type": "Point", "coordinates": [-87.9, 15.4]}),
            feature({"Albergue": "Escuela B", "nota": ["x"]}, {"type": "Point", "coordinates": [-88, 15, 3]}),
        )
    )
    assert table.names == ("Albergue", "m2", "nota", "lon", "lat")
    assert table.rows[0].cells == ("Escuela A", 40, None, -87.9, 15.4)
    assert table.rows[1].cells == ("Escuela B", None, '["x"]', -88, 15)
    assert table.format == "geojson"


def test_what_is_no_point_keeps_its_row_without_a_place():
    table = sheets.read(
        collection(
            feature({"nombre": "A"}, None),
            feature({"nombre": "B"}, {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 0]]]}),
            feature({"nombre": "C"}, {"type": "Point", "coordinates": ["a", True]}),
            feature({"nombre": "D"}, {"type": "Point", "coordinates": [-87.0, 15.0]}),
        )
    )
    assert [row.cells for row in table.rows][:3] == [("A", None, None), ("B", None, None), ("C", None, None)]
    assert table.notes[0].code == "not_points"
    assert table.notes[0].rows == (2, 3, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"{",
        b"[1, 2]",
        b'{"type": "Topology"}',
        b'{"features": 3}',
        b"[" * 100_000,
        b'{"type":"FeatureCollection","features":{}}',
    ],
)
def test_other_json_is_not_a_sheet(data):
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(data)
    assert raised.value.code == "not_a_sheet"


def test_no_features_is_an_empty_file():
    with pytest.raises(sheets.SheetProblem) as raised:
        sheets.read(collection())
    assert raised.value.code == "empty"


def test_a_multipoint_of_one_point_is_that_point():
    one = {"type": "MultiPoint", "coordinates": [[-87.9, 15.4]]}
    two = {"type": "MultiPoint", "coordinates": [[-87.9, 15.4], [-88.0, 15.5]]}
    table = sheets.read(collection(feature({"n": 1}, one), feature({"n": 2}, two)))
    assert [row.cells for row in table.rows] == [(1, -87.9, 15.4), (2, None, None)]
    assert [(note.code, note.rows) for note in table.notes] == [("not_points", (3,))]


def test_a_list_of_records_is_a_table_of_their_names():
    records = [{"nombre": "Escuela A", "latitud": 15.4}, {"nombre": "Escuela B", "cupo": 30}]
    table = sheets.read(json.dumps(records).encode())
    assert table.names == ("nombre", "latitud", "cupo")
    assert [row.cells for row in table.rows] == [("Escuela A", 15.4, None), ("Escuela B", None, 30)]


@pytest.mark.parametrize("odd", [[], [1, 2], [{"nombre": "x"}, 3], [{"nombre": "x" * 40_000}]])
def test_a_list_that_is_no_table_is_refused_in_words(odd):
    with pytest.raises(sheets.SheetProblem) as refusal:
        sheets.read(json.dumps(odd).encode())
    assert refusal.value.code in ("not_a_sheet", "cell_too_long")
