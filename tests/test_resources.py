"""Every noun that is served has its contract test, and is found where it says."""

import importlib
from pathlib import Path

from amparo.config.resources import RESOURCES
from amparo.toolkit.testing import ResourceContract

PACKAGE = Path(__file__).resolve().parents[1] / "amparo"


def contracts() -> set[str]:
    for path in PACKAGE.glob("*/tests/test_resources.py"):
        importlib.import_module(f"amparo.{path.parts[-3]}.tests.test_resources")
    return {contract.resource.slug for contract in ResourceContract.__subclasses__()}


def test_every_served_noun_keeps_the_contract():
    assert {resource.slug for resource in RESOURCES} <= contracts(), "write its test_resources.py"


def test_no_two_nouns_share_an_address():
    assert len({resource.slug for resource in RESOURCES}) == len(RESOURCES)
    assert len({resource.noun for resource in RESOURCES}) == len(RESOURCES)
