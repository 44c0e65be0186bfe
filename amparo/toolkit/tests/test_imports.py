"""A list goes out as a sheet, is changed, comes back: exactly that, once, and it can be taken back."""

import io
import re
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from amparo.briefing.resources import CENTRES
from amparo.kernel import ledger
from amparo.kernel.models import Erased, LedgerEntry, User
from amparo.kernel.refusals import Refused
from amparo.kernel.testing import organisation, person
from amparo.places.permissions import Places
from amparo.places.testing import a_place
from amparo.sites.actions.site import add_site, edit_site
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import country, machine, tell
from amparo.toolkit import sheets
from amparo.toolkit.icons import symbols
from amparo.toolkit.imports import actions, jobs
from amparo.toolkit.imports.actions import (
    apply_run,
    begin_to_apply,
    begin_to_undo,
    choose_rows,
    read_run,
    receive_sheet,
    undo_run,
)
from amparo.toolkit.imports.queries import said_by
from amparo.toolkit.imports.screens import LOOKS
from amparo.toolkit.models import Fate, ImportRow, ImportRun

pytestmark = pytest.mark.django_db

PHONES = ["99991234", "+504 9999-1234", "0800 1234", "(504) 2222-3333", "00504 99991234"]


@pytest.fixture
def by(home) -> User:
    home.keys.mkdir()
    body = organisation("Comité propio")
    country()
    return person(Sites.VIEW, Sites.MANAGE, Places.VIEW, scope="TST/", member_of=body)


def centres(by: User, count: int) -> list[Site]:
    place = country()
    return [
        add_site(
            by=machine(),
            holder=by.organisation,
            place=place,
            name=f"Escuela Inventada {number}",
            phone=PHONES[number % len(PHONES)],
            address=f"Barrio {number % 7}",
            lat=15.5 + number / 1000,
            lon=-88.0,
        )
        for number in range(1, count + 1)
    ]


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def download(user: User, form: str = "xlsx") -> bytes:
    answer = client_of(user).get(reverse("site_export", args=[form]))
    return b"".join(answer.streaming_content)


def table_of(content: bytes) -> tuple[list[str], list[list[Any]]]:
    table = sheets.read(content)
    return list(table.names), [list(row.cells) for row in table.rows]


def workbook(
    names: list[str], rows: list[list[Any]], formulas: Mapping[tuple[int, int], tuple[str, Any]] = {}
) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Datos")
    for row, cells in enumerate([names, *rows]):
        for at, cell in enumerate(cells):
            if (row, at) in formulas:
                formula, value = formulas[row, at]
                sheet.write_formula(row, at, formula, None, value)
            elif isinstance(cell, int | float):
                sheet.write_number(row, at, cell)
            elif hasattr(cell, "isoformat"):
                sheet.write_datetime(row, at, cell, book.add_format({"num_format": "yyyy-mm-dd"}))
            else:
                sheet.write_string(row, at, str(cell or ""))
    book.close()
    return out.getvalue()


def brought(by: User, content: bytes, filename: str = "albergues.xlsx") -> ImportRun:
    return read_run(receive_sheet(by=by, resource=CENTRES, content=content, filename=filename))


def applied(run: ImportRun, by: User, **choices: str) -> ImportRun:
    return apply_run(begin_to_apply(run, by=by, choices=choices))


def state() -> set[tuple]:
    fields = (
        "uid",
        "code",
        "name",
        "kind",
        "status",
        "place",
        "address",
        "phone",
        "lat",
        "lon",
        "institution",
    )
    return set(Site.objects.values_list(*fields))


def reasons(run: ImportRun) -> list[str]:
    return [said_by(row, run).why for row in ImportRow.objects.filter(run=run).order_by("number")]


def row_named(names: list[str], rows: list[list[Any]], name: str) -> list[Any]:
    return next(row for row in rows if row[names.index("Albergue")] == name)


