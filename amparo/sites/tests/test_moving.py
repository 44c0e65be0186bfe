from dataclasses import replace

import pytest

from amparo.places.actions import merge_place, move_place, provisional_place
from amparo.places.models import Place
from amparo.places.queries import resolve
from amparo.sites.actions.importing import SiteDraft, import_sites, undo_import
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


NAMES = ("Provincia Vieja", "La Aldea")


def listed(*drafts):
    by = machine()
    return import_sites(drafts, by=by, holder=by.organisation, source="lista.csv")


def draft(place, **facts):
    return SiteDraft(row=1, name="Escuela Inventada", place=place, **facts)


def lies_in(site, place):
    site.refresh_from_db()
    return (site.place, site.path) == (place, f"{place.path}{site.uid.hex}/")


def test_a_site_lies_in_the_real_place_when_its_provisional_one_becomes_it():
    town, by = country(), machine()
    inside = provisional_place(by=by, names=(*NAMES, "El Caserío"))
    sites = [
        add_site(by=by, holder=by.organisation, place=at, name="Escuela") for at in (inside.parent, inside)
    ]
    merge_place(inside.parent, by=by, into=town)
    assert lies_in(sites[0], town)
    inside.refresh_from_db()
    assert lies_in(sites[1], inside)
    assert inside.path.startswith(town.path)
    assert sites[0].version == 1


def test_the_next_list_finds_the_site_where_it_lies_since():
    """Also one that was read just before, and still says the provisional place."""
    town, by = country(), machine()
    before = draft(provisional_place(by=by, names=NAMES))
    listed(before)
    merge_place(before.place, by=by, into=town)
    assert listed(draft(resolve(names=NAMES).place)).changed == 0
    assert listed(before).changed == 0
    fresh = listed(replace(before, row=2, name="Otra"))
    assert lies_in(Site.objects.get(name="Otra"), town)
    assert fresh.created == 1


def test_undo_puts_a_site_back_where_its_provisional_place_became_real():
    town, by = country(), machine()
    other = Place.objects.create(
        code="TST02", name="Otro", level=1, country="TST", path="TST/TST02/", parent=town.parent
    )
    codes = (("list", "1"),)
    before = draft(provisional_place(by=by, names=NAMES), codes=codes)
    listed(before)
    report = listed(draft(other, codes=codes))
    merge_place(before.place, by=by, into=town)
    undo_import(report.entry, by=by)
    assert lies_in(Site.objects.get(), town)
