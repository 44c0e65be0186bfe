from datetime import date

import pytest
from django.db import IntegrityError, transaction

from amparo.kernel.classes import DataClass
from amparo.places.models import Boundary, Place, PlaceName
from amparo.places.testing import a_place

pytestmark = pytest.mark.django_db


def refused_by_the_database(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.parametrize("model", [Place, PlaceName, Boundary])
def test_places_are_public(model):
    assert model.data_class is DataClass.PUBLIC


def test_a_path_is_made_of_the_codes_from_the_country_down(bosquia):
    assert bosquia["HN0101"].path == "HND/HN01/HN0101/"
    assert bosquia["HN0101"].country == "HND"


def test_a_code_stands_once_at_a_time(bosquia):
    norte = bosquia["HN01"]
    refused_by_the_database(lambda: a_place("HN0101", parent=norte, valid_from=date(2024, 1, 1)))
    Place.objects.filter(code="HN0101").update(valid_to=date(2024, 1, 1))
    again = a_place("HN0101", parent=norte, valid_from=date(2024, 1, 1))
    assert again.path == "HND/HN01/HN0101/"


def test_a_code_begins_once_a_day_even_when_both_ended(bosquia):
    norte = bosquia["HN01"]
    ended = {"valid_from": date(2020, 1, 1), "valid_to": date(2021, 1, 1)}
    a_place("HN0190", parent=norte, **ended)
    refused_by_the_database(lambda: a_place("HN0190", parent=norte, **ended))
    a_place("HN0191", parent=norte, valid_to=date(2021, 1, 1))
    refused_by_the_database(lambda: a_place("HN0191", parent=norte, valid_to=date(2022, 1, 1)))


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"level": 0},
        {"level": 10},
        {"parent": None},
        {"path": "HND/HN01/OTHER/"},
        {"path": "GTM/HN01/HN0101/"},
        {"path": "HND/HN01/HN0101"},
        {"lat": 15.0},
        {"lat": 91.0, "lon": 0.0},
        {"lat": 15.0, "lon": 181.0},
        {"valid_from": date(2024, 1, 1), "valid_to": date(2024, 1, 1)},
        {"provisional": True},
        {"code": "~AB", "path": "HND/HN01/~AB/"},
    ],
    ids=str,
)
def test_the_database_refuses_nonsense(bosquia, change):
    refused_by_the_database(lambda: Place.objects.filter(code="HN0101").update(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"lat": -90.0, "lon": 180.0},
        {"valid_from": date(2024, 1, 1), "valid_to": date(2024, 1, 2)},
        {"provisional": True, "code": "~AB", "path": "HND/HN01/~AB/"},
        {"level": 9},
    ],
    ids=str,
)
def test_the_database_takes_what_is_sound(bosquia, change):
    assert Place.objects.filter(code="HN0101").update(**change) == 1


def test_no_place_is_its_own_parent(bosquia):
    norte = bosquia["HN01"]
    refused_by_the_database(lambda: Place.objects.filter(pk=norte.pk).update(parent=norte))


def test_a_country_has_no_parent(bosquia):
    refused_by_the_database(lambda: Place.objects.filter(code="HN01").update(level=0))


def test_days_are_half_open(bosquia):
    place = a_place("HN0150", parent=bosquia["HN01"], valid_from=date(2020, 1, 1), valid_to=date(2024, 5, 1))
    assert [
        place.stands_on(day)
        for day in (date(2019, 12, 31), date(2020, 1, 1), date(2024, 4, 30), date(2024, 5, 1))
    ] == [
        False,
        True,
        True,
        False,
    ]
    assert bosquia["HN0101"].stands_on(date(1500, 1, 1))


def test_a_name_is_kept_once_and_can_be_found(bosquia):
    place = bosquia["HN0101"]
    PlaceName.objects.create(place=place, name="Otro", name_key="otro", sound_key="otro")
    refused_by_the_database(
        lambda: PlaceName.objects.create(place=place, name="OTRO", name_key="otro", sound_key="otro")
    )
    refused_by_the_database(
        lambda: PlaceName.objects.create(place=place, name="?", name_key="", sound_key="x")
    )


def test_a_boundary_has_an_outline_and_a_source(bosquia):
    place = bosquia["HN0101"]
    refused_by_the_database(lambda: Boundary.objects.create(place=place, outline="[]", source="COD-AB"))
    refused_by_the_database(lambda: Boundary.objects.create(place=place, outline="[[[[0,0]]]]", source=""))
    boundary = Boundary.objects.create(place=place, outline="[[[[0,0],[0,1],[1,1],[0,0]]]]", source="COD-AB")
    assert boundary.polygons == [[[[0, 0], [0, 1], [1, 1], [0, 0]]]]
