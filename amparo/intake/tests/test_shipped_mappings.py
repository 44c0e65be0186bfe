"""A mapping that comes with the program is renewed with it, and never over what somebody here has changed."""

import pytest

from amparo.intake.actions import mappings
from amparo.intake.actions.mappings import SHIPPED, current_mapping, save_mapping
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db
NAME = "dtm-b3"


@pytest.fixture
def newer(monkeypatch):
    text = mappings._shipped_text(NAME) + "\n# a later edition\n"
    machine()
    current_mapping(NAME)
    monkeypatch.setattr(mappings, "_shipped_text", lambda name: text)
    return text


def test_a_newer_edition_is_the_next_version(newer):
    renewed = current_mapping(NAME)
    assert (renewed.version, renewed.text, renewed.note) == (2, newer, SHIPPED)
    assert current_mapping(NAME) == renewed


def test_what_somebody_changed_stays(newer):
    theirs = save_mapping(by=machine(), name=NAME, text=newer + "# ours\n", note="Con nuestras palabras")
    assert current_mapping(NAME) == theirs
