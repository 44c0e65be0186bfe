"""One function computes gaps: board, page, address for machines, command and sheet never disagree."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amparo.briefing.documents import sheet_data
from amparo.briefing.queries.figures import gap_figures
from amparo.briefing.queries.sheet import sheets_of
from amparo.briefing.tests.conftest import client_of
from amparo.config.cli.commands import amparo
from amparo.sites.actions.closing import close_site
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db

whole = st.integers(0, 60)
reports = st.fixed_dictionaries(
    {},
    optional={
        "persons": st.integers(0, 400),
        "women": st.integers(0, 200),
        "men": st.integers(0, 200),
        "toilets": whole,
        "toilets_women": whole,
        "toilets_men": whole,
        "toilets_separated": st.integers(0, 1),
        "showers": whole,
        "litres_person_day": st.tuples(st.integers(0, 20), st.integers(0, 20)).map(
            lambda ends: tuple(sorted(ends))
        ),
        "floor_m2": st.integers(1, 2000),
        "lighting": st.integers(0, 2),
        "toilets_locks": st.integers(0, 1),
    },
)
centres = st.lists(st.tuples(reports, st.integers(0, 90), st.booleans()), min_size=1, max_size=4)


class Undone(Exception):
    """Ends an example, leaving nothing behind."""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=centres)
def test_every_door_says_the_same(manager, told):
    client = client_of(manager)
    try:
        with transaction.atomic():
            for values, hours, closes in told:
                site = centre()
                if values:
                    tell(site, at=timezone.now() - timedelta(hours=hours), **values)
                if closes:
                    close_site(site, by=machine())
            compare(client, manager)
            raise Undone
    except Undone:
        pass


def compare(client, user) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    for params in ({}, {"at": "last"}, {"date": yesterday.isoformat()}):
        board = client.get("/", {**params, "closed": "1"}).context["vm"]
        rows = {row.url.split("/")[2]: row for row in (*board.rows, *board.closed_rows)}
        figures = client.get("/api/gaps.json", {**params, "include_closed": "1"}).json()
        assert figures["open"]["sites"] == board.sites
        assert figures["open"]["people_sites"] == board.people_sites
        assert figures["open"]["people"] == (board.people or 0)
        assert figures["closed"]["sites"] == board.closed.sites
        for uid in rows:
            one_centre(client, user, uid, rows[uid], params)


def one_centre(client, user, uid, row, params) -> None:
    page = client.get(f"/sites/{uid}/", params).context["vm"]
    said = client.get(f"/api/sites/{uid}/gaps.json", params).json()
    assert row.people == page.head.people == said["people"]
    assert row.floor == page.floor == said["capacity"]["to_standard"]["floor"]
    served = (
        said["capacity"]["to_standard"]["total"]
        if said["capacity"]["to_standard"]["served"] is not None
        else None
    )
    assert row.served == page.served == served
    kinds = [gap.kind for gap in page.gaps]
    if page.gaps:
        assert kinds.count("grave") == said["summary"]["grave"]
        assert kinds.count("grave") + kinds.count("bajo") == said["summary"]["not_met"]
        assert kinds.count("cumple") == said["summary"]["met"]
    if row.kind in ("grave", "bajo"):
        assert (page.gaps[0].name, page.gaps[0].affected) == (row.limits, row.affected)
    site = Site.objects.select_related("place__parent").get(uid=uid)
    moment = Moment.last_report() if params.get("at") else None
    if moment is not None:
        sheet = next(iter(sheets_of([site], moment, reader=machine())))
        assert sheet.page.served == page.served
        assert [gap.kind for gap in sheet.page.gaps] == kinds
        assert [gap.affected for gap in sheet.page.gaps] == [gap.affected for gap in page.gaps]
        assert sheet_data(sheet, "es")["figures"][0]["known"] == (page.head.people is not None)


def test_the_command_says_what_the_address_says(manager):
    tell(centre(), persons=78, toilets=2)
    tell(centre(), persons=30, toilets=0)
    tell(centre(), persons=12)
    closed = centre()
    tell(closed, persons=100, toilets=1)
    close_site(closed, by=machine())
    asked = ["gaps", "--indicator", "persons_per_toilet", "--include-closed", "--at", "last", "--json"]
    command = CliRunner().invoke(amparo, asked)
    assert command.exit_code == 0, command.output
    address = client_of(manager).get(
        "/api/gaps.json", {"indicator": "persons_per_toilet", "include_closed": "1", "at": "last"}
    )
    assert json.loads(command.output) == json_plain(address.json())


def json_plain(data: dict) -> dict:
    """As the command writes moments: with their offset spelt out."""
    spelt = {name: data[name].replace("Z", "+00:00") for name in ("oldest", "newest")}
    return {**data, **spelt}


def test_the_board_counts_what_the_figures_count(manager):
    for toilets in (0, 1, 3, 40):
        tell(centre(), persons=60, toilets=toilets)
    figures = gap_figures(manager, indicator="", include_closed=False, moment=Moment.now(), place="")
    toilets = next(one for one in figures["standards"] if one["key"] == "sphere.persons_per_toilet")
    rows = client_of(manager).get("/", {"indicator": "sphere.persons_per_toilet"}).context["vm"].rows
    kinds = [row.kind for row in rows]
    assert (toilets["not_met"], toilets["grave"]) == (
        kinds.count("grave") + kinds.count("bajo"),
        kinds.count("grave"),
    )
    assert toilets["affected"] == sum(row.affected or 0 for row in rows)