@pytest.mark.timeout(600)
def test_a_thousand_centres_with_fifty_edits_ten_new_ones_and_a_colleague(by):
    made = centres(by, 1000)
    names, rows = table_of(download(by))
    assert len(rows) == 1000
    at = {name: place for place, name in enumerate(names)}
    before = state()

    # A colleague meanwhile: one centre that the sheet will touch elsewhere, one in the same cell, one not touched.
    colleague = person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=by.organisation)
    edit_site(made[10], by=colleague, phone="2222-0000")  # the sheet changes its name
    edit_site(made[11], by=colleague, name="Nombre del colega")  # the sheet changes its name too
    edit_site(made[900], by=colleague, address="Dirección del colega")  # the sheet says nothing of it

    for number in range(1, 51):
        row_named(names, rows, f"Escuela Inventada {number}")[at["Albergue"]] = f"Escuela Cambiada {number}"
    for number in range(10):
        fresh = [""] * len(names)
        fresh[at["Albergue"]], fresh[at["Municipio"]] = f"Albergue Nuevo {number}", "TST0101"
        fresh[at["Tipo"]], fresh[at["Teléfono"]] = "Albergue en edificio prestado", "+504 9999-8888"
        rows.append(fresh)
    content = workbook(names, rows)

    run = brought(by, content)
    assert run.counts == {"same": 950, "changed": 49, "new": 10, "conflict": 1}
    done = applied(run, by)
    outcomes = Counter(ImportRow.objects.filter(run=done).values_list("outcome", flat=True))
    assert outcomes == {"applied": 59, "left": 1}

    changed = {f"Escuela Cambiada {number}" for number in range(1, 51)} - {"Escuela Cambiada 12"}
    assert (
        set(Site.objects.filter(name__startswith="Escuela Cambiada").values_list("name", flat=True))
        == changed
    )
    assert Site.objects.filter(name__startswith="Albergue Nuevo", phone="+504 9999-8888").count() == 10
    assert Site.objects.count() == 1010
    theirs = {site.pk: site for site in Site.objects.filter(pk__in=[made[10].pk, made[11].pk, made[900].pk])}
    assert (theirs[made[10].pk].name, theirs[made[10].pk].phone) == ("Escuela Cambiada 11", "2222-0000")
    assert theirs[made[11].pk].name == "Nombre del colega"
    assert theirs[made[900].pk].address == "Dirección del colega"
    for site in made[50:900]:
        assert (site.uid, site.phone) in {(row[0], row[7]) for row in before}  # untouched as they were

    held = state()
    again = brought(by, content)
    assert {fate: count for fate, count in again.counts.items() if fate != "conflict"} == {"same": 1009}
    applied(again, by)
    assert state() == held

    undone = undo_run(begin_to_undo(run, by=by), by=by)
    assert undone.state == ImportRun.State.UNDONE
    assert Site.objects.count() == 1000
    assert Site.objects.filter(name__startswith="Escuela Cambiada").count() == 0
    assert Site.objects.get(pk=made[11].pk).name == "Nombre del colega"
    assert Erased.objects.count() == 10
    assert ledger.verify().intact


def test_both_values_are_shown_where_two_people_changed_one_cell(by):
    (site,) = centres(by, 1)
    names, rows = table_of(download(by))
    edit_site(site, by=machine(), name="Nombre del colega")
    rows[0][names.index("Albergue")] = "Nombre de la hoja"
    run = brought(by, workbook(names, rows))
    page = client_of(by).get(reverse("site_import_run", args=[run.uid])).content.decode()
    assert "<del>Nombre del colega</del> → <ins>Nombre de la hoja</ins>" in page
    applied(run, by, conflict="take")
    assert Site.objects.get().name == "Nombre de la hoja"


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_was_not_touched_comes_back_as_nothing(by, form):
    centres(by, 12)
    edit_site(Site.objects.first(), by=machine(), name="=1+1", address="-5 +504", institution="'Ndrangheta")
    run = brought(by, download(by, form), f"lista.{form}")
    assert run.counts == {"same": 12}


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_telephones_survive(by, form):
    centres(by, len(PHONES))
    content = download(by, form)
    Site.objects.update(phone="")  # as if somebody lost them all
    names, rows = table_of(content)
    phones = [row[names.index("Teléfono")] for row in rows]
    from amparo.toolkit.exports.hostile import as_it_was

    assert {as_it_was(str(phone)) for phone in phones} == set(PHONES)


