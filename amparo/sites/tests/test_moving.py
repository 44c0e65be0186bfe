import pytest

from amparo.places.actions import move_place
from amparo.places.models import Place
from amparo.sites.actions.site import add_site
from amparo.sites.models import Site
from amparo.sites.testing import country, machine

pytestmark = pytest.mark.django_db


def test_a_site_follows_its_place_when_the_place_moves():
    town = country()
    by = machine()
    other = Place.objects.create(
        code="TST02",
        name="Departamento Inventado",
        level=1,
        country="TST",
        path="TST/TST02/",
        parent=town.parent,
    )
    site = add_site(by=by, holder=by.organisation, place=town, name="Escuela Inventada")
    move_place(town, by=by, parent=other)
    moved = Site.objects.get(pk=site.pk)
    assert moved.path == f"TST/TST02/TST0101/{site.uid.hex}/"
    assert moved.version == site.version + 1
