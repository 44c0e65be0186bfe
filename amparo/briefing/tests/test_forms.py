"""Forms over centres: wrong input is said, nothing typed is lost, and sending twice does no harm."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.utils import timezone

from amparo.briefing.tests.conftest import client_of
from amparo.kernel.models import LedgerEntry
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site, order_closure
from amparo.sites.models import Closure, Facility, Site, Space, StandardVerification
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


@pytest.fixture
def client(manager):
    return client_of(manager)


@pytest.fixture
def municipality():
    return a_place("TST0202", "San Lorenzo", parent=country().parent)


def errors(answer) -> str:
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def new_site(**said):
    return {
        "token": str(uuid4()),
        "name": "Escuela Nueva",
        "status": "open",
        "place": "TST0202",
        "kind": "collective_centre",
    } | said


# --- a new centre


def test_a_centre_with_few_answers(client, municipality):
    answer = client.post("/sites/new/", new_site())
    site = Site.objects.get()
    assert answer.headers["Location"] == f"/sites/{site.uid}/"
    assert (site.name, site.place, site.status, site.code) == ("Escuela Nueva", municipality, "open", "ALB 1")


def test_a_possible_place_is_no_centre_yet(client, municipality):
    client.post("/sites/new/", new_site(status="candidate"))
    assert (Site.objects.get().kind, Site.objects.get().status) == ("candidate_site", "candidate")


def test_the_same_form_sent_twice_makes_one_centre(client, municipality):
    said = new_site()
    first, second = client.post("/sites/new/", said), client.post("/sites/new/", said)
    assert first.headers["Location"] == second.headers["Location"]
    assert Site.objects.count() == 1


def test_what_was_typed_stays_beside_the_error(client, municipality):
    page = errors(
        client.post("/sites/new/", new_site(name="Escuela Río Seco", place="Macondo", phone="0000 0112"))
    )
    assert "No se encontró ese lugar" in page
    assert "Escuela Río Seco" in page
    assert "0000 0112" in page
    assert not Site.objects.exists()


def test_two_places_of_one_name_are_a_question(client, municipality):
    a_place("TST0303", "San Lorenzo", parent=a_place("TST03", "Valle", parent=country().parent))
    page = errors(client.post("/sites/new/", new_site(place="San Lorenzo")))
    assert "TST0202" in page
    assert "TST0303" in page
    client.post("/sites/new/", new_site(place="San Lorenzo, Valle"))
    assert Site.objects.get().place.code == "TST0303"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"place": ""},
        {"kind": "castle"},
        {"status": "closed"},
        {"token": "not-a-token"},
        {"lat": "14,5"},
        {"lat": "95", "lon": "-87"},
        {"lat": "abc", "lon": "-87"},
        {"lat": "nan", "lon": "nan"},
        {"opened_on": "2999-01-01"},
        {"opened_on": "ayer"},
    ],
)
def test_what_cannot_be_is_said(client, municipality, wrong):
    errors(client.post("/sites/new/", new_site(**wrong)))
    assert not Site.objects.exists()


def test_a_comma_is_a_decimal_mark(client, municipality):
    client.post("/sites/new/", new_site(lat="14,0812", lon="-87,221"))
    assert (Site.objects.get().lat, Site.objects.get().lon) == (14.0812, -87.221)


def test_nobody_adds_a_centre_where_they_may_not(municipality):
    here = machine().organisation
    stranger = person(Sites.VIEW, Sites.MANAGE, scope="ABC/", of=here, member_of=here)
    assert client_of(stranger).post("/sites/new/", new_site()).status_code == 404
    assert not Site.objects.exists()


# --- editing and opening


def edited(site, **said):
    return {"name": site.name, "kind": site.kind, "place": site.place.code} | said


def test_a_correction_leaves_both_values_in_the_ledger(client, municipality):
    site = centre(name="Antes")
    client.post(f"/sites/{site.uid}/edit/", edited(site, name="Después", place="TST0202"))
    site.refresh_from_db()
    assert (site.name, site.place) == ("Después", municipality)
    assert {"site.edited", "site.placed"} <= set(LedgerEntry.objects.values_list("verb", flat=True))


def test_the_same_values_again_change_nothing(client):
    site = centre()
    before = LedgerEntry.objects.count()
    client.post(f"/sites/{site.uid}/edit/", edited(site))
    assert LedgerEntry.objects.count() == before


def test_a_doubt_about_the_place_ends_when_someone_says_where(client, municipality):
    site = centre(place_doubt="San Lorenso")
    page = client.get(f"/sites/{site.uid}/edit/").content.decode()
    assert "San Lorenso" in page
    client.post(f"/sites/{site.uid}/edit/", edited(site, place=""))
    site.refresh_from_db()
    assert site.place_doubt == "San Lorenso", "saying nothing settles nothing"
    client.post(f"/sites/{site.uid}/edit/", edited(site, place="TST0202"))
    site.refresh_from_db()
    assert (site.place_doubt, site.place) == ("", municipality)


def test_a_possible_place_opens_once(client):
    site = centre(kind="candidate_site", status="candidate")
    said = {"kind": "collective_centre", "opened_on": TODAY().isoformat()}
    client.post(f"/sites/{site.uid}/open/", said)
    client.post(f"/sites/{site.uid}/open/", said)
    site.refresh_from_db()
    assert (site.status, site.kind) == ("open", "collective_centre")
    assert LedgerEntry.objects.filter(verb="site.opened").count() == 1


# --- closing


def order(**said):
    return {
        "notice_on": TODAY().isoformat(),
        "closes_on": (TODAY() + timedelta(days=9)).isoformat(),
        "ordered_by": "Dirección departamental",
    } | said


def test_an_order_is_written_down_and_the_centre_stays_open(client):
    site = centre()
    client.post(
        f"/sites/{site.uid}/closure/?step=order",
        order(still_staying="143", staying_note="Casa de familiares"),
    )
    closure = Closure.objects.get()
    site.refresh_from_db()
    assert (closure.still_staying, closure.withdrawn, site.status) == (143, False, "open")


def test_the_same_order_sent_twice_is_one(client):
    site = centre()
    for _time in range(2):
        client.post(f"/sites/{site.uid}/closure/?step=order", order())
    assert Closure.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"closes_on": "2020-01-01"},
        {"notice_on": ""},
        {"ordered_by": ""},
        {"still_staying": "-1"},
        {"still_staying": "muchas"},
        {"closes_on": "30/02/2026"},
    ],
)
def test_an_order_that_cannot_be_is_said(client, wrong):
    site = centre()
    errors(client.post(f"/sites/{site.uid}/closure/?step=order", order(**wrong)))
    assert not Closure.objects.exists()


def test_order_withdraw_order_close_and_hand_over(client):
    site = centre(opened_on=TODAY() - timedelta(days=20))
    url = f"/sites/{site.uid}/closure/"
    client.post(f"{url}?step=order", order())
    client.post(f"{url}?step=withdraw", {"why": "Se prorroga"})
    assert Closure.objects.get().withdrawn
    client.post(f"{url}?step=order", order())
    client.post(f"{url}?step=close", {"closed_on": TODAY().isoformat(), "still_staying": "3"})
    site.refresh_from_db()
    assert site.status == "closed"
    client.post(f"{url}?step=hand_over", {"handed_over_on": TODAY().isoformat(), "note": "Limpio"})
    closure = Closure.objects.get(withdrawn=False)
    assert (closure.still_staying, closure.handed_over_on, closure.handover_note) == (3, TODAY(), "Limpio")
    assert client.get(url).status_code == 302, "nothing is left to do"


def test_a_centre_cannot_close_before_it_opened_nor_tomorrow(client):
    site = centre(opened_on=TODAY() - timedelta(days=2))
    for day in (TODAY() - timedelta(days=3), TODAY() + timedelta(days=1)):
        errors(client.post(f"/sites/{site.uid}/closure/?step=close", {"closed_on": day.isoformat()}))
    site.refresh_from_db()
    assert site.status == "open"


def test_a_rule_that_says_no_says_it_in_the_form(client):
    site = centre()
    order_closure(
        site, by=machine(), notice_on=TODAY(), closes_on=TODAY() + timedelta(days=5), ordered_by="Dirección"
    )
    client.post(f"/sites/{site.uid}/closure/?step=close", {"closed_on": TODAY().isoformat()})
    said = {"handed_over_on": (TODAY() - timedelta(days=9)).isoformat(), "note": "Con basura"}
    page = errors(client.post(f"/sites/{site.uid}/closure/?step=hand_over", said))
    assert "La entrega no puede ser antes del aviso." in page
    assert "Con basura" in page


# --- days and numbers


class Boxes(HTMLParser):
    """The inputs of a page, by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "input":
            told = dict(attrs)
            self.found[str(told.get("name"))] = told