def test_a_number_in_the_cell_of_a_telephone_keeps_its_digits(by):
    (site,) = centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Teléfono")] = 88887777
    applied(brought(by, workbook(names, rows)), by)
    assert Site.objects.get(pk=site.pk).phone == "88887777"


def test_an_empty_cell_clears_only_what_the_sheet_had_seen(by):
    (site,) = centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = ""
    foreign = [name for name in names if not name.startswith("visto")]
    without = workbook(
        foreign, [[cell for cell, name in zip(rows[0], names, strict=True) if name in foreign]]
    )
    assert brought(by, without).counts == {"same": 1}
    applied(brought(by, workbook(names, rows)), by)
    assert Site.objects.get(pk=site.pk).address == ""


# --- rows that cannot be used


def test_what_a_sheet_says_is_written_by_who_says_yes_with_their_rights(by):
    centres(by, 2)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "Otra"
    run = brought(by, workbook(names, rows))
    colleague = person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=by.organisation)
    run = begin_to_apply(run, by=colleague, choices={})
    User.objects.filter(pk=by.pk).update(is_active=False)
    run = apply_run(ImportRun.objects.get(pk=run.pk))
    assert [row.outcome for row in run.rows.all()] == ["applied"], reasons(run)
    signed = LedgerEntry.objects.filter(verb__in=["site.edited", "import.applied"])
    assert [one.by for one in signed] == [colleague.uid] * 2


def test_who_says_yes_and_may_no_longer_write_writes_nothing(by):
    centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "Otra"
    run = brought(by, workbook(names, rows))
    colleague = person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=by.organisation)
    run = begin_to_apply(run, by=colleague, choices={})
    colleague.holdings.update(ends_at=timezone.now())
    run = apply_run(ImportRun.objects.get(pk=run.pk))
    assert [row.outcome for row in run.rows.all()] == ["left"]
    assert not Site.objects.filter(address="Otra").exists()


def test_a_row_that_is_wrong_says_why_and_the_others_are_applied_only_on_choice(by):
    centres(by, 3)
    names, rows = table_of(download(by))
    rows[0][names.index("Tipo")] = "Castillo"
    rows[1][names.index("Dirección")] = "Otra"
    rows[2][names.index("uid (no cambiar)")] = "00000000-0000-4000-8000-000000000000"
    run = brought(by, workbook(names, rows))
    assert run.counts == {"problem": 2, "changed": 1}
    assert not Site.objects.filter(address="Otra").exists()
    assert "Tipo" in reasons(run)[0]
    assert "uid" in reasons(run)[2]
    applied(run, by)
    assert Site.objects.filter(address="Otra").count() == 1


def test_the_rows_that_were_not_used_can_be_had_with_their_reason(by):
    centres(by, 3)
    names, rows = table_of(download(by))
    rows[1][names.index("Municipio")] = "Ciudad que no existe"
    run = brought(by, workbook(names, rows))
    answer = client_of(by).get(reverse("site_import_problems", args=[run.uid]))
    titles, told = table_of(b"".join(answer.streaming_content))
    assert titles[:2] == ["fila", "por qué no se usó"]
    assert len(told) == 1
    assert (told[0][0], told[0][titles.index("Albergue")]) == (3, rows[1][names.index("Albergue")])
    assert "Municipio" in str(told[0][1])


def test_a_formula_is_read_as_its_result_and_never_computed(by):
    centres(by, 2)
    names, rows = table_of(download(by))
    at = names.index("Dirección")
    content = workbook(names, rows, {(1, at): ("=1+1", "Resultado guardado"), (2, at): ("=1+1", "")})
    run = brought(by, content)
    row = ImportRow.objects.filter(run=run, fate=Fate.CHANGED).first()
    assert said_by(row, run).changes["address"][1] == "Resultado guardado"
    assert not [
        said_by(one, run)
        for one in ImportRow.objects.filter(run=run)
        if "=" in str(said_by(one, run).changes)
    ]


