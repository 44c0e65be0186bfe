"""Figures of damage come by sheet: new ones are added, what was told stays as it was told."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from amparo.crises.actions.damage import withdraw_damage
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.resources import DamageResource
from amparo.crises.testing import a_crisis, a_damage_figure
from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.testing import organisation, person
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.toolkit import sheets
from amparo.toolkit.imports.actions import (
    apply_run,
    begin_to_apply,
    begin_to_undo,
    read_run,
    receive_sheet,
    undo_run,
)
from amparo.toolkit.imports.queries import said_by
from amparo.toolkit.models import ImportRow, ImportRun

pytestmark = pytest.mark.django_db

DAMAGE = DamageResource()


@pytest.fixture
def by(home: Any) -> User:
    home.keys.mkdir()
    return person(Crises.VIEW, Crises.MANAGE, scope="TST/", member_of=organisation("Comité inventado"))


@pytest.fixture
def town(by: User) -> Place:
    return a_place("TST0001", parent=a_place("TST"))


@pytest.fixture
def crisis(by: User, town: Place) -> Crisis:
    return a_crisis(town, holder=by.organisation)


def client_of(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def download(user: User, form: str) -> tuple[list[str], list[list[Any]]]:
    answer = client_of(user).get(reverse("damage_export", args=[form]))
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    table = sheets.read(content, f"cifras.{form}")
    return list(table.names), [list(row.cells) for row in table.rows]


def written(names: list[str], rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([names, *rows])
    return out.getvalue().encode("utf-8-sig")


def brought(by: User, names: list[str], rows: list[list[Any]]) -> ImportRun:
    content = written(names, rows)
    return read_run(receive_sheet(by=by, resource=DAMAGE, content=content, filename="cifras.csv"))


def applied(run: ImportRun, by: User, **choices: str) -> ImportRun:
    return apply_run(begin_to_apply(run, by=by, choices=choices))


def reasons(run: ImportRun) -> list[str]:
    return [said_by(row, run).why for row in ImportRow.objects.filter(run=run).order_by("number")]


HEADS = ["Cifra", "Municipio", "Número, o desde", "Hasta", "Cuándo se dijo", "Quién lo dijo", "Emergencia"]


def told(**said: str) -> list[str]:
    """A row under `HEADS`; what is not said is of an hour ago."""
    when = (timezone.localtime() - timedelta(hours=1)).strftime("%Y-%m-%d %H:%M")
    usual = {
        "figure": "dead", "place": "TST0001", "low": "3", "high": "", "when": when, "source": "CODEM",
        "crisis": "Tormenta inventada",
    }  # fmt: skip
    return list((usual | said).values())


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_figures_go_out_get_rows_and_come_back(by, crisis, town, form):
    a_damage_figure(crisis, town, low=7)
    a_damage_figure(crisis, town, figure="affected", unit="families", low=120, high=150, source="=1+1")
    names, rows = download(by, form)
    at = {name: place for place, name in enumerate(names)}
    new = list(rows[0])
    for name, cell in (
        ("uid (no cambiar)", ""), ("visto (no cambiar)", ""), ("Cifra", "Viviendas dañadas"), ("Unidad", ""),
        ("Número, o desde", "20"), ("Hasta", "35"),
    ):  # fmt: skip
        new[at[name]] = cell
    again = brought(by, names, [*rows, new])
    assert again.counts == {"same": 2, "new": 1}
    applied(again, by)
    one = DamageFigure.objects.get(figure="houses_damaged")
    assert (one.low, one.high, one.unit, one.crisis, one.place) == (20, 35, "houses", crisis, town)
    assert brought(by, names, [*rows, new]).counts == {"same": 3}
    assert DamageFigure.objects.count() == 3


def test_the_preview_says_what_each_row_tells_in_words(by, crisis, town):
    run = brought(by, HEADS, [told(figure="missing", when="2020-11-03 09:30")])
    page = client_of(by).get(reverse("damage_import_run", args=[run.uid])).content.decode()
    assert "<b>Personas desaparecidas, TST0001</b>" in page
    assert "3 nov" in page
    assert "T09:30" not in page


def test_a_figure_is_named_by_its_key_or_its_name_in_either_language(by, crisis, town):
    crisis.name = {"es": "Tormenta inventada", "en": "Invented storm"}
    crisis.save()
    rows = [
        told(figure="dead"),
        told(figure="Personas desaparecidas", place=town.name),
        told(figure="Injured or sick people", crisis="Invented storm"),
    ]
    with translation.override("es"):
        run = applied(brought(by, HEADS, rows), by)
    assert run.counts == {"new": 3}
    assert set(DamageFigure.objects.values_list("figure", flat=True)) == {"dead", "missing", "injured"}


def test_what_was_told_is_not_written_over_and_the_row_says_what_to_do(by, crisis, town):
    one = a_damage_figure(crisis, town, low=7)
    names, rows = download(by, "csv")
    for name in ("Número, o desde", "Hasta"):
        rows[0][names.index(name)] = "9"
    run = brought(by, names, rows)
    assert run.counts == {"problem": 1}
    assert reasons(run) == ["Una cifra no se corrige: quite el uid para anotar la nueva."]
    one.refresh_from_db()
    assert one.low == 7
    rows[0][names.index("uid (no cambiar)")] = ""
    applied(brought(by, names, rows), by)
    assert sorted(DamageFigure.objects.values_list("low", flat=True)) == [7, 9]


def test_a_known_row_that_says_the_same_in_other_words_is_already_here(by, crisis, town):
    one = a_damage_figure(crisis, town, low=7, told_at=timezone.now().replace(microsecond=0))
    when = timezone.localtime(one.told_at).strftime("%Y-%m-%d %H:%M:%S")
    row = told(figure="Personas fallecidas", place=town.name, low="7", when=when)
    assert brought(by, [*HEADS, "uid"], [[*row, str(one.uid)]]).counts == {"same": 1}


def test_the_very_same_figure_without_its_uid_waits_for_a_person(by, crisis, town):
    row = told()
    applied(brought(by, HEADS, [row]), by)
    other = [*HEADS, "Nota"]
    run = brought(by, other, [[*row, "otra vez"]])
    assert run.counts == {"unclear": 1}
    applied(run, by, unclear="same")
    assert DamageFigure.objects.count() == 1
    run = brought(by, HEADS, [told(low="4"), told(low="4")])
    assert run.counts == {"new": 1, "unclear": 1}, "twice in one sheet"


def test_two_figures_of_one_municipality_are_two_new_rows(by, crisis, town):
    assert brought(by, HEADS, [told(figure="dead"), told(figure="missing")]).counts == {"new": 2}


def test_undo_withdraws_with_its_reason_and_the_sheet_may_come_again(by, crisis, town):
    before = a_damage_figure(crisis, town, low=2, told_at=timezone.now() - timedelta(days=1))
    run = applied(brought(by, HEADS, [told(low="5")]), by)
    undone = undo_run(begin_to_undo(run, by=by), by=by)
    assert undone.state == ImportRun.State.UNDONE
    new = DamageFigure.objects.exclude(pk=before.pk).get()
    assert new.withdrawn_at is not None
    said = LedgerEntry.objects.get(verb="damagefigure.withdrawn", subject=new.uid)
    assert "cifras.csv" in ledger.payload(said)["why"]
    assert brought(by, HEADS, [told(low="5")]).counts == {"new": 1}


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({"figure": "fantasmas"}, "Cifra"),
        ({"place": "Ciudad que no existe"}, "Municipio"),
        ({"crisis": "Otra tormenta"}, "Emergencia"),
        ({"low": "muchos"}, "Número"),
        ({"low": "9", "high": "3"}, "rango"),
        ({"when": "2999-01-01 10:00"}, "Cuándo"),
        ({"source": ""}, "Quién lo dijo"),
    ],
)
def test_a_row_that_cannot_be_says_why(by, crisis, town, said, word):
    run = brought(by, HEADS, [told(**said)])
    assert run.counts == {"problem": 1}
    assert word in reasons(run)[0]


def test_who_only_looks_brings_nothing_and_the_neighbour_sees_no_sheet(by, crisis, town):
    run = brought(by, HEADS, [told()])
    reader = person(Crises.VIEW, scope="TST/", member_of=by.organisation)
    stranger = person(Crises.VIEW, Crises.MANAGE, scope="TST/", member_of=organisation())
    assert client_of(reader).get(reverse("damage_import")).status_code == 403
    assert client_of(stranger).get(reverse("damage_import_run", args=[run.uid])).status_code == 404
    a_damage_figure(crisis, town)
    assert "uid (no cambiar)" not in download(reader, "csv")[0]
    assert "Importar" in client_of(by).get(reverse("damage_list")).content.decode()


def test_nothing_outside_the_area_is_told_or_taken_back_by_a_sheet(by, crisis, town):
    elsewhere = a_place("ABC0001", parent=a_place("ABC"))
    run = applied(brought(by, HEADS, [told(place=elsewhere.code)]), by)
    assert not DamageFigure.objects.exists()
    assert run.state == ImportRun.State.APPLIED
    assert reasons(run) == ["Su cargo no llega a ese lugar."]


def test_one_taken_back_meanwhile_is_no_obstacle_to_undo(by, crisis, town):
    run = applied(brought(by, HEADS, [told()]), by)
    withdraw_damage(DamageFigure.objects.get(), by=by, why="Era de otro municipio")
    undo_run(begin_to_undo(run, by=by), by=by)
    assert list(ImportRow.objects.filter(run=run).values_list("outcome", flat=True)) == ["undone"]