def box(page: str, name: str) -> tuple[str | None, str | None]:
    """The kind of an input, and what stands in it."""
    told = Boxes(page).found[name]
    return told["type"], told.get("value")


ABSURD = ("0206-03-01", "1899-12-31", "2206-01-01", "9999-12-31")


def asked_again(client, url: str, said: dict) -> str:
    """The page that comes back, with the error beside the field."""
    page = errors(client.post(url, said))
    assert 'class="error"' in page
    return page


@pytest.mark.parametrize("day", ABSURD)
def test_a_year_that_nobody_means_is_said_and_stays_in_its_box(client, municipality, day):
    site, candidate = centre(), centre(kind="candidate_site", status="candidate")
    closure = f"/sites/{site.uid}/closure/?step="
    year = f"Revise el año {day[:4]}."
    for url, said, name in (
        ("/sites/new/", new_site(), "opened_on"),
        (f"/sites/{site.uid}/edit/", edited(site), "opened_on"),
        (f"/sites/{candidate.uid}/open/", {"kind": "collective_centre"}, "opened_on"),
        (f"{closure}order", order(), "notice_on"),
        (f"{closure}order", order(), "closes_on"),
        (f"{closure}close", {}, "closed_on"),
        (f"{closure}close", {"closed_on": TODAY().isoformat()}, "handed_over_on"),
    ):
        page = asked_again(client, url, said | {name: day})
        assert year in page, url
        assert box(page, name) == ("date", day), url
    order_closure(site, by=machine(), notice_on=TODAY(), closes_on=TODAY(), ordered_by="Dirección")
    close_site(site, by=machine())
    page = asked_again(client, f"{closure}hand_over", {"handed_over_on": day})
    assert (year in page, box(page, "handed_over_on")) == (True, ("date", day))


