"""Mappings on screen: what is typed is kept, what is wrong is said, nobody loses another's work."""

import csv
import gzip
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from amparo.briefing.screens.sheets import _people
from amparo.briefing.tests.conftest import client_of
from amparo.briefing.tests.pressing import Visitor
from amparo.intake import jobs
from amparo.intake.actions.drafts import change_draft, start_draft
from amparo.intake.actions.forms import bind_form
from amparo.intake.actions.mappings import save_mapping
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.actions.uploads import read_upload, receive_upload
from amparo.intake.mapping import editing
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import examine
from amparo.intake.mapping.targets import words_of
from amparo.intake.models import FormVersion, MappingDraft, MappingVersion, RawMessage, SheetUpload
from amparo.intake.permissions import Intake
from amparo.intake.queries.drafts import Workbench
from amparo.intake.testing import MAPPING, filled, form, mapping, phone
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.testing import holding_role, person
from amparo.parties.models import KeptForm
from amparo.places.testing import no_country
from amparo.sites.models import Observation, Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import country, machine

pytestmark = pytest.mark.django_db

HEADER = ["Nombre del lugar", "Municipio", "Visita", "Gente", "Agua", "Litros al día", "¿Luz?", "Encargado"]
ROWS = [
    ["Escuela Lempira", "Municipio Inventado", "3/11/2026", "120", "poca", "2400", "Sí", "Ana López"],
    ["Iglesia", "Municipio Inventado", "4/11/2026", "80", "10-15", "1200", "No", "Luis Paz"],
]


def sheet(rows: list[list[str]] = ROWS, header: list[str] = HEADER) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


@pytest.fixture(autouse=True)
def house(home):
    home.keys.mkdir(exist_ok=True)
    no_country()
    country()
    machine()


@pytest.fixture
def analyst() -> User:
    return holding_role("analyst")


@pytest.fixture
def visitor(analyst) -> Visitor:
    return Visitor(client_of(analyst))


def draft_of(user: User, content: bytes | None = None, title: str = "Mi hoja") -> MappingDraft:
    upload = read_upload(receive_upload(by=user, content=content or sheet(), filename="hoja.csv"))
    return start_draft(by=user, title=title, upload=upload)


def bound(draft: MappingDraft, **columns: str) -> MappingDraft:
    """Columns of the sheet said to be something: `bound(draft, Gente="observe persons")`."""

    def change(document):
        for title, target in columns.items():
            document = editing.bind(document, Address(columns=(title,)), target)
        return document

    return change_draft(draft, by=draft.by, change=change)


def document(draft: MappingDraft):
    draft.refresh_from_db()
    return examine(draft.text)[0]


def targets(draft: MappingDraft) -> set[str]:
    return {use.target for use in editing.uses(document(draft))}


# --- typing


def test_what_is_typed_is_kept_at_each_press_and_stands_there_again(visitor, analyst):
    draft = draft_of(analyst)
    here = f"/mappings/draft/{draft.uid}/"
    visitor.open(here).press("Guardar y seguir", t0="Nombre del albergue", t3="personas")
    assert targets(draft) == {"site.name", "observe persons"}
    assert 'value="Personas"' in visitor.open(here).html
    visitor.press("Guardar y seguir", t3="")
    assert targets(draft) == {"site.name"}


def test_the_button_that_goes_on_goes_on_to_the_next_part(visitor, analyst):
    columns = [f"Columna {number}" for number in range(45)]
    draft = draft_of(analyst, sheet([["1"] * 45], columns))
    here = f"/mappings/draft/{draft.uid}/"
    visitor.open(here).press("Guardar y seguir", t0="Nombre del albergue")
    assert visitor.url == f"{here}?page=2"
    visitor.press("Guardar y seguir", t44="personas")
    assert visitor.url == f"{here}reading/"
    visitor.press("Guardar y seguir")
    assert visitor.url == f"{here}try/"


