"""The telephone of a centre is read by who speaks of it or runs it, on every page, paper and file."""

import pytest
from django.urls import reverse
from django.utils import timezone

from amparo.briefing.queries.sheet import sheets_of
from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import holding_role
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, tell

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