def test_a_verification_is_not_of_a_year_that_nobody_means(db):
    office = client_of(person(Sites.VIEW, Sites.VERIFY_STANDARDS, member_of=machine().organisation))
    said = {"checked_by": "Oficina", "source": "Esfera", "checked_on": "0206-03-01"}
    page = asked_again(office, "/standards/sphere.sewage_overflow/verify/", said)
    assert box(page, "checked_on") == ("date", "0206-03-01")


@pytest.mark.parametrize("typed", ["30/02/2026", "ayer", "22-11-26x", "20226-11-22"])
def test_what_is_no_day_comes_back_in_a_box_that_shows_it(client, typed):
    page = asked_again(client, f"/sites/{centre().uid}/closure/?step=order", order(closes_on=typed))
    assert box(page, "closes_on") == ("text", typed)
    assert "No se entiende esta fecha." in page


def test_a_day_written_as_people_write_it_comes_back_in_the_calendar(client):
    said = order(closes_on="22/11/2030", ordered_by="")
    page = asked_again(client, f"/sites/{centre().uid}/closure/?step=order", said)
    assert box(page, "closes_on") == ("date", "2030-11-22")


@pytest.mark.parametrize("typed", ["muchas", "-1", "12 o 13", "1e3"])
def test_what_is_no_number_comes_back_in_a_box_that_shows_it(client, typed):
    site = centre()
    for step, said in (("order", order()), ("close", {"closed_on": TODAY().isoformat()})):
        page = asked_again(client, f"/sites/{site.uid}/closure/?step={step}", said | {"still_staying": typed})
        assert box(page, "still_staying") == ("text", typed)
    page = asked_again(client, f"/sites/{site.uid}/edit/", edited(site, lat=typed, lon="x"))
    assert box(page, "lon") == ("text", "x")