def test_what_a_sheet_cannot_change_is_said_and_not_swallowed(by):
    centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Estado")] = "Cerrado"
    run = brought(by, workbook(names, rows))
    assert run.counts == {"problem": 1}
    assert "Estado" in reasons(run)[0]


def test_a_new_row_that_bears_the_name_of_one_in_the_same_place_waits_for_a_person(by):
    (site,) = centres(by, 1)
    content = workbook(
        ["Albergue", "Municipio", "Dirección", "Tipo"],
        [[site.name.upper(), "TST0101", "Otra", "collective_centre"]],
    )
    run = brought(by, content)
    assert run.counts == {"unclear": 1}
    applied(run, by)
    assert Site.objects.count() == 1
    applied(brought(by, content), by, unclear="same")
    assert (Site.objects.count(), Site.objects.get().address) == (1, "Otra")


def test_unclear_rows_that_are_others_are_added(by):
    (site,) = centres(by, 1)
    content = workbook(["Albergue", "Municipio", "Tipo"], [[site.name, "TST0101", "collective_centre"]] * 2)
    run = brought(by, content)
    assert run.counts == {"unclear": 2}
    applied(run, by, unclear="new")
    assert Site.objects.count() == 3


def test_a_row_twice_in_one_sheet_counts_once(by):
    centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "Otra"
    run = brought(by, workbook(names, [rows[0], rows[0]]))
    assert run.counts == {"changed": 1, "problem": 1}
    assert "fila 2" in reasons(run)[1]


def test_a_sheet_of_something_else_is_refused_in_words(by):
    run = brought(by, b"uno,dos\r\n1,2\r\n", "otra.csv")
    assert run.state == ImportRun.State.FAILED
    assert "No se cambió nada" in run.words


# --- row by row


def conflicts(by: User, count: int) -> bytes:
    """A sheet in which so many rows change a cell that a colleague changed meanwhile."""
    made = centres(by, count)
    names, rows = table_of(download(by))
    for site in made:
        edit_site(site, by=machine(), address="Del colega")
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    return workbook(names, rows)


def choose(by: User, run: ImportRun, go: str = "", **chosen: str) -> Any:
    sent = {name.replace("row_", "row-"): said for name, said in chosen.items()}
    return client_of(by).post(reverse("site_import_run", args=[run.uid]), {**sent, "go": go})


def test_two_peoples_changes_are_decided_row_by_row_and_the_rest_as_the_sheet(by):
    run = brought(by, conflicts(by, 3))
    assert choose(by, run, row_2="take", row_3="keep").status_code == 302
    applied(ImportRun.objects.get(), by, conflict="keep")
    left = dict(ImportRow.objects.values_list("number", "outcome"))
    assert left == {2: "applied", 3: "left", 4: "left"}
    assert Site.objects.filter(address="De la hoja").count() == 1
    other = brought(by, workbook(*changed_again(by)))
    choose(by, other, row_2="keep")
    applied(ImportRun.objects.get(pk=other.pk), by, conflict="take")
    assert Site.objects.filter(address="Otra vez").count() == 2


def changed_again(by: User) -> tuple[list[str], list[list[Any]]]:
    names, rows = table_of(download(by))
    for number, site in enumerate(Site.objects.all()):
        edit_site(site, by=machine(), address=f"Del colega, otra vez {number}")
    for row in rows:
        row[names.index("Dirección")] = "Otra vez"
    return names, rows


def test_what_may_be_there_already_is_told_row_by_row(by):
    one, other, third = centres(by, 3)
    rows = [[site.name, "TST0101", "collective_centre", "Otra"] for site in (one, other, third)]
    run = brought(by, workbook(["Albergue", "Municipio", "Tipo", "Dirección"], rows))
    assert run.counts == {"unclear": 3}
    choose(by, run, row_2="same", row_3="new")
    done = applied(ImportRun.objects.get(), by)
    assert Site.objects.count() == 4
    assert Site.objects.get(pk=one.pk).address == "Otra"
    assert Site.objects.get(pk=third.pk).address != "Otra"
    undo_run(begin_to_undo(done, by=by), by=by)
    assert Site.objects.count() == 3, "what a row added is taken away, whatever the whole sheet said"
    assert Site.objects.get(pk=one.pk).address != "Otra"


