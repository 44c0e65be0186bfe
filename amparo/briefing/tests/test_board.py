"""The board: silent first, then the worst; open and closed never share a total."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amparo.briefing.queries.board import board
from amparo.briefing.tests.conftest import client_of, names
from amparo.crises.testing import a_crisis
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site
from amparo.sites.models import Flag, Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db


def ago(**time: float):
    return timezone.now() - timedelta(**time)


def grave(**facts) -> Site:
    site = centre(**facts)
    tell(site, persons=131, women=70, men=61, toilets=1, toilets_women=1, toilets_men=0, toilets_separated=1)
    return site


def below(**facts) -> Site:
    site = centre(**facts)
    tell(site, persons=30, toilets=1)
    return site


def test_the_silent_stand_above_the_worst_and_the_worst_above_the_rest(seen):
    unmeasured = centre(name="Sin medir")
    tell(unmeasured, persons=10)
    below(name="Bajo la norma")
    grave(name="El peor")
    silent = centre(name="Callado")
    tell(silent, persons=96, at=ago(hours=31))
    page = seen("/")
    assert names(page.silent) == ["Callado"]
    assert page.silent[0].people == 96
    assert names(page.rows) == ["El peor", "Bajo la norma", "Sin medir"]
    assert [row.kind for row in page.rows] == ["grave", "bajo", "nada"]
    assert [row.rank for row in page.rows] == [1, 2, 3]


def test_a_silent_centre_shows_which_reports_came(seen):
    site = centre()
    tell(site, persons=9, at=ago(hours=40))
    tell(site, persons=9, at=ago(hours=52))
    row = seen("/").silent[0]
    assert sum(row.reports) == 2
    assert not any(row.reports[-4:])


def test_the_row_says_the_sum_and_whom_it_touches(seen):
    grave()
    row = seen("/").rows[0]
    assert (row.people, row.affected, row.affected_label) == (131, 111, "personas")
    assert row.limits == "Sanitarios"
    assert row.limits_note == "1 para 131; faltan 6"
    assert row.pills[0].kind == "grave"


def test_closed_centres_stand_apart_and_in_no_total(seen):
    below(name="Abierto")
    closed = grave(name="Ya cerrado")
    close_site(closed, by=machine())
    page = seen("/")
    assert (page.sites, page.people, page.grave_sites) == (1, 30, 0)
    assert page.closed is None
    page = seen("/", closed="1")
    assert (page.sites, page.people, page.grave_sites) == (1, 30, 0)
    assert (page.closed.sites, page.closed.people) == (1, 131)
    assert names(page.closed_rows) == ["Ya cerrado"]


def test_candidates_are_not_on_the_board(seen):
    centre(name="Posible", kind="candidate_site", status="candidate")
    page = seen("/", closed="1")
    assert (page.sites, page.rows, page.closed.sites) == (0, (), 0)


def test_a_headcount_that_asks_to_be_confirmed_is_said(seen):
    tell(centre(), persons=10)
    site = centre()
    tell(site, persons=25, at=ago(hours=30))
    tell(site, toilets=3)
    page = seen("/")
    assert (page.people, page.people_sites, page.people_stale) == (35, 2, 25)


def test_an_expired_headcount_is_no_number(seen):
    site = centre()
    tell(site, persons=25, at=ago(hours=80))
    tell(site, toilets=3)
    page = seen("/")
    assert page.people is None
    assert page.rows[0].people is None


def test_the_place_may_be_a_code_or_a_name(seen):
    valle = a_place("TST17", "Valle", parent=country().parent)
    other = a_place("TST1709", "San Lorenzo", parent=valle)
    below(name="Aquí")
    below(name="Allá", place=other)
    for asked in ("TST1709", "TST17", "san lorenzo", "San Lorenzo, Valle", "valle"):
        page = seen("/", place=asked)
        assert names(page.rows) == ["Allá"], asked
        assert page.sites == 1


def test_an_unknown_place_is_said_and_shows_nobody_elses_figures(seen):
    below()
    page = seen("/", place="Macondo")
    assert (page.sites, page.rows, page.people) == (0, (), None)
    notice = page.not_understood[0]
    assert "Macondo" in notice.title
    assert "No se muestra ningún albergue" in notice.text
    assert notice.url == page.filters.clear_url == "/"
    assert not page.chips and not page.actions


def test_a_crisis_shows_the_centres_in_its_places(seen, reader):
    here = country()
    other = a_place("TST02", "San Lorenzo", parent=here.parent)
    below(name="Aquí")
    below(name="Allá", place=other)
    crisis = a_crisis(other)
    by_role = client_of(person(Sites.VIEW, "crises.view"))
    page = by_role.get("/", {"crisis": str(crisis.uid)}).context["vm"]
    assert names(page.rows) == ["Allá"]
    # Someone who may not see emergencies looks at all centres: the address gives nothing away.
    assert len(seen("/", crisis=str(crisis.uid)).rows) == 2


def test_one_standard_or_one_group_judges_alone(seen):
    site = centre(name="Sin agua")
    tell(site, persons=50, litres_person_day=5, toilets=10)
    below(name="Sin sanitarios")
    page = seen("/", indicator="sphere.litres_person_day")
    assert names(page.rows) == ["Sin agua", "Sin sanitarios"]
    assert [row.kind for row in page.rows] == ["grave", "nada"]
    assert page.focus == "Agua para tomar y lavar"
    page = seen("/", indicator="sanitation")
    assert names(page.rows)[0] == "Sin sanitarios"
    assert seen("/", indicator="nonsense").focus == ""


def test_the_chips_count_and_choose(seen):
    grave()
    below()
    below()
    tell(centre(name="Callado"), persons=4, at=ago(days=2))
    page = seen("/")
    assert {chip.label: chip.count for chip in page.chips} == {
        "Todos": 3,
        "Grave": 1,
        "No cumple": 2,
        "Sin reporte": 1,
    }
    assert len(seen("/", status="bajo").rows) == 2
    assert names(seen("/", status="mudo").rows) == ["Callado"]


def test_words_find_a_centre_whatever_the_accents(seen):
    below(name="Escuela Río Seco")
    below(name="Instituto Los Almendros")
    page = seen("/", q="RIO seco")
    assert names(page.rows) == ["Escuela Río Seco"]
    assert page.filters.clear_url == "/"


def test_twenty_to_a_page(seen):
    for _number in range(23):
        below()
    page = seen("/")
    assert (len(page.rows), page.pages.total, page.sites) == (20, 23, 23)
    assert page.pages.previous_url == ""
    rest = seen("/", page="2")
    assert (len(rest.rows), rest.pages.first, rest.pages.last) == (3, 21, 23)
    assert rest.pages.next_url == ""
    assert not set(names(page.rows)) & set(names(rest.rows))


@pytest.mark.parametrize(
    "params",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "99999999999"},
        {"page": "²"},
        {"date": "2026-13-45"},
        {"date": "0001-01-01"},
        {"date": "9999-12-31"},
        {"date": "ayer"},
        {"crisis": "no-es-un-id"},
        {"status": "<script>"},
        {"place": "\x00" * 9},
        {"q": "x" * 5000},
        {"q": "\x00"},
        {"indicator": "__class__"},
        {"at": "last", "date": "2020-02-30"},
    ],
)
def test_nonsense_in_the_address_shows_a_board(seen, params):
    below()
    assert seen("/", **params).sites in (0, 1)


TOMORROW = (date.today() + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(
    ("params", "said", "shown"),
    [
        ({"date": "ayer"}, "ayer", "Se muestra hoy"),
        ({"date": "2026-13-45"}, "2026-13-45", "Se muestra hoy"),
        ({"date": TOMORROW}, "aún no ha llegado", "Se muestra hoy"),
        ({"at": "ayer"}, "ayer", "Se muestra hoy"),
        ({"crisis": "no-es-un-id"}, "emergencia", "todas las emergencias"),
        ({"crisis": "00000000-0000-4000-8000-000000000000"}, "emergencia", "todas las emergencias"),
        ({"indicator": "nonsense"}, "nonsense", "todas las normas"),
        ({"status": "verde"}, "verde", "todos los albergues"),
        ({"page": "999"}, "999", "última página"),
        ({"page": "dos"}, "dos", "primera página"),
        ({"page": "0"}, "0", "primera página"),
    ],
)
def test_what_cannot_be_understood_is_said_with_what_is_shown_and_leaves_the_links(
    seen, reader, params, said, shown
):
    below()
    page = seen("/", **params)
    (notice,) = page.not_understood
    assert said in notice.title
    assert shown in notice.text
    assert page.sites == 1
    (asked,) = params.values()
    links = [chip.url for chip in page.chips] + [action.url for action in page.actions]
    assert not [url for url in links if asked in url]
    assert not [field for field in page.filters.hidden if asked in field]
    assert said in client_of(reader).get("/", params).content.decode()


def test_a_page_beyond_the_last_shows_the_last_and_leads_back_from_there(seen):
    for _number in range(23):
        below()
    page = seen("/", page="999", status="bajo")
    assert (len(page.rows), page.pages.first) == (3, 21)
    assert page.pages.previous_url == "/?status=bajo"
    assert "999" in page.not_understood[0].title


@pytest.mark.parametrize(
    "params", [{}, {"at": "now"}, {"at": "last"}, {"date": date.today().isoformat()}, {"page": "1"}]
)
def test_what_is_understood_needs_no_notice(seen, params):
    below()
    assert seen("/", **params).not_understood == ()


def test_several_things_not_understood_are_all_said(seen):
    below()
    page = seen("/", date="ayer", indicator="nonsense", status="verde", page="999")
    assert len(page.not_understood) == 4


# --- as of


def test_old_data_offer_the_last_report_of_each_centre(seen):
    site = centre()
    told_at = timezone.make_aware(timezone.datetime(2015, 5, 28, 12))
    tell(site, persons=1784, toilets=7, at=told_at)
    page = seen("/")
    assert page.people is None
    notice = page.notices[0]
    assert "28 may 2015" in notice.title
    assert notice.url == "/?at=last"
    page = seen(notice.url)
    assert (page.people, page.grave_sites) == (1784, 1)
    assert page.is_past
    assert page.rows[0].url.endswith("?at=last")


def test_a_past_day_shows_what_was_known_then(seen):
    site = centre(name="Aquella escuela")
    tell(site, persons=40, toilets=1, at=ago(days=10))
    tell(site, persons=900, toilets=1, at=ago(days=2))
    page = seen("/", date=(date.today() - timedelta(days=10)).isoformat())
    assert (page.people, page.is_past) == (40, True)
    assert page.rows[0].people == 40


def test_a_centre_that_closed_since_stood_open_then(seen):
    site = centre(opened_on=date.today() - timedelta(days=30))
    tell(site, persons=40, toilets=1, at=ago(days=10))
    close_site(site, by=machine(), closed_on=date.today() - timedelta(days=5))
    assert seen("/").sites == 0
    assert seen("/", date=(date.today() - timedelta(days=10)).isoformat()).sites == 1
    assert seen("/", date=(date.today() - timedelta(days=4)).isoformat()).sites == 0
    assert seen("/", date=(date.today() - timedelta(days=31)).isoformat()).sites == 0
    site.refresh_from_db()
    assert site.status == Site.Status.CLOSED


def test_today_and_days_to_come_are_today(seen):
    below()
    for day in (date.today(), date.today() + timedelta(days=3)):
        assert not seen("/", date=day.isoformat()).is_past


# --- who sees what


def test_an_empty_board_teaches_the_first_steps(manager):
    page = client_of(manager).get("/").context["vm"]
    assert page.sites == 0
    assert page.notices[0].url == "/sites/new/"


def test_the_neighbour_sees_only_their_own(db):
    mine, theirs = below(name="La mía"), below(name="La vecina")
    page = board(person(Sites.VIEW, scope=mine.path), {"closed": "1"})
    assert names(page.rows) == ["La mía"]
    assert page.sites == 1
    assert theirs.name not in repr(page)


def test_nobody_known_is_asked_to_log_in(db):
    answer = Client().get("/")
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_a_role_without_centres_is_refused(db):
    machine()
    assert client_of(person("places.view")).get("/").status_code == 403


def queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    "address", ["/?closed=1", "/?at=last&closed=1", "/?date={past}&closed=1", "/?q=escuela"]
)
def test_more_centres_ask_no_more_questions(reader, address):
    url = address.format(past=(date.today() - timedelta(days=4)).isoformat())
    client = client_of(reader)
    opened = {"opened_on": date.today() - timedelta(days=20)}
    for number in range(2):
        tell(below(**opened), persons=33, at=ago(days=number))
        tell(centre(**opened), persons=5, at=ago(days=3))
        close_site(below(**opened), by=machine())
    few = queries(client, url)
    for number in range(8):
        tell(below(**opened), persons=33, at=ago(days=number))
        tell(centre(**opened), persons=5, at=ago(days=3 + number))
        close_site(below(**opened), by=machine())
    assert queries(client, url) == few


# --- who was open, as every page says it


def test_a_past_day_shows_no_centre_that_nobody_knew_of_yet(seen):
    """Its opening is not written down: it counts from its first report, on the board as on its own page."""
    site = centre(name="Escuela Nueva")
    tell(site, persons=40, toilets=1, at=ago(days=3))
    before, since = ((date.today() - timedelta(days=days)).isoformat() for days in (4, 3))
    assert (seen("/", date=before).sites, seen("/", date=since).sites) == (0, 1)
    assert seen("/", date=before, closed="1").closed.sites == 0
    page = f"/sites/{site.uid}/"
    head = seen(page, date=before).head
    assert (head.is_open, head.state) == (False, "Ese día todavía no constaba abierto")
    assert seen(page, date=since).head.is_open
    assert seen(page).head.is_open
    assert seen(f"{page}trend/persons/", date=before).head.state == head.state


def test_the_page_of_a_past_day_does_not_tell_a_closure_to_come(seen):
    site = centre()
    tell(site, persons=40, at=ago(days=9))
    close_site(site, by=machine(), closed_on=date.today() - timedelta(days=5))
    page = f"/sites/{site.uid}/"
    assert seen(page, date=(date.today() - timedelta(days=6)).isoformat()).head.is_open
    assert "Cerrado desde" in seen(page, date=(date.today() - timedelta(days=5)).isoformat()).head.state


def test_the_flag_of_a_row_is_the_first_that_was_raised(seen):
    site = below()
    for number, code in enumerate(("coordinates_zero", "place_in_doubt", "repeats_name")):
        Flag.objects.create(site=site, code=code, source=f"lista-{number}.csv")
    first = Flag.objects.filter(site=site).order_by("pk").first()
    assert seen("/").rows[0].flag == "Coordenadas en cero"
    Flag.objects.filter(pk=first.pk).update(cleared_at=timezone.now())
    assert seen("/").rows[0].flag == "No se sabe bien dónde está"
