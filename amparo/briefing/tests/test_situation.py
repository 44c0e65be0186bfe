"""The situation report: covered, dated, sourced, the same bytes twice, and no false change."""

import csv
import io
import time
from datetime import timedelta

import hxl
import pytest
from click.testing import CliRunner
from django.db import connection
from django.templatetags.i18n import TranslateNode
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from amparo.briefing.actions import write_situation
from amparo.briefing.documents.situation_report import report_data, site_columns, standard_columns
from amparo.briefing.queries.changes import change_in_words
from amparo.briefing.queries.situation import Asked, situation
from amparo.briefing.tests.conftest import client_of
from amparo.config.cli.commands import amparo
from amparo.crises.permissions import Crises
from amparo.crises.testing import a_crisis
from amparo.kernel.models import LedgerEntry
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import centre, country, machine, tell
from amparo.toolkit.exports import is_whole

pytestmark = pytest.mark.django_db


def a_report(**asked):
    return situation(machine(), Asked(asked.pop("moment", Moment.now()), **asked))


def test_each_figure_says_of_how_many_centres_and_from_when():
    told_at = timezone.now() - timedelta(hours=2)
    tell(centre(name="Escuela Uno"), persons=40, toilets_women=0, at=told_at)
    centre(name="Escuela Dos")
    figures = {one.key: one for one in a_report().headlines}
    assert (figures["sites"].value, figures["sites"].of) == (2, 2)
    assert (figures["people"].value, figures["people"].of) == (40, 1)
    assert abs((figures["people"].oldest - told_at).total_seconds()) < 1
    assert figures["silent"].value == 1


def test_what_nobody_counted_is_unknown_and_never_zero():
    centre(name="Escuela Uno")
    people = next(one for one in a_report().headlines if one.key == "people")
    assert people.value is None
    assert people.of == 0


def test_people_who_came_are_told_apart_from_centres_that_began_to_count():
    now = timezone.now()
    both, new = centre(name="Escuela Uno"), centre(name="Escuela Dos")
    for site in (both, new):
        site.opened_on = (now - timedelta(days=9)).date()
        site.save(update_fields=["opened_on"])
    tell(both, persons=100, at=now - timedelta(days=1, hours=2))
    tell(both, persons=112, at=now - timedelta(minutes=5))
    tell(new, persons=50, at=now - timedelta(minutes=5))
    change = a_report(moment=Moment(now)).change
    assert (change.moved, change.both) == (12, 1)
    assert (change.gained, change.gained_sites, change.lost_sites) == (50, 1, 0)
    with override("es"):
        assert "No se sabe si llegaron" in " ".join(change_in_words(change))


def test_a_municipality_that_nobody_knows_is_shown_as_unknown():
    country = a_place("TST")
    tell(centre(name="Sin lugar", place=country), persons=9)
    row = a_report().places[0]
    assert row.municipality == "Municipio desconocido"
    assert row.code == ""
    assert row.people == 9


def test_the_report_of_a_place_holds_the_centres_of_that_place_only():
    country = a_place("TST")
    upper = a_place("TST01", parent=country)
    town, other = a_place("TST0101", parent=upper), a_place("TST0102", parent=upper)
    tell(centre(name="Escuela Uno", place=town), persons=9)
    tell(centre(name="Escuela Dos", place=other), persons=7)
    report = a_report(place=town)
    assert [row.name for row in report.sites] == ["Escuela Uno"]
    assert report.of_a_municipality


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_same_question_gives_the_same_bytes(tmp_path, language):
    tell(centre(name='=1+1"', phone="+504 9999 0000"), persons=9)
    asked = Asked(Moment(timezone.now()))
    once = write_situation(asked, by=machine(), folder=tmp_path / "una", language=language)
    time.sleep(2.1)  # past the two seconds that an archive tells apart
    again = write_situation(asked, by=machine(), folder=tmp_path / "otra", language=language)
    assert [path.suffix for path in once] == [".pdf", ".xlsx", ".csv"]
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


