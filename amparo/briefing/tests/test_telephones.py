"""The telephone of a centre is read by who speaks of it or runs it, on every page, paper and file."""

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.briefing.queries.sheet import sheets_of
from amparo.briefing.resources import CENTRES
from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import holding_role
from amparo.sites.actions.site import edit_site
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, machine, tell
from amparo.toolkit.resources.history import last_change

pytestmark = pytest.mark.django_db

NUMBER = "0000 0117"
PAGES = ("board", "situation", "sites_list")


def a_silent_centre():
    site = centre(phone=NUMBER)
    tell(site, persons=30, at=timezone.now() - timezone.timedelta(days=3))
    return site


def everything_read(user, site) -> str:
    client = client_of(user)
    said = [client.get(reverse(name)).content.decode() for name in PAGES]
    said.append(client.get(reverse("site_page", args=[site.uid])).content.decode())
    said.append(b"".join(client.get("/sites/export.csv").streaming_content).decode())
    said.append(client.get(f"/api/v1/sites/{site.uid}").content.decode())
    [sheet] = sheets_of([site], Moment.now(), reader=user)
    return "\n".join([*said, repr(sheet.contacts)])


@pytest.mark.parametrize("role", ["analyst", "auditor"])
def test_who_reads_figures_reads_no_telephones(role):
    site = a_silent_centre()
    said = everything_read(holding_role(role), site)
    assert site.name in said
    assert "0000 0117" not in said
    assert "00000117" not in said


@pytest.mark.parametrize("role", ["committee", "national", "site_manager"])
def test_who_speaks_of_a_centre_can_call_it(role):
    site = a_silent_centre()
    user = holding_role(role)
    assert NUMBER in client_of(user).get(reverse("board")).content.decode()
    [sheet] = sheets_of([site], Moment.now(), reader=user)
    assert sheet.contacts[0][1] == NUMBER


def history_read_by(role: str, site) -> str:
    return client_of(holding_role(role)).get(reverse("site_history", args=[site.uid])).content.decode()


def test_the_history_of_a_centre_tells_its_numbers_only_to_who_may_call_it():
    site = edit_site(centre(phone=NUMBER), by=machine(), phone="0000 0118", address="Otra calle")
    for role in ("analyst", "auditor"):
        said = history_read_by(role, site)
        assert "Teléfono: cambió." in said
        assert "Otra calle" in said
        assert NUMBER not in said and "0000 0118" not in said
    said = history_read_by("committee", site)
    assert NUMBER in said and "0000 0118" in said


def test_what_an_offer_to_take_back_says_is_what_its_reader_may_be_told():
    site = edit_site(centre(phone=NUMBER), by=machine(), phone="0000 0118")
    for role, told in (("analyst", False), ("committee", True)):
        last = last_change(CENTRES, site, holding_role(role))
        assert last is not None
        assert (NUMBER in last.words) == told
