"""Damage and needs: what the words mean, who may tell, and which figure stands."""

from datetime import timedelta

import pytest
from django.http import Http404
from django.utils import timezone

from amparo.crises.actions import Told, record_damage, withdraw_damage
from amparo.crises.damage import FIGURES, InvalidTable, Unit, _figures, definition
from amparo.crises.forms import DamageForm, RangeField
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.queries.damage import history_of, standing, visible_to
from amparo.crises.testing import a_crisis, a_damage_figure
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.kernel.testing import person
from amparo.places.actions import merge_place, provisional_place
from amparo.places.permissions import Places
from amparo.places.testing import a_place

NOW = timezone.now


# --- the file


def test_every_figure_says_what_it_means_in_both_languages_and_by_whose_rule():
    assert list(FIGURES) == [
        "affected",
        "severely_affected",
        "evacuated",
        "sheltered",
        "dead",
        "missing",
        "injured",
        "houses_damaged",
        "houses_destroyed",
    ]
    for figure in FIGURES.values():
        for country in ("HND", "GTM", "SLV"):
            meaning = definition(figure, country)
            assert meaning.says["es"]
            assert meaning.says["en"]
            assert (meaning.own, meaning.verified) == (True, False), (
                "no official text was found by November 2026"
            )


def test_a_word_is_said_with_the_source_in_which_it_was_read():
    assert definition(FIGURES["severely_affected"], "HND").word == "familias damnificadas"
    assert definition(FIGURES["severely_affected"], "HND").word_source.startswith("laprensa.hn")
    assert definition(FIGURES["severely_affected"], "SLV").word == ""


BASE = {
    "name": {"es": "Uno", "en": "One"},
    "short": {"es": "Uno", "en": "One"},
    "units": ["people"],
    "working": {"es": "Regla", "en": "Rule"},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"units": []},
        {"units": ["cows"]},
        {"inside": "later"},
        {"extra": 1},
        {"working": {"es": "Regla"}},
        {"countries": {"HND": {"word": "uno"}}},
        {"countries": {"HND": {"verified": True}}},
        {"countries": {"HND": {"definition": {"es": "a", "en": "b"}}}},
        {"others": [{"says": {"es": "a", "en": "b"}}]},
    ],
)
def test_a_figure_that_contradicts_itself_is_refused(changes):
    with pytest.raises(InvalidTable):
        _figures({"one": {**BASE, **changes}})


def test_a_national_definition_takes_the_place_of_the_working_rule():
    text = {"es": "La del país", "en": "The country's"}
    told = {"definition": text, "definition_source": "Manual 2027", "verified": True}
    figure = _figures({"one": {**BASE, "countries": {"SLV": told}}})["one"]
    meaning = definition(figure, "SLV")
    assert (meaning.says["es"], meaning.source, meaning.verified, meaning.own) == (
        "La del país",
        "Manual 2027",
        True,
        False,
    )
    assert definition(figure, "HND").own


# --- telling


@pytest.fixture
def crisis(tree) -> Crisis:
    return a_crisis(tree["HN01"])


@pytest.fixture
def teller(tree) -> User:
    return person(Crises.VIEW, Crises.MANAGE, scope="HND/HN01/")


def tell(crisis, place, by, *figures, **more):
    facts = {"told_at": NOW() - timedelta(hours=2), "source": "CODEM", **more}
    return record_damage(
        by=by,
        holder=by.organisation,
        crisis=crisis,
        place=place,
        figures=[Told(*one) for one in figures],
        **facts,
    )


@pytest.mark.django_db
def test_each_figure_is_kept_with_its_source_and_written_in_the_ledger(tree, crisis, teller):
    one, two = tell(
        crisis, tree["HN0101"], teller, ("dead", 2, 2), ("affected", 100, 150, "families"), note="De paso"
    )
    assert (one.low, one.high, one.unit, one.source) == (2, 2, "people", "CODEM")
    assert (two.low, two.high, two.unit, two.note) == (100, 150, "families", "De paso")
    assert (
        LedgerEntry.objects.filter(verb="damagefigure.recorded", subject__in=[one.uid, two.uid]).count() == 2
    )