def test_a_report_with_no_centre_is_whole_and_says_so(tmp_path):
    written = write_situation(Asked(Moment.now()), by=machine(), folder=tmp_path, language="es")
    assert written[0].read_bytes().startswith(b"%PDF")
    assert is_whole(written[2])
    client = client_of(person(Sites.VIEW))
    page = client.get(reverse("situation")).content.decode()
    assert "Que no haya datos no quiere decir que no haya necesidad" in page


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_report_of_an_emergency_without_a_centre_is_whole_in_every_form_and_invents_no_figure(
    tmp_path, language
):
    tell(centre(name="Escuela de otro lado"), persons=9)
    crisis = a_crisis(a_place("ABC", "País Lejano"), name="Tormenta sin datos", holder=machine().organisation)
    asked = Asked(Moment.now(), crisis=crisis)
    pdf, book, tagged = write_situation(asked, by=machine(), folder=tmp_path, language=language)
    assert pdf.read_bytes().startswith(b"%PDF")
    assert is_whole(book)
    assert is_whole(tagged)
    report = situation(machine(), asked)
    assert (report.empty, report.sites, report.places) == (True, (), ())
    assert [one.value for one in report.headlines if one.key == "people"] in ([], [None])
    for path in (book, tagged):
        assert b"Escuela de otro lado" not in path.read_bytes()
    reader = client_of(person(Sites.VIEW, Crises.VIEW))
    page = reader.get(reverse("situation"), {"crisis": str(crisis.uid)}).content.decode()
    assert "Que no haya datos no quiere decir que no haya necesidad" in page


def test_hxl_has_hashtags_and_no_formula(tmp_path):
    tell(centre(name="=cmd()"), persons=9)
    file = write_situation(Asked(Moment.now()), by=machine(), folder=tmp_path, language="es")[2]
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8"))))
    assert rows[2][2] == "#adm2+code"
    assert all(not cell.startswith(("=", "+", "@")) for row in rows[3:] for cell in row)


def test_libhxl_reads_the_file_and_finds_nothing_wrong(tmp_path):
    country = a_place("TST")
    tell(
        centre(name="Escuela Uno", place=a_place("TST0101", parent=a_place("TST01", parent=country))),
        persons=9,
    )
    file = write_situation(Asked(Moment.now()), by=machine(), folder=tmp_path, language="es")[2]
    found = []
    source = hxl.data(str(file), hxl.InputOptions(allow_local=True))
    assert hxl.schema(None, callback=found.append).validate(source) or not found, [
        str(one.message) for one in found
    ]
    assert [row.get("#affected") for row in hxl.data(str(file), hxl.InputOptions(allow_local=True))] == ["9"]


def test_who_may_not_see_a_centre_reads_nothing_of_it():
    tell(centre(name="Escuela Secreta"), persons=9)
    stranger = person(Sites.VIEW, scope=a_place("ABC").path)
    page = client_of(stranger).get(reverse("situation")).content.decode()
    assert "Escuela Secreta" not in page


def test_every_report_that_leaves_is_in_the_ledger():
    tell(centre(name="Escuela Uno"), persons=9)
    client = client_of(person(Sites.VIEW))
    for form in ("pdf", "xlsx", "hxl"):
        answer = client.get(reverse("situation_file", args=[form]))
        assert answer.status_code == 200
        assert "attachment" in answer["Content-Disposition"] or form == "pdf"
    assert LedgerEntry.objects.filter(verb="situation.written").count() == 3
    assert client.get(reverse("situation_file", args=["docx"])).status_code == 404


