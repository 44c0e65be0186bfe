import pytest

from amparo.kernel.testing import person
from amparo.places.permissions import Places
from amparo.places.testing import a_place, no_country


@pytest.fixture
def manager(db):
    """Someone who may manage every place."""
    return person(Places.MANAGE)


@pytest.fixture
def bosquia(db):
    """An invented country under a real code: two departments that share names, and a lake."""
    no_country()
    hnd = a_place("HND", "Bosquia")
    norte = a_place("HN01", "Río Norte", parent=hnd)
    valle = a_place("HN02", "Valle", parent=hnd)
    return {
        place.code: place
        for place in [
            hnd,
            norte,
            valle,
            a_place("HN0101", "San Lorenzo", parent=norte),
            a_place("HN0102", "San José de la Loma", parent=norte),
            a_place("HN0103", "Quebrada Honda", parent=norte, source_name="Quebradonda"),
            a_place("HN0104", "Río Norte", parent=norte),
            a_place("HN0199", "Lago de San Lorenzo", parent=norte, kind="water"),
            a_place("HN0201", "San Lorenzo", parent=valle),
            a_place("HN0202", "Villa Ávila", parent=valle),
            a_place("HN0203", "Caucagua", parent=valle),
        ]
    }
