"""Damage and needs on screen: nothing is added or compared silently, and what nobody told is unknown."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amparo.briefing.tests.conftest import client_of
from amparo.crises.actions import withdraw_damage
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.testing import a_crisis, a_damage_figure
from amparo.kernel.models import User
from amparo.kernel.testing import person
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def land() -> dict[str, Place]:
    """A department with three municipalities, in the country of the tests."""
    machine()
    root = country().parent
    norte = a_place("TST05", "Norte", parent=root)
    towns = {code: a_place(f"TST05{code}", name, parent=norte) for code, name in NAMES.items()}
    return {"norte": norte, **towns}


NAMES = {"01": "Alto", "02": "Bajo", "03": "Loma"}


@pytest.fixture
def crisis(land) -> Crisis:
    return a_crisis(land["norte"], starts_on=timezone.localdate() - timedelta(days=5))


@pytest.fixture
def committee(db) -> User:
    return person(Crises.VIEW, Crises.MANAGE, Sites.VIEW)


def page(user: User, **params: str):
    return client_of(user).get("/damage/", params).context["vm"]


def cells(row) -> dict[str, list[str]]:
    return {cell.label: [one.words for one in cell.values] for cell in row.cells}


def test_municipalities_without_a_figure_are_unknown_and_never_nought(land, crisis, committee):
    a_damage_figure(crisis, land["01"], low=3)
    shown = page(committee)
    assert [row.name for row in shown.rows] == ["Alto"]
    assert cells(shown.rows[0])["Fallecidas"] == ["3"]
    assert cells(shown.rows[0])["Afectadas"] == []
    assert [link.label for link in shown.unknown] == ["Bajo, Norte", "Loma, Norte"]
    text = client_of(committee).get("/damage/").content.decode()
    assert "No se sabe" in text
    assert ">0<" not in text


def test_a_sum_over_days_says_so_and_a_department_is_left_out_of_it(land, crisis, committee):
    a_damage_figure(crisis, land["01"], low=3)
    a_damage_figure(crisis, land["02"], low=4, told_at=timezone.now() - timedelta(days=2))
    a_damage_figure(crisis, land["norte"], low=90)
    column = next(one for one in page(committee).columns if one.label == "Fallecidas")
    (total,) = column.sums
    assert total.words == "7"
    assert total.mixed
    assert "2 municipios" in total.note
    assert "departamento" in total.note
    unknown = next(row for row in page(committee).rows if row.name == "Municipio desconocido")
    assert cells(unknown)["Fallecidas"] == ["90"]


def test_families_are_not_added_to_people(land, crisis, committee):
    a_damage_figure(crisis, land["01"], figure="affected", low=500)
    a_damage_figure(crisis, land["02"], figure="affected", low=100, unit="families")
    column = next(one for one in page(committee).columns if one.label == "Afectadas")
    assert [one.words for one in column.sums] == ["500 personas", "100 familias"]


def test_figures_of_two_emergencies_are_never_mixed(land, crisis, committee):
    other = a_crisis(land["norte"], starts_on=timezone.localdate() - timedelta(days=2), name="Otra")
    a_damage_figure(crisis, land["01"], low=3)
    a_damage_figure(other, land["01"], low=9)
    assert cells(page(committee, crisis=str(crisis.uid)).rows[0])["Fallecidas"] == ["3"]
    assert cells(page(committee, crisis=str(other.uid)).rows[0])["Fallecidas"] == ["9"]


def sheltered(shown):
    return next(cell for cell in shown.rows[0].cells if cell.label == "Albergadas")


def test_the_sheltered_told_today_stand_beside_our_own_count_with_the_difference(land, crisis, committee):
    for people in (100, 60):
        tell(centre(place=land["01"]), persons=people)
    centre(place=land["01"])  # open, and nobody counted
    one = a_damage_figure(crisis, land["01"], figure="sheltered", low=200)
    cell = sheltered(page(committee))
    assert (cell.own.people, cell.own.counted, cell.own.sites) == (160, 2, 3)
    assert "40 más" in cell.difference
    told = client_of(committee).get(f"/damage/{one.uid}/").context["vm"]
    said = " ".join(told.compared)
    assert "160 personas en 2 de 3" in said
    assert "Un albergue abierto no tiene conteo" in said
    assert told.own_url.startswith("/figures/people/")


def test_a_figure_of_another_day_is_compared_with_the_count_of_that_day(land, crisis, committee):
    site = centre(place=land["01"], opened_on=timezone.localdate() - timedelta(days=9))
    before = timezone.now() - timedelta(days=3)
    tell(site, persons=50, at=before)
    tell(site, persons=400)
    one = a_damage_figure(crisis, land["01"], figure="sheltered", low=50, told_at=before)
    assert "otro día" in sheltered(page(committee)).difference
    said = " ".join(client_of(committee).get(f"/damage/{one.uid}/").context["vm"].compared)
    assert "Contamos 50 personas en 1 de 1" in said
    assert "Coincide" in said


def test_our_count_shows_a_municipality_of_which_nobody_told_anything(land, crisis, committee):
    tell(centre(place=land["02"]), persons=30)
    shown = page(committee)
    assert [row.name for row in shown.rows] == ["Bajo"]
    assert sheltered(shown).own.people == 30
    assert sheltered(shown).values == ()


def test_a_figure_says_what_it_means_by_whose_rule_and_what_was_said_before(land, crisis, committee):
    old = a_damage_figure(
        crisis, land["01"], low=1, told_at=timezone.now() - timedelta(days=1), source="Alcaldía"
    )
    one = a_damage_figure(crisis, land["01"], low=3)
    told = client_of(committee).get(f"/damage/{one.uid}/").context["vm"]
    assert "Sin texto oficial" in told.definition_mark
    assert [(line.words, line.state) for line in told.history] == [("3", "Vale"), ("1", "Anterior")]
    before = client_of(committee).get(f"/damage/{old.uid}/").context["vm"]
    assert before.state == "Anterior"


def test_who_may_not_look_there_learns_nothing(land, crisis):
    one = a_damage_figure(crisis, land["01"], low=3)
    neighbour = person(Crises.VIEW, Crises.MANAGE, scope="ABC/")
    assert client_of(neighbour).get(f"/damage/{one.uid}/").status_code == 404
    assert page(neighbour).rows == ()
    assert client_of(person(Sites.VIEW)).get("/damage/").status_code == 403
    assert Client().get("/damage/new/").status_code == 302


def test_one_report_tells_many_figures_and_twice_is_once(land, crisis, committee):
    client = client_of(committee)
    form = client.get("/damage/new/", {"place": "TST0501"}).context["form"]
    sent = {
        "token": str(form.initial["token"]), "crisis": str(crisis.uid), "place": "TST0501", "source": "CODEM 4",
        "told_at": (timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"), "dead-people": "3",
        "severely_affected-families": "100 a 120",
    }  # fmt: skip
    for _time in range(2):
        answer = client.post("/damage/new/", sent)
        assert answer.status_code == 302, answer.context["form"].errors
    told = {(one.figure, one.unit, one.low, one.high) for one in DamageFigure.objects.all()}
    assert told == {("dead", "people", 3, 3), ("severely_affected", "families", 100, 120)}
    assert DamageFigure.objects.count() == 2


def report(client: Client, crisis: Crisis, **said: str):
    """The form as a browser sends it that went back: what had been typed, under the token of a page asked for anew."""
    facts = {"crisis": str(crisis.uid), "place": "TST0501", "source": "CODEM 4", "dead-people": "3"}
    hour = (timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:00")
    answer = client.post("/damage/new/", {"token": str(uuid4()), "told_at": hour, **facts, **said})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer


def test_going_back_and_sending_the_same_tells_it_once(land, crisis, committee):
    client = client_of(committee)
    first = report(client, crisis)
    assert report(client, crisis)["Location"] == first["Location"]
    assert DamageFigure.objects.count() == 1
    report(client, crisis, **{"dead-people": "4"})
    assert DamageFigure.objects.count() == 2


def test_going_back_to_correct_the_hour_tells_it_anew(land, crisis, committee):
    client = client_of(committee)
    report(client, crisis)
    report(client, crisis, told_at=(timezone.localtime() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"))
    assert DamageFigure.objects.count() == 2


def test_a_figure_taken_back_is_told_again_by_the_same_words(land, crisis, committee):
    client = client_of(committee)
    report(client, crisis)
    withdraw_damage(DamageFigure.objects.get(), by=committee)
    report(client, crisis)
    assert DamageFigure.objects.filter(withdrawn_at=None).count() == 1


def test_what_was_typed_stays_when_something_is_wrong(land, crisis, committee):
    answer = client_of(committee).post("/damage/new/", {"dead-people": "1.430", "source": "CODEM"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="1.430"' in text
    assert "sin punto, o dos" in text
    assert not DamageFigure.objects.exists()


def test_a_form_typed_while_the_session_ended_comes_back(land, crisis, committee):
    client = client_of(committee)
    form = client.get("/damage/new/").context
    sent = {"token": str(form["form"].initial["token"]), "_who": form["mark"], "source": "CODEM, informe 9"}
    client.logout()
    assert client.post("/damage/new/", sent).status_code == 302
    client.force_login(committee)
    assert "CODEM, informe 9" in client.get("/damage/new/").content.decode()


def test_a_past_day_shows_what_had_been_told_by_then(land, crisis, committee):
    a_damage_figure(crisis, land["01"], low=1, told_at=timezone.now() - timedelta(days=3))
    a_damage_figure(crisis, land["01"], low=3)
    then = (timezone.localdate() - timedelta(days=2)).isoformat()
    assert cells(page(committee, date=then).rows[0])["Fallecidas"] == ["1"]


@pytest.mark.parametrize("params", [{"place": "Macondo"}, {"crisis": "x"}, {"page": "99"}, {"date": "ayer"}])
def test_nonsense_in_the_address_is_said(land, crisis, committee, params):
    a_damage_figure(crisis, land["01"], low=1)
    assert page(committee, **params).not_understood


def test_an_empty_house_says_what_to_do_first(committee):
    machine()
    shown = page(committee)
    assert shown.rows == ()
    assert "emergencia" in shown.notices[0].title


def test_more_figures_ask_no_more_questions_and_the_emergency_does_not_come_with_each(
    land, crisis, committee
):
    asked = []
    for code in NAMES:
        tell(centre(place=land[code]), persons=40)
        for figure in ("dead", "missing", "affected"):
            a_damage_figure(crisis, land[code], figure=figure, low=3)
        page(committee)
        with CaptureQueriesContext(connection) as questions:
            page(committee)
        asked.append([question["sql"] for question in questions])
    assert len(asked[2]) == len(asked[0])
    figures = [sql for sql in asked[2] if 'FROM "crises_damagefigure"' in sql]
    assert figures
    assert not [sql for sql in figures if '"crises_crisis"."name"' in sql]
