"""The committee's door: order, filters, the origin of each figure, thirty days, the map."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amparo.briefing.queries.changes import change_between
from amparo.briefing.tests.conftest import client_of, names
from amparo.kernel.testing import person
from amparo.places.models import Boundary
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site
from amparo.sites.actions.keeping import keep_days
from amparo.sites.models import DaySummary, Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db


def ago(**time: float):
    return timezone.now() - timedelta(**time)


def day(back: int) -> str:
    return (timezone.localdate() - timedelta(days=back)).isoformat()


# --- order


def test_silent_then_life_threatening_then_severity_then_people(seen):
    for name, people in (("Grave chico", 60), ("Grave grande", 200)):
        tell(centre(name=name), persons=people, toilets=1)
    for name, people in (("Bajo chico", 30), ("Bajo grande", 40)):
        tell(centre(name=name), persons=people, toilets=1)
    tell(centre(name="Sin medir"), persons=900)
    for name, people in (("Callado chico", 5), ("Callado grande", 500)):
        tell(centre(name=name), persons=people, at=ago(hours=30))
    page = seen("/")
    assert names(page.silent) == ["Callado grande", "Callado chico"]
    assert names(page.rows) == ["Grave grande", "Grave chico", "Bajo grande", "Bajo chico", "Sin medir"]


def test_among_equals_the_centre_with_more_people_goes_first(seen):
    for name, people in (("A pocas", 10), ("B muchas", 20)):
        tell(
            centre(name=name), persons=people, toilets=2, toilets_women=1, toilets_men=1, toilets_separated=1
        )
    rows = seen("/").rows
    assert {row.affected for row in rows} == {None}, (
        "two for three women's toilets each: it touches nobody in numbers"
    )
    assert names(rows) == ["B muchas", "A pocas"]


# --- the age of the data


@pytest.fixture
def ages() -> None:
    tell(centre(name="Fresco"), persons=10)
    fading = centre(name="Por confirmar")
    tell(fading, persons=20, at=ago(hours=30))
    tell(fading, toilets=3)
    expired = centre(name="Vencido")
    tell(expired, persons=30, at=ago(days=20))
    tell(expired, toilets=3)
    never = centre(name="Nunca contado")
    tell(never, toilets=3)
    tell(centre(name="Callado"), persons=40, at=ago(hours=30))


def test_each_centre_is_of_one_age(seen, ages):
    found = {age: set(names(seen("/", age=age).rows)) for age in ("fresh", "fading", "expired", "silent")}
    assert found == {
        "fresh": {"Fresco"},
        "fading": {"Por confirmar"},
        "expired": {"Vencido", "Nunca contado"},
        "silent": {"Callado"},
    }
    assert seen("/").sites == 5


def test_filters_combine_and_go_along_in_every_link(seen, ages):
    page = seen("/", age="fading", place="TST0101", indicator="water", q="confirmar")
    assert names(page.rows) == ["Por confirmar"]
    for url in [*page.origins.values(), page.map_url, *(action.url for action in page.actions)]:
        assert "age=fading" in url
        assert "place=TST0101" in url
        assert "indicator=water" in url
    for chip in page.chips:
        assert "age=fading" in chip.url


@pytest.mark.parametrize(
    ("params", "said", "shown"),
    [
        ({"age": "vieja"}, "vieja", "cualquier edad"),
        ({"municipality": "otro"}, "otro", "todos los municipios"),
    ],
)
def test_an_age_or_a_municipality_that_is_none_is_said(seen, ages, params, said, shown):
    page = seen("/", **params)
    (notice,) = page.not_understood
    assert said in notice.title
    assert shown in notice.text
    assert page.sites == 5


def test_the_machine_takes_the_same_filters_and_is_refused_nonsense(reader, ages):
    client = client_of(reader)
    assert client.get("/api/gaps.json", {"age": "fading"}).json()["open"]["people"] == 20
    assert client.get("/api/gaps.json", {"age": "vieja"}).status_code == 404
    assert client.get("/api/gaps.json", {"municipality": "otro"}).status_code == 404
    assert client.get("/api/gaps.json", {"municipality": "unknown"}).json()["sites"] == 0


# --- unknown municipalities


def test_centres_without_a_municipality_are_counted_found_and_never_left_out(seen):
    tell(centre(name="En su municipio"), persons=10)
    department = a_place("TST09", "Norte", parent=country().parent)
    tell(centre(name="Quién sabe", place=department), persons=20)
    page = seen("/")
    assert page.sites == 2
    assert page.unknown == 1
    chip = next(chip for chip in page.chips if chip.label == "Municipio desconocido")
    assert chip.count == 1
    assert names(seen(chip.url).rows) == ["Quién sabe"]
    assert seen(chip.url).people == 20
    (back,) = [one.url for one in seen(chip.url).chips if one.label == chip.label]
    assert "municipality" not in back, "a second touch takes the filter off"
    assert "Municipio desconocido: 1" in text_of_the_board()


def text_of_the_board() -> str:
    return client_of(person(Sites.VIEW)).get("/").content.decode()


def test_where_every_municipality_is_known_there_is_no_such_chip(seen):
    tell(centre(), persons=10)
    assert not [chip for chip in seen("/").chips if chip.label == "Municipio desconocido"]


# --- where each figure comes from


def test_each_figure_of_the_board_opens_into_the_rows_that_make_it(seen):
    tell(centre(name="Grave"), persons=200, toilets=1, floor_m2=900)
    tell(centre(name="Contado"), persons=30, toilets=3)
    tell(centre(name="Callado"), persons=40, at=ago(hours=30))
    centre(name="Nunca")
    page = seen("/")
    for key, tile in (("people", page.people), ("free", page.free_places)):
        rows = seen(page.origins[key])
        assert rows.value == tile, key
        assert sum(row.value for row in rows.rows if row.value is not None) == (tile or 0), key
        assert len(rows.rows) == page.sites
    grave = seen(page.origins["grave"])
    assert (len(grave.rows), grave.value) == (page.grave_sites, page.grave_people)
    assert len(seen(page.origins["unmeasured"]).rows) == page.not_assessed_sites
    assert len(seen(page.origins["silent"]).rows) == page.silent_sites


def test_a_row_says_who_when_and_what_is_not_known(seen):
    tell(centre(name="Contado"), persons=30)
    expired = centre(name="Vencido")
    tell(expired, persons=96, at=ago(days=20))
    tell(expired, toilets=1)
    centre(name="Nunca")
    rows = {row.name: row for row in seen("/figures/people/").rows}
    assert rows["Contado"].who
    assert rows["Contado"].trend_url.endswith("/trend/persons/")
    assert (rows["Vencido"].value, "96" in rows["Vencido"].note) == (None, True)
    assert "Nadie" in rows["Nunca"].note


def test_the_origin_follows_the_filters_and_the_day(seen):
    site = centre(name="Aquel", opened_on=timezone.localdate() - timedelta(days=20))
    tell(site, persons=40, at=ago(days=10))
    tell(site, persons=900)
    assert seen("/figures/people/", date=day(10)).value == seen("/", date=day(10)).people == 40
    assert seen("/figures/people/", q="otro").rows == ()


def test_a_figure_that_does_not_exist_is_not_found(reader):
    assert client_of(reader).get("/figures/ghosts/").status_code == 404


# --- thirty days


def stay(**facts) -> Site:
    return centre(opened_on=timezone.localdate() - timedelta(days=20), **facts)


def by_label(page) -> dict[str, object]:
    return {one.label: one for one in page.days}


def test_the_days_are_those_of_the_board_kept_or_computed(seen):
    one, two = stay(name="Uno"), stay(name="Dos")
    for back in range(1, 6):
        tell(one, persons=100 + back, toilets=1, at=ago(days=back))
    tell(two, persons=30, toilets=3, at=ago(days=4))
    keep_days()
    assert DaySummary.objects.exists()
    page = seen("/trends/")
    assert page.waiting == 0
    for back, row in zip(range(1, 10), page.days[1:], strict=False):
        board = seen("/", date=day(back))
        assert (row.people, row.sites, row.grave, row.silent, row.counted) == (
            board.people, board.sites, board.grave_sites, board.silent_sites, board.people_sites,
        ), back  # fmt: skip
        assert seen(row.url).people == row.people


def test_what_people_did_is_told_apart_from_who_was_counted(seen):
    one, two = stay(name="Uno"), stay(name="Dos")
    tell(one, persons=100, at=ago(days=2))
    tell(one, persons=120, at=ago(days=1))
    tell(two, persons=50, at=ago(days=1))
    row = seen("/trends/").days[1]
    assert (row.people, row.moved, row.coverage) == (170, 20, 50)


def test_a_centre_that_opened_or_closed_is_no_movement():
    change = change_between(
        {1: 10, 2: 20, 3: None, 5: None}, {2: 25, 3: 7, 4: 9, 5: None}, since=timezone.now()
    )
    assert (change.before, change.now) == (30, 41)
    assert (change.moved, change.both) == (5, 1)
    assert (change.gained, change.gained_sites) == (16, 2)
    assert (change.lost, change.lost_sites) == (10, 1)
    assert (change.opened, change.closed) == (1, 1)


def test_a_day_that_is_not_kept_is_blank_and_said(seen, monkeypatch):
    monkeypatch.setattr("amparo.sites.queries.days.COMPUTED_AT_MOST", 0)
    tell(stay(), persons=10, at=ago(days=3))
    page = seen("/trends/")
    assert page.waiting > 0
    assert page.days[1].kept is False
    assert page.days[1].people is None
    text = client_of(person(Sites.VIEW)).get("/trends/").content.decode()
    assert "Días que se están guardando" in text
    assert "no son cero" in text
    keep_days()
    page = seen("/trends/")
    assert (page.waiting, page.days[1].people) == (0, 10)


def test_a_few_days_forgotten_by_a_late_report_are_computed_at_once(seen):
    site = stay()
    tell(site, persons=10, at=ago(days=6))
    keep_days()
    tell(site, persons=70, at=ago(days=3))
    assert not DaySummary.objects.filter(day=timezone.localdate() - timedelta(days=3)).exists()
    page = seen("/trends/")
    assert page.waiting == 0
    assert page.days[3].people == 70


def test_one_standard_alone_counts_its_own_dangers(seen):
    tell(stay(), persons=200, toilets=1, litres_person_day=20, at=ago(days=1))
    keep_days()
    assert seen("/trends/", indicator="sanitation").days[1].grave == 1
    assert seen("/trends/", indicator="water").days[1].grave == 0


def test_closed_centres_leave_the_days_after_they_closed(seen):
    site = stay()
    tell(site, persons=40, at=ago(days=9))
    close_site(site, by=machine(), closed_on=timezone.localdate() - timedelta(days=5))
    rows = by_label(seen("/trends/"))
    counts = [one.sites for one in seen("/trends/").days]
    assert counts[0] == 0
    assert 1 in counts
    assert len(rows) == len(counts)


def test_thirty_days_end_with_the_day_asked_for(seen):
    tell(stay(), persons=40, at=ago(days=9))
    page = seen("/trends/", date=day(4))
    assert page.days[0].label != "Hoy"
    assert page.days[0].people == seen("/", date=day(4)).people


def test_the_age_of_the_data_is_no_filter_of_a_trend_and_that_is_said(seen):
    tell(centre(), persons=4)
    assert "edad" in seen("/trends/", age="fresh").not_understood[0].title


@pytest.mark.parametrize(
    "url", ["/trends/", "/map/", "/map/points.json", "/figures/people/", "/figures/grave/"]
)
def test_more_centres_ask_no_more_questions(reader, url):
    client = client_of(reader)

    def asked() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as questions:
            assert client.get(url).status_code == 200
        return len(questions)

    for number in range(2):
        tell(stay(lat=1.0, lon=1.0), persons=33, toilets=1, at=ago(days=number))
    keep_days()
    few = asked()
    for number in range(8):
        tell(stay(lat=1.0, lon=2.0), persons=33, toilets=1, at=ago(days=number % 3))
    keep_days()
    assert asked() == few


# --- the map


def test_the_map_holds_every_centre_as_a_list_without_any_script(seen, reader):
    tell(centre(name="Con punto", lat=15.0, lon=-88.0), persons=10)
    centre(name="Sin punto")
    page = seen("/map/")
    assert {row.name for row in page.rows} == {"Con punto", "Sin punto"}
    assert (len(page.points), page.without_place) == (1, 1)
    answer = client_of(reader).get("/map/")
    policy = answer.headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_the_points_are_those_one_may_see_and_say_their_verdict_in_words(reader):
    mine = centre(name="La mía", lat=15.0, lon=-88.0)
    tell(mine, persons=200, toilets=1)
    tell(centre(name="La vecina", lat=15.1, lon=-88.1), persons=20)
    data = client_of(person(Sites.VIEW, scope=mine.path)).get("/map/points.json").json()
    (point,) = data["features"]
    assert point["geometry"]["coordinates"] == [-88.0, 15.0]
    assert (point["properties"]["kind"], point["properties"]["word"]) == ("grave", "Grave")
    assert point["properties"]["people"] == 200
    both = client_of(reader).get("/map/points.json").json()
    assert both["sites"] == 2
    assert client_of(reader).get("/map/points.json", {"q": "vecina"}).json()["sites"] == 1


def test_outlines_are_of_the_places_around_and_name_their_source(reader):
    town = country()
    ring = [[-88.0, 15.0], [-88.0, 15.2], [-87.8, 15.2], [-87.8, 15.0], [-88.0, 15.0]]
    Boundary.objects.create(place=town, outline=f"[[{ring}]]", source="COD-AB inventado")
    tell(centre(name="Uno", lat=15.1, lon=-87.9), persons=20)
    data = client_of(reader).get("/map/points.json").json()
    assert data["sources"] == ["COD-AB inventado"]
    lines = [one for one in data["features"] if one["geometry"]["type"] == "MultiLineString"]
    assert lines[0]["geometry"]["coordinates"][0] == ring
    assert 'class="f-sheet s-line"' in client_of(reader).get("/").content.decode()


def test_a_silent_centre_stands_first_on_the_list_of_the_map(seen):
    tell(centre(name="Grave"), persons=200, toilets=1)
    tell(centre(name="Callado"), persons=5, at=ago(hours=30))
    assert [(row.name, row.kind) for row in seen("/map/").rows] == [("Callado", "mudo"), ("Grave", "grave")]
