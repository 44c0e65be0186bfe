"""The fault tests are shown to fail: each is run on the stand-in with one fault seeded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults import checks, wire
from tests.faults.live import LiveServer
from tests.faults.test_hostile_wire import assert_answers

pytestmark = pytest.mark.xdist_group("faults")
Start = Callable[..., LiveServer]


@pytest.fixture
def with_fault(standin: LiveServer, tmp_path: Path) -> Iterator[Start]:
    """The stand-in with an environment of one's choice, ended with the test."""
    started: list[LiveServer] = []

    def copy(**environment: str) -> LiveServer:
        started.append(standin.copy(tmp_path / f"home{len(started)}", **environment))
        return started[-1]

    yield copy
    for server in started:
        server.stop()


def everything(server: LiveServer) -> list:
    return server.tree()


@pytest.mark.long
def test_a_sound_server_passes_the_power_cut(with_fault: Start) -> None:
    findings = checks.cut_power(with_fault(), 10)
    assert not (findings.lost or findings.lost_photos or findings.unsound), findings


@pytest.mark.long
def test_a_sound_server_passes_the_power_cut_with_scattered_sectors(with_fault: Start) -> None:
    findings = checks.cut_power(with_fault(), 10, unsynced="scattered")
    assert not (findings.lost or findings.lost_photos or findings.unsound), findings


@pytest.mark.long
def test_the_power_cut_catches_normal_sync(with_fault: Start) -> None:
    assert checks.cut_power(with_fault(AMPARO_TEST_SYNCHRONOUS="NORMAL"), 5, until_loss=True).lost


@pytest.mark.long
def test_the_power_cut_catches_an_early_acknowledgement(with_fault: Start) -> None:
    assert checks.cut_power(with_fault(STANDIN_FAULT="acknowledges_early"), 5, until_loss=True).lost


@pytest.mark.long
def test_the_power_cut_catches_a_photo_that_was_not_synced(with_fault: Start) -> None:
    findings = checks.cut_power(with_fault(STANDIN_FAULT="files_unsynced"), 2)
    assert findings.lost_photos
    assert not findings.lost


@pytest.mark.long
def test_a_sound_server_passes_the_kill(with_fault: Start) -> None:
    findings = checks.kill(with_fault(), 3, everything)
    assert not (findings.lost or findings.stored_twice or findings.applied_twice), findings


@pytest.mark.long
def test_the_kill_catches_an_early_acknowledgement(with_fault: Start) -> None:
    with pytest.raises(AssertionError, match="never applied"):
        checks.kill(with_fault(STANDIN_FAULT="acknowledges_early"), 5, everything)


@pytest.mark.long
def test_the_wire_catches_a_server_that_fails_on_wrong_input(with_fault: Start) -> None:
    server = with_fault(STANDIN_FAULT="answers_500")
    server.start()
    with pytest.raises(AssertionError, match="500"):
        assert_answers(server, wire.cases()[0])


@pytest.mark.long
def test_the_kill_catches_a_message_applied_twice(with_fault: Start) -> None:
    assert checks.kill(with_fault(STANDIN_FAULT="applies_twice"), 1, everything).applied_twice
