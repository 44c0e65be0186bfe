"""What commands say in words, and in JSON to another machine."""

import json

import pytest
from click.testing import CliRunner, Result

from amparo.config.cli.commands import amparo
from amparo.intake.models import Device
from amparo.kernel import ledger
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db


@pytest.fixture
def typed(home):
    """One command as an operator types it: `typed("ledger", "verify")`."""
    home.keys.mkdir()
    machine()

    def run(*words: str) -> Result:
        return CliRunner().invoke(amparo, words)

    return run


# --- the address that a phone is given


@pytest.mark.parametrize("server", ["http://127.0.0.1:8000", "https://localhost:8443", "http://[::1]:8000"])
def test_enrolling_for_an_address_of_this_machine_alone_says_so_and_what_to_do(typed, server):
    said = typed("phones", "enrol", "Brigada 2", "--server", server)
    assert said.exit_code == 0
    words = " ".join(said.stderr.split())
    assert server in words
    assert "amparo serve --lan" in words
    told = json.loads(typed("phones", "enrol", "Brigada 3", "--server", server, "--json").stdout)
    assert "amparo serve --lan" in " ".join(told["warnings"])
    assert Device.objects.count() == 2, "the phone is enrolled all the same"


def test_enrolling_for_an_address_of_the_network_warns_of_nothing(typed):
    said = typed("phones", "enrol", "Brigada 2", "--server", "https://192.168.1.10:8000", "--json")
    assert (json.loads(said.stdout)["warnings"], said.stderr) == ([], "")


# --- the anchors of the ledger


def test_verifying_without_a_file_of_anchors_is_a_warning(typed):
    said = typed("ledger", "verify")
    assert (said.exit_code, "ledger-heads.jsonl" in said.stderr) == (0, True)
    assert "íntegra" in said.stdout
    told = json.loads(typed("ledger", "verify", "--json").stdout)
    assert told["intact"]
    assert "ledger-heads.jsonl" in told["warnings"][0]


def test_a_file_of_anchors_that_is_known_to_have_been_is_a_failure_until_somebody_says_it_is_lost(
    typed, home
):
    anchors = home.path / ledger.ANCHORS
    ledger.anchor(anchors, by=machine())
    assert typed("ledger", "verify").exit_code == 0
    anchors.unlink()
    assert typed("ledger", "verify").exit_code == 1
    told = typed("ledger", "verify", "--json")
    assert (told.exit_code, json.loads(told.stdout)["intact"]) == (1, False)
    assert typed("ledger", "anchors-lost", "--why", "Se dañó el disco").exit_code == 0
    said = typed("ledger", "verify")
    assert said.exit_code == 0
    assert "se perdieron" in " ".join(said.stderr.split())


def test_nobody_says_anchors_lost_that_are_there(typed, home):
    ledger.anchor(home.path / ledger.ANCHORS, by=machine())
    refused = typed("ledger", "anchors-lost", "--why", "por si acaso")
    assert getattr(refused.exception, "code", "") == "no_anchors_lost"
