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
    counts = {chip.label: chip.count for chip in page.chips}
    assert (counts["Abiertos"], counts["Cerrados"], counts["Lugares posibles"], len(page.rows)) == (
        1,
        1,
        1,
        3,
    )
    assert [row.name for row in listed(status="candidate").rows] == ["Posible"]
    assert "30" in [cell.words for cell in listed(status="open").rows[0].cells]


def test_doubted_places_can_be_listed(listed):
    site = centre(name="Perdido", place_doubt="San Lorenso")
    Flag.objects.create(site=site, code="repeats_name", source="lista")
    centre()
    rows = listed(status="doubt").rows
    assert [(row.name, row.cells[-1].value) for row in rows] == [("Perdido", "Repite nombre y lugar de otro")]


def test_words_find_and_pages_turn(listed):
    for number in range(24):
        centre(name=f"Escuela {number:02d}")
    assert [row.name for row in listed(q="escuela 07").rows] == ["Escuela 07"]
    assert len(listed().rows) == 20
    assert len(listed(page="2").rows) == 4
    assert len(listed(q="escuela", page="2").rows) == 4
    assert listed(q="nada de esto").filters.clear_url == "/sites/"


@pytest.mark.parametrize(
    ("params", "said", "rows"),
    [
        ({"status": "verde"}, "verde", 1),
        ({"place": "Macondo"}, "Macondo", 0),
        ({"page": "999"}, "999", 1),
        ({"page": "dos"}, "dos", 1),
    ],
)
def test_what_cannot_be_understood_is_said_and_leaves_the_links(listed, params, said, rows):
    centre()
    page = listed(**params)
    (notice,) = page.not_understood
    assert said in notice.title
    assert notice.text
    assert len(page.rows) == rows
    assert not [chip.url for chip in page.chips if said in chip.url]


def test_the_neighbour_sees_only_their_own(db):
    mine, _theirs = centre(name="La mía"), centre(name="La vecina")
    page = client_of(person(Sites.VIEW, scope=mine.path)).get("/sites/").context["vm"]
    assert ([row.name for row in page.rows], page.total, page.new) == (["La mía"], 1, None)


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