def test_a_choice_on_the_second_page_is_kept_on_every_way_out(by):
    run = brought(by, conflicts(by, 25))
    here = reverse("site_import_run", args=[run.uid])
    answer = choose(by, run, go=f"{here}?page=2", row_2="take")
    assert answer["Location"] == f"{here}?page=2"
    assert choose(by, run, go=f"{here}?fate=conflict", row_26="take")["Location"] == f"{here}?fate=conflict"
    answer = choose(by, run, go="apply", row_25="keep")
    assert answer["Location"] == reverse("site_import_apply", args=[run.uid])
    kept = ImportRow.objects.exclude(choice=None).values_list("number", "choice")
    assert sorted(kept) == [(2, "take"), (25, "keep"), (26, "take")]
    assert client_of(by).get(f"{here}?page=2").content.decode().count('<option value="take" selected>') == 1
    choose(by, run, row_2="")
    assert ImportRow.objects.get(number=2).choice is None, "and can be left to the sheet again"


def test_nobody_is_led_elsewhere_by_the_button_that_was_sent(by):
    run = brought(by, conflicts(by, 1))
    here = reverse("site_import_run", args=[run.uid])
    for go in ("https://example.org/", "//example.org?page=1&next=x", "?page=<script>", "\x00"):
        assert choose(by, run, go=go)["Location"].startswith(here)


def test_what_cannot_be_said_of_a_row_is_refused_in_words_and_nothing_is_kept(by):
    run = brought(by, conflicts(by, 2))
    answer = choose(by, run, row_2="take", row_3="new")
    assert answer.status_code == 422
    assert "No se guardó nada" in answer.content.decode()
    assert not ImportRow.objects.exclude(choice=None).exists()
    assert (
        choose(
            by, run, row_99999999999999999999="take", row_x="take", row_123456789x="take", row_9="take"
        ).status_code
        == 302
    )


def test_a_row_like_several_cannot_be_called_the_same(by):
    (site,) = centres(by, 1)
    add_site(by=machine(), holder=by.organisation, place=country(), name=site.name)
    run = brought(
        by, workbook(["Albergue", "Municipio", "Tipo"], [[site.name, "TST0101", "collective_centre"]])
    )
    page = client_of(by).get(reverse("site_import_run", args=[run.uid])).content.decode()
    assert '<option value="new"' in page
    assert '<option value="same"' not in page


def test_rows_decided_alone_are_told_before_and_after_and_in_the_ledger(by):
    run = brought(by, conflicts(by, 2))
    client = client_of(by)
    choose(by, run, row_2="take")
    asked = client.get(reverse("site_import_apply", args=[run.uid])).content.decode()
    assert "Filas decididas una por una: 1 (la mía: 1)." in asked
    assert 'name="conflict"' in asked
    choose(by, run, row_3="keep")
    asked = client.get(reverse("site_import_apply", args=[run.uid])).content.decode()
    assert 'name="conflict"' not in asked, "no row asks it any more"
    told = client.post(reverse("site_import_apply", args=[run.uid]), follow=True).content.decode()
    assert "Se eligió: La mía" in told
    assert "Se eligió: La de la central" in told
    entry = LedgerEntry.objects.get(verb="import.applied")
    assert ledger.payload(entry)["one_by_one"] == {"keep": 1, "take": 1}


def test_a_sheet_that_was_applied_takes_no_more_choices(by):
    run = brought(by, conflicts(by, 1))
    applied(run, by)
    assert choose(by, run, row_2="take").status_code == 302
    assert ImportRow.objects.get().choice is None
    with pytest.raises(Refused, match="not_waiting"):
        choose_rows(run, by=by, choices={2: "take"})