def test_a_figure_is_found_by_what_it_is_counted_in(visitor, analyst):
    draft = draft_of(analyst)
    visitor.open(f"/mappings/draft/{draft.uid}/").press("Guardar y seguir", t5="litro de agua al dia")
    visitor.press("Guardar y seguir", t5="litros")
    assert f"¿Será «{words_of('observe litres_day')}»" in visitor.html
    assert 'label="litros al día"' in visitor.html


def test_a_word_that_is_nothing_stays_in_its_box_with_the_nearest_one_and_the_rest_is_kept(visitor, analyst):
    draft = draft_of(analyst)
    visitor.open(f"/mappings/draft/{draft.uid}/").press(
        "Guardar y seguir", t0="Nombre del albergue", t3="Personaz"
    )
    assert "¿Será «Personas" in visitor.html
    assert 'value="Personaz"' in visitor.html
    assert targets(draft) == {"site.name"}


def test_two_windows_do_not_overwrite_one_another(visitor, analyst):
    draft = draft_of(analyst)
    visitor.open(f"/mappings/draft/{draft.uid}/")
    bound(draft, Gente="observe households")
    visitor.press("Guardar y seguir", t3="Personas", t0="Nombre del albergue")
    assert "Otra ventana lo cambió: ahora dice «Familias»" in visitor.html
    assert targets(draft) == {"site.name", "observe households"}


def test_a_session_that_ends_while_editing_loses_nothing(visitor, analyst):
    draft = draft_of(analyst)
    visitor.open(f"/mappings/draft/{draft.uid}/").press("Guardar y seguir", t0="Nombre del albergue")
    visitor.client.logout()
    visitor.open(f"/mappings/draft/{draft.uid}/")
    assert "/login/" in visitor.url
    again = Visitor(client_of(analyst)).open("/mappings/")
    assert f"/mappings/draft/{draft.uid}/" in again.html
    assert 'value="Nombre del albergue"' in again.open(f"/mappings/draft/{draft.uid}/").html


def test_what_was_sent_when_the_session_had_ended_is_kept(visitor, analyst):
    draft = draft_of(analyst)
    here = f"/mappings/draft/{draft.uid}/"
    visitor.open(here)
    analyst.set_password("otras palabras inventadas")
    analyst.save()
    visitor.press("Guardar y seguir", t0="Nombre del albergue")
    assert "Lo que escribió está guardado" in visitor.html
    assert KeptForm.objects.get(user=analyst).path == here


def test_a_draft_is_nobody_elses(analyst):
    draft = draft_of(analyst)
    other = client_of(holding_role("analyst"))
    for page in ("", "columns/0/", "reading/", "try/", "save/", "discard/"):
        assert other.get(f"/mappings/draft/{draft.uid}/{page}").status_code == 404
        assert other.post(f"/mappings/draft/{draft.uid}/{page}").status_code == 404