def test_the_command_writes_six_files(tmp_path):
    tell(centre(name="Escuela Uno"), persons=9)
    machine()
    result = CliRunner().invoke(amparo, ["report", "sitrep", "--out", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    assert len(list(tmp_path.iterdir())) == 6


def test_more_municipalities_ask_no_more_questions_and_no_place_is_read_twice(reader):
    norte, client = a_place("TST05", "Norte", parent=country().parent), client_of(reader)
    asked = []
    for number in range(8):
        town = a_place(f"TST05{number:02}", f"Municipio {number}", parent=norte)
        tell(centre(place=town, name=f"Escuela {number}"), persons=40)
        client.get("/report/")
        with CaptureQueriesContext(connection) as questions:
            assert client.get("/report/").status_code == 200
        asked.append([question["sql"] for question in questions])
    assert len(asked[7]) == len(asked[1])
    places = [sql for sql in asked[7] if 'FROM "places_place"' in sql]
    assert not [sql for sql in places if "TST/TST05/TST0503/" in sql]


def test_the_titles_of_the_columns_are_put_into_words_once_and_not_once_a_row(reader, monkeypatch):
    norte, client = a_place("TST05", "Norte", parent=country().parent), client_of(reader)
    put, once = [], TranslateNode.render

    def counted(node, context):
        put.append(node)
        return once(node, context)

    monkeypatch.setattr(TranslateNode, "render", counted)
    times = []
    for number in range(3):
        town = a_place(f"TST05{number:02}", f"Municipio {number}", parent=norte)
        tell(centre(place=town, name=f"Escuela {number}"), persons=40)
        put.clear()
        text = client.get("/report/").content.decode()
        times.append(len(put))
    assert text.count('data-l="Sin reporte"') == 3
    assert times[2] == times[0]


def many(towns: int) -> None:
    """So many municipalities with a centre each."""
    norte = a_place("TST05", "Norte", parent=country().parent)
    for number in range(towns):
        town = a_place(f"TST05{number:02}", f"Municipio {number}", parent=norte)
        tell(centre(place=town, name=f"Escuela {number}"), persons=40 + number)


def test_the_page_shows_the_worst_twenty_and_leads_to_all_of_them(reader):
    many(23)
    client = client_of(reader)
    page = client.get("/report/").content.decode()
    assert page.count('data-l="Sin reporte"') == page.count('data-l="Caben"') == 20
    assert "Ver los 23 municipios" in page
    assert "Ver los 23 albergues" in page
    for url, title in (("/report/municipalities/", "Sin reporte"), ("/report/sites/", "Caben")):
        assert f'href="{url}"' in page
        whole = client.get(url).content.decode()
        assert whole.count(f'data-l="{title}"') == 23


def test_a_table_that_fits_leads_nowhere_else(reader):
    many(3)
    assert "Ver los" not in client_of(reader).get("/report/").content.decode()


def test_the_whole_tables_keep_the_place_and_come_page_by_page(reader, monkeypatch):
    monkeypatch.setattr("amparo.briefing.views.situation.PER_PAGE", 5)
    many(8)
    client = client_of(reader)
    told = client.get("/report/sites/", {"place": "TST05", "page": "2"}).content.decode()
    assert told.count('data-l="Caben"') == 3
    assert "place=TST05" in told
    assert "No existe la página 9" in client.get("/report/municipalities/", {"page": "9"}).content.decode()
    assert "No se conoce el lugar" in client.get("/report/sites/", {"place": "no hay"}).content.decode()


def test_the_whole_tables_show_nothing_of_a_centre_out_of_sight():
    tell(centre(name="Escuela Secreta"), persons=9)
    stranger = client_of(person(Sites.VIEW, scope=a_place("ABC").path))
    for url in ("/report/sites/", "/report/municipalities/"):
        page = stranger.get(url).content.decode()
        assert "Escuela Secreta" not in page
        assert "Que no haya datos no quiere decir que no haya necesidad" in page


def on_paper(report):
    with override("es"):
        return report_data(report, "es", "")


def test_first_the_worst_ten_of_each_table_and_all_of_them_in_the_annex():
    many(12)
    told = on_paper(a_report())
    assert [len(told["front"][table]) for table in ("places", "sites")] == [10, 10]
    assert [len(told["annex"][table]) for table in ("places", "sites")] == [12, 12]
    assert told["front"]["more_places"] == "Se muestran 10 de 12. Todos están en el anexo."
    assert max(row["share"] for row in told["front"]["places"]) == 1


def test_a_short_table_is_not_told_twice():
    many(3)
    told = on_paper(a_report())
    assert (told["front"]["more_sites"], told["annex"]["sites"], told["annex"]["places"]) == ("", [], [])


def test_a_standard_without_a_verdict_counts_what_nobody_measured_and_what_decides_nothing_yet():
    tell(centre(name="Escuela Uno"), persons=10, sewage_overflow=1)
    tell(centre(name="Escuela Dos"), persons=10)
    row = next(one for one in a_report().standards if one.unverified)
    assert (row.unverified, row.not_assessed, row.undecided) == (1, 1, 2)


def test_yesterday_is_read_again_only_of_the_centres_that_closed_since(reader):
    now = timezone.now()
    for number in range(4):
        site = centre(name=f"Escuela {number}", opened_on=(now - timedelta(days=9)).date())
        tell(site, persons=10, at=now - timedelta(days=1, hours=2))
        tell(site, persons=12, at=now - timedelta(minutes=5))
    close_site(site, by=machine())
    change = a_report(moment=Moment(now)).change
    assert (change.moved, change.both, change.lost, change.lost_sites, change.closed) == (6, 3, 10, 1, 1)


def test_a_centre_that_fell_silent_says_so_beside_the_verdict_of_its_last_report():
    columns = {column.key: column for column in site_columns()}
    assert columns["silent"].kind == "yesno"
    assert columns["kind"].label == "Veredicto del último reporte"


def test_what_is_grave_is_told_as_a_part_of_what_is_not_met():
    labels = [column.label for column in standard_columns()]
    at = labels.index("No cumple")
    assert labels[at + 1] == "De ellos, graves"
    assert report_data(a_report(), "es", "")["words"]["standards_head"][1:3] == [
        "No cumple",
        "De ellos, graves",
    ]