def test_rows_that_a_person_took_are_not_among_those_that_are_not_used(by):
    run = brought(by, conflicts(by, 3))
    choose(by, run, row_2="take")
    client = client_of(by)
    for _state in ("ready", "applied"):
        answer = client.get(reverse("site_import_problems", args=[run.uid]))
        _titles, told = table_of(b"".join(answer.streaming_content))
        assert [row[0] for row in told] == [3, 4]
        applied(ImportRun.objects.get(), by) if _state == "ready" else None


def test_each_fate_has_its_mark_beside_its_word(by):
    centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "De la hoja"
    run = brought(by, workbook(names, rows))
    page = client_of(by).get(reverse("site_import_run", args=[run.uid])).content.decode()
    drawn = set(re.findall(r'symbol id="(g-[a-z]+)"', page))
    used = set(re.findall(r'href="#(g-[a-z]+)"', page))
    assert used
    assert used <= drawn
    assert set(LOOKS.values()) <= {name.removeprefix("g-") for name in symbols()}


def test_the_column_of_choices_leaves_the_narrow_table_narrow(transactional_db):
    from django.db.migrations.executor import MigrationExecutor

    def made() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = 'toolkit_importrow'")
            return cursor.fetchone()[0]

    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has tables without row ids")
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes("toolkit")
    try:
        for name, there in (("0002_imports", False), ("0003_row_choice", True)):
            MigrationExecutor(connection).migrate([("toolkit", name)])
            assert made().endswith("WITHOUT ROWID")
            assert ('"choice"' in made()) is there
    finally:
        MigrationExecutor(connection).migrate(newest)


# --- taking back


def test_what_somebody_changed_since_stays_and_is_said(by):
    one, other = centres(by, 2)
    names, rows = table_of(download(by))
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    run = applied(brought(by, workbook(names, rows)), by)
    edit_site(one, by=machine(), address="De otra persona")
    undone = undo_run(begin_to_undo(run, by=by), by=by)
    assert Site.objects.get(pk=one.pk).address == "De otra persona"
    assert Site.objects.get(pk=other.pk).address == "Barrio 2"
    assert sorted(ImportRow.objects.filter(run=undone).values_list("outcome", flat=True)) == [
        "kept",
        "undone",
    ]
    assert any("Dirección" in why for why in reasons(undone))


def test_a_centre_that_was_added_and_used_since_is_not_taken_away(by):
    run = applied(
        brought(by, workbook(["Albergue", "Municipio", "Tipo"], [["Nuevo", "TST0101", "collective_centre"]])),
        by,
    )
    site = Site.objects.get()
    tell(site, persons=40)
    undo_run(begin_to_undo(run, by=by), by=by)
    assert Site.objects.filter(pk=site.pk).exists()
    assert "Nuevo" in reasons(run)[0]


def test_what_changed_between_the_look_and_the_yes_is_not_overwritten(by):
    (site,) = centres(by, 1)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "De la hoja"
    run = brought(by, workbook(names, rows))
    edit_site(site, by=machine(), address="En el último momento")
    applied(run, by)
    assert Site.objects.get().address == "En el último momento"
    assert list(ImportRow.objects.filter(run=run).values_list("outcome", flat=True)) == ["left"]


