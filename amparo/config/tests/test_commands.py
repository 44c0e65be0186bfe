"""What commands say in words, and in JSON to another machine."""

import json

import pytest
from click.testing import CliRunner, Result

from amparo.config.cli.commands import amparo
from amparo.intake.models import Device
from amparo.kernel import ledger
from amparo.kernel.dropbox import current_key, drop_key_files, put_in, take_out, write_drop_key
from amparo.kernel.models import LedgerEntry, User
from amparo.parties.actions.bearers import bearer
from amparo.parties.actions.tokens import make_token
from amparo.parties.testing import someone
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


# --- the key to which browsers seal


def test_a_new_key_is_handed_out_the_old_one_still_opens_and_the_ledger_says_so(typed, home):
    write_drop_key(home.keys)
    old = current_key()
    sealed = put_in(b"una familia de cinco", old.public)
    told = json.loads(typed("keys", "rotate", "--yes", "--json").stdout)
    assert current_key().name.hex() == told["key"] != old.name.hex()
    assert told["older"] == 1
    assert take_out(sealed) == b"una familia de cinco"
    entry = LedgerEntry.objects.get(verb="drop_key.rotated")
    assert ledger.payload(entry)["key"] == told["key"]


def test_rotating_asks_first_and_says_that_a_backup_is_due(typed, home):
    write_drop_key(home.keys)
    assert typed("keys", "rotate").exit_code == 1
    assert len(drop_key_files(home.keys)) == 1
    said = typed("keys", "rotate", "--yes")
    assert said.exit_code == 0
    assert "1 anterior abre" in said.stdout
    assert "respaldo" in said.stdout


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


# --- accounts


@pytest.mark.parametrize("words", [["password", "mia"], ["end", "mia", "--why", "Cuenta robada"]])
def test_a_new_password_or_the_end_of_an_account_takes_its_keys_away(typed, words):
    _token, secret = make_token(
        by=someone("mia", "site_manager"), label="Tablero", permissions=["sites.view"]
    )
    assert bearer(secret) is not None
    assert typed("accounts", *words).exit_code == 0
    User.objects.filter(username="mia").update(ends_at=None, is_active=True)
    assert bearer(secret) is None
