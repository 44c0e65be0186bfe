"""Sheets written to files: the same question gives the same bytes, and no name can harm a folder."""

from datetime import timedelta

import pytest
from click.testing import CliRunner
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from amparo.briefing.actions import write_site_sheets
from amparo.briefing.queries.sheet import sheets_of
from amparo.briefing.tests.conftest import client_of
from amparo.config.cli.commands import amparo
from amparo.kernel import disk
from amparo.kernel.models import LedgerEntry, Organisation
from amparo.kernel.refusals import Refused
from amparo.kernel.testing import person
from amparo.sites.actions.closing import close_site
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment
from amparo.sites.queries.standing import end_of
from amparo.sites.testing import centre, machine, tell

pytestmark = pytest.mark.django_db


def write(sites, folder, *, by=None, moment=None, language="es"):
    steps: list[int] = []
    written = write_site_sheets(
        sites,
        by=by or machine(),
        folder=folder,
        moment=moment or Moment.last_report(),
        language=language,
        progress=steps.append,
    )
    assert steps == list(range(1, len(sites) + 1))
    return written


def test_the_same_question_gives_the_same_bytes(tmp_path):
    site = centre(name="Escuela Río Seco")
    tell(
        site,
        persons=143,
        women=78,
        men=65,
        toilets=6,
        toilets_women=2,
        at=timezone.now() - timedelta(days=400),
    )
    once, again = write([site], tmp_path / "una"), write([site], tmp_path / "otra")
    assert once[0].name == "alb-1-escuela-rio-seco.pdf"
    assert once[0].read_bytes() == again[0].read_bytes()
    assert once[0].read_bytes().startswith(b"%PDF")


def test_no_name_leaves_the_folder_or_overwrites_another(tmp_path):
    other = Organisation.objects.create(name="Otra")
    sites = [
        centre(name="../../etc/passwd", code="../.."),
        centre(name="Ñandú / \\ : * ?", code="A/B"),
        centre(name="***", code="..."),
        centre(name="Igual", code="X 1"),
        centre(name="Igual", code="X 1", holder=other),
    ]
    written = write(sites, tmp_path)
    assert len({path.name for path in written}) == 5
    assert all(path.parent == tmp_path and path.is_file() for path in written)
    assert {path.name for path in written} >= {
        "etcpasswd.pdf",
        "ab-nandu.pdf",
        "albergue.pdf",
        "x-1-igual.pdf",
    }


def test_the_export_leaves_an_entry(tmp_path):
    site = centre()
    write([site], tmp_path)
    entry = LedgerEntry.objects.get(verb="sheets.written")
    assert entry.organisation_id == machine().organisation_id


def test_nobody_prints_what_they_may_not_see(tmp_path):
    mine, theirs = centre(), centre()
    neighbour = person(Sites.VIEW, scope=mine.path)
    with pytest.raises(Http404):
        write([theirs], tmp_path, by=neighbour)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_refuses_before_it_writes(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "free_bytes", lambda folder: 1000)
    disk._remembered.clear()
    with pytest.raises(Refused) as refusal:
        write([centre()], tmp_path)
    disk._remembered.clear()
    assert refusal.value.code == "disk_full"


def test_a_hundred_sheets_ask_as_many_questions_as_two(db):
    for number in range(2):
        tell(centre(), persons=20, toilets=1, at=timezone.now() - timedelta(days=number))

    def asked() -> int:
        sites = list(Site.objects.select_related("place__parent"))
        with CaptureQueriesContext(connection) as questions:
            assert len(list(sheets_of(sites, Moment.last_report(), reader=machine()))) == len(sites)
        return len(questions)

    asked()
    few = asked()
    for number in range(9):
        tell(centre(), persons=20, toilets=1, at=timezone.now() - timedelta(days=number))
    asked()
    assert asked() == few


def test_the_page_gives_the_sheet_in_either_language(reader):
    site = centre(name="Escuela Río Seco")
    tell(site, persons=143, toilets=2)
    client = client_of(reader)
    spanish, english = (client.get(f"/sites/{site.uid}/sheet.pdf", {"language": one}) for one in ("es", "en"))
    assert spanish.headers["Content-Type"] == "application/pdf"
    assert 'filename="alb-1-escuela-rio-seco.pdf"' in spanish.headers["Content-Disposition"]
    assert spanish.content != english.content
    assert client.get(f"/sites/{site.uid}/sheet.pdf", {"language": "../x"}).status_code == 200


def test_a_sheet_of_the_past_says_so(db):
    site = centre()
    tell(site, persons=143, toilets=2, at=timezone.now() - timedelta(days=300))
    site.refresh_from_db()
    sheet = next(iter(sheets_of([site], Moment.last_report(), reader=machine())))
    assert sheet.notes[0].startswith("Como estaba el")
    assert sheet.printed_at == site.last_told_at
    assert next(iter(sheets_of([site], Moment.now(), reader=machine()))).notes == ()


def test_the_sheets_of_a_past_day_are_of_the_centres_that_were_open_then(tmp_path, db):
    since_closed = centre(name="Cerrada Después")
    tell(since_closed, persons=9, at=timezone.now() - timedelta(days=8))
    close_site(since_closed, by=machine(), closed_on=timezone.localdate() - timedelta(days=2))
    later = centre(name="Abierta Después")
    tell(later, persons=9, at=timezone.now() - timedelta(days=1))
    day = (timezone.localdate() - timedelta(days=5)).isoformat()
    told = CliRunner().invoke(amparo, ["report", "sites", "--out", str(tmp_path), "--at", day, "--json"])
    assert told.exit_code == 0, told.output
    assert [path.name for path in tmp_path.iterdir()] == ["alb-1-cerrada-despues.pdf"]
    moment = Moment.on(end_of(timezone.localdate() - timedelta(days=5)))
    assert [sheet.notes[1:] for sheet in sheets_of([since_closed, later], moment, reader=machine())] == [
        (),
        ("Ese día todavía no constaba abierto",),
    ]


def test_what_repairs_comes_in_order_with_what_it_gains(db):
    site = centre(phone="0000 0112")
    tell(site, persons=100, toilets=2, litres_day=900)
    sheet = next(iter(sheets_of([site], Moment.now(), reader=machine())))
    assert sheet.fixes[0].text == "Agregar 1 sanitario."
    assert sheet.fixes[0].gains == "Alcanza para 60."
    assert sheet.contacts == (("Persona encargada", "0000 0112"),)
