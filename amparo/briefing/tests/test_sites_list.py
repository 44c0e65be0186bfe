"""Every centre one may see, to find one in."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import person
from amparo.sites.actions.closing import close_site
from amparo.sites.models import Flag
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(seen):
    return lambda **params: seen("/sites/", **params)


def test_open_closed_and_possible_ones_counted_apart(listed):
    tell(centre(name="Abierto"), persons=30)
    close_site(centre(name="Cerrado"), by=machine())
    centre(name="Posible", kind="candidate_site", status="candidate")
    page = listed()
    assert (page.open_sites, page.closed_sites, len(page.rows)) == (1, 1, 3)
    assert {chip.label: chip.count for chip in page.chips}["Lugares posibles"] == 1
    assert [row.name for row in listed(status="candidate").rows] == ["Posible"]
    assert listed(status="open").rows[0].people == 30


def test_doubted_places_can_be_listed(listed):
    site = centre(name="Perdido", place_doubt="San Lorenso")
    Flag.objects.create(site=site, code="repeats_name", source="lista")
    centre()
    rows = listed(status="doubt").rows
    assert [(row.name, row.flags) for row in rows] == [("Perdido", ("Repite nombre y lugar de otro",))]


def test_words_find_and_pages_turn(listed):
    for number in range(24):
        centre(name=f"Escuela {number:02d}")
    assert [row.name for row in listed(q="escuela 07").rows] == ["Escuela 07"]
    assert len(listed().rows) == 20
    assert len(listed(page="2").rows) == 4
    assert len(listed(q="escuela", page="2").rows) == 4
    assert listed(q="nada de esto").filters.clear_url == "/sites/"


def test_the_neighbour_sees_only_their_own(db):
    mine, _theirs = centre(name="La mía"), centre(name="La vecina")
    page = client_of(person(Sites.VIEW, scope=mine.path)).get("/sites/").context["vm"]
    assert ([row.name for row in page.rows], page.open_sites, page.new_url) == (["La mía"], 1, "")


def test_more_centres_ask_no_more_questions(reader):
    client = client_of(reader)

    def asked() -> int:
        client.get("/sites/")
        with CaptureQueriesContext(connection) as questions:
            client.get("/sites/")
        return len(questions)

    tell(centre(), persons=3)
    few = asked()
    for _number in range(12):
        tell(centre(), persons=3)
    assert asked() == few