def test_names_of_people_are_masked_on_every_page(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Gente": "observe persons"})
    for page in ("", "columns/7/", "columns/3/", "try/", "save/"):
        assert "Ana López" not in visitor.open(f"/mappings/draft/{draft.uid}/{page}").html
    assert "A•• L••••" in visitor.open(f"/mappings/draft/{draft.uid}/").html


# --- how a column is read


def test_what_each_answer_means_is_said_and_tried(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Agua": "observe litres_person_day"})
    visitor.open(f"/mappings/draft/{draft.uid}/columns/4/")
    assert "se lee: 10 a 15" in visitor.html
    visitor.press("Guardar", **{"u0-m0": "0-7,5"})
    assert document(draft).observe[0].choices == {"poca": (0.0, 7.5)}
    visitor.open(f"/mappings/draft/{draft.uid}/columns/4/").press("Guardar", **{"u0-m0": "no se sabe"})
    assert document(draft).observe[0].choices == {"poca": "unknown"}
    visitor.press("Guardar", **{"u0-m0": "bastante"})
    assert "escriba un número, un rango" in visitor.html
    assert document(draft).observe[0].choices == {"poca": "unknown"}
    assert "Agua por persona al día" in visitor.open(f"/mappings/draft/{draft.uid}/try/").html


def test_unit_sum_and_condition_are_said(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Gente": "observe persons"})
    page = f"/mappings/draft/{draft.uid}/columns/3/"
    visitor.open(page).press(
        "Guardar", **{"u0-factor": "5", "u0-more": "F\n", "u0-when": "¿luz?", "u0-answers": "Sí\n"}
    )
    entry = document(draft).observe[0]
    assert (entry.factor, [address.label for address in entry.addresses]) == (5.0, ["Gente", "Litros al día"])
    assert (entry.when.address.label, entry.when.answers) == ("¿Luz?", {"si"})
    visitor.open(page).press("Guardar", **{"u0-more": "Gemte", "u0-factor": "cero"})
    assert "¿Será «Gente»?" in visitor.html
    assert "mayor que cero" in visitor.html
    assert document(draft).observe[0] == entry


def test_one_column_may_become_two_things_and_one_be_taken_away(visitor, analyst):
    draft = bound(draft_of(analyst), **{"¿Luz?": "observe electricity"})
    page = f"/mappings/draft/{draft.uid}/columns/6/"
    visitor.open(page).press("Agregar", target="site.status")
    assert targets(draft) == {"observe electricity", "site.status"}
    visitor.press("Ya no leer «Hay luz eléctrica»")
    assert targets(draft) == {"site.status"}


def test_what_another_window_changed_meanwhile_is_shown_and_not_overwritten(visitor, analyst):
    draft = bound(draft_of(analyst), Gente="observe persons")
    visitor.open(f"/mappings/draft/{draft.uid}/columns/3/")
    now = document(draft).observe[0]
    change_draft(draft, by=analyst, change=lambda one: editing.with_observe(one, 0, replace(now, factor=2.0)))
    visitor.press("Guardar", **{"u0-factor": "9"})
    assert "Otra ventana lo cambió" in visitor.html
    assert document(draft).observe[0].factor == 2.0


def test_dates_hours_and_what_holds_for_every_row(visitor, analyst):
    draft = draft_of(analyst)
    page = f"/mappings/draft/{draft.uid}/reading/"
    visitor.open(page).press(
        "Guardar y seguir",
        title_es="Otra",
        order="ymd",
        offset="-06:00",
        country="hn",
        status="open",
        unknown="quién sabe\n",
    )
    made = document(draft)
    assert (made.order, made.place.country.value, editing.otherwise(made, "status")) == ("ymd", "HN", "open")
    assert made.unknown == {"quien sabe"}
    visitor.open(page).press("Guardar y seguir", offset="seis", country="Honduras")
    assert "Escríbala así: -06:00" in visitor.html


# --- nonsense, and saving


def test_litres_are_refused_as_people_in_words_before_saving(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Litros al día": "observe persons"})
    visitor.open(f"/mappings/draft/{draft.uid}/save/").press("Guardar versión")
    assert "habla de litros, y aquí se leería como «Personas»" in visitor.html
    assert not MappingVersion.objects.filter(name="mi-hoja").exists()
    assert MappingDraft.objects.filter(pk=draft.pk).exists()


def test_a_doubt_is_saved_only_by_who_says_that_they_read_it(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Agua": "observe litres_person_day"})
    page = f"/mappings/draft/{draft.uid}/save/"
    visitor.open(page).press("Guardar versión")
    assert "marque que las revisó" in visitor.html
    visitor.open(page).press("Guardar versión", accept="on", note="Con duda")
    saved = MappingVersion.objects.get(name="mi-hoja")
    assert (saved.version, saved.note, saved.by) == (1, "Con duda", analyst)


def test_a_mapping_that_is_not_whole_says_what_is_missing(visitor, analyst):
    draft = bound(draft_of(analyst), Gente="observe persons")
    visitor.open(f"/mappings/draft/{draft.uid}/save/")
    assert "Falta la columna del nombre o del código del albergue" in visitor.html
    visitor.press("Guardar versión")
    assert not MappingVersion.objects.filter(name="mi-hoja").exists()


def test_a_name_that_is_taken_is_said_and_the_sheet_is_not_lost(visitor, analyst):
    visitor.open("/mappings/new/").press(
        "Leer la hoja", title="Dos", name="dtm-b3", file=("hoja.csv", sheet())
    )
    assert "Ya hay una guía que se llama «dtm-b3»" in visitor.html
    assert 'value="Dos"' in visitor.html
    assert SheetUpload.objects.count() == 1


def test_a_name_taken_while_one_worked_is_said_and_the_draft_can_be_renamed(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Gente": "observe persons"})
    other = holding_role("analyst")
    save_mapping(by=other, name="mi-hoja", text=MAPPING.replace('name = "prueba"', 'name = "mi-hoja"'))
    visitor.open(f"/mappings/draft/{draft.uid}/save/").press("Guardar versión")
    assert "cámbiele el nombre" in visitor.html
    visitor.open(f"/mappings/draft/{draft.uid}/reading/").press("Guardar y seguir", name="mi-hoja-2")
    visitor.open(f"/mappings/draft/{draft.uid}/save/").press("Guardar versión")
    assert MappingVersion.objects.filter(name="mi-hoja-2").exists()


def test_two_people_at_one_mapping_are_told_and_neither_is_overwritten(analyst):
    mapping()
    first, second = Visitor(client_of(analyst)), Visitor(client_of(holding_role("analyst")))
    for one in (first, second):
        one.open("/mappings/page/prueba/").press("Cambiar esta guía")
    assert "también está cambiando esta guía" in first.open(first.url).html
    first.open(first.url + "reading/").press("Guardar y seguir", title_es="De la primera")
    first.open(first.url.replace("try", "save")).press("Guardar versión", note="primera")
    second.open(second.url + "reading/").press("Guardar y seguir", title_es="De la segunda")
    second.open(second.url.replace("try", "save"))
    assert "Frente a la versión 2" in second.html
    assert "De la primera" in second.html
    second.client.post(second.url, {"note": "a ciegas", "over": "0"})
    assert not MappingVersion.objects.filter(note="a ciegas").exists()
    second.press("Guardar la mía encima, como versión nueva", note="segunda")
    assert list(MappingVersion.objects.filter(name="prueba").values_list("version", "note")) == [
        (3, "segunda"),
        (2, "primera"),
        (1, ""),
    ]
    shown = second.open("/mappings/page/prueba/3/differences/").html
    assert "antes «De la primera», ahora «De la segunda»" in shown


def test_a_mapping_that_changes_nothing_is_no_version(visitor):
    mapping()
    visitor.open("/mappings/page/prueba/").press("Cambiar esta guía")
    visitor.open(visitor.url + "save/").press("Guardar versión")
    assert "No hay nada que guardar" in visitor.html
    assert MappingVersion.objects.filter(name="prueba").count() == 1


def test_a_draft_thrown_away_leaves_the_versions(visitor, analyst):
    mapping()
    visitor.open("/mappings/page/prueba/").press("Cambiar esta guía")
    visitor.open(visitor.url + "discard/").press("Descartar el borrador")
    assert not MappingDraft.objects.exists()
    assert MappingVersion.objects.filter(name="prueba").count() == 1
    assert LedgerEntry.objects.filter(verb="mapping.draft_discarded").exists()


def test_titles_with_quotes_and_line_breaks_are_only_titles(visitor, analyst):
    header = ['Nombre "del" lugar', 'Gente"\n[site]\nsystem = "otro', "]]\n[[observe]]", "Otro", "Otro"]
    content = sheet([["Uno", "12", "a", "1", "2"]], header)
    draft = draft_of(analyst, content, title='Título con "comillas"')
    visitor.open(f"/mappings/draft/{draft.uid}/").press(
        "Guardar y seguir",
        t0="Nombre del albergue",
        t1="Personas",
        t3="Familias",
        t4="Sanitarios que funcionan, todos",
    )
    visitor.open(f"/mappings/draft/{draft.uid}/save/")
    visitor.press("Guardar versión", **({"accept": "on"} if "Leí las dudas" in visitor.html else {}))
    saved = MappingVersion.objects.get(name=draft.name)
    made = examine(saved.text)[0]
    assert (made.site.system, len(made.observe)) == ("", 3)
    assert [address.nth for entry in made.observe for address in entry.addresses] == [0, 1, 2]


# --- sheets and forms of every shape


def test_a_sheet_of_two_thousand_columns_is_paged_and_light(visitor, analyst):
    header = ["Albergue", *[f"{at // 100}.{at} Columna de la ronda número {at}" for at in range(1, 2000)]]
    draft = draft_of(analyst, sheet([["Uno", *["12"] * 1999], ["Dos", *["13"] * 1999]], header))
    answer = visitor.client.get(f"/mappings/draft/{draft.uid}/?page=50")
    assert answer.status_code == 200
    assert len(answer.context["vm"].rows) == 40
    assert len(gzip.compress(answer.content)) <= 10 * 1024
    assert visitor.client.get(f"/mappings/draft/{draft.uid}/columns/1999/").status_code == 200
    assert visitor.client.get(f"/mappings/draft/{draft.uid}/columns/2000/").status_code == 404


def test_pages_of_a_draft_are_light(visitor, analyst):
    draft = bound(draft_of(analyst), **{"Nombre del lugar": "site.name", "Gente": "observe persons"})
    for page in ("", "columns/3/", "reading/", "try/", "save/"):
        content = visitor.client.get(f"/mappings/draft/{draft.uid}/{page}").content
        assert len(gzip.compress(content)) <= 10 * 1024, page


def test_a_column_without_a_title_can_become_nothing_and_says_why(visitor, analyst):
    draft = draft_of(analyst, sheet([["Uno", "12", "suelto"]], ["Albergue", "Gente"]))
    visitor.open(f"/mappings/draft/{draft.uid}/")
    assert "Sin título: queda en el mensaje" in visitor.html
    visitor.open(f"/mappings/draft/{draft.uid}/columns/2/").press("Agregar", target="observe toilets")
    assert "Esta columna no tiene título" in visitor.html


def test_a_form_without_questions_is_refused_in_words(visitor):
    made = form("vacio", bound=False)
    visitor.open("/mappings/new/").press("Ver sus preguntas", title="Vacía", form=str(made.uid))
    assert "no pregunta nada" in visitor.html
    assert not MappingDraft.objects.exists()


def test_a_sheet_whose_table_was_not_found_is_kept_and_read_where_one_says(visitor, analyst):
    content = b"Lista\r\n1,2,3\r\n,,\r\n"
    visitor.open("/mappings/new/").press("Leer la hoja", title="Mala", file=("mala.csv", content))
    upload = SheetUpload.objects.get()
    if upload.state == "failed":
        assert "Decir dónde están los títulos" in visitor.html
    visitor.open(f"/sheets/{upload.uid}/").press("Leerla otra vez", header_row="90")
    assert "La hoja tiene" in visitor.html
    upload.refresh_from_db()
    assert (upload.state, upload.header_row) == ("failed", 90)


def test_garbage_in_an_address_or_a_form_is_no_error(visitor, analyst):
    draft = draft_of(analyst)
    here = f"/mappings/draft/{draft.uid}/"
    for query in ("?page=nada", "?page=999", "?see=otro", "?q=%00", "?see=doubted&page=-1"):
        assert visitor.client.get(here + query).status_code == 200
    for said in (
        {"t9999": "Personas"}, {"t1": "x" * 5000, "w1": ""}, {"do": "take:observe nada"}, {"do": "drop:99"},
        {"do": "sum:nada"}, {"do": "drop:²"}, {"t²": "x"},
        {"do": "sure", "t0": "Nombre del albergue", "w0": "otra cosa"},
    ):  # fmt: skip
        assert visitor.client.post(here, said).status_code in (200, 302)
    for said in ({"do": "keep:9"}, {"do": "keep:²"}, {"do": "drop:-1"}, {"do": "add", "target": "site.nada"}):
        assert visitor.client.post(here + "columns/3/", said).status_code in (200, 302)
    assert visitor.client.post(here + "try/", {"do": "form", "form": "nada"}).status_code == 404
    assert visitor.client.get("/mappings/page/no-existe/").status_code == 404


# --- sheets: who does what


def ready_sheet(user: User) -> SheetUpload:
    save_mapping(
        by=machine(),
        name="comite",
        text=f"""
name = "comite"
version = 1
kind = "assessment"
title = {{ es = "Comité", en = "Committee" }}
told_at = {{ column = "Visita" }}
[site]
name = {{ column = "{HEADER[0]}" }}
[place]
names = [{{ column = "Municipio" }}]
country = "TS"
[[observe]]
indicator = "persons"
column = "Gente"
""".replace('country = "TS"\n', ""),
    )
    return read_upload(receive_upload(by=user, content=sheet(), filename="hoja.csv"))


def test_an_analyst_makes_and_tries_and_the_committee_applies(analyst):
    upload = ready_sheet(analyst)
    tries = Visitor(client_of(analyst)).open(f"/sheets/{upload.uid}/")
    tries.press("Ver qué dice", mapping="comite")
    assert "La aplica el comité o la autoridad nacional" in tries.html
    assert tries.client.post(f"/sheets/{upload.uid}/apply/").status_code == 403
    stranger = person(Sites.MANAGE)
    assert client_of(stranger).get(f"/sheets/{upload.uid}/").status_code == 404
    applies = person(Sites.MANAGE, Sites.REPORT, Sites.VIEW, member_of=analyst.organisation)
    does = Visitor(client_of(applies)).open("/sheets/")
    assert f"/sheets/{upload.uid}/" in does.html
    does.open(f"/sheets/{upload.uid}/apply/").press("Aplicar la hoja")
    assert "La hoja está aplicada" in does.html
    assert Site.objects.count() == 2
    does.open(f"/sheets/{upload.uid}/undo/").press("Deshacer la hoja")
    assert "La hoja está deshecha" in does.html
    assert Observation.objects.count() == 0
    assert Site.objects.count() == 0


def test_a_sheet_shows_row_by_row_what_it_would_do_before_it_is_applied(analyst):
    here = f"/sheets/{ready_sheet(analyst).uid}/"
    does = person(Sites.MANAGE, Sites.REPORT, Sites.VIEW, member_of=analyst.organisation)
    visitor = Visitor(client_of(does)).open(here).press("Ver qué dice", mapping="comite")
    assert "Fila por fila" in visitor.html
    assert visitor.html.count("NUEVO") == 2
    assert Site.objects.count() == 0
    assert "Albergues nuevos: 2." in visitor.open(f"{here}apply/").html
    visitor.press("Aplicar la hoja")
    visitor = Visitor(client_of(does)).open(f"/sheets/{ready_sheet(analyst).uid}/")
    visitor.press("Ver qué dice", mapping="comite")
    assert "NUEVO" not in visitor.html
    for site in Site.objects.all():
        assert f'href="/sites/{site.uid}/"' in visitor.html


def test_where_nobody_told_the_people_the_women_and_men_that_came_are_shown():
    figures = {"people": 0, "open_people": 0, "told": {"women": 80}}
    assert _people(figures) == [("Mujeres", 80, "")]


def test_a_sheet_applied_again_through_another_mapping_is_said_once(analyst):
    by = machine()
    first, second = ready_sheet(by), ready_sheet(by)
    text = MappingVersion.objects.get(name="comite").text.replace('"comite"', '"otra"')
    save_mapping(by=by, name="otra", text=text)
    does = Visitor(Client())
    user = person(Sites.MANAGE, Sites.REPORT, Sites.VIEW, member_of=by.organisation)
    does.client.force_login(user)
    for upload, name in ((first, "comite"), (second, "otra")):
        does.open(f"/sheets/{upload.uid}/").press("Ver qué dice", mapping=name)
        does.open(f"/sheets/{upload.uid}/apply/").press("Aplicar la hoja")
        assert "La hoja está aplicada" in does.html
    assert Observation.objects.count() == 2


def test_a_mapping_that_does_not_fit_the_sheet_is_said_and_nothing_is_written(analyst):
    upload = ready_sheet(analyst)
    visitor = Visitor(client_of(analyst)).open(f"/sheets/{upload.uid}/")
    visitor.press("Ver qué dice", mapping="copeco-sites")
    assert "No se cambió nada" in visitor.html
    upload.refresh_from_db()
    assert (upload.state, upload.mapping) == ("ready", None)


def test_a_large_sheet_is_worked_on_by_the_worker_and_the_page_says_so(analyst):
    by = machine()
    ready_sheet(by)
    rows = [[f"Escuela {at}", *ROWS[0][1:-1], "relleno " * 90] for at in range(450)]
    user = person(Sites.MANAGE, Sites.REPORT, Sites.VIEW, member_of=by.organisation)
    does = (
        Visitor(client_of(user)).open("/sheets/new/").press("Leer la hoja", file=("grande.csv", sheet(rows)))
    )
    upload = SheetUpload.objects.first()
    assert "Puede cerrar esta página: el trabajo sigue" in does.html
    assert does.client.get(does.url)["Refresh"] == "3"
    jobs.read_upload.call(upload.pk)
    does.open(does.url).press("Ver qué dice", mapping="comite")
    assert "Se está revisando la hoja" in does.html
    jobs.judge_upload.call(upload.pk)
    does.open(does.url + "apply/").press("Aplicar la hoja")
    assert "Se está aplicando la hoja" in does.html
    for _time in range(2):  # killed and called again, it is written once
        SheetUpload.objects.filter(pk=upload.pk).update(state="applying")
        jobs.apply_upload.call(upload.pk, user.pk)
    assert "La hoja está aplicada" in does.open(does.url).html
    assert (Site.objects.count(), Observation.objects.count()) == (450, 450)
    does.open(does.url + "undo/").press("Deshacer la hoja")
    jobs.undo_upload.call(upload.pk, user.pk)
    assert "La hoja está deshecha" in does.open(does.url).html
    assert Observation.objects.count() == 0


# --- forms


def test_a_form_is_read_through_the_mapping_and_old_messages_run_again_with_progress(analyst):
    made = form()
    by = phone().device
    receive_here(Incoming("prueba", "uuid:1", b"1", filled("uuid:1"), by=by.user, holder_id=by.holder_id))
    RawMessage.objects.update(
        form_version=FormVersion.objects.get(),
        state="applied",
        applied_at=timezone.now() - timedelta(hours=1),
    )
    visitor = Visitor(client_of(holding_role("analyst")))
    visitor.open(f"/forms/{made.uid}/rerun/").press("Aplicar otra vez")
    assert "Van 0 de 1 mensajes" in visitor.html
    RawMessage.objects.update(state="applied", applied_at=timezone.now() + timedelta(seconds=5))
    assert "Listo: todo se aplicó con prueba v1" in visitor.open(visitor.url).html
    save_mapping(by=machine(), name="prueba", text=MAPPING.replace("Prueba", "Prueba nueva"))
    visitor.open("/mappings/page/prueba/")
    assert "con la versión 1" in visitor.html
    visitor.press("Usar la versión nueva")
    made.refresh_from_db()
    assert made.mapping.version == 2


def test_answers_are_shown_only_to_who_may_review_messages(analyst):
    made = form()
    version = FormVersion.objects.get()
    version.questions = [{"path": "persons", "kind": "integer", "labels": {}}]
    version.save()
    by = phone().device
    receive_here(
        Incoming(
            "prueba",
            "uuid:1",
            b"1",
            filled("uuid:1", persons=4321),
            by=by.user,
            holder_id=by.holder_id,
            form_version=version,
        )
    )
    for user, sees in ((analyst, True), (person(Intake.MANAGE_FORMS), False)):
        draft = start_draft(by=user, title=f"De {user.username}", form_version=version)
        bench = Workbench(draft, user)
        assert (bench.sample.seen[0].shown() == ("4321",)) == sees
    assert bind_form(made, by=machine(), mapping="prueba").mapping


def test_a_stranger_opens_nothing(home):
    stranger = client_of(person())
    for url in ("/mappings/", "/mappings/new/", "/mappings/page/dtm-b3/", "/sheets/", "/sheets/new/"):
        assert stranger.get(url).status_code == 403
        assert Client().get(url).status_code == 302
