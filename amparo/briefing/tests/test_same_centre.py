"""A centre that is there already is asked about, by form and by sheet, however it and its municipality are written."""

import pytest

from amparo.briefing.resources import CENTRES
from amparo.briefing.tests.conftest import client_of
from amparo.briefing.tests.pressing import Visitor
from amparo.kernel.models import User
from amparo.kernel.testing import person
from amparo.places.permissions import Places
from amparo.places.testing import a_place, no_country
from amparo.sites.actions.site import add_site
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.toolkit.fields import Day
from amparo.toolkit.imports.actions import apply_run, begin_to_apply, read_run, receive_sheet
from amparo.toolkit.imports.queries import said_by
from amparo.toolkit.models import ImportRow
from amparo.toolkit.sheets.tests.making import csv_file

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(home) -> User:
    """Somebody of one department of a country whose points are known; another country has a town of the same name."""
    home.keys.mkdir()
    no_country()
    region = a_place("HN01", "Río Norte", parent=a_place("HND", "Bosquia"))
    a_place("HN0101", "El Progreso", parent=region)
    a_place("GT01", "El Progreso", parent=a_place("GTM", "Vecindia"))
    user = person(Sites.VIEW, Sites.MANAGE, Places.VIEW, scope="HND/HN01/")
    add_site(by=user, holder=user.organisation, place=region.children.get(), name="Escuela La Fábula")
    return user


def brought(by: User, *rows: list[str], header=("Albergue", "Municipio", "Tipo", "Estado", "Abierto desde")):
    content = csv_file([list(header), *rows])
    return read_run(receive_sheet(by=by, resource=CENTRES, content=content, filename="lista.csv"))


def whys(run) -> list[str]:
    return [said_by(row, run).why for row in ImportRow.objects.filter(run=run).order_by("number")]


def started(by: User) -> Visitor:
    return Visitor(client_of(by)).open("/sites/new/")


NEW = {"name": "ESCUELA LA FABULA", "place": "El Progreso", "status": "open", "kind": "collective_centre"}


def test_a_form_asks_whether_it_is_the_centre_of_that_name_and_takes_no_for_an_answer(by):
    visitor = started(by)
    visitor.press("Guardar albergue", **NEW)
    assert "¿Es este?" in visitor.html
    assert "Escuela La Fábula" in visitor.html
    assert Site.objects.count() == 1
    visitor.press("Guardar albergue", other="on")
    assert Site.objects.filter(name_key="escuela la fabula").count() == 2


def test_a_point_outside_the_country_is_questioned_and_can_be_swapped(by):
    visitor = started(by)
    visitor.press("Guardar albergue", **{**NEW, "name": "Iglesia Inventada", "lat": "-87.25", "lon": "15.5"})
    assert "parecen cambiadas" in visitor.html
    visitor.press("Guardar albergue", point="swap")
    made = Site.objects.get(name="Iglesia Inventada")
    assert (made.lat, made.lon) == (15.5, -87.25)


def test_a_sheet_says_unclear_of_the_same_name_in_the_same_municipality(by):
    run = brought(
        by, ["escuela la fabula", "El Progreso, Río Norte", "Albergue", "Lugar posible", "3-11-2026"]
    )
    assert run.counts == {"unclear": 1}
    assert "Escuela La Fábula" in whys(run)[0]


def test_the_same_sheet_again_changes_nothing_however_it_names_the_municipality(by):
    rows = ["Iglesia Inventada", "El Progreso, Río Norte", "Albergue", "Está abierto", "3-11-2026"]
    run = brought(by, rows)
    assert run.counts == {"new": 1}, whys(run)
    apply_run(begin_to_apply(run, by=by, choices={}))
    made = Site.objects.get(name="Iglesia Inventada")
    header = ("Código", "Albergue", "Municipio", "Tipo", "Abierto desde")
    again = brought(by, [made.code, *rows[:3], "3-11-2026"], header=header)
    assert again.counts == {"same": 1}, whys(again)


def test_a_sheet_takes_the_words_of_the_forms_in_both_languages_and_lists_them_where_it_does_not(by):
    run = brought(
        by,
        ["Uno Inventado", "El Progreso", "Albergue", "Lugar posible", ""],
        ["Otro Inventado", "El Progreso", "Transit centre", "Open", ""],
        ["Tercero Inventado", "El Progreso", "Castillo", "Abierto", ""],
    )
    assert run.counts == {"new": 2, "problem": 1}, whys(run)
    assert "Vale: Albergue en edificio prestado; Centro de paso;" in whys(run)[2]


def test_a_day_may_be_written_with_hyphens_day_first():
    assert str(Day().clean("3-11-2026")) == "2026-11-03"
    assert str(Day().clean("22.11.2026")) == "2026-11-22"
