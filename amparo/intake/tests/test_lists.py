"""Lists of centres as other offices make them, through the guide that needs no naming."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from amparo.intake import jobs
from amparo.intake.actions.sheets import apply_sites, understand_sheet
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
from amparo.intake.mapping import MappingProblem
from amparo.intake.mapping.catalogue import FOLDER
from amparo.intake.models import SheetUpload
from amparo.intake.testing import mapping
from amparo.places.testing import a_place, no_country
from amparo.sites.actions.importing import undo_import
from amparo.sites.models import Flag, LatestObservation, ObservationBatch, Site
from amparo.sites.testing import machine
from amparo.toolkit.sheets.tests.making import csv_file

pytestmark = pytest.mark.django_db

HEADER = [
    "Nombre del refugio",
    "Departamento",
    "Municipio",
    "Latitud",
    "Longitud",
    "Capacidad (personas)",
    "Tel.",
]
ROWS = [
    ["Escuela Inventada", "Río Norte", "San Lorenzo", "15.5", "-87.25", "120 personas", "000"],
    ["Iglesia de Prueba", "Río Norte", "San Lorenzo", "-87.26", "15.5", "N/D", "000"],
    ["Gimnasio Ficticio", "Río Norte", "San Lorenzo", "15.5", "87.27", "40", "000"],
]


@pytest.fixture
def bosquia(db, home):
    no_country()
    hnd = a_place("HND", "Bosquia")
    return a_place("HN0101", "San Lorenzo", parent=a_place("HN01", "Río Norte", parent=hnd))


def guide():
    return mapping((FOLDER / "sites.toml").read_text(encoding="utf-8"), "sites")


def brought(*rows, header=HEADER):
    content = csv_file([header, *(rows or ROWS)])
    return understand_sheet(content, "lista.csv", guide())


def applied(reading):
    by = machine()
    return apply_sites(reading, by=by, holder=by.organisation)


def capacities():
    latest = LatestObservation.objects.filter(indicator__key="sleeping_places")
    return sorted(latest.values_list("low", flat=True))


def test_what_a_list_says_of_its_centres_is_kept_once_and_taken_back_with_the_list(bosquia):
    reading = brought()
    first = applied(reading)
    assert (first.created, first.placed, first.observations, capacities()) == (3, 3, 2, [40, 120])
    again = applied(reading)
    assert (again.changed, again.entry, capacities()) == (0, None, [40, 120])
    assert undo_import(first.entry, by=machine()) == {"erased": 3, "restored": 0, "kept": 0}
    assert not ObservationBatch.objects.exists()
    assert applied(reading).observations == 2


def test_a_list_that_only_brings_figures_to_known_centres_can_be_undone(bosquia):
    applied(brought())
    changed = applied(brought([*ROWS[0][:5], "150", ""], *ROWS[1:]))
    assert (changed.created, changed.updated, capacities()) == (0, 0, [40, 150])
    undo_import(changed.entry, by=machine())
    assert (capacities(), Site.objects.count()) == ([40, 120], 3)


def test_a_list_on_the_screen_keeps_what_it_says_and_gives_it_back(bosquia):
    by = machine()
    guide()
    upload = read_upload(receive_upload(by=by, content=csv_file([HEADER, *ROWS]), filename="lista.csv"))
    upload = judge_upload(begin_to_judge(upload, by=by, mapping="sites"))
    assert "Columnas que no se leyeron: «Tel.»." in upload.figures["notes"]
    upload = apply_upload(begin_to_apply(upload, by=by), by=by)
    assert (upload.figures["created"], upload.figures["observations"], capacities()) == (3, 2, [40, 120])
    undo_upload(begin_to_undo(upload, by=by), by=by)
    assert (Site.objects.count(), capacities()) == (0, [])


def left_alone(upload: SheetUpload) -> SheetUpload:
    """As a power cut leaves it: nobody has taken a step for three minutes."""
    SheetUpload.objects.filter(pk=upload.pk).update(moved_at=timezone.now() - timedelta(minutes=3))
    return upload


def work_on_jobs() -> None:
    """What the worker does with the jobs that wait."""
    for job in DBTaskResult.objects.filter(status=TaskResultStatus.READY).order_by("enqueued_at"):
        import_string(job.task_path).call(*job.args_kwargs["args"])
        DBTaskResult.objects.filter(pk=job.pk).update(status=TaskResultStatus.SUCCESSFUL)


def test_a_sheet_that_nobody_works_on_any_more_is_taken_up_in_every_state_once(bosquia):
    by = machine()
    guide()
    upload = receive_upload(by=by, content=csv_file([HEADER, *ROWS]), filename="lista.csv")
    assert jobs.take_up() == 0  # somebody may be at it
    for begin, ends in (
        (lambda one: one, "ready"),
        (lambda one: begin_to_judge(one, by=by, mapping="sites"), "judged"),
        (lambda one: begin_to_apply(one, by=by), "applied"),
        (lambda one: begin_to_undo(one, by=by), "undone"),
    ):
        left_alone(begin(upload))
        assert jobs.take_up() == 1
        left_alone(upload)
        assert jobs.take_up() == 0  # the job waits already
        work_on_jobs()
        upload = SheetUpload.objects.get(pk=upload.pk)
        assert upload.state == ends
    assert (upload.applied_by, upload.undone_by, Site.objects.count()) == (by, by, 0)


def test_who_ends_a_step_last_does_not_overwrite_what_came_of_it(bosquia):
    by = machine()
    guide()
    upload = read_upload(receive_upload(by=by, content=csv_file([HEADER, *ROWS]), filename="lista.csv"))
    slow = begin_to_apply(judge_upload(begin_to_judge(upload, by=by, mapping="sites")), by=by)
    assert apply_upload(slow, by=by).figures["created"] == 3
    assert apply_upload(slow, by=by).figures["created"] == 3
    slow = begin_to_undo(SheetUpload.objects.get(pk=slow.pk), by=by)
    assert undo_upload(slow, by=by).words == ""
    assert undo_upload(slow, by=by).words == ""


def test_points_swapped_or_without_a_sign_are_put_right_by_their_country(bosquia):
    report = applied(brought())
    points = {site.name: (site.lat, site.lon) for site in Site.objects.all()}
    assert points["Iglesia de Prueba"] == (15.5, -87.26)
    assert points["Gimnasio Ficticio"] == (15.5, -87.27)
    assert report.flagged == {"coordinates_swapped": 1, "coordinates_sign": 1}
    assert Flag.objects.filter(code="coordinates_swapped", site__name="Iglesia de Prueba").exists()


def test_a_point_outside_its_country_stays_flagged_and_one_of_another_country_is_not_judged(bosquia):
    far = [*ROWS[0][:3], "27.7", "85.3", "", ""]
    assert applied(brought(far)).flagged == {"coordinates_elsewhere": 1}
    nowhere = ["Escuela de Otra Parte", "", "Sin Nombre", "27.7", "85.3", "", ""]
    assert applied(brought(nowhere)).flagged == {"place_in_doubt": 1}


def test_a_list_without_a_name_column_says_what_is_safe_what_to_do_and_what_it_brings(bosquia):
    with pytest.raises(MappingProblem) as refusal:
        brought(["1", "San Lorenzo"], header=["Cosa", "Municipio"])
    assert "No se cambió nada." in refusal.value.message
    assert "Trae: «Cosa», «Municipio»." in refusal.value.message


@pytest.mark.parametrize(
    "header",
    [
        ["REFUGIO", "DEPTO.", "MUNICIPIO", "LAT", "LONG", "CUPO", "TEL."],
        [
            "Name of Shelter",
            "Department",
            "Municipality",
            "Latitude",
            "Longitude",
            "Capacity (persons)",
            "Phone",
        ],
        ["#loc+name", "#adm1+name", "#adm2+name", "#geo+lat", "#geo+lon", "#capacity+num", "#contact+phone"],
    ],
)
def test_other_titles_give_the_same_centres(bosquia, header):
    report = applied(brought(header=header))
    assert (report.created, report.placed, capacities()) == (3, 3, [40, 120])


def test_an_assessment_without_a_column_for_people_says_so(bosquia):
    text = (FOLDER / "dtm-b3.toml").read_text(encoding="utf-8")
    content = csv_file(
        [["1.1.c.1 Site ID (SSID)", "1.1.d.1 Site Name", "1.4.a.2 Site open?"], ["9", "Escuela", "Yes"]]
    )
    try:
        reading = understand_sheet(content, "dtm.csv", mapping(text, "dtm-b3"))
    except MappingProblem as refusal:
        assert "No se cambió nada." in refusal.message
    else:
        assert any(note.code == "no_column_for" for note in reading.notes)


def test_long_titles_that_nobody_reads_are_listed_short(bosquia):
    long = "Una pregunta que no termina nunca " * 5
    (note,) = brought(["Escuela Inventada", "San Lorenzo", "x"], header=["Albergue", "Municipio", long]).notes
    assert len(note.message) < 120


def test_places_that_may_be_opened_are_not_counted_as_open(bosquia):
    header = ["Albergue", "Municipio", "Personas", "Estado"]
    rows = [
        ["Escuela Inventada", "San Lorenzo", "9", ""],
        ["Iglesia de Prueba", "San Lorenzo", "7", "Abierto"],
    ]
    sums = brought(*rows, header=header).sums
    assert (sums["sites"], sums["open"], sums["people"], sums["open_people"]) == (2, 1, 16, 7)
