"""Hours in a school gym, shortened: phones send at a steady pace, the worker applies, pages are asked for.

`AMPARO_SOAK_MINUTES` says for how long (20 by default). Nothing is lost or applied twice, nothing is refused, and
neither server nor worker grows.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

import psutil
import pytest

from tests.faults.live import LiveServer, Stored, phones_writing, wait_until

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
MINUTES = float(os.environ.get("AMPARO_SOAK_MINUTES", "20"))
PHONES, A_SECOND = 10, 50
ASKED = ("/openrosa/formList", "/login/", "/healthz")


def resident(processes: list[psutil.Process]) -> float:
    """Megabytes."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 1e6


def test_a_steady_stream_is_applied_once_and_nothing_grows(server: LiveServer) -> None:
    server.start()
    stored, sizes, answers = Stored(server), [], []
    with phones_writing(server, PHONES, every=PHONES / A_SECOND, with_attachments=1) as writing:
        ends = time.monotonic() + 60 * MINUTES
        while time.monotonic() < ends:
            answers += [server.request("GET", path)[0] for path in ASKED]
            sizes.append(resident(server.tree()))
            time.sleep(5)
    wait_until(lambda: stored.waiting() == 0, 120, "all applied")
    settled, last = sizes[len(sizes) // 3], max(sizes[-3:])
    print(
        f"{len(writing.acknowledged)} acknowledged, {settled:.0f} MB after a third, {last:.0f} MB at the end"
    )
    assert set(answers) == {200}
    assert not writing.in_doubt
    assert not writing.refused
    assert len(writing.acknowledged) >= 0.9 * A_SECOND * 60 * MINUTES
    assert set(stored.instance_ids()) == writing.acknowledged
    assert max(stored.effects().values()) == 1
    assert set(stored.effects()) == writing.acknowledged
    assert last < 1.2 * settled + 30, sizes
    server.stop()
    assert stored.is_sound()
    assert json.dumps(server.run("ledger", "verify", "--json"))
