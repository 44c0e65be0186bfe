"""What every test of the suite stands on."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("AMPARO_SHARED", "../shared"))


@pytest.fixture(autouse=True)
def nothing_remembered():
    """Tests start without memories."""
    forget()


def forget():
    """Processes remember devices, forms and computed gaps for seconds; here what they stand for was rolled back."""
    from amparo.intake.actions import applying
    from amparo.intake.queries import devices, forms, mappings
    from amparo.places.queries import known
    from amparo.sites.actions import observing
    from amparo.sites.queries import days, gaps, observed

    memories = (devices._remembered, forms._remembered, applying._located, gaps._kept, known._remembered)
    for memory in (*memories, days._memory):
        memory.clear()
    for cached in (observing.indicator_ids, observed._keys, mappings.parsed, mappings.bound, mappings.asked):
        cached.cache_clear()


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    """Tests log an administrator in at once; those of the second factor put it back."""
    settings.AMPARO_SECOND_FACTOR = False


@pytest.fixture
def home(tmp_path, settings):
    """An installation folder of the test's own."""
    from amparo.config.home import Home

    settings.HOME = Home(tmp_path / "home")
    settings.HOME.path.mkdir()
    return settings.HOME