@pytest.mark.parametrize("typed", ["muchas", "12 o 13"])
def test_numbers_of_the_building_that_are_none_come_back_too(client, typed):
    site = centre()
    said = room(floor_m2=typed, sleeping_places=typed, blocked_places=typed)
    page = asked_again(client, f"/sites/{site.uid}/spaces/edit/", lines(said))
    for name in ("floor_m2", "sleeping_places", "blocked_places"):
        assert box(page, f"form-0-{name}") == ("text", typed)
    said = toilet(quantity=typed, working=typed, accessible=typed)
    page = asked_again(client, f"/sites/{site.uid}/facilities/edit/", lines(said))
    for name in ("quantity", "working", "accessible"):
        assert box(page, f"form-0-{name}") == ("text", typed)


# --- the building


def lines(*rows, prefix="form"):
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data.update({f"{prefix}-{number}-{name}": value for name, value in row.items()})
    return data


def room(name="Aula 1", **said):
    return {
        "name": name,
        "use": "sleeping",
        "serves": "all",
        "floor_m2": "56",
        "sleeping_places": "16",
        "blocked_places": "0",
    } | said


def toilet(name="Patio", **said):
    return {
        "kind": "toilet",
        "name": name,
        "serves": "women",
        "quantity": "4",
        "working": "2",
        "lit": "no",
    } | said


BLANK_ROOM = {
    "name": "",
    "use": "sleeping",
    "serves": "all",
    "floor_m2": "",
    "sleeping_places": "",
    "blocked_places": "",
}


def test_rooms_become_a_capacity_at_once(client):
    site = centre()
    answer = client.post(
        f"/sites/{site.uid}/spaces/edit/", lines(room(), room("Aula 2", floor_m2="44,5"), BLANK_ROOM)
    )
    assert answer.headers["Location"] == f"/sites/{site.uid}/spaces/"
    assert sorted(Space.objects.values_list("name", "floor_m2")) == [("Aula 1", 56), ("Aula 2", 44.5)]
    site.refresh_from_db()
    assert assess_one(site, Moment.now()).floor == 28


def test_facilities_keep_what_nobody_looked_at_as_unknown(client):
    site = centre()
    client.post(
        f"/sites/{site.uid}/facilities/edit/", lines(toilet(), toilet("Entrada", serves="men", lit=""))
    )
    found = {one.name: one for one in Facility.objects.all()}
    assert (found["Patio"].lit, found["Entrada"].lit, found["Patio"].lockable) == (False, None, None)


def test_spaces_and_facilities_have_each_a_title_of_their_own(client):
    site = centre(name="Escuela Río Seco")
    heads = {}
    for name in ("spaces", "facilities"):
        page = client.get(f"/sites/{site.uid}/{name}/edit/").content.decode()
        heads[name] = [re.search(rf"<{tag}>([^<]*)", page)[1].strip() for tag in ("title", "h1")]
    assert "Corregir espacios de Escuela Río Seco" in heads["spaces"][0]
    assert "Corregir servicios de Escuela Río Seco" in heads["facilities"][0]
    assert heads["spaces"][1] != heads["facilities"][1]


def test_a_line_marked_leaves_the_list(client):
    site = centre()
    url = f"/sites/{site.uid}/spaces/edit/"
    client.post(url, lines(room(), room("Aula 2")))
    client.post(url, lines(room(), room("Aula 2", DELETE="on")))
    assert list(Space.objects.values_list("name", flat=True)) == ["Aula 1"]


@pytest.mark.parametrize(
    "wrong",
    [
        room(floor_m2="-3"),
        room(floor_m2="mucho"),
        room(floor_m2="0"),
        room(floor_m2="1e9"),
        room(blocked_places="17"),
        room(sleeping_places="1.5"),
        room(use="palace"),
        room(name=""),
        room(name="x" * 81),
    ],
)
def test_a_room_that_cannot_be_is_said_and_the_others_stay_typed(client, wrong):
    site = centre()
    page = errors(client.post(f"/sites/{site.uid}/spaces/edit/", lines(room("Salón azul"), wrong)))
    assert "Salón azul" in page
    assert not Space.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [toilet(working="5"), toilet(quantity=""), toilet(accessible="3"), toilet(lit="maybe"), toilet(kind="x")],
)
def test_a_facility_that_cannot_be_is_said(client, wrong):
    site = centre()
    errors(client.post(f"/sites/{site.uid}/facilities/edit/", lines(wrong)))
    assert not Facility.objects.exists()


