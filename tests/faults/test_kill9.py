"""kill -9 of server, worker, both, or the database: nothing acknowledged is lost, all is applied once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults import checks, probe
from tests.faults.live import AMPARO, LiveServer, Stored, wait_until

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
        print(server.end_of_log())


@pytest.mark.long
def test_twenty_kills_of_server_and_worker_on_postgres(
    on_postgres: tuple[LiveServer, postgres.PostgresServer],
) -> None:
    assert_nothing_lost(checks.kill(on_postgres[0], 20, LiveServer.tree))


@pytest.mark.long
def test_twenty_kills_of_the_database(on_postgres: tuple[LiveServer, postgres.PostgresServer]) -> None:
    """PostgreSQL falls under the writers and stays away for a moment. Nobody touches the server meanwhile."""
    server, database = on_postgres
    rnd = random.Random()
    accepted_again: list[float] = []
    first_after: set[str] = set()

    def strike() -> None:
        database.kill()
        time.sleep(rnd.uniform(0.0, 3.0))
        database.start()
        name = probe.new_instance_id()
        body = probe.multipart(probe.instance(name, rnd))
        accepted_again.append(wait_until(lambda: server.takes(body), 60, "a message is acknowledged again"))
        first_after.add(name)

    findings = checks.interrupt(server, 20, strike)
    print(
        f"database: {findings}; acknowledged again within {max(accepted_again):.1f} s; told {findings.told}"
    )
    assert_nothing_lost(findings)
    assert findings.starts == 1, "serve was started again by hand"
    assert len(accepted_again) == 20
    assert first_after <= set(Stored(server).instance_ids())
    assert set(findings.told) <= {503}, "a phone was told something else than to try again"
