"""`amparo places merge`: a report names a place before its list comes; then somebody says which one it is."""

import json

import pytest
from click.testing import CliRunner, Result

from amparo.config.cli.commands import amparo
from amparo.kernel.models import LedgerEntry
from amparo.places.actions import provisional_place
from amparo.places.testing import a_place
from amparo.sites.models import Site
from amparo.sites.testing import centre, country, machine

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(home):
    home.keys.mkdir()

    def run(*words: str, answer: str = "") -> Result:
        return CliRunner().invoke(amparo, words, input=answer)

    return run


@pytest.fixture
def lost(db):
    place = provisional_place(by=machine(), names=("Provincia Vieja", "La Aldea"))
    centre(place=place)
    return place


def test_it_asks_and_a_no_changes_nothing(typed, lost):
    town = country()
    said = typed("places", "merge", lost.code, town.code, answer="n\n")
    assert "La Aldea" in said.output
    assert not LedgerEntry.objects.filter(verb="place.merged").exists()
    assert typed("places", "merge", lost.code, town.code, answer="s\n").exit_code == 0
    assert Site.objects.get().place == town


def test_for_a_machine_it_says_what_it_did_and_twice_is_once(typed, lost):
    town = a_place("TST0303", "Aldea Real", parent=country().parent)
    told = json.loads(typed("places", "merge", lost.code.lower(), town.code, "--yes", "--json").output)
    assert told == {
        "provisional": lost.code,
        "into": town.code,
        "sites": 1,
        "merged": [lost.code],
        "moved": [],
        "names": ["La Aldea"],
    }
    again = json.loads(typed("places", "merge", lost.code, town.code, "--yes", "--json").output)
    assert (again["sites"], again["merged"]) == (0, [])


def test_what_it_cannot_merge_is_said(typed, lost):
    town = country()
    for words, code in (
        (("~NADA", town.code), "unknown_place"),
        ((lost.code, "TST9999"), "unknown_place"),
        ((a_place("TST0202", parent=town.parent).code, town.code), "not_provisional"),
    ):
        refused = typed("places", "merge", *words, "--yes")
        assert getattr(refused.exception, "code", "") == code
