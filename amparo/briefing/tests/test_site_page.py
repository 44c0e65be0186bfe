"""What one centre lacks, with who said what, and what does not agree."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from amparo.briefing.queries import capacities
from amparo.briefing.tests.conftest import client_of
from amparo.briefing.words import told_value, unit_beside
from amparo.kernel.testing import person
from amparo.sites.actions.building import write_facilities, write_spaces
from amparo.sites.actions.closing import order_closure
from amparo.sites.actions.observing import Report, observe_many
from amparo.sites.models import Flag, ObservationBatch
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db


def ago(**time: float):
    return timezone.now() - timedelta(**time)


@pytest.fixture
def page_of(seen):
    return lambda site, **params: seen(f"/sites/{site.uid}/", **params)


def rio_seco():
    """The centre of the mockups: the floor holds 160, the toilets of the women serve 40 of 78."""
    site = centre(name="Escuela Río Seco")
    tell(
        site,
        persons=143,
        women=78,
        men=65,
        floor_m2=560,
        toilets=6,
        toilets_women=2,
        toilets_men=4,
        toilets_separated=1,
        litres_day=4000,
    )
    return site


def gap(page, anchor: str):
    return next(one for one in page.gaps if one.anchor == anchor)


def test_the_headline_says_for_how_many_there_is_enough(page_of):
    page = page_of(rio_seco())
    assert page.headline == "Alcanza para 73 personas y duermen 143."
    assert "Por piso caben 160, solo para acostarse." in page.explanation
    assert "Sanitarios de mujeres, para 40 de 78 mujeres" in page.explanation
    assert "Con 2 sanitarios de mujeres más alcanza para" in page.explanation
    assert (page.floor, page.served) == (160, 73)


def test_nobody_is_told_to_bring_what_alone_makes_room_for_nobody(page_of):
    site = centre()
    tell(site, persons=110, women=63, men=47, toilets=0, floor_m2=560)
    page = page_of(site)
    assert "alcanza para 0." not in page.explanation
    assert "Con 4 sanitarios de mujeres y 2 sanitarios de hombres más alcanza para 93." in page.explanation


def test_what_makes_room_only_with_the_next_says_so_and_nothing_is_asked_for_twice():
    site = centre()
    tell(site, persons=110, women=63, men=47, toilets=0, floor_m2=560)
    found = capacities.fixes(assess_one(site, Moment.now()))
    assert [(fix.text, fix.gains) for fix in found if "sanitario" in fix.text] == [
        ("Agregar 4 sanitarios de mujeres.", "Va junto con lo que sigue."),
        ("Agregar 2 sanitarios de hombres.", "Alcanza para 93."),
        ("Agregar 1 sanitario de hombres.", "Alcanza para 139."),
    ]


def test_one_tap_is_one_tap():
    assert told_value("taps", 1, 1) == "1 llave de agua"
    assert told_value("taps", 2, 2) == "2 llaves"
    assert (unit_beside("taps", 1, 1), unit_beside("taps", 1, 2)) == ("llave de agua", "llaves")


def test_both_capacities_stand_side_by_side_with_what_limits(page_of):
    page = page_of(rio_seco())
    standard = {line.name: line for line in page.to_standard.lines}
    assert page.to_standard.limits == "Sanitarios de mujeres"
    assert (standard["Sanitarios"].total, standard["Sanitarios"].women, standard["Sanitarios"].men) == (
        73,
        40,
        80,
    )
    assert standard["Sanitarios"].binds
    assert standard["Espacio bajo techo"].total == 160
    assert page.tonight.total == 160
    assert "Duchas" in page.to_standard.not_assessed


def test_each_gap_opens_on_its_sum_and_on_who_said_it(page_of):
    toilets = gap(page_of(rio_seco()), "sphere-persons_per_toilet")
    assert (toilets.kind, toilets.name, toilets.low) == ("bajo", "Sanitarios de mujeres", 39)
    assert (toilets.affected, toilets.affected_label) == (38, "mujeres")
    assert toilets.remedy == "2 sanitarios de mujeres más"
    assert toilets.standard == "20 o menos"
    assert [(term.sign, term.value) for term in toilets.origin.terms] == [("", "78"), ("÷", "2")]
    assert toilets.origin.result == "39"
    assert len(toilets.origin.told) == 2
    assert toilets.origin.expires_at is not None
    assert [(group.label, group.total, group.over) for group in toilets.groups] == [
        ("Mujeres", 78, 38),
        ("Hombres", 65, 0),
    ]


def test_what_complies_says_from_what(page_of):
    water = gap(page_of(rio_seco()), "sphere-litres_person_day")
    assert water.kind == "cumple"
    assert water.summary == "4,000 litros al día para 143 personas"


def test_another_source_that_says_otherwise_is_shown_beside(page_of):
    site = rio_seco()
    phone = person(Sites.VIEW, Sites.REPORT)
    phone.name = "Brigada del norte"
    phone.save()
    other = Report(site, ago(hours=5), [("toilets_women", 3.0, 3.0)], source=ObservationBatch.Source.PHONE)
    observe_many([other], by=phone)
    conflicts = gap(page_of(site), "sphere-persons_per_toilet").origin.conflicts
    assert [notice.title for notice in conflicts] == ["Otra fuente dice: 3 sanitarios"]
    assert "Brigada del norte" in conflicts[0].text


def test_the_same_source_counting_again_is_no_conflict(page_of):
    site = rio_seco()
    tell(site, women=70, at=ago(hours=6))
    assert gap(page_of(site), "sphere-persons_per_toilet").origin.conflicts == ()


def test_a_range_is_shown_as_a_range(page_of):
    site = centre()
    tell(site, persons=100, litres_person_day=(10, 15))
    water = gap(page_of(site), "sphere-litres_person_day")
    assert (water.kind, water.low, water.high) == ("nada", 10, 15)
    assert "rango" in water.summary


def test_what_expired_is_not_assessed_and_says_when_it_was_told(page_of):
    site = centre()
    tell(site, persons=50, toilets_lit=0)
    tell(site, persons=50, sewage_overflow=1, at=ago(days=8))
    sewage = gap(page_of(site), "sphere-sewage_overflow")
    assert sewage.kind == "nada"
    assert "ya venció" in sewage.summary


def test_an_unverified_standard_is_shown_and_decides_nothing(page_of):
    site = centre()
    tell(site, persons=50, sewage_overflow=1)
    page = page_of(site)
    sewage = gap(page, "sphere-sewage_overflow")
    assert (sewage.kind, sewage.verified, sewage.measured) == ("duda", False, "Sí")
    assert sewage not in page.failing


def test_toilets_that_are_shared_promise_nothing_to_women(page_of):
    site = centre()
    tell(site, persons=30, women=15, men=15, toilets=6, toilets_separated=0)
    page = page_of(site)
    toilets = gap(page, "sphere-persons_per_toilet")
    assert (toilets.kind, toilets.name, toilets.measured) == (
        "bajo",
        "Sanitarios de mujeres",
        "No hay aparte",
    )
    assert next(line.women for line in page.to_standard.lines if line.name == "Sanitarios") == 0


def test_people_by_sex_and_age_and_ages_that_do_not_add_up(page_of):
    site = centre()
    women = {"females_0": 4, "females_1_5": 5, "females_6_17": 10, "females_18_59": 30, "females_60": 8}
    men = {"males_0": 3, "males_1_5": 5, "males_6_17": 9, "males_18_59": 25, "males_60": 6}
    tell(site, persons=143, women=78, men=65, persons_disability=11, **women, **men)
    people = page_of(site).people
    assert (people.total, people.women, people.men) == (143, 78, 65)
    assert (people.rows[0].label, people.rows[0].total) == ("Menos de 1 año", 7)
    assert people.flag == "Las edades suman 105, no 143"
    assert "Personas con discapacidad: 11." in people.notes


def test_a_child_without_company_is_never_counted_on_the_page(page_of):
    site = centre()
    tell(site, persons=50, unaccompanied_children=1)
    page = page_of(site)
    assert "acompañante" not in repr(page)


def test_the_building_line_by_line(page_of):
    site = centre()
    lines = [
        {
            "name": "Aula 1",
            "use": "sleeping",
            "serves": "all",
            "floor_m2": 56.0,
            "sleeping_places": 16,
            "blocked_places": 4,
        }
    ]
    write_spaces(site, by=machine(), lines=lines)
    line = {"kind": "toilet", "name": "Patio", "serves": "women", "quantity": 4, "working": 2}
    write_facilities(site, by=machine(), lines=[line | {"lit": False, "lockable": True, "accessible": 1}])
    page = page_of(site)
    assert (page.spaces[0].name, page.spaces[0].area, page.spaces[0].places, page.spaces[0].blocked) == (
        "Aula 1",
        56,
        16,
        4,
    )
    toilet = page.facilities[0]
    assert (toilet.total, toilet.working, toilet.lit, toilet.lockable, toilet.accessible) == (4, 2, 0, 2, 1)


def test_without_an_inventory_reports_say_what_works(page_of):
    site = centre()
    tell(site, persons=50, toilets=3)
    rows = page_of(site).facilities
    assert [(row.name, row.total, row.working) for row in rows] == [
        ("Sanitarios que funcionan, todos", None, 3)
    ]


def test_what_nobody_looked_at_is_said_so(page_of):
    site = centre()
    tell(site, persons=50, lighting=1)
    facts = {fact.name: fact.value for fact in page_of(site).facts}
    assert facts["Luz en pasillos, sanitarios y patios"] == "Hay, no alcanza"
    assert facts["Hay cocina"] is None


def test_an_ordered_closure_stands_on_top_and_blocks_nothing(page_of):
    site = rio_seco()
    order_closure(
        site,
        by=machine(),
        notice_on=date(2026, 11, 16),
        closes_on=date(2026, 11, 30),
        ordered_by="Dirección",
        still_staying=143,
    )
    closure = page_of(site).closure
    assert closure.title == "Cierre ordenado para el 30 nov 2026"
    assert "seguir entrando" in closure.text
    assert closure.still_there == 143


def test_flags_are_notices(page_of):
    site = rio_seco()
    Flag.objects.create(site=site, code="new_from_form", detail="000007", source="form")
    Flag.objects.create(site=site, code="place_in_doubt", detail="San Lorenso", source="list")
    Flag.objects.create(site=site, code="age_bins_differ", detail="Las edades suman 32 y el total dice 650.")
    titles = [notice.title for notice in page_of(site).notices]
    assert titles == [
        "Llegó en un formulario: nadie lo ha revisado",
        "No se sabe bien dónde está",
        "Las edades suman 32 y el total dice 650.",
    ]


def test_a_place_in_doubt_is_shown_as_such(page_of):
    site = centre(place_doubt="San Lorenso, Baye")
    assert page_of(site).head.place == "Por confirmar: San Lorenso, Baye"


def test_a_centre_nobody_assessed_is_an_empty_page(page_of):
    page = page_of(centre())
    assert (page.gaps, page.headline, page.people) == ((), "", None)


def test_an_empty_centre_has_nobody_to_serve(page_of):
    site = centre()
    tell(site, persons=0, women=0, men=0, toilets=2)
    page = page_of(site)
    toilets = gap(page, "sphere-persons_per_toilet")
    assert (toilets.kind, toilets.summary) == ("nada", "No hay personas a quienes contar.")
    assert page.failing == ()


def test_the_page_as_of_a_day_gone_by(page_of):
    site = centre()
    tell(site, persons=40, toilets=4, at=ago(days=10))
    tell(site, persons=90, toilets=4)
    day = (date.today() - timedelta(days=10)).isoformat()
    page = page_of(site, date=day)
    assert page.head.people == 40
    assert "no hoy" in page.notices[0].title
    assert page.head.sheet_url.endswith(f"?date={day}")


def test_old_data_offer_the_last_report(page_of):
    site = centre()
    tell(site, persons=40, toilets=1, at=ago(days=40))
    page = page_of(site)
    assert page.head.people is None
    assert page.notices[0].url.endswith("?at=last")
    assert page_of(site, at="last").head.people == 40


def test_what_a_person_may_do_decides_the_buttons(page_of, manager):
    site = rio_seco()
    assert page_of(site).head.main is None
    assert [tab.label for tab in page_of(site).head.tabs] == ["Lo que falta", "Historia", "Espacios"]
    page = client_of(manager).get(f"/sites/{site.uid}/").context["vm"]
    assert page.head.main.url == f"/sites/{site.uid}/report/", "whoever may report is one tap away from it"
    assert [tab.label for tab in page.head.tabs][-2:] == ["Datos", "Cierre"]


def test_the_tab_counts_what_the_page_shows(page_of):
    page = page_of(rio_seco())
    assert page.head.tabs[0].count == len(page.failing)


def test_the_neighbour_cannot_learn_that_the_centre_exists(db):
    mine, theirs = centre(), centre()
    client = client_of(person(Sites.VIEW, Sites.REPORT, Sites.MANAGE, scope=mine.path))
    for name in (
        "",
        "history/",
        "trend/persons/",
        "sheet.pdf",
        "spaces/",
        "spaces/edit/",
        "edit/",
        "closure/",
        "open/",
    ):
        assert client.get(f"/sites/{mine.uid}/{name}").status_code in (200, 302), name
        assert client.get(f"/sites/{theirs.uid}/{name}").status_code == 404, name
    assert client.get(f"/api/sites/{theirs.uid}/gaps.json").status_code == 404


def test_in_english_no_spanish_is_left(manager):
    site = rio_seco()
    client = client_of(manager)
    client.cookies["language"] = "en"
    with translation.override("en"):
        page = client.get(f"/sites/{site.uid}/").context["vm"]
    assert gap(page, "sphere-persons_per_toilet").name == "Women's toilets"


def test_a_longer_history_asks_no_more_questions(reader):
    client, site = client_of(reader), rio_seco()

    def asked() -> int:
        with CaptureQueriesContext(connection) as questions:
            assert client.get(f"/sites/{site.uid}/").status_code == 200
        return len(questions)

    tell(site, women=80, toilets_women=2)
    asked()
    few = asked()
    for hours in range(1, 20):
        tell(site, women=60 + hours, toilets_women=2, at=ago(hours=hours))
    asked()
    assert asked() == few


def test_what_nobody_measured_is_listed_for_whoever_asks_and_the_day_stays(reader):
    client, site = client_of(reader), rio_seco()
    here, today = f"/sites/{site.uid}/", timezone.localdate()
    page = client.get(here, {"date": today}).content.decode()
    assert f'href="?date={today}&amp;unmeasured=1#unseen"' in page
    assert "Distancia al sanitario" not in page
    assert "Distancia al sanitario" in client.get(here, {"unmeasured": "1"}).content.decode()
