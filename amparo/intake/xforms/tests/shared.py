"""Real forms of the shared data, where this machine has them. Each test with them has an invented twin."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("AMPARO_SHARED", "../shared")).resolve()

needs_shared = pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared real data is not on this machine")


def real(path: str) -> bytes:
    """A file of the shared data."""
    return (FOLDER / path).read_bytes()