def test_a_run_that_was_killed_goes_on_where_it_was(by, monkeypatch):
    centres(by, 5)
    names, rows = table_of(download(by))
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    run = begin_to_apply(brought(by, workbook(names, rows)), by=by, choices={})
    monkeypatch.setattr(actions, "STEP", 2)
    calls = []

    def once(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return write(*arguments)

    write = actions._write
    monkeypatch.setattr(actions, "_write", once)
    with pytest.raises(KeyboardInterrupt):
        apply_run(run)
    assert Site.objects.filter(address="De la hoja").count() == 2
    monkeypatch.setattr(actions, "_write", write)
    apply_run(ImportRun.objects.get(pk=run.pk))
    assert Site.objects.filter(address="De la hoja").count() == 5
    assert LedgerEntry.objects.filter(verb="site.edited").count() == 5


def left_alone(run: ImportRun) -> ImportRun:
    """As a power cut leaves it: nobody has taken a step for three minutes."""
    ImportRun.objects.filter(pk=run.pk).update(moved_at=timezone.now() - timedelta(minutes=3))
    return ImportRun.objects.get(pk=run.pk)


def work_on_jobs() -> None:
    """What the worker does with the jobs that wait."""
    for job in DBTaskResult.objects.filter(status=TaskResultStatus.READY).order_by("enqueued_at"):
        import_string(job.task_path).call(*job.args_kwargs["args"])
        DBTaskResult.objects.filter(pk=job.pk).update(status=TaskResultStatus.SUCCESSFUL)


def test_a_sheet_that_nobody_works_on_any_more_is_taken_up_in_every_state_once(by):
    centres(by, 3)
    names, rows = table_of(download(by))
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    run = receive_sheet(by=by, resource=CENTRES, content=workbook(names, rows), filename="lista.xlsx")
    assert jobs.take_up() == 0  # somebody may be at it
    for begin, ends in (
        (lambda run: run, "ready"),
        (lambda run: begin_to_apply(run, by=by, choices={}), "applied"),
        (lambda run: begin_to_undo(run, by=by), "undone"),
    ):
        run = left_alone(begin(run))
        assert jobs.take_up() == 1
        left_alone(run)
        assert jobs.take_up() == 0  # the job waits already
        work_on_jobs()
        run = ImportRun.objects.get(pk=run.pk)
        assert run.state == ends
    assert not Site.objects.filter(address="De la hoja").exists()
    assert LedgerEntry.objects.filter(verb__startswith="import.", by=by.uid).count() == 3


def test_a_job_that_failed_is_tried_again_after_a_rest(by):
    run = receive_sheet(by=by, resource=CENTRES, content=b"", filename="lista.xlsx")
    left_alone(run)
    assert jobs.take_up() == 1
    failed = DBTaskResult.objects.all()
    failed.update(status=TaskResultStatus.FAILED, finished_at=timezone.now())
    left_alone(run)
    assert jobs.take_up() == 0
    failed.update(finished_at=timezone.now() - timedelta(minutes=6))
    assert jobs.take_up() == 1


def test_who_works_on_a_sheet_stops_where_another_took_it_up(by):
    centres(by, 1)
    run = receive_sheet(by=by, resource=CENTRES, content=download(by), filename="lista.xlsx")
    first, second = ImportRun.objects.get(pk=run.pk), ImportRun.objects.get(pk=run.pk)
    assert actions._take_up(first, ImportRun.State.READING)
    assert actions._step(first, done=1)
    assert actions._take_up(second, ImportRun.State.READING)
    assert not actions._step(first, done=7)
    assert actions._step(second)
    assert ImportRun.objects.get().done == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_sheet_write_each_row_once(by, monkeypatch):
    centres(by, 6)
    names, rows = table_of(download(by))
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    run = begin_to_apply(brought(by, workbook(names, rows)), by=by, choices={})
    monkeypatch.setattr(actions, "STEP", 2)
    both, faults = threading.Barrier(2), []

    def work() -> None:
        try:
            mine = ImportRun.objects.select_related("applied_by__organisation", "holder").get(pk=run.pk)
            both.wait(10)
            apply_run(mine)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert not faults
    assert ImportRun.objects.get().state == "applied"
    assert LedgerEntry.objects.filter(verb="site.edited").count() == 6
    assert LedgerEntry.objects.filter(verb="import.applied").count() == 1


# --- who may, and the screens


def test_from_upload_to_undo_without_a_line_of_script(by):
    centres(by, 2)
    client = client_of(by)
    names, rows = table_of(download(by))
    rows[0][names.index("Dirección")] = "De la hoja"
    assert client.get(reverse("site_import")).status_code == 200
    file = SimpleUploadedFile("lista.xlsx", workbook(names, rows))
    seen = client.post(reverse("site_import"), {"file": file}, follow=True)
    assert "De la hoja" in seen.content.decode()
    run = ImportRun.objects.get()
    asked = client.get(reverse("site_import_apply", args=[run.uid])).content.decode()
    assert "Filas que cambian lo que ya está: 1." in asked
    told = client.post(reverse("site_import_apply", args=[run.uid]), follow=True).content.decode()
    assert "Filas aplicadas: 1." in told
    assert client.post(reverse("site_import_apply", args=[run.uid])).status_code == 302
    assert Site.objects.filter(address="De la hoja").count() == 1
    assert "Deshacer la hoja" in client.get(reverse("site_import_undo", args=[run.uid])).content.decode()
    told = client.post(reverse("site_import_undo", args=[run.uid]), follow=True).content.decode()
    assert "Filas deshechas: 1." in told
    assert not Site.objects.filter(address="De la hoja").exists()


def test_a_neighbour_and_a_reader_learn_nothing_of_the_sheet(by):
    centres(by, 1)
    run = brought(by, download(by))
    a_place("ABC")
    neighbour = person(Sites.VIEW, Sites.MANAGE, scope="ABC/", member_of=by.organisation)
    stranger = person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=organisation())
    reader = person(Sites.VIEW, scope="TST/", member_of=by.organisation)
    chief = person(Sites.VIEW, Sites.MANAGE, scope="", member_of=by.organisation)
    for name in ("site_import_run", "site_import_apply", "site_import_problems"):
        url = reverse(name, args=[run.uid])
        assert client_of(neighbour).get(url).status_code == 404
        assert client_of(stranger).get(url).status_code == 404
        assert client_of(reader).get(url).status_code == 403
        assert client_of(chief).get(url).status_code == 200


