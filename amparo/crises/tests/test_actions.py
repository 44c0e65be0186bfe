from datetime import date, timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from amparo.crises import actions, queries
from amparo.crises.models import Crisis, CrisisPlace, PhasePeriod
from amparo.crises.permissions import Crises
from amparo.crises.testing import a_crisis
from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.kernel.testing import organisation, person
from amparo.places.actions import merge_place, move_place, provisional_place
from amparo.places.permissions import Places
from amparo.standards import Phase

pytestmark = pytest.mark.django_db

START = date(2020, 11, 3)


@pytest.fixture
def committee(tree):
    """Who coordinates emergencies in the whole country, for every organisation."""
    return person(Crises.VIEW, Crises.MANAGE, scope="HND/")


@pytest.fixture
def storm(tree):
    return a_crisis(tree["HN01"], tree["HN02"])


def refusal_code(call):
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.message
    return refusal.value.code


def last_entry():
    entry = LedgerEntry.objects.latest("pk")
    return entry.verb, ledger.payload(entry)


def open_one(by, tree, **other):
    told = {"holder": by.organisation, "name": "Tormenta", "kind": "storm", "places": [tree["HN01"]]}
    return actions.open_crisis(by=by, **{**told, **other})


def test_a_crisis_opens_with_its_places_in_its_first_phase(tree, committee):
    crisis = open_one(
        committee,
        tree,
        name={"es": " Huracán Zeta ", "en": "Hurricane Zeta", "fr": ""},
        places=[tree["HN01"], tree["HN0201"], tree["HN01"]],
        starts_on=START,
    )
    assert crisis.name == {"es": "Huracán Zeta", "en": "Hurricane Zeta"}
    assert crisis.holder == committee.organisation
    assert [row.place.code for row in queries.places_of(crisis)] == ["HN01", "HN0201"]
    assert queries.phase_of(crisis, START) is Phase.SURVIVAL
    verb, said = last_entry()
    assert verb == "crisis.opened"
    assert (said["phase"], said["places"]) == ("survival", ["HN01", "HN0201"])
    assert LedgerEntry.objects.latest("pk").subject == crisis.uid


def test_a_bare_name_is_in_the_language_of_who_gives_it(tree, committee):
    committee.language = "en"
    assert open_one(committee, tree, name="Storm").name == {"en": "Storm"}


def test_a_crisis_begins_today_unless_told_otherwise(tree, committee):
    assert open_one(committee, tree).starts_on == timezone.localdate()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"name": " "}, "no_name"),
        ({"name": {}}, "no_name"),
        ({"places": []}, "no_place"),
        ({"kind": "x"}, "unknown_kind"),
    ],
    ids=str,
)
def test_a_crisis_without_name_place_or_kind_is_refused(tree, committee, told, code):
    assert refusal_code(lambda: open_one(committee, tree, **told)) == code
    assert not Crisis.objects.exists()


@pytest.mark.parametrize("day", [date(206, 3, 1), date(9999, 12, 31)])
def test_a_year_that_nobody_means_is_refused(tree, committee, storm, day):
    for call in (
        lambda: open_one(committee, tree, starts_on=day),
        lambda: actions.set_phase(storm, by=committee, phase=Phase.LONGER, starts_on=day),
        lambda: actions.add_place(storm, by=committee, place=tree["HND"], starts_on=day),
        lambda: actions.remove_place(storm, by=committee, place=tree["HN01"], ends_on=day),
        lambda: actions.close_crisis(storm, by=committee, ends_on=day),
    ):
        assert refusal_code(call) == "impossible_year"


def test_a_crisis_may_only_be_opened_where_one_may_manage_it(tree):
    local = person(Crises.VIEW, Crises.MANAGE, scope="HND/HN01/")
    assert open_one(local, tree)
    with pytest.raises(Http404):
        open_one(local, tree, places=[tree["HN01"], tree["HN02"]])
    with pytest.raises(Http404):
        open_one(local, tree, places=[tree["HND"]])


def test_a_crisis_may_only_be_held_by_an_organisation_one_manages_for(tree):
    mine = organisation()
    ours = person(Crises.MANAGE, scope="HND/", of=mine)
    assert open_one(ours, tree, holder=mine)
    with pytest.raises(Http404):
        open_one(ours, tree, holder=organisation())


