"""A sheet of assessments: what it would do stands row by row before it does it, and all of it can be taken back."""

import pytest

from amparo.intake.actions.uploads import (
    apply_upload,
    begin_to_apply,
    begin_to_judge,
    begin_to_undo,
    judge_upload,
    read_upload,
    receive_upload,
    undo_upload,
)
from amparo.intake.queries.uploads import lines_of
from amparo.intake.testing import mapping
from amparo.kernel.models import LedgerEntry
from amparo.places.testing import a_place, no_country
from amparo.sites.actions.site import add_site
from amparo.sites.models import LatestObservation, Site
from amparo.sites.testing import machine, tell
from amparo.toolkit.sheets.tests.making import csv_file

pytestmark = pytest.mark.django_db

HEADER = ["Código", "Albergue", "P-code", "Dirección", "Mujeres", "Hombres"]
GUIDE = """
name = "visita"
version = 1
kind = "assessment"
title = { es = "Visita", en = "Visit" }
[site]
system = "prueba"
id = { column = "Código" }
name = { column = "Albergue" }
address = [{ column = "Dirección" }]
[place]
pcode = [{ column = "P-code" }]
[[observe]]
indicator = "women"
column = "Mujeres"
[[observe]]
indicator = "men"
column = "Hombres"
"""


@pytest.fixture
def fable(db, home):
    """A centre whose name and place are known, in a country with two municipalities."""
    no_country()
    region = a_place("HN01", "Río Norte", parent=a_place("HND", "Bosquia"))
    a_place("HN0102", "San Andrés", parent=region)
    by = machine()
    place = a_place("HN0101", "San Lorenzo", parent=region)
    return add_site(
        by=by,
        holder=by.organisation,
        place=place,
        name="Escuela La Fábula",
        codes=(("prueba", "7"),),
        address="Calle vieja",
    )


def brought(*rows):
    mapping(GUIDE, "visita")
    by = machine()
    content = csv_file([HEADER, *rows])
    upload = read_upload(receive_upload(by=by, content=content, filename="visita.csv"))
    return judge_upload(begin_to_judge(upload, by=by, mapping="visita"))


def applied(upload):
    return apply_upload(begin_to_apply(upload, by=machine()), by=machine())


def undone(upload):
    return undo_upload(begin_to_undo(upload, by=machine()), by=machine())


def test_a_sheet_never_renames_nor_moves_a_centre_that_it_names_without_its_accents(fable):
    upload = applied(brought(["7", "ESCUELA LA FABULA", "HN0102", "Calle vieja", "1", "2"]))
    there = Site.objects.get(pk=fable.pk)
    assert (there.name, there.place.code) == ("Escuela La Fábula", "HN0101")
    assert (upload.figures["created"], upload.figures["again"]) == (0, False)


def test_what_a_sheet_changes_of_a_centre_is_foreseen_told_in_its_history_and_undone_with_it(fable):
    upload = brought(["7", "Escuela La Fabula", "HN0101", "Calle nueva", "1", "2"])
    [line] = lines_of(upload)
    assert (line["fate"], line["site"]) == ("known", str(fable.uid))
    assert line["changes"] == [["address", "Calle vieja", "Calle nueva"]]
    upload = applied(upload)
    assert Site.objects.get(pk=fable.pk).address == "Calle nueva"
    assert LedgerEntry.objects.filter(verb="site.assessed", subject=fable.uid).count() == 1
    assert undone(upload).state == "undone"
    assert Site.objects.get(pk=fable.pk).address == "Calle vieja"
    assert LedgerEntry.objects.filter(verb="site.assessment_undone", subject=fable.uid).count() == 1


def test_each_row_says_which_centre_it_speaks_of_before_anything_is_written(fable):
    upload = brought(
        ["7", "Escuela La Fábula", "HN0101", "", "1", "2"],
        ["8", "Iglesia Inventada", "HN0101", "", "3", "muchos"],
        ["", "escuela la fabula", "HN0101", "Otra calle", "", ""],
    )
    known, new, doubtful = lines_of(upload)
    assert (known["fate"], known["figures"]) == ("known", 3)
    assert (new["fate"], new["site"], new["doubt"], new["figures"]) == ("new", "", False, 1)
    assert any("muchos" in words for words in new["odd"])
    assert (doubtful["fate"], doubtful["doubt"], doubtful["site"]) == ("new", True, str(fable.uid))
    assert (upload.figures["new"], upload.figures["doubtful"]) == (2, 1)
    assert Site.objects.count() == 1


def test_undo_takes_away_the_centres_a_sheet_made_save_those_somebody_used_since(fable):
    upload = applied(
        brought(
            ["8", "Iglesia Inventada", "HN0101", "", "3", "4"],
            ["9", "Gimnasio Ficticio", "HN0101", "", "5", "6"],
        )
    )
    tell(Site.objects.get(name="Gimnasio Ficticio"), persons=20)
    undone(upload)
    assert set(Site.objects.values_list("name", flat=True)) == {"Escuela La Fábula", "Gimnasio Ficticio"}


def test_women_and_men_of_one_row_make_the_people_that_nobody_told(fable):
    tell(fable, persons=150)
    upload = brought(["7", "Escuela La Fábula", "HN0101", "", "80", "65"])
    assert (upload.figures["people"], upload.figures["told"]) == (
        145,
        {"persons": 145, "women": 80, "men": 65},
    )
    upload = applied(upload)
    latest = dict(LatestObservation.objects.values_list("indicator__key", "low"))
    assert latest == {"persons": 145, "women": 80, "men": 65}
    assert [note["code"] for note in upload.message.notes] == ["added_up"]
