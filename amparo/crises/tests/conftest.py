import pytest

from amparo.places.testing import a_place


@pytest.fixture
def tree(db):
    """An invented country: two departments with two municipalities each."""
    country = a_place("HND", "Bosquia")
    norte, sur = a_place("HN01", "Norte", parent=country), a_place("HN02", "Sur", parent=country)
    return {
        place.code: place
        for place in [
            country,
            norte,
            sur,
            a_place("HN0101", "Alto", parent=norte),
            a_place("HN0102", "Bajo", parent=norte),
            a_place("HN0201", "Loma", parent=sur),
            a_place("HN0202", "Vega", parent=sur),
        ]
    }
