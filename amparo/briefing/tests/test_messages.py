"""Messages that wait for a person: the list, its pages, and what its address asks for."""

import pytest

from amparo.briefing.tests.conftest import client_of
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import RawMessage
from amparo.intake.permissions import Intake
from amparo.intake.testing import filled, machine
from amparo.kernel.testing import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(home):
    """What the list was filled with: `listed(state="applied")`."""
    home.keys.mkdir()
    machine()
    client = client_of(person(Intake.REVIEW, of=None))
    return lambda **params: client.get("/messages/", params).context["vm"]


def waiting(count: int) -> None:
    by = machine()
    for number in range(count):
        content = filled(f"uuid:{number}", form_id="otro")
        incoming = Incoming(
            "otro", str(number), bytes([number]), content, by=by, holder_id=by.organisation_id
        )
        message = receive_here(incoming)
        RawMessage.objects.filter(pk=message.pk).update(state="waiting", reason="no_site")


def test_twenty_to_a_page_and_beyond_the_last_the_last(listed):
    waiting(23)
    assert len(listed().rows) == 20
    rest = listed(page="2")
    assert (len(rest.rows), rest.pages.first, rest.not_understood) == (3, 21, ())
    beyond = listed(page="999")
    assert [row.name for row in beyond.rows] == [row.name for row in rest.rows]
    assert "999" in beyond.not_understood[0].title


@pytest.mark.parametrize(
    ("params", "said"), [({"state": "perdido"}, "perdido"), ({"page": "²"}, "²"), ({"page": "-1"}, "-1")]
)
def test_what_cannot_be_understood_is_said_and_leaves_the_links(listed, params, said):
    waiting(1)
    page = listed(**params)
    (notice,) = page.not_understood
    assert said in notice.title
    assert len(page.rows) == 1
    assert not [chip.url for chip in page.chips if said in chip.url]
