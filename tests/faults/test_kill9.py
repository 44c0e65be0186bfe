"""kill -9 of server, worker, both, or the database: nothing acknowledged is lost, all is applied once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults import checks, probe
from tests.faults.live import AMPARO, LiveServer

pytestmark = pytest.mark.xdist_group("faults")


def assert_nothing_lost(findings: checks.Findings) -> None:
    assert (len(findings.lost), len(findings.stored_twice), len(findings.applied_twice)) == (0, 0, 0), (
        findings
    )
    assert findings.unsound == 0, findings
    assert findings.slowest_resume < 60, findings


@pytest.mark.long
def test_a_killed_worker_is_replaced_and_its_job_goes_on(server: LiveServer) -> None:
    assert_nothing_lost(checks.kill(server, 1, LiveServer.workers))


def test_a_killed_server_and_worker_come_back_whole(server: LiveServer) -> None:
    assert_nothing_lost(checks.kill(server, 1, LiveServer.tree))


@pytest.mark.long
@pytest.mark.parametrize(
    "victims", [LiveServer.servers, LiveServer.answering, LiveServer.workers, LiveServer.tree]
)
def test_twenty_kills(server: LiveServer, victims) -> None:
    findings = checks.kill(server, 20, victims)
    print(f"{victims.__name__}: {findings}")
    assert_nothing_lost(findings)


@pytest.fixture
def on_postgres(tmp_path: Path) -> Iterator[tuple[LiveServer, postgres.PostgresServer]]:
    with postgres.running() as database:
        server = LiveServer(tmp_path / "home", AMPARO, {"AMPARO_DATABASE_URL": database.url})
        server.prepare(probe.write_form(tmp_path), *probe.PUBLISH_OPTIONS)
        yield server, database
        server.stop()


@pytest.mark.long
def test_twenty_kills_of_server_and_worker_on_postgres(
    on_postgres: tuple[LiveServer, postgres.PostgresServer],
) -> None:
    assert_nothing_lost(checks.kill(on_postgres[0], 20, LiveServer.tree))


@pytest.mark.long
def test_ten_kills_of_the_database(on_postgres: tuple[LiveServer, postgres.PostgresServer]) -> None:
    server, database = on_postgres

    def restart_database() -> None:
        database.kill()
        database.start()

    findings = checks.interrupt(server, 10, restart_database)
    print(f"database: {findings}")
    assert_nothing_lost(findings)
