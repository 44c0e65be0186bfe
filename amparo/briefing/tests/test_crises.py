"""Emergencies on screen: who may change one gets its form, who may only see it gets its facts."""

from datetime import date
from uuid import uuid4

import pytest
from django.utils import timezone

from amparo.briefing.tests.conftest import client_of
from amparo.crises.actions import close_crisis
from amparo.crises.models import Crisis
from amparo.crises.permissions import Crises
from amparo.crises.testing import a_crisis
from amparo.kernel.models import User
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.permissions import Sites
from amparo.sites.testing import country, machine

pytestmark = pytest.mark.django_db


def coordinator(scope: str = "") -> User:
    return person(Sites.VIEW, Crises.VIEW, Crises.MANAGE, scope=scope, member_of=machine().organisation)


def local() -> tuple[User, Crisis]:
    """Someone who acts in one municipality, and an emergency that reaches further."""
    here = country()
    other = a_place("TST0202", "San Lorenzo", parent=here.parent)
    return coordinator(here.path), a_crisis(here, other, name="Tormenta Larga")


def opened(crisis: Crisis) -> str:
    return f"/crises/{crisis.uid}/"


def changing(crisis: Crisis) -> str:
    return f"/crises/{crisis.uid}/edit/"


def test_who_may_change_it_gets_the_form():
    crisis = a_crisis(country())
    client = client_of(coordinator())
    assert changing(crisis) in client.get(opened(crisis)).content.decode()
    assert 'name="places"' in client.get(changing(crisis)).content.decode()


def test_who_may_only_see_it_gets_its_facts_and_no_form():
    by, crisis = local()
    client = client_of(by)
    page = client.get(opened(crisis)).content.decode()
    assert "Usted puede verla, no cambiarla." in page
    for fact in ("Tormenta Larga", "Primeros días", "San Lorenzo"):
        assert fact in page
    assert changing(crisis) not in page
    refused = client.get(changing(crisis))
    assert (refused.status_code, 'name="places"' in refused.content.decode()) == (409, False)


def test_what_they_send_all_the_same_changes_nothing():
    by, crisis = local()
    sent = {"name": "Otra", "phase": "longer", "places": country().code}
    answer = client_of(by).post(changing(crisis), sent)
    assert "más allá de donde usted puede actuar" in answer.content.decode()
    crisis.refresh_from_db()
    assert str(crisis) == "Tormenta Larga"


def test_one_that_is_over_is_changed_by_nobody():
    crisis = a_crisis(country())
    close_crisis(crisis, by=machine())
    client = client_of(coordinator())
    assert "Esta emergencia ya terminó." in client.get(opened(crisis)).content.decode()
    assert client.get(changing(crisis)).status_code == 409


def new(**said: str) -> dict[str, str]:
    known = {"token": str(uuid4()), "name": "Tormenta", "kind": "storm", "phase": "survival"}
    return known | {"places": country().code} | said


def test_the_day_it_began_stands_in_the_calendar():
    page = client_of(coordinator()).get("/crises/new/").content.decode()
    assert f'<input type="date" name="starts_on" value="{timezone.localdate().isoformat()}"' in page


@pytest.mark.parametrize("typed", ["0206-03-01", "9999-12-31", "ayer"])
def test_a_day_that_nobody_means_is_said_and_stays(typed):
    client = client_of(coordinator())
    page = client.post("/crises/new/", new(starts_on=typed)).content.decode()
    assert f'name="starts_on" value="{typed}"' in page
    assert ("Revise el año" in page) == (typed != "ayer")
    assert not Crisis.objects.exists()
    client.post("/crises/new/", new(starts_on="1998-10-27"))
    assert Crisis.objects.get().starts_on == date(1998, 10, 27)