def test_nothing_outside_the_area_is_changed_by_a_sheet(by):
    elsewhere = a_place("ABC01", parent=a_place("ABC"))
    theirs = add_site(by=machine(), holder=by.organisation, place=elsewhere, name="Ajeno")
    wide = person(Sites.VIEW, Sites.MANAGE, scope="", member_of=by.organisation)
    names, rows = table_of(download(wide))
    rows[0][names.index("Dirección")] = "De la hoja"
    run = brought(by, workbook(names, rows))
    assert run.counts == {"problem": 1}
    applied(run, by)
    assert Site.objects.get(pk=theirs.pk).address == ""


def test_the_file_is_kept_as_it_came_and_sealed(by, home):
    from amparo.kernel import files
    from amparo.kernel.classes import DataClass

    centres(by, 1)
    content = download(by)
    run = brought(by, content)
    assert files.read(run.sha256, DataClass(run.content_class)) == content
    assert content not in files.path_of(run.sha256, DataClass(run.content_class)).read_bytes()


def test_the_page_of_a_sheet_asks_as_often_for_twenty_rows_as_for_two(by):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    centres(by, 20)
    names, rows = table_of(download(by))
    for row in rows:
        row[names.index("Dirección")] = "De la hoja"
    client = client_of(by)
    counts = []
    for few in (rows[:2], rows):
        run = applied(brought(by, workbook(names, few)), by)
        client.get(reverse("site_import_run", args=[run.uid]))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("site_import_run", args=[run.uid]))
        counts.append(len(asked))
        undo_run(begin_to_undo(run, by=by), by=by)
    assert counts[0] == counts[1]


def test_a_large_file_is_read_by_the_worker_and_the_page_says_how_far_it_is(by, monkeypatch):
    from amparo.toolkit.imports import screens

    centres(by, 2)
    monkeypatch.setattr(screens, "SMALL_FILE", 10)
    client = client_of(by)
    file = SimpleUploadedFile("lista.xlsx", download(by))
    shown = client.post(reverse("site_import"), {"file": file}, follow=True)
    assert shown["Refresh"]
    assert "Puede cerrar esta página" in shown.content.decode()
    assert DBTaskResult.objects.count() == 1
    run = ImportRun.objects.get()
    jobs.read_sheet.func(run.pk)
    assert "Refresh" not in client.get(reverse("site_import_run", args=[run.uid]))
    assert ImportRun.objects.get().counts == {"same": 2}
