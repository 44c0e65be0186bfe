import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.kernel.testing import person
from amparo.places import actions, geometry
from amparo.places.models import Boundary, Place
from amparo.places.permissions import Places


def square(lon, lat, side=1.0):
    return [[lon, lat], [lon, lat + side], [lon + side, lat + side], [lon + side, lat], [lon, lat]]


def collection(*features):
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": rings},
            }
            for properties, rings in features
        ],
    }


@pytest.fixture
def write(tmp_path):
    def _write(document, name="mapa.geojson"):
        path = tmp_path / name
        path.write_text(json.dumps(document), encoding="utf-8")
        return path

    return _write


# Geometry


def test_simplifying_drops_points_that_nobody_would_see():
    ring = [(0, 0), (0, 0.5), (0.00001, 0.7), (0, 1), (1, 1), (1, 0), (0, 0)]
    assert geometry.simplify([[ring]]) == [[[(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)]]]


def test_simplifying_keeps_holes_that_are_seen_and_leaves_out_specks():
    lake, speck = square(0.4, 0.4, 0.2), square(0.1, 0.1, 0.0001)
    [polygon] = geometry.simplify([[square(0, 0), lake, speck]])
    assert len(polygon) == 2


def test_the_only_island_stays_however_small():
    speck = square(-88.0, 16.0, 0.0002)
    assert geometry.simplify([[speck]]) == [[[tuple(point) for point in speck]]]
    assert len(geometry.simplify([[square(0, 0)], [speck]])) == 1


def test_the_centre_is_that_of_the_largest_part():
    assert geometry.centre([[square(10, 10, 0.1)], [square(0, 0, 2)]]) == (1.0, 1.0)
    assert geometry.centre([]) is None


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=40))
def test_whatever_the_ring_simplifying_ends_closed_and_no_longer(points):
    ring = [*points, *points[:1]]
    for polygon in geometry.simplify([[ring]]):
        assert all(kept[0] == kept[-1] and 4 <= len(kept) <= len(ring) for kept in polygon)


def test_topojson_is_read_with_its_shared_arcs_and_its_scale():
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.5, 0.5], "translate": [-88, 14]},
        "arcs": [[[0, 2], [0, -2]], [[0, 0], [2, 0], [0, 2], [-2, 0]], [[0, 2], [-2, 0], [0, -2], [2, 0]]],
        "objects": {
            "a": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "arcs": [[0, 1]], "properties": {"id": "east"}},
                    {"type": "MultiPolygon", "arcs": [[[2, -1]]], "properties": {"id": "west"}},
                    {"type": "Point", "coordinates": [0, 0]},
                ],
            }
        },
    }
    east, west = geometry.features(topology)
    assert east.polygons == [[[(-88, 15), (-88, 14), (-87, 14), (-87, 15), (-88, 15)]]]
    assert west.polygons == [[[(-88, 15), (-89, 15), (-89, 14), (-88, 14), (-88, 15)]]]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"type": "Gigante"},
        {"type": "FeatureCollection"},
        {"type": "FeatureCollection", "features": [1]},
        {"type": "Topology", "arcs": [], "objects": {"a": {"type": "Polygon", "arcs": [[7]]}}},
        {"type": "Topology", "objects": {}},
        collection(({}, [[["a", "b"]]])),
        collection(({}, [[[500000, 1500000]]])),
        collection(({}, [[[float("nan"), 1]]])),
    ],
    ids=str,
)
def test_what_is_no_map_in_degrees_is_bad_geometry(document):
    with pytest.raises(geometry.BadGeometry):
        geometry.features(document)


# Boundaries


@pytest.mark.django_db
def test_areas_find_their_places_by_code_or_by_names(bosquia, manager, write):
    path = write(
        collection(
            ({"ADM1_PCODE": "HN02", "ADM2_PCODE": "HN0201", "ADM2_ES": "San Lorenzo"}, [square(-88, 14)]),
            ({"department": "Valle", "municipality": "Villa Avila"}, [square(-87, 14)]),
            ({"id": "203"}, [square(-86, 14)]),
        )
    )
    told = actions.import_boundaries(by=manager, path=path, country="HND", source="COD-AB inventado")
    assert (told.areas, told.places, told.added, told.unmatched) == (3, 3, 3, [])
    place = Place.objects.get(code="HN0201")
    assert place.boundary.polygons == [[square(-88, 14)]]
    assert place.boundary.source == "COD-AB inventado"
    assert (place.lat, place.lon) == (14.5, -87.5)
    assert ledger.payload(LedgerEntry.objects.get())["added"] == 3


