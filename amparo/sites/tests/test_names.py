"""A centre is found by its name however it is written."""

import pytest

from amparo.sites.actions.site import edit_site
from amparo.sites.testing import centre, machine

pytestmark = pytest.mark.django_db


def test_a_centre_added_by_hand_is_known_by_its_plain_name():
    """Without it a list that brings the same centre would make it twice."""
    assert centre(name="Escuela  Río-Seco").name_key == "escuela rio seco"


def test_a_new_name_is_known_too():
    site = edit_site(centre(name="Antes"), by=machine(), name="Después")
    assert site.name_key == "despues"