EVERYTHING = [
    lambda crisis, by, tree: actions.rename_crisis(crisis, by=by, name="Otra"),
    lambda crisis, by, tree: actions.set_phase(crisis, by=by, phase=Phase.LONGER),
    lambda crisis, by, tree: actions.add_place(crisis, by=by, place=tree["HND"]),
    lambda crisis, by, tree: actions.remove_place(crisis, by=by, place=tree["HN01"]),
    lambda crisis, by, tree: actions.close_crisis(crisis, by=by),
]


@pytest.mark.parametrize("change", EVERYTHING)
def test_the_stranger_may_change_nothing(storm, tree, change):
    with pytest.raises(NotPermitted):
        change(storm, person(Crises.VIEW), tree)


@pytest.mark.parametrize("change", EVERYTHING)
def test_the_neighbour_cannot_learn_that_the_crisis_exists(tree, change):
    far = a_crisis(tree["HN0101"])
    with pytest.raises(Http404):
        change(far, person(Crises.VIEW, Crises.MANAGE, scope="HND/HN02/"), tree)


@pytest.mark.parametrize("change", EVERYTHING)
def test_who_manages_only_part_of_a_crisis_is_told_that_it_reaches_further(storm, tree, change):
    local = person(Crises.VIEW, Crises.MANAGE, scope="HND/HN01/")
    with pytest.raises(NotPermitted) as refusal:
        change(storm, local, tree)
    assert refusal.value.code == "crisis_reaches_further"


@pytest.mark.parametrize("change", EVERYTHING)
def test_who_manages_for_another_organisation_may_change_nothing(storm, tree, change):
    other = person(Crises.VIEW, Crises.MANAGE, scope="HND/", of=organisation())
    with pytest.raises(NotPermitted):
        change(storm, other, tree)


@pytest.mark.parametrize("change", EVERYTHING)
def test_a_closed_crisis_stays_as_it_was(storm, tree, committee, change):
    actions.close_crisis(storm, by=committee)
    assert refusal_code(lambda: change(storm, committee, tree)) == "crisis_closed"


@pytest.mark.parametrize("change", EVERYTHING)
def test_every_change_leaves_one_entry(storm, tree, committee, change):
    change(storm, committee, tree)
    entry = LedgerEntry.objects.get()
    assert (entry.subject, entry.by, entry.entry_class) == (storm.uid, committee.uid, "internal")


def test_a_name_in_another_language_is_added(storm, committee):
    crisis = actions.rename_crisis(storm, by=committee, name={"en": "Storm"})
    assert crisis.name == {"es": "Tormenta inventada", "en": "Storm"}
    actions.rename_crisis(storm, by=committee, name={"en": "Storm"})
    assert LedgerEntry.objects.count() == 1


def test_the_phase_changes_from_a_day_and_the_days_before_keep_theirs(storm, committee):
    actions.set_phase(
        storm, by=committee, phase=Phase.ACUTE, starts_on=START + timedelta(days=20), why="hay agua"
    )
    assert queries.phase_at("HND/HN01/", START + timedelta(days=19)) is Phase.SURVIVAL
    assert queries.phase_of(storm, START + timedelta(days=20)) is Phase.ACUTE
    verb, said = last_entry()
    assert verb == "crisis.phase_set"
    assert (said["changed"], said["why"]) == ({"phase": ["survival", "acute"]}, "hay agua")


def test_a_second_word_on_the_same_day_replaces_the_first(storm, committee):
    day = START + timedelta(days=20)
    actions.set_phase(storm, by=committee, phase=Phase.ACUTE, starts_on=day)
    actions.set_phase(storm, by=committee, phase=Phase.LONGER, starts_on=day)
    assert PhasePeriod.objects.filter(crisis=storm).count() == 2
    assert queries.phase_of(storm, day) is Phase.LONGER


def test_the_same_phase_or_a_day_before_the_start_is_refused(storm, committee):
    def set_phase(phase, day):
        return refusal_code(lambda: actions.set_phase(storm, by=committee, phase=phase, starts_on=day))

    assert set_phase(Phase.SURVIVAL, START + timedelta(days=1)) == "phase_unchanged"
    assert set_phase(Phase.LONGER, START - timedelta(days=1)) == "before_the_start"


