"""Installations made ready once for a run, by whichever process needs them first."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.installation import Installation, new_database

SHARED = Path(os.environ.get("AMPARO_SHARED", "../shared")).resolve()

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="shared data absent")


@pytest.fixture(scope="session")
def made_once(tmp_path_factory) -> Callable[..., Installation]:
    """Make an installation, or take the one that another process of this run has made."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root

    def made(name: str, *commands: tuple[str, ...]) -> Installation:
        note = root / f"{name}.json"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not note.exists():
                place = Installation(root / name, new_database())
                for words in commands:
                    place.typed(*words)
                note.write_text(json.dumps([str(place.home), place.database]))
        home, database = json.loads(note.read_text())
        return Installation(Path(home), database)

    return made


@pytest.fixture(scope="session")
def prepared(made_once) -> Installation:
    """As the first command on a bare folder leaves it: keys, database, places and the ready form."""
    return made_once("prepared", ("forms", "list", "--json"))


@pytest.fixture
def installation(prepared, tmp_path):
    """One of the test's own."""
    with prepared.copy(tmp_path / "home") as place:
        yield place
