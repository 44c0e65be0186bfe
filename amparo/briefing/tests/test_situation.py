"""The situation report: covered, dated, sourced, the same bytes twice, and no false change."""

import csv
import io
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
from amparo.briefing.queries.situation import Asked, change_in_words, situation
from amparo.briefing.tests.conftest import client_of
from amparo.config.cli.commands import amparo
from amparo.kernel.models import LedgerEntry
from amparo.kernel.testing import person
from amparo.places.testing import a_place
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
