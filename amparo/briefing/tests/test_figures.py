"""Figures for machines: denominators, open and closed apart, nothing guessed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from amparo.briefing.queries.figures import gap_figures, site_figures
from amparo.briefing.tests.conftest import client_of
from amparo.crises.testing import a_crisis
from amparo.kernel.refusals import Refused
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site
from amparo.sites.actions.standards import verify_standard
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, country, machine, tell

pytestmark = pytest.mark.django_db


def figures(user, indicator="", *, include_closed=False, moment=None, place=""):
    return gap_figures(
        user, indicator=indicator, include_closed=include_closed, moment=moment or Moment.now(), place=place
    )


def by_key(data, key):
    return next(one for one in data["standards"] if one["key"] == key)


def test_one_measure_with_its_denominators(reader):
    tell(centre(), persons=78, toilets=2)
    tell(centre(), persons=30, toilets=0)
    tell(centre(), persons=12)
    data = figures(reader, "persons_per_toilet")
    assert (data["sites"], data["assessed"], data["not_assessed"]) == (3, 2, 1)
    assert (data["with_toilets"], data["none_working"], data["people_none_working"]) == (1, 1, 30)
    assert (data["median"], data["not_met_20"], data["not_met_50"]) == (39, 2, 1)
    assert data["covers"] == ["open"]
    assert (data["people"], data["people_sites"]) == (120, 3)


def test_open_and_closed_have_blocks_of_their_own(reader):
    tell(centre(), persons=78, toilets=2)
    closed = centre()
    tell(closed, persons=100, toilets=1)
    close_site(closed, by=machine())
    without = figures(reader, "persons_per_toilet")
    assert "closed" not in without
    assert without["people"] == 78
    both = figures(reader, "persons_per_toilet", include_closed=True)
    assert both["covers"] == ["open", "closed"]
    assert (both["people"], both["open"]["people"], both["closed"]["people"]) == (178, 78, 100)
    assert (both["assessed"], both["open"]["assessed"], both["closed"]["assessed"]) == (2, 1, 1)


def test_candidates_are_never_counted(reader):
    site = centre(kind="candidate_site", status="candidate")
    tell(site, persons=50, toilets=1)
    data = figures(reader, "persons_per_toilet", include_closed=True)
    assert (data["sites"], data["people"]) == (0, 0)


def test_the_counts_of_a_standard_add_up_to_the_centres(reader):
    tell(centre(), persons=100, toilets=1, sewage_overflow=1, lighting=2)
    tell(centre(), persons=10, toilets=1, litres_person_day=20)
    tell(centre(), persons=0)
    centre()
    data = figures(reader)
    for one in data["standards"]:
        parts = ("met", "not_met", "not_assessed", "unverified", "not_applicable")
        assert sum(one[part] for part in parts) == 4, one["key"]
        assert one["grave"] <= one["not_met"]
    toilets = by_key(data, "sphere.persons_per_toilet")
    assert (toilets["grave"], toilets["affected"], toilets["affected_sites"]) == (1, 80, 1)
    sewage = by_key(data, "sphere.sewage_overflow")
    assert (sewage["verified"], sewage["unverified"], sewage["not_met"]) == (False, 1, 0)


def test_a_standard_that_an_office_verified_decides(reader):
    tell(centre(), persons=100, sewage_overflow=1)
    verify_standard(
        by=machine(),
        standard="sphere.sewage_overflow",
        source="Sphere 2018, 3.3",
        checked_by="Oficina",
        checked_on=timezone.localdate(),
    )
    sewage = by_key(figures(reader), "sphere.sewage_overflow")
    assert (sewage["verified"], sewage["unverified"], sewage["not_met"]) == (True, 0, 1)


def test_a_standard_may_be_asked_for_by_its_own_key(reader):
    assert figures(reader, "sphere.persons_per_toilet")["indicator"] == "persons_per_toilet"


def test_an_unknown_indicator_is_refused_with_the_nearest(reader):
    with pytest.raises(Refused) as refusal:
        figures(reader, "person_per_toilets")
    assert refusal.value.code == "unknown_indicator"
    assert "persons_per_toilet" in refusal.value.message


def test_an_unknown_place_is_refused_with_the_nearest(reader):
    a_place("TST09", "San Lorenzo", parent=country().parent)
    with pytest.raises(Refused) as refusal:
        figures(reader, place="San Lorenso de los Cerros Altos")
    assert refusal.value.code == "unknown_place"


def test_a_place_limits(reader):
    other = a_place("TST09", "San Lorenzo", parent=country().parent)
    tell(centre(), persons=10)
    tell(centre(place=other), persons=90)
    data = figures(reader, "persons", place="TST09")
    assert (data["sites"], data["people"], data["place"]) == (1, 90, "TST09")


def test_as_of_says_how_old_the_reports_are(reader):
    old, new = timezone.now() - timedelta(days=90), timezone.now() - timedelta(days=2)
    tell(centre(), persons=10, at=old)
    tell(centre(), persons=20, at=new)
    last = figures(reader, "persons", moment=Moment.last_report())
    assert last["as_of"] == "last_report"
    assert (last["oldest"], last["newest"]) == (old.replace(microsecond=0), new.replace(microsecond=0))
    assert last["people"] == 30
    assert figures(reader, "persons")["people"] == 20, "a count lasts three days"
    past = figures(reader, "persons", moment=Moment.on(old + timedelta(hours=1)))
    assert past["people"] == 10


def test_one_centre_in_full(reader):
    site = centre()
    tell(site, persons=78, toilets=2, litres_person_day=(15, float("inf")))
    data = site_figures(site, Moment.now())
    toilets = data["gaps"][0]
    assert (toilets["standard"], toilets["group"]) == ("sphere.persons_per_toilet", "all")
    assert (toilets["verdict"], toilets["low"], toilets["affected"], toilets["missing"]) == (
        "not_met",
        39,
        38,
        2,
    )
    water = next(one for one in data["gaps"] if one["standard"] == "sphere.litres_person_day")
    assert (water["low"], water["high"]) == (15, None)
    assert data["summary"]["not_met"] == 1


# --- the address


@pytest.fixture
def api(reader):
    client = client_of(reader)
    return lambda **params: client.get("/api/gaps.json", params)


def test_the_address_answers_json_also_when_it_refuses(api):
    answer = api(indicator="nonsense_of_all_kinds")
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_indicator"
    assert api(place="Macondo").json()["code"] == "unknown_place"
    assert api(indicator="\x00" * 20, include_closed="si").status_code == 200


def test_an_endless_range_is_json_all_the_same(api):
    tell(centre(), persons=5, toilets=(1, float("inf")), litres_person_day=(15, float("inf")))
    for indicator in ("litres_person_day", "persons_per_toilet", "toilets", ""):
        assert api(indicator=indicator).status_code == 200


def test_the_neighbours_figures_are_not_in_mine(db):
    mine, theirs = centre(), centre()
    tell(mine, persons=10)
    tell(theirs, persons=900)
    data = (
        client_of(person(Sites.VIEW, scope=mine.path)).get("/api/gaps.json", {"indicator": "persons"}).json()
    )
    assert (data["sites"], data["people"]) == (1, 10)


# --- the link of the board


def figures_behind(client, **params):
    """The board at an address, and what its link for machines gives."""
    page = client.get("/", params).context["vm"]
    answer = client.get(page.actions[-1].url)
    assert answer.status_code == 200, answer.content
    return page, answer.json()


def told_country():
    """Centres in two places, one silent, one closed, one that grew since."""
    here = country()
    valle = a_place("TST17", "Valle", parent=here.parent)
    tell(centre(name="Escuela Aquí"), persons=131, women=70, men=61, toilets=1, litres_person_day=20)
    tell(centre(name="Escuela Allá", place=valle), persons=50, toilets=10, litres_person_day=5)
    tell(centre(name="Callado", place=valle), persons=4, toilets=1, at=timezone.now() - timedelta(days=2))
    grown = centre(name="Creció", place=valle)
    tell(grown, persons=10, toilets=1, at=timezone.now() - timedelta(days=3))
    tell(grown, persons=300, toilets=1)
    closed = centre(name="Cerrado", place=valle)
    tell(closed, persons=100, toilets=1)
    close_site(closed, by=machine())
    return valle


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"at": "last"},
        {"date": "{past}"},
        {"closed": "1"},
        {"place": "TST17"},
        {"place": "valle", "closed": "1", "at": "last"},
        {"indicator": "water"},
        {"indicator": "persons_per_toilet"},
        {"indicator": "sphere.litres_person_day"},
        {"crisis": "{crisis}"},
        {"crisis": "{crisis}", "indicator": "sanitation", "closed": "1", "date": "{past}"},
        {"q": "escuela"},
        {"status": "grave"},
    ],
    ids=str,
)
def test_the_link_for_machines_gives_the_figures_of_the_page(db, params):
    valle = told_country()
    crisis = a_crisis(valle, starts_on=timezone.localdate() - timedelta(days=30))
    client = client_of(person(Sites.VIEW, "crises.view"))
    past = (timezone.localdate() - timedelta(days=2)).isoformat()
    asked = {name: value.format(past=past, crisis=crisis.uid) for name, value in params.items()}
    page, data = figures_behind(client, **asked)
    assert page.not_understood == ()
    for name in (
        "sites",
        "people_sites",
        "people_stale",
        "free_places",
        "free_by_floor",
        "grave_sites",
        "grave_people",
        "not_assessed_sites",
        "silent_sites",
    ):
        assert data["open"][name] == getattr(page, name), name
    assert data["open"]["people"] == (page.people or 0)
    assert ("closed" in data) == ("closed" in params)
    if page.closed is not None:
        assert data["closed"]["sites"] == page.closed.sites


def test_a_group_of_standards_gives_the_standards_of_the_group(reader):
    tell(centre(), persons=100, toilets=1, litres_person_day=5)
    data = figures(reader, "water")
    assert by_key(data, "sphere.litres_person_day")["not_met"] == 1
    assert not [one for one in data["standards"] if one["measure"] == "persons_per_toilet"]


@pytest.mark.parametrize(
    ("params", "code", "status"),
    [
        ({"date": "ayer"}, "unknown_date", 400),
        ({"date": "9999-12-31"}, "unknown_date", 400),
        ({"at": "ayer"}, "unknown_date", 400),
        ({"crisis": "no-es-un-id"}, "unknown_crisis", 404),
        ({"indicator": "nonsense"}, "unknown_indicator", 404),
        ({"place": "Macondo"}, "unknown_place", 404),
    ],
)
def test_a_machine_is_told_what_was_not_understood_and_gets_no_other_figures(reader, params, code, status):
    tell(centre(), persons=3)
    answer = client_of(reader).get("/api/gaps.json", params)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_neither_a_centres_figures_nor_its_paper_are_of_another_day_than_asked(reader):
    site = centre()
    tell(site, persons=3)
    client = client_of(reader)
    for address in (f"/api/sites/{site.uid}/gaps.json", f"/sites/{site.uid}/sheet.pdf"):
        answer = client.get(address, {"date": "ayer"})
        assert answer.status_code == 400, address
        assert "ayer" in answer.content.decode()


def test_an_emergency_that_one_may_not_see_is_answered_like_none(reader):
    tell(centre(), persons=3)
    hidden = a_crisis(country())
    answers = [
        client_of(reader).get("/api/gaps.json", {"crisis": uid})
        for uid in (str(hidden.uid), "00000000-0000-4000-8000-000000000000")
    ]
    assert answers[0].content == answers[1].content
