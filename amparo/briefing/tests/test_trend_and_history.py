"""What one measure did over time, and what has happened at a centre."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amparo.briefing.queries.asked import as_of
from amparo.briefing.queries.trend import trend_page
from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import person
from amparo.sites.actions.closing import order_closure, withdraw_closure
from amparo.sites.actions.reporting import confirm, report_day
from amparo.sites.actions.site import edit_site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, machine, tell
from amparo.standards import MEASURES

pytestmark = pytest.mark.django_db


def ago(**time: float):
    return timezone.now() - timedelta(**time)


@pytest.fixture
def trend(seen):
    return lambda site, key, **params: seen(f"/sites/{site.uid}/trend/{key}/", **params)


def test_a_year_of_days_each_as_it_was_known(trend):
    site = centre()
    tell(site, persons=40, toilets=2, at=ago(days=20))
    tell(site, persons=80, at=ago(days=19))
    tell(site, persons=100, toilets=5, at=ago(days=1))
    page = trend(site, "persons_per_toilet")
    values = {reading.low for reading in page.series.readings}
    assert len(page.series.readings) == page.days == 365
    # 40 / 2, then 80 / 2 until the headcount expires after three days, then 100 / 5.
    assert values == {None, 20, 40}
    assert page.series.readings[-1].low == 20
    assert page.days_measured == sum(reading.low is not None for reading in page.series.readings)
    assert page.days_measured < 10


def test_the_standard_of_the_phase_is_the_line(trend):
    site = centre()
    tell(site, persons=40, toilets=1)
    page = trend(site, "persons_per_toilet")
    assert (page.series.threshold, page.series.at_most, page.kind) == (20, True, "bajo")
    assert (page.standard, page.verified) == ("20 o menos", True)
    assert page.origin.result == "40"


def test_an_indicator_without_a_standard_has_a_trend_too(trend):
    site = centre()
    tell(site, persons=40)
    page = trend(site, "persons")
    assert (page.name, page.low, page.kind, page.series.threshold) == ("Personas", 40, "nada", None)
    assert page.standard == "Sin norma en esta etapa"


def test_each_time_it_was_told_with_its_source_and_verdict_newest_first(trend):
    site = centre()
    tell(site, persons=40, toilets=1, at=ago(days=3))
    tell(site, persons=10, at=ago(days=2))
    rows = trend(site, "persons_per_toilet").rows
    assert [(row.low, row.kind) for row in rows] == [(10, "cumple"), (40, "bajo")]
    assert rows[0].source == "Pantalla"


def test_a_long_list_has_pages(trend):
    site = centre()
    for hours in range(40):
        tell(site, persons=100 + hours, at=ago(hours=2 * hours))
    first, second = trend(site, "persons"), trend(site, "persons", page="2")
    assert (len(first.rows), len(second.rows), first.pages.total) == (30, 10, 40)
    assert first.rows[-1].when > second.rows[0].when


def test_fewer_days(trend):
    site = centre()
    tell(site, floor_m2=500, persons=100, at=ago(days=50))
    assert trend(site, "floor_m2", days="30").days == 30
    assert trend(site, "floor_m2", days="30").days_measured == 30, "a floor lasts a year"
    assert trend(site, "floor_m2", days="7; DROP").days == 365


def test_a_range_without_end_is_drawn_from_its_surest_end(trend):
    site = centre()
    tell(site, litres_person_day=(15, float("inf")), persons=10)
    page = trend(site, "litres_person_day")
    assert (page.series.readings[-1].low, page.series.readings[-1].high) == (15, None)
    assert page.kind == "cumple"


def test_every_measure_can_be_looked_at(reader):
    site = centre()
    tell(site, persons=40, women=20, men=20, toilets=1, hand_pumps=1, lighting=1, committee=0, ramp_slope=0.1)
    for key in MEASURES:
        assert trend_page(reader, site, key, {}, as_of({})).days == 365, key


def test_an_unknown_measure_is_not_found(reader):
    assert client_of(reader).get(f"/sites/{centre().uid}/trend/nothing/").status_code == 404


def test_what_was_only_said_to_be_still_so_is_shown_as_that_and_is_no_measurement(trend):
    site = centre()
    tell(site, persons=40, toilets=1, at=ago(days=2))
    before = trend(site, "persons_per_toilet")
    confirm(site, by=machine(), keys=["persons"])
    page = trend(site, "persons_per_toilet")
    assert [(row.low, row.kind, row.same) for row in page.rows] == [(40, "", True), (40, "bajo", False)]
    assert (page.days_measured, [one.low for one in page.series.readings]) == (
        before.days_measured,
        [one.low for one in before.series.readings],
    )
    assert [one.low for one in page.series.same] == [40]
    assert before.series.same == ()
    shown = client_of(person(Sites.VIEW)).get(f"/sites/{site.uid}/trend/persons_per_toilet/").content.decode()
    assert "sigue igual, sin contar" in shown
    assert "Círculo vacío" in shown
    assert shown.count('<circle class="f-none s-anil"') == 1


def test_a_report_that_measures_a_part_is_a_measurement_of_the_whole(trend):
    site = centre()
    tell(site, persons=40, toilets=1, at=ago(days=1))
    report_day(site, by=machine(), values={"persons": 60}, same=[])
    confirm(site, by=machine(), keys=["persons"])
    rows = trend(site, "persons_per_toilet").rows
    assert [(row.low, row.same) for row in rows] == [(60, True), (60, False), (40, False)]
    alone = trend(site, "litres_person_day")
    assert not any(row.same and row.low is not None for row in alone.rows), "nothing to be still so"


def test_what_was_said_again_asks_no_more_questions_of_the_database(reader):
    site = centre()
    tell(site, persons=40, at=ago(hours=50))
    counts = []
    trend_page(reader, site, "persons", {}, as_of({}))
    for day in (1, 0):
        report_day(site, by=machine(), values={}, same=["persons"], told_at=ago(hours=24 * day))
        with CaptureQueriesContext(connection) as asked:
            trend_page(reader, site, "persons", {}, as_of({}))
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- history


@pytest.fixture
def history(seen):
    return lambda site, **params: seen(f"/sites/{site.uid}/history/", **params)


def test_the_history_tells_actions_and_reports_newest_first(history):
    site = centre(name="Antes")
    by = machine()
    edit_site(site, by=by, name="Después")
    closure = order_closure(
        site, by=by, notice_on=timezone.localdate(), closes_on=timezone.localdate(), ordered_by="Dirección"
    )
    withdraw_closure(closure, by=by, why="Se prorroga")
    tell(site, persons=5, toilets=1)
    entries = history(site).entries
    said = [entry.what for entry in entries]
    assert said[0] == "Llegó un reporte: 2 datos"
    assert said[1:4] == ["Se retiró la orden de cierre", "Se ordenó el cierre", "Se corrigieron sus datos"]
    assert said[-1] == "Empieza su historia en Amparo"
    assert "Se prorroga" in entries[1].detail
    assert entries[3].detail == "Nombre: de «Antes» a «Después»."
    assert entries[1].who == by.name


def test_the_history_has_pages(history):
    site = centre()
    for hours in range(45):
        tell(site, persons=hours, at=ago(hours=hours))
    first, second = history(site), history(site, page="2")
    assert (len(first.entries), first.pages.total) == (30, 47)
    assert len(second.entries) == 17
    assert second.entries[-1].what == "Empieza su historia en Amparo"


def test_a_message_is_linked_only_for_who_may_review_it(history, reader):
    site = centre()
    batch = tell(site, persons=5)
    type(batch).objects.update(message=site.uid)
    assert history(site).entries[0].url == ""
    reviewer = person(Sites.VIEW, "intake.review")
    entry = client_of(reviewer).get(f"/sites/{site.uid}/history/").context["vm"].entries[0]
    assert entry.url == f"/messages/{site.uid}/"


@pytest.mark.parametrize(
    ("page", "params", "said"),
    [
        ("trend/persons/", {"date": "ayer"}, "ayer"),
        ("trend/persons/", {"days": "31"}, "31"),
        ("trend/persons/", {"page": "999"}, "999"),
        ("history/", {"page": "999"}, "999"),
        ("history/", {"page": "dos"}, "dos"),
        ("", {"at": "ayer"}, "ayer"),
    ],
)
def test_what_an_address_asks_and_cannot_be_understood_is_said(reader, page, params, said):
    site = centre()
    tell(site, persons=3)
    answer = client_of(reader).get(f"/sites/{site.uid}/{page}", params)
    assert answer.status_code == 200
    vm = answer.context["vm"]
    notices = vm.not_understood if page else vm.notices
    assert [notice for notice in notices if said in notice.title and notice.text]
    assert said in answer.content.decode()


def test_an_unknown_filter_of_the_standards_is_said(reader):
    page = client_of(reader).get("/standards/", {"verified": "quizás"}).context["vm"]
    assert "quizás" in page.not_understood[0].title
    assert page.chips[0].current


def test_a_yes_or_no_is_told_and_drawn_in_words(trend, manager):
    site = centre()
    tell(site, persons=40, lighting=1, water_potable=1, at=ago(days=2))
    tell(site, water_potable=0, at=ago(days=1))
    page = trend(site, "water_potable")
    assert (page.value, [row.value for row in page.rows]) == ("No", ["No", "Sí"])
    assert page.series.steps == ("No", "Sí")
    shown = client_of(manager).get(f"/sites/{site.uid}/trend/water_potable/").content.decode()
    assert '<dd class="word-size">No</dd>' in shown
    chart = shown[shown.index('<svg class="trend"') :].partition("</svg>")[0]
    assert "de Sí a No." in chart
    assert ">Sí</text>" in chart
    assert ">2</text>" not in chart


def test_a_figure_keeps_its_number(trend):
    site = centre()
    tell(site, persons=40)
    assert trend(site, "persons").value == ""
