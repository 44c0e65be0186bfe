import json

import pytest
from django.db import connection, transaction

from amparo.kernel import ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerEntry, LedgerOrigin, LedgerPayload, LedgerSeal
from amparo.kernel.testing import organisation, person

pytestmark = pytest.mark.django_db


def write(by, *, count=1, data_class=DataClass.INTERNAL, of=None):
    with transaction.atomic():
        return [
            ledger.record(
                "test.done", by=by, data_class=data_class, organisation_id=of and of.pk, number=number
            )
            for number in range(count)
        ]


def test_an_untouched_ledger_verifies_and_names_its_open_tail():
    by = person()
    write(by, count=3)
    ledger.seal_tail()
    write(by, count=2)
    found = ledger.verify()
    assert found.intact
    assert (found.entries, found.open_tail) == (5, 2)


def test_an_entry_is_refused_outside_the_transaction_of_its_action(transactional_db):
    by = person()
    with pytest.raises(RuntimeError):
        ledger.record("test.done", by=by)


def test_a_changed_entry_is_found():
    by = person()
    entry = write(by, count=3)[1]
    ledger.seal_tail()
    LedgerEntry.objects.filter(pk=entry.pk).update(verb="test.undone")
    assert any("changed" in problem for problem in ledger.verify().problems)


def test_an_entry_changed_together_with_its_digest_breaks_its_seal():
    by = person()
    entry = write(by, count=3)[1]
    ledger.seal_tail()
    entry.verb = "test.undone"
    entry.digest = ledger._digest(entry, entry.origin.name)
    entry.save()
    assert any("seal" in problem for problem in ledger.verify().problems)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_removed_entry_is_found_wherever_it_stood(position):
    by = person()
    entries = write(by, count=3)
    ledger.seal_tail()
    LedgerPayload.objects.filter(entry=entries[position]).delete()
    LedgerEntry.objects.filter(pk=entries[position].pk).delete()
    assert not ledger.verify().intact


def test_a_removed_open_tail_is_found():
    by = person()
    entry = write(by)[0]
    LedgerPayload.objects.filter(entry=entry).delete()
    entry.delete()
    assert not ledger.verify().intact


def test_reordered_entries_are_found():
    by = person()
    first, second = write(by, count=2)
    ledger.seal_tail()
    LedgerEntry.objects.filter(pk=first.pk).update(counter=999)
    LedgerEntry.objects.filter(pk=second.pk).update(counter=first.counter)
    LedgerEntry.objects.filter(pk=first.pk).update(counter=second.counter)
    assert not ledger.verify().intact


def test_a_changed_payload_is_found():
    by = person()
    entry = write(by)[0]
    LedgerPayload.objects.filter(entry=entry).update(
        content=ledger._packed(b'{"number": 7}', DataClass.INTERNAL)
    )
    assert any("payload was changed" in problem for problem in ledger.verify().problems)


def test_erasure_removes_what_was_said_and_still_verifies():
    by = person()
    entry = write(by, data_class=DataClass.PERSONAL)[0]
    ledger.seal_tail()
    assert ledger.erase_payloads([entry], by=by, why="the person asked") == 1
    found = ledger.verify()
    assert found.intact
    assert found.erased == 1
    assert ledger.payload(entry) is None


def test_a_payload_that_vanished_without_an_erasure_is_found():
    by = person()
    entry = write(by)[0]
    LedgerPayload.objects.filter(entry=entry).delete()
    assert any("no erasure" in problem for problem in ledger.verify().problems)


def test_personal_payloads_are_sealed_on_disk():
    by = person()
    with transaction.atomic():
        entry = ledger.record("test.done", by=by, data_class=DataClass.PERSONAL, name="Norma Inventada")
    stored = bytes(LedgerPayload.objects.get(entry=entry).content)
    assert b"Norma" not in stored
    assert ledger.payload(entry) == {"name": "Norma Inventada"}


def test_each_organisation_and_class_has_its_own_chain():
    by, one, other = person(), organisation(), organisation()
    write(by, of=one)
    write(by, of=other)
    write(by, of=one, data_class=DataClass.PROTECTION)
    ledger.seal_tail()
    assert LedgerSeal.objects.count() == 3
    assert ledger.verify().intact


def test_a_tail_cut_off_with_its_seals_is_found_by_the_anchor(tmp_path):
    by = person()
    write(by, count=2)
    ledger.seal_tail()
    anchors = tmp_path / "heads.jsonl"
    assert ledger.anchor(anchors, by=by) == 1
    assert ledger.anchor(anchors, by=by) == 0, "the same head is anchored once"
    LedgerSeal.objects.all().delete()
    LedgerPayload.objects.all().delete()
    LedgerEntry.objects.all().delete()
    LedgerOrigin.objects.update(counter=0, sealed_to=0)
    assert ledger.verify().intact
    assert not ledger.verify(anchors).intact
    assert json.loads(anchors.read_text().splitlines()[-1])["hash"]


