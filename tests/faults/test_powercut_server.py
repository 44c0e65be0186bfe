"""The power fails under the real server while phones write: what was answered with 201 is there after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import checks
from tests.faults.live import UNGUARDED, LiveServer

pytestmark = pytest.mark.xdist_group("faults")


def assert_nothing_lost(findings: checks.Findings) -> None:
    assert findings.acknowledged > 0
    assert not (findings.lost or findings.lost_photos or findings.stored_twice or findings.unsound), findings


def test_two_power_cuts_lose_no_acknowledged_message(server: LiveServer) -> None:
    findings = checks.cut_power(server, 2)
    assert_nothing_lost(findings)


def test_the_server_refuses_to_start_with_normal_sync_and_the_power_cut_shows_why(
    installation: LiveServer, tmp_path: Path
) -> None:
    careless = installation.copy(tmp_path / "home", AMPARO_TESTING="1", AMPARO_TEST_SYNCHRONOUS="NORMAL")
    with pytest.raises(AssertionError, match="synchronous"):
        careless.start()
    careless.command = UNGUARDED
    try:
        findings = checks.cut_power(careless, 4, until_loss=True)
    finally:
        careless.stop()
    assert findings.lost, findings
    assert findings.unsound == 0, findings


@pytest.mark.long
@pytest.mark.parametrize("unsynced", ["dropped", "scattered"])
def test_a_hundred_power_cuts_lose_no_acknowledged_message(server: LiveServer, unsynced: str) -> None:
    findings = checks.cut_power(server, 100, unsynced=unsynced)
    print(f"unsynced {unsynced}: {findings}")
    assert_nothing_lost(findings)
    assert findings.slowest_start < 30, findings
