"""A provisional place becomes a real one: what lay in it lies there, and whoever writes as before is understood."""

import pytest
from django.http import Http404
from django.utils import timezone

from amparo.kernel import ledger
from amparo.kernel.models import Holding, LedgerEntry
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.kernel.testing import person
from amparo.places import actions, queries
from amparo.places.events import place_moved
from amparo.places.models import Place
from amparo.places.permissions import Places
from amparo.places.testing import a_place

pytestmark = pytest.mark.django_db


@pytest.fixture
def village(bosquia, manager):
    """ "El Caserío", in "La Aldea", in "Provincia Vieja", in no country: what a report named before any list came."""
    return actions.provisional_place(by=manager, names=("Provincia Vieja", "La Aldea", "El Caserío")).parent


def told(*names, country=None):
    match = queries.resolve(names=names, country=country)
    return match.place, match.how, match.notes


def refusal_code(call):
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.message
    return refusal.value.code


def test_who_writes_as_before_is_led_to_the_real_place(bosquia, manager, village):
    real = bosquia["HN0101"]
    done = actions.merge_place(village, by=manager, into=real)
    assert (done.into, done.merged, done.names) == (real, [village.code], ["La Aldea"])
    sure = (real, "exact", ())
    assert told("Provincia Vieja", "La Aldea") == sure
    assert told("PROVINCIA VIEJA", "la aldea") == sure
    assert told("Río Norte", "La Aldea") == sure
    assert told("Río Norte", "San Lorenzo") == sure
    assert queries.resolve(code=village.code).place == real
    assert queries.search("la aldea") == [real]
    assert actions.provisional_place(by=manager, names=("Provincia Vieja", "La Aldea")) == real


def test_what_lay_inside_lies_in_the_real_place_and_is_still_found(bosquia, manager, village):
    hamlet = village.children.get()
    done = actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    hamlet.refresh_from_db()
    assert done.moved == [hamlet.code]
    assert (hamlet.parent, hamlet.level) == (bosquia["HN0101"], 3)
    assert hamlet.path == f"{bosquia['HN0101'].path}{hamlet.code}/"
    names = ("Provincia Vieja", "La Aldea", "El Caserío")
    assert told(*names) == (hamlet, "exact", ())
    assert actions.provisional_place(by=manager, names=names) == hamlet


def test_inside_what_has_the_same_name_is_merged_too(bosquia, manager, village):
    hamlet = village.children.get()
    real = a_place("HN010101", "El Caserio", parent=bosquia["HN0101"])
    done = actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    assert (done.merged, done.moved) == ([hamlet.code, village.code], [])
    assert told("Provincia Vieja", "La Aldea", "El Caserío") == (real, "exact", ())


def test_merged_one_by_one_from_below_or_from_above_it_comes_to_the_same(bosquia, manager, village):
    province, hamlet = village.parent, village.children.get()
    actions.merge_place(hamlet, by=manager, into=a_place("HN010101", "Otro Nombre", parent=bosquia["HN0101"]))
    actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    actions.merge_place(province, by=manager, into=bosquia["HN01"])
    for names, code in (
        (("Provincia Vieja",), "HN01"),
        (("Provincia Vieja", "La Aldea"), "HN0101"),
        (("Provincia Vieja", "La Aldea", "El Caserío"), "HN010101"),
    ):
        match = queries.resolve(names=names)
        assert (match.place.code, match.how, match.notes) == (code, "exact", ()), names
    assert not queries.standing(Place.objects.filter(provisional=True)).exists()


def test_a_place_that_was_told_a_level_too_high_takes_what_it_holds_along(bosquia, manager):
    """Only its names were known: what was told first may be a municipality."""
    inside = actions.provisional_place(by=manager, names=("Quebrada Vieja", "El Caserío"), country="HND")
    actions.merge_place(inside.parent, by=manager, into=bosquia["HN0103"])
    inside.refresh_from_db()
    assert (inside.level, inside.path) == (3, f"{bosquia['HN0103'].path}{inside.code}/")


def test_a_place_may_turn_out_to_be_the_one_around_it(bosquia, manager):
    inside = actions.provisional_place(by=manager, names=("Valle", "Villa Avila", "Centro"), country="HND")
    actions.merge_place(inside, by=manager, into=bosquia["HN0202"])
    assert told("Valle", "Villa Avila", "Centro", country="HND") == (bosquia["HN0202"], "exact", ())


def test_holdings_and_listeners_follow_and_the_ledger_says_what_was_done(bosquia, manager, village):
    keeper = person(Places.VIEW, scope=village.path)
    moves = []

    def listener(**said):
        moves.append((said["was"], said["place"], said["before"], said["after"], said["by"]))

    place_moved.connect(listener)
    try:
        actions.merge_place(village, by=manager, into=bosquia["HN0101"], why="llegó la lista")
    finally:
        place_moved.disconnect(listener)
    real = bosquia["HN0101"]
    assert Holding.objects.get(user=keeper).scope == real.path
    assert moves[-1] == (village, real, village.path, real.path, manager)
    entry = LedgerEntry.objects.get(verb="place.merged")
    said = ledger.payload(entry)
    assert (entry.subject, entry.entry_class) == (real.uid, "public")
    assert said["provisional"] == [village.code, "La Aldea", village.path]
    assert (said["names"], said["why"]) == (["La Aldea"], "llegó la lista")


def test_it_ends_and_no_list_of_places_shows_it(bosquia, manager, village):
    actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    village.refresh_from_db()
    assert village.valid_to == timezone.localdate()
    assert village.code not in {place.code for place in queries.below(village.parent)}


def test_twice_changes_nothing(bosquia, manager, village):
    actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    entries = LedgerEntry.objects.count()
    again = actions.merge_place(village, by=manager, into=bosquia["HN0101"])
    assert (again.merged, again.moved, again.names) == ([], [], [])
    assert LedgerEntry.objects.count() == entries


def test_what_cannot_be_merged_is_said(bosquia, manager, village):
    def merge(place, into):
        return refusal_code(lambda: actions.merge_place(place, by=manager, into=into))

    real = bosquia["HN0101"]
    ended = a_place("HN0250", "Ya No", parent=bosquia["HN02"], valid_to=timezone.localdate())
    assert merge(bosquia["HN0201"], real) == "not_provisional"
    assert merge(village, village.parent) == "not_a_sure_place"
    assert merge(village, Place.objects.get(code="XXX")) == "not_a_sure_place"
    assert merge(village, ended) == "place_ended"
    a_place("HN0260", "Con Código", parent=village)
    assert merge(village, real) == "sure_places_below"
    Place.objects.filter(code="HN0260").delete()
    actions.merge_place(village, by=manager, into=real)
    assert merge(village, bosquia["HN0201"]) == "already_merged"


def test_nothing_lies_deeper_than_places_do(bosquia, manager):
    names = tuple(f"Nivel {number}" for number in range(1, 10))
    lowest = actions.provisional_place(by=manager, names=names)
    top = queries.ancestors(lowest.path)[1]
    assert refusal_code(lambda: actions.merge_place(top, by=manager, into=bosquia["HN0101"])) == "too_deep"
    assert not LedgerEntry.objects.filter(verb="place.merged").exists()


def test_only_who_manages_both_for_everybody_may_merge(bosquia, manager, village):
    for by, refused in (
        (person(Places.VIEW), NotPermitted),
        (person(Places.MANAGE, scope="HND/"), Http404),
        (person(Places.MANAGE, scope="XXX/"), Http404),
    ):
        with pytest.raises(refused):
            actions.merge_place(village, by=by, into=bosquia["HN0101"])