@pytest.fixture
def anchored(tmp_path):
    """A file of anchors, and the person under whose name the entries are."""
    by, anchors = person(), tmp_path / "heads.jsonl"
    write(by, count=2)
    ledger.seal_tail()
    ledger.anchor(anchors, by=by)
    return anchors, by


def test_anchors_that_were_never_begun_are_missed_in_a_warning(tmp_path):
    write(person())
    found = ledger.verify(tmp_path / "heads.jsonl")
    assert found.intact
    assert "heads.jsonl" in found.warnings[0]
    assert not ledger.verify().warnings, "who does not ask for anchors hears nothing of them"


def test_a_file_of_anchors_is_begun_once_and_by_an_entry(anchored):
    anchors, by = anchored
    for _hour in range(3):
        write(by)
        ledger.seal_tail()
        ledger.anchor(anchors, by=by)
    assert LedgerEntry.objects.filter(verb=ledger.ANCHORS_BEGUN).count() == 1
    found = ledger.verify(anchors)
    assert (found.problems, found.warnings) == ([], [])


def test_a_file_of_anchors_taken_away_is_a_failure(anchored):
    anchors, _by = anchored
    anchors.unlink()
    found = ledger.verify(anchors)
    assert not found.intact
    assert "Restaure" in found.problems[0]


def test_it_stays_one_after_another_was_begun_until_the_copy_is_brought_back(anchored):
    anchors, by = anchored
    copy = anchors.read_text()
    anchors.unlink()
    ledger.anchor(anchors, by=by)
    assert len(ledger.verify(anchors).problems) == 1
    anchors.write_text(copy + anchors.read_text())
    assert ledger.verify(anchors).intact


def test_an_emptied_file_of_anchors_is_missed_too(anchored):
    anchors, by = anchored
    anchors.write_text("")
    assert not ledger.verify(anchors).intact
    ledger.anchor(anchors, by=by)
    assert not ledger.verify(anchors).intact


def test_anchors_that_somebody_said_were_lost_are_a_warning(anchored):
    anchors, by = anchored
    anchors.unlink()
    assert ledger.tell_anchors_lost(anchors, by=by, why="the disk broke") == 1
    assert ledger.tell_anchors_lost(anchors, by=by, why="again") == 0
    found = ledger.verify(anchors)
    assert found.intact
    assert len(found.warnings) == 1
    ledger.anchor(anchors, by=by)
    anchors.unlink()
    assert not ledger.verify(anchors).intact, "what was begun since is missed again"


def test_anchors_from_before_their_beginning_was_an_entry_are_taken_up(anchored):
    anchors, by = anchored
    LedgerEntry.objects.filter(verb=ledger.ANCHORS_BEGUN).update(verb="test.done")
    anchors.write_text(anchors.read_text().splitlines()[1] + "\n")
    assert ledger.anchor(anchors, by=by) == 0
    assert LedgerEntry.objects.filter(verb=ledger.ANCHORS_BEGUN).count() == 1
    assert not [problem for problem in ledger.verify(anchors).problems if "changed" not in problem]


@pytest.mark.parametrize("line", ["[]", "7", "{}", '{"seal": "x", "hash": "zz", "at": ""}', "{"])
def test_a_line_of_anchors_that_cannot_be_read_is_named(anchored, line):
    anchors, by = anchored
    with anchors.open("a") as file:
        file.write(f"{line}\n")
    assert ledger.verify(anchors).problems == ["heads.jsonl: line 3 cannot be read"]
    ledger.anchor(anchors, by=by)


def test_a_mark_without_its_entry_raises_no_alarm_after_a_power_cut(tmp_path, monkeypatch):
    by, anchors = person(), tmp_path / "heads.jsonl"

    def cut(*_said):
        raise OSError("the power is gone")

    monkeypatch.setattr(ledger, "sync_folder", cut)
    with pytest.raises(OSError, match="gone"):
        ledger.anchor(anchors, by=by)
    monkeypatch.undo()
    assert anchors.read_text()
    assert ledger.verify(anchors).intact
    write(by)
    ledger.anchor(anchors, by=by)
    assert ledger.verify(anchors).intact
    assert LedgerEntry.objects.filter(verb=ledger.ANCHORS_BEGUN).count() == 1


def test_an_action_that_fails_leaves_no_entry():
    by = person()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ledger.record("test.done", by=by)
        1 / 0  # noqa: B018
    assert not LedgerEntry.objects.exists()
    assert LedgerOrigin.objects.get(here=True).counter == 0
    assert not connection.needs_rollback


def test_what_is_written_while_verifying_is_no_alarm(monkeypatch):
    by = person()
    write(by, count=3)
    ledger.seal_tail()
    real = ledger._verify_entries

    def meanwhile(*said):
        real(*said)
        write(by)
        ledger.seal_tail()

    monkeypatch.setattr(ledger, "_verify_entries", meanwhile)
    assert ledger.verify().intact