@pytest.mark.django_db
def test_the_same_report_sent_twice_is_one(tree, crisis, teller):
    told = Told("dead", 2, 2)
    for _time in range(2):
        record_damage(
            by=teller, holder=teller.organisation, crisis=crisis, place=tree["HN0101"], told_at=NOW(),
            source="CODEM", figures=[told],
        )  # fmt: skip
    assert DamageFigure.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("figure", "changes", "code"),
    [
        (("dead", 2, 1), {}, "range_turned"),
        (("dead", -1, 1), {}, "range_turned"),
        (("dead", 1, 10**9), {}, "too_many"),
        (("dead", 1, 1, "families"), {}, "unknown_unit"),
        (("ghosts", 1, 1), {}, "unknown_figure"),
        (("dead", 1, 1), {"source": "  "}, "no_source"),
        (("dead", 1, 1), {"told_at": NOW() + timedelta(days=1)}, "told_in_future"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(tree, crisis, teller, figure, changes, code):
    with pytest.raises(Refused) as refusal:
        tell(crisis, tree["HN0101"], teller, figure, **changes)
    assert refusal.value.code == code
    assert not DamageFigure.objects.exists()


@pytest.mark.django_db
def test_an_aldea_is_no_municipality_and_no_figure_is_no_report(tree, crisis, teller):
    aldea = a_place("HN010101", "La Aldea", parent=tree["HN0101"])
    with pytest.raises(Refused, match="not_a_municipality"):
        tell(crisis, aldea, teller, ("dead", 1, 1))
    with pytest.raises(Refused):
        tell(crisis, tree["HN0101"], teller)


@pytest.mark.django_db
def test_only_who_manages_emergencies_there_tells_or_takes_back(tree, crisis, teller):
    with pytest.raises(NotPermitted):
        tell(crisis, tree["HN0101"], person(Crises.VIEW, scope="HND/"), ("dead", 1, 1))
    neighbour = person(Crises.VIEW, Crises.MANAGE, scope="HND/HN02/")
    with pytest.raises(Http404):
        tell(crisis, tree["HN0101"], neighbour, ("dead", 1, 1))
    (one,) = tell(crisis, tree["HN0101"], teller, ("dead", 1, 1))
    with pytest.raises(Http404):
        withdraw_damage(one, by=neighbour)
    assert list(visible_to(neighbour)) == []
    assert list(visible_to(teller)) == [one]


@pytest.mark.django_db
def test_an_emergency_out_of_sight_takes_no_figures(tree, teller):
    far = a_crisis(tree["HN02"])
    with pytest.raises(Http404):
        tell(far, tree["HN0101"], teller, ("dead", 1, 1))


# --- which one stands


@pytest.mark.django_db
def test_the_newest_told_stands_and_the_others_are_its_history(tree, crisis, teller):
    place = tree["HN0101"]
    old = a_damage_figure(crisis, place, low=1, told_at=NOW() - timedelta(days=2), holder=teller.organisation)
    new = a_damage_figure(
        crisis, place, low=3, told_at=NOW() - timedelta(hours=3), holder=teller.organisation
    )
    late = a_damage_figure(
        crisis, place, low=2, told_at=NOW() - timedelta(days=1), holder=teller.organisation
    )
    every = visible_to(teller)
    assert list(standing(every)) == [new]
    assert list(standing(every, at=NOW() - timedelta(hours=12))) == [late]
    assert list(history_of(old, every)) == [new, late, old]
    withdraw_damage(new, by=teller, why="Eran de otro lugar")
    assert list(standing(every)) == [late]
    assert list(history_of(old, every)) == [new, late, old]
    assert withdraw_damage(new, by=teller).withdrawn_at is not None, "twice is once"
    assert LedgerEntry.objects.filter(verb="damagefigure.withdrawn").count() == 1


@pytest.mark.django_db
def test_families_and_people_stand_side_by_side(tree, crisis, teller):
    for unit in ("people", "families"):
        a_damage_figure(crisis, tree["HN0101"], figure="affected", unit=unit, holder=teller.organisation)
    assert {one.unit for one in standing(visible_to(teller))} == {Unit.PEOPLE, Unit.FAMILIES}


@pytest.mark.django_db
def test_figures_of_a_provisional_place_follow_it_to_what_it_became(tree, crisis):
    by = person(*Places, *Crises)
    provisional = provisional_place(by=by, names=["Norte", "Altoo"], country="HND")
    one = a_damage_figure(crisis, provisional)
    merge_place(provisional, by=by, into=tree["HN0101"], why="Es el mismo")
    one.refresh_from_db()
    assert one.place == tree["HN0101"]


# --- what is typed


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", None),
        ("12", (12, 12)),
        (" 100 a 150 ", (100, 150)),
        ("100-150", (100, 150)),
        ("0", (0, 0)),
        ("1,200", (1200, 1200)),
        ("1,000 a 1,500", (1000, 1500)),
    ],
)
def test_a_number_or_a_range_may_be_typed(typed, meant):
    assert RangeField().clean(typed) == meant


@pytest.mark.parametrize("typed", ["1,43", "1.430", "12,34,567", "1.5", "doce", "-3", "10 a", "1 2 3 a", "²"])
def test_what_is_no_whole_number_is_asked_about(typed):
    with pytest.raises(Exception, match="número entero"):
        RangeField().clean(typed)


@pytest.mark.django_db
def test_a_form_of_damage_keeps_empty_apart_from_zero_and_points_at_what_is_wrong(tree, crisis):
    said = {
        "token": "6d0cfa56-2d41-4a7c-9a51-3b1c6f0d7f10", "crisis": str(crisis.uid), "place": "HN0101",
        "told_at": "2026-11-01T10:00", "source": "CODEM", "dead-people": "0", "affected-families": "30 a 20",
    }  # fmt: skip
    form = DamageForm(said, crises=[crisis])
    assert not form.is_valid()
    assert list(form.errors) == ["affected-families"]
    form = DamageForm({**said, "affected-families": ""}, crises=[crisis])
    assert form.is_valid(), form.errors
    assert [(one.figure, one.low) for one in form.told] == [("dead", 0)]
    empty = DamageForm({**said, "affected-families": "", "dead-people": ""}, crises=[crisis])
    assert not empty.is_valid()