def test_two_lines_of_one_name_are_said(client):
    page = errors(client.post(f"/sites/{centre().uid}/spaces/edit/", lines(room(), room())))
    assert "Hay dos líneas con el mismo nombre" in page


@pytest.mark.parametrize(
    "data", [{}, {"form-TOTAL_FORMS": "x"}, {"form-TOTAL_FORMS": "99999", "form-INITIAL_FORMS": "0"}]
)
def test_a_mangled_list_is_an_answer_not_a_fault(client, data):
    answer = client.post(f"/sites/{centre().uid}/spaces/edit/", data | {"x": "1"})
    assert answer.status_code == 200


def test_the_same_list_sent_twice_is_written_once(client):
    site = centre()
    page = client.get(f"/sites/{site.uid}/spaces/edit/").context["vm"]
    for _time in range(2):
        assert client.post(page.action, lines(room())).status_code == 302
    assert LedgerEntry.objects.filter(verb="site.spaces_written").count() == 1


def test_nobody_overwrites_unknowingly_what_another_wrote(client):
    site = centre()
    mine = client.get(f"/sites/{site.uid}/spaces/edit/").context["vm"].action
    client.post(f"/sites/{site.uid}/spaces/edit/", lines(room("Salón de otra persona")))
    answer = client.post(mine, lines(room("Mi salón")))
    page = errors(answer)
    assert "Otra persona cambió esta lista" in page
    assert "Mi salón" in page
    assert list(Space.objects.values_list("name", flat=True)) == ["Salón de otra persona"]
    client.post(answer.context["vm"].action, lines(room("Mi salón")))
    assert list(Space.objects.values_list("name", flat=True)) == ["Mi salón"]


# --- standards


def test_an_office_verifies_a_threshold_and_takes_it_back(db):
    office = client_of(person(Sites.VIEW, Sites.VERIFY_STANDARDS, member_of=machine().organisation))
    site = centre()
    tell(site, persons=50, sewage_overflow=1)
    url = "/standards/sphere.sewage_overflow/verify/"
    said = {"checked_by": "Oficina", "source": "Esfera 2018, 3.3, p. 130", "checked_on": TODAY().isoformat()}
    for _time in range(2):
        assert office.post(url, said).status_code == 302
    assert StandardVerification.objects.count() == 1
    row = standard(office, "Sin aguas negras rebalsadas", "sewage")
    assert (row.verified, row.verified_by, row.verify_url) == (True, "Oficina", url)
    assert office.get("/").context["vm"].rows[0].kind == "bajo"
    office.post(url, {"why": "Era otra edición"})
    assert not standard(office, "Sin aguas negras rebalsadas", "sewage").verified
    assert office.get("/").context["vm"].rows[0].kind == "nada"


def standard(client, *_names):
    groups = client.get("/standards/").context["vm"].groups
    return next(row for _title, rows in groups for row in rows if "rebals" in row.name.lower())


@pytest.mark.parametrize(
    "wrong", [{"checked_by": ""}, {"source": ""}, {"checked_on": "2999-01-01"}, {"checked_on": ""}]
)
def test_a_verification_says_who_where_and_when(db, wrong):
    office = client_of(person(Sites.VIEW, Sites.VERIFY_STANDARDS, member_of=machine().organisation))
    said = {"checked_by": "Oficina", "source": "Esfera", "checked_on": TODAY().isoformat()} | wrong
    errors(office.post("/standards/sphere.sewage_overflow/verify/", said))
    assert not StandardVerification.objects.exists()


def test_a_printed_standard_and_an_unknown_one_need_no_verifying(db):
    office = client_of(person(Sites.VIEW, Sites.VERIFY_STANDARDS, member_of=machine().organisation))
    assert office.get("/standards/sphere.persons_per_toilet/verify/").status_code == 404
    assert office.get("/standards/nothing/verify/").status_code == 404


def test_the_list_of_standards_names_the_phase_in_force_and_counts(reader):
    page = client_of(reader).get("/standards/").context["vm"]
    first = page.groups[0][1][0]
    assert [value.phase for value in first.values if value.current] == ["Estable"]
    assert page.chips[0].count == page.total
    unverified = client_of(reader).get("/standards/", {"verified": "no"}).context["vm"]
    assert sum(len(rows) for _title, rows in unverified.groups) == page.total - page.verified