@pytest.mark.django_db
def test_the_same_map_twice_changes_nothing(bosquia, manager, write):
    path = write(collection(({"adm2_pcode": "HN0201"}, [square(-88, 14)])))
    actions.import_boundaries(by=manager, path=path)
    told = actions.import_boundaries(by=manager, path=path)
    assert (told.added, told.changed, told.unchanged) == (0, 0, 1)
    assert LedgerEntry.objects.count() == 1
    other = write(collection(({"adm2_pcode": "HN0201"}, [square(-88, 14, 2)])))
    assert actions.import_boundaries(by=manager, path=other).changed == 1


@pytest.mark.django_db
def test_a_place_drawn_in_two_areas_keeps_both(bosquia, manager, write):
    path = write(
        collection(
            ({"adm2_pcode": "HN0201"}, [square(-88, 14)]), ({"adm2_pcode": "HN0201"}, [square(-86, 14)])
        )
    )
    actions.import_boundaries(by=manager, path=path)
    assert len(Boundary.objects.get().polygons) == 2


@pytest.mark.django_db
def test_areas_without_a_sure_place_are_named_not_guessed(bosquia, manager, write):
    path = write(
        collection(
            ({"adm2_pcode": "HN0201"}, [square(-88, 14)]),
            ({"adm2_pcode": "HN9999"}, [square(-87, 14)]),
            ({"department": "Balle", "municipality": "Biya Abila"}, [square(-86, 14)]),
            ({}, [square(-85, 14)]),
        )
    )
    told = actions.import_boundaries(by=manager, path=path)
    assert (told.places, told.unmatched) == (1, ["HN9999", "Balle, Biya Abila", "4"])


@pytest.mark.django_db
def test_a_nameless_area_in_a_map_of_a_country_is_the_country(bosquia, manager, write):
    actions.import_boundaries(by=manager, path=write(collection(({}, [square(-88, 14)]))), country="HND")
    assert Boundary.objects.get().place == bosquia["HND"]


@pytest.mark.django_db
def test_a_map_of_nothing_known_is_refused(bosquia, manager, write):
    with pytest.raises(Refused) as refusal:
        actions.import_boundaries(
            by=manager, path=write(collection(({"adm1_pcode": "NP01"}, [square(0, 0)])))
        )
    assert refusal.value.code == "no_place_matches"


@pytest.mark.django_db
def test_boundaries_take_the_permission_to_manage_places(bosquia, write):
    path = write(collection(({"adm2_pcode": "HN0201"}, [square(-88, 14)])))
    with pytest.raises(NotPermitted):
        actions.import_boundaries(by=person(Places.VIEW), path=path)


@pytest.mark.django_db
def test_a_cod_ab_map_also_brings_the_places(manager, write):
    properties = {"adm0_pcode": "NP", "adm0_name": "Nepal", "adm1_pcode": "NP01", "adm1_name": "Bagmati"}
    lower = {**properties, "adm2_pcode": "NP0101", "adm2_name": "Kathmandu", "adm2_name1": "काठमाडौं"}
    path = write(collection((lower, [square(85, 27)])))
    loaded = actions.import_places(by=manager, path=path)
    assert (loaded.added, loaded.changed) == (3, 0)
    place = Place.objects.get(code="NP0101")
    assert (place.path, place.lat, place.lon) == ("NPL/NP01/NP0101/", 27.5, 85.5)
    assert place.names.filter(name="काठमाडौं").exists()
    assert actions.import_boundaries(by=manager, path=path).added == 1


@pytest.mark.django_db
def test_a_map_without_codes_brings_no_places(manager, write):
    with pytest.raises(Refused) as refusal:
        actions.import_places(by=manager, path=write(collection(({"name": "Sin código"}, [square(85, 27)]))))
    assert refusal.value.code == "no_code_column"