def test_a_place_joins_and_leaves(tree, committee):
    crisis = a_crisis(tree["HN01"])
    assert queries.phase_at("HND/HN02/HN0201/") is Phase.ACUTE
    actions.add_place(crisis, by=committee, place=tree["HN02"])
    assert queries.phase_at("HND/HN02/HN0201/") is Phase.SURVIVAL
    actions.remove_place(crisis, by=committee, place=tree["HN02"], why="el agua bajó")
    assert queries.phase_at("HND/HN02/HN0201/") is Phase.ACUTE
    actions.add_place(crisis, by=committee, place=tree["HN02"])
    assert CrisisPlace.objects.filter(crisis=crisis, place=tree["HN02"]).count() == 2


def test_places_that_make_no_sense_are_refused(storm, tree, committee):
    def add(place, **when):
        return refusal_code(lambda: actions.add_place(storm, by=committee, place=tree[place], **when))

    def remove(place, **when):
        return refusal_code(lambda: actions.remove_place(storm, by=committee, place=tree[place], **when))

    assert add("HN01") == "place_already_there"
    assert add("HN0101", starts_on=START - timedelta(days=1)) == "before_the_start"
    assert remove("HN0101") == "place_not_there"
    assert remove("HN01", ends_on=START - timedelta(days=1)) == "ends_before_start"
    actions.remove_place(storm, by=committee, place=tree["HN01"])
    assert remove("HN02") == "last_place"


def test_a_place_outside_ones_area_cannot_join(tree):
    crisis = a_crisis(tree["HN01"])
    local = person(Crises.VIEW, Crises.MANAGE, scope="HND/HN01/")
    with pytest.raises(Http404):
        actions.add_place(crisis, by=local, place=tree["HN02"])


def test_a_crisis_ends_on_a_day_and_not_before_it_began(storm, committee):
    before = START - timedelta(days=1)
    assert (
        refusal_code(lambda: actions.close_crisis(storm, by=committee, ends_on=before)) == "ends_before_start"
    )
    actions.close_crisis(storm, by=committee, ends_on=START + timedelta(days=30), why="terminó")
    assert queries.phase_at("HND/HN01/", START + timedelta(days=29)) is Phase.SURVIVAL
    assert queries.phase_at("HND/HN01/", START + timedelta(days=30)) is Phase.ACUTE
    assert last_entry()[1]["why"] == "terminó"


def test_a_crisis_follows_its_place_when_that_moves(tree, committee):
    crisis = a_crisis(tree["HN0101"])
    move_place(tree["HN0101"], by=person(Places.MANAGE), parent=tree["HN02"])
    reason = queries.why_phase("HND/HN02/HN0101/c0ffee/")
    assert reason.crisis == crisis


def test_a_crisis_names_the_real_place_once_its_provisional_one_becomes_it(tree):
    by = person(Places.MANAGE)
    lost = provisional_place(by=by, names=("La Aldea",), country="HND")
    day = START + timedelta(days=3)
    only, both = a_crisis(lost, starts_on=START), a_crisis(tree["HN0101"], starts_on=day)
    CrisisPlace.objects.create(crisis=both, place=lost, starts_on=START)
    merge_place(lost, by=by, into=tree["HN0101"])
    for crisis in (only, both):
        row = CrisisPlace.objects.get(crisis=crisis)
        assert (row.place, row.starts_on) == (tree["HN0101"], START)
    assert queries.phase_at(tree["HN0101"].path, START) is Phase.SURVIVAL


def test_what_a_crisis_affected_once_is_kept_apart(tree):
    by = person(Places.MANAGE)
    lost = provisional_place(by=by, names=("La Aldea",), country="HND")
    crisis = a_crisis(tree["HN0101"])
    CrisisPlace.objects.create(crisis=crisis, place=lost, starts_on=START, ends_on=START + timedelta(days=2))
    merge_place(lost, by=by, into=tree["HN0101"])
    ends = CrisisPlace.objects.filter(crisis=crisis, place=tree["HN0101"]).values_list("ends_on", flat=True)
    assert set(ends) == {None, START + timedelta(days=2)}
