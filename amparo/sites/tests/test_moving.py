from dataclasses import replace

import pytest

from amparo.kernel import ledger
from amparo.kernel.access import can
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import OutOfSight
from amparo.kernel.testing import holding_role
from amparo.parties.actions.bearers import bearer
from amparo.parties.actions.helping import enter, make_link
from amparo.parties.actions.tokens import make_token
from amparo.places.actions import merge_place, move_place, provisional_place
from amparo.places.models import Place
from amparo.places.queries import resolve
from amparo.sites.actions.importing import SiteDraft, import_sites, undo_import
from amparo.sites.actions.site import add_site, place_site
from amparo.sites.actions.undoing import undo_placing
from amparo.sites.models import Site
from amparo.sites.queries.sites import visible_to
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


def another() -> Place:
    return Place.objects.create(
        code="TST02", name="Otro", level=1, country="TST", path="TST/TST02/", parent=country().parent
    )


def in_charge_of(site: Site) -> User:
    return holding_role("site_manager", scope=site.path, of=site.holder)


def reaches(user: User, site: Site) -> bool:
    return visible_to(User.objects.get(pk=user.pk)).filter(pk=site.pk).exists()


def test_who_is_in_charge_of_a_site_stays_so_when_it_is_placed_elsewhere_and_back():
    country()
    by = machine()
    site = add_site(by=by, holder=by.organisation, place=country(), name="Escuela Inventada")
    manager = in_charge_of(site)
    neighbour = in_charge_of(add_site(by=by, holder=by.organisation, place=country(), name="Otra"))
    _token, secret = make_token(
        by=manager, label="Tablero", permissions=["sites.view"], scope=site.path, of=site.holder
    )
    helper = enter(
        make_link(by=manager, scope=site.path, organisation=site.holder, where=site.name), name="Lupe"
    )
    early = make_link(by=manager, scope=site.path, organisation=site.holder, where=site.name)
    where = another()
    placed = place_site(site, by=by, place=where)
    [entry] = LedgerEntry.objects.filter(subject=site.uid, verb="site.placed")
    assert placed.path.startswith(where.path)
    assert [reaches(one, site) for one in (manager, helper, neighbour)] == [True, True, False]
    assert can(bearer(secret), "sites.view", placed)
    assert enter(early, name="Ana").holdings.get().scope == placed.path
    undo_placing(placed, by=by, said=ledger.payload(entry), of="x")
    assert [reaches(one, site) for one in (manager, helper)] == [True, True]
    assert can(bearer(secret), "sites.view", Site.objects.get(pk=site.pk))


def test_who_is_in_charge_of_one_site_does_not_take_it_elsewhere():
    by = machine()
    site = add_site(by=by, holder=by.organisation, place=country(), name="Escuela Inventada")
    committee = holding_role("committee", scope=site.path, of=site.holder)
    with pytest.raises(OutOfSight):
        place_site(site, by=committee, place=another())
    assert committee.holdings.get().scope == site.path


def test_who_is_in_charge_of_a_site_stays_so_when_a_list_puts_it_elsewhere_and_is_undone():
    codes = (("list", "1"),)
    listed(draft(country(), codes=codes))
    site = Site.objects.get()
    manager, where = in_charge_of(site), another()
    report = listed(draft(where, codes=codes))
    site.refresh_from_db()
    assert site.path.startswith(where.path)
    assert reaches(manager, site)
    undo_import(report.entry, by=machine())
    assert lies_in(site, country())
    assert reaches(manager, site)
