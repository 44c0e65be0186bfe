"""The prepared installations that the fault tests copy. None of these tests uses Django's test database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import probe
from tests.faults.live import AMPARO, STANDIN, LiveServer


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> LiveServer:
    """The real program with the probe form published and a phone enrolled; not started. Tests copy it."""
    folder = tmp_path_factory.mktemp("installation")
    return LiveServer(folder / "home", AMPARO).prepare(probe.write_form(folder), *probe.PUBLISH_OPTIONS)


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> LiveServer:
    """The stand-in, prepared likewise."""
    folder = tmp_path_factory.mktemp("standin")
    return LiveServer(folder / "home", STANDIN).prepare(probe.write_form(folder), *probe.PUBLISH_OPTIONS)


@pytest.fixture
def server(installation: LiveServer, tmp_path: Path) -> Iterator[LiveServer]:
    """The real server on a home of its own, not started yet, ended with the test."""
    server = installation.copy(tmp_path / "home")
    yield server
    server.stop()
    print(server.end_of_log())
