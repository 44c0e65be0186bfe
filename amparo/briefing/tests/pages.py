"""Every page with invented view-models: name -> (template, what makes its context)."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django import forms

from amparo.briefing import viewmodels as v
from amparo.briefing.tests import invented as i
from amparo.toolkit.drawings import Reading
from amparo.toolkit.frames import ConfirmPage, Filters, FormPage, Link, Notice, Option, Pages
from amparo.toolkit.resources import Empty
from amparo.toolkit.resources.grid import GridPage, GridRow
from amparo.toolkit.resources.history import HistoryPage as HistoryOf
from amparo.toolkit.resources.history import Line
from amparo.toolkit.resources.lists import Cell, Head, ListPage, Row, ViewLink
from amparo.toolkit.resources.pages import RecordPage

Context = Callable[[], dict[str, Any]]


class VerifyForm(forms.Form):
    who = forms.CharField(label="Quién la leyó", max_length=80)
    source = forms.CharField(label="En qué documento", help_text="Nombre, edición y página.")
    read_on = forms.DateField(label="Cuándo", widget=forms.DateInput(attrs={"type": "date"}))


class UploadForm(forms.Form):
    file = forms.FileField(label="Hoja XLSForm", help_text="Archivo .xlsx de hasta 10 MB.")
    publish = forms.BooleanField(label="Publicar si no hay errores", required=False)


class CrisisForm(forms.Form):
    name = forms.CharField(label="Nombre")
    phase = forms.ChoiceField(
        label="Etapa",
        choices=[("survival", "Primeros días"), ("acute", "Estable"), ("longer", "Larga")],
        widget=forms.RadioSelect,
        help_text="Elige con qué normas se mide.",
    )
    notes = forms.CharField(label="Notas", required=False, widget=forms.Textarea)


class LoginForm(forms.Form):
    username = forms.CharField(label="Usuario")
    password = forms.CharField(label="Contraseña", widget=forms.PasswordInput)


class ReasonForm(forms.Form):
    reason = forms.CharField(label="Por qué", help_text="Quedará en la bitácora.")


class SpaceForm(forms.Form):
    name = forms.CharField(label="Espacio")
    use = forms.ChoiceField(label="Uso", choices=[("sleep", "Dormir"), ("kitchen", "Cocina")])
    area = forms.FloatField(label="Metros cuadrados", required=False, min_value=0)
    places = forms.IntegerField(label="Lugares para dormir", required=False, min_value=0)
    lit = forms.BooleanField(label="Con luz", required=False)


def spaces_sections(*, bound: bool = False) -> dict[str, Any]:
    formset = forms.formset_factory(SpaceForm, extra=1)
    if bound:
        data = {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "1",
            "form-0-name": "Aula 1",
            "form-0-use": "sleep",
            "form-0-area": "mucho",
        }
        lines = formset(data)
    else:
        lines = formset(initial=[{"name": "Aula 1", "use": "sleep", "area": 56.0, "places": 16, "lit": True}])
    return {
        "vm": v.SpacesForm(
            i.head("spaces"),
            "Corregir espacios de Escuela Inventada",
            "¿Cómo está el edificio?",
            "/albergues/3/espacios/",
            "/albergues/3/espacios/",
        ),
        "sections": [("Espacios", "Aulas, salones, pasillos", lines), ("Emergencia", "", CrisisForm())],
    }


def board_of(*, sites: int) -> v.Board:
    """A page of twenty rows in a country of `sites` centres."""
    rows = tuple(
        v.BoardRow(
            name=f"Escuela Inventada {n * 37 % 991}",
            url=f"/albergues/{n * 7919 % 100003}/",
            rank=n,
            place=f"Aldea {n * 53 % 211}, municipio {n % 7}",
            kind=("grave", "bajo", "nada", "cumple", "duda")[n % 5],
            people=40 + n * 17 % 300,
            floor=60 + n * 31 % 300,
            served=None if n % 5 == 2 else 20 + n * 23 % 250,
            affected=None if n % 5 in {2, 3} else 3 + n * 13 % 90,
            affected_label=("mujeres", "personas")[n % 2],
            limits=("Sanitarios de mujeres", "Agua", "Espacio bajo techo", "Duchas")[n % 4],
            limits_note=f"{n} para {n * 29}; faltan {n * 3 % 8}",
            pills=(v.Pill("grave", f"{1 + n % 3} graves"), v.Pill("bajo", f"{n % 4} no cumplen")),
            told_at=i.ago(hours=n * 1.7),
            lasts_hours=24,
        )
        for n in range(1, 21)
    )
    points = tuple(
        v.MapPoint(14 + (n * 37 % 100) / 100, -87 + (n * 53 % 100) / 100, rows[n - 1].kind, str(n))
        for n in range(1, 21)
    )
    return v.Board(
        as_of=i.NOW,
        sites=sites,
        filters=i.filters(),
        crisis="Tormenta Inventada",
        phase="estable",
        people=65624,
        people_sites=sites - 2,
        free_places=812,
        free_by_floor=2230,
        grave_sites=36,
        grave_people=10644,
        not_assessed_sites=1,
        silent_sites=7,
        silent=i.SILENT,
        chips=i.BOARD.chips,
        rows=rows,
        pages=Pages(1, 20, sites, "", "/?page=2"),
        points=points,
    )


def site_page_of(*, failing: int, doubtful: int, unknown: int, met: int) -> v.SitePage:
    """A centre judged against every published standard."""
    kinds = ["grave"] * (failing // 2) + ["bajo"] * (failing - failing // 2)
    kinds += ["duda"] * doubtful + ["nada"] * unknown + ["cumple"] * met
    gaps = tuple(
        v.Gap(
            f"Servicio inventado {n * 31 % 97}",
            kind,
            icon=("agua", "sanitario", "ducha", "luz", "piso")[n % 5],
            anchor=f"standard-{n}",
            summary=f"{n * 7 % 61} personas sin servicio",
            low=None if kind == "nada" else n * 3.7,
            unit="personas por servicio",
            standard=f"{n * 2} o menos",
            source=f"Esfera 2018, p. {100 + n}",
            verified=kind != "duda",
            affected=n,
            affected_label="personas",
            groups=(v.Group("M", 78, n), v.Group("H", 65, n // 2)) if kind in {"grave", "bajo"} else (),
            series=v.Series(
                "Siete días",
                i.week([n + 1.0, n + 2.0, n * 1.5, None, n + 4.0, n * 2.0, n * 3.7]),
                kind,
                n * 2,
                True,
            )
            if kind in {"grave", "bajo"}
            else None,
            trend_url=f"/albergues/3/tendencia/{n}/",
            told_at=i.ago(hours=n),
            lasts_hours=48,
            origin=i.TOILETS_ORIGIN if kind in {"grave", "bajo", "duda"} else None,
        )
        for n, kind in enumerate(kinds, 1)
    )
    return v.SitePage(
        head=i.head(),
        headline=i.SITE_PAGE.headline,
        explanation=i.SITE_PAGE.explanation,
        tonight=i.TONIGHT,
        to_standard=i.TO_STANDARD,
        floor=160,
        served=73,
        gaps=gaps,
        people=i.PEOPLE,
        spaces=i.SPACES,
        facilities=i.FACILITIES,
        facts=i.FACTS,
        spaces_url="/x/",
    )


def year() -> tuple[Reading, ...]:
    """A year of days with holes, ranges and one lone reading."""

    def value(day: int) -> float | None:
        if 60 < day < 80 or (200 < day < 230 and day != 215):
            return None
        return 18 + 12 * ((day * 7919) % 97) / 97 + day / 30

    return tuple(
        Reading(i.ago(hours=24 * (364 - day)), value(day), (value(day) or 0) + 6 if day % 90 == 10 else None)
        for day in range(365)
    )


STANDARD = v.StandardRow(
    name="Sanitarios de mujeres",
    unit="mujeres por sanitario",
    values=(
        v.PhaseValue("Primeros días", "50 o menos", True),
        v.PhaseValue("Estable", "20 o menos"),
        v.PhaseValue("Larga", "20 o menos"),
    ),
    source="Esfera 2018",
    page="p. 117",
    verified=True,
    by_sex="Si no están separados, no cumple para mujeres",
    lasts_hours=24,
    verified_by="Isaías Morazul",
    verified_on=dt.date(2026, 11, 20),
    evidence="Leída en la edición impresa",
)
UNVERIFIED = v.StandardRow(
    name="Duchas",
    unit="personas por ducha",
    values=(v.PhaseValue("Estable", "50 o menos"),),
    source="Por confirmar",
    verified=False,
    lasts_hours=24 * 7,
    verify_url="/normas/showers/verificar/",
)
FORM_ROW = v.FormRow(
    "Evaluación del albergue",
    "site_assessment",
    "2026112201",
    "/formularios/1/",
    v.Pill("cumple", "En los teléfonos"),
    questions=61,
    mapped=48,
    received=1204,
    waiting=2,
    last_at=i.ago(hours=0.5),
)
PHONE = v.PhoneRow("Mesa 2", "/telefonos/2/", "Ulises Tornasol", "San Lorenzo del Valle", i.ago(hours=3), 41)
MESSAGE = v.MessageRow(
    "7K2-Q9XF",
    "/mensajes/7/",
    "Evaluación del albergue",
    i.ago(hours=2),
    v.Pill("bajo", "Espera"),
    "El albergue «Esc. Rio Seko» no se reconoce",
    "Mesa 2",
    "",
)
ENTRIES = (
    v.HistoryEntry(
        i.ago(hours=1), "Conteo: 143 personas", "Delmira Q.", "78 mujeres, 65 hombres", "/mensajes/9/"
    ),
    v.HistoryEntry(i.ago(hours=30), "Evaluación del albergue", "Ulises T."),
)


def grid_row(uid: str, *, data: dict[str, str] | None = None, saved: bool = False) -> GridRow:
    form = ReasonForm(data, prefix=f"r{uid}")
    return GridRow(f"Escuela {uid}", "/a/", uid, form, "{}", saved, (form["reason"], None))


CELLS = (
    Cell("Tipo", "text", "Albergue", "Albergue"),
    Cell("Personas", "whole", 143, "143"),
    Cell("Dato de", "moment", i.ago(hours=1), "hoy", lasts=24),
    Cell("Teléfono", "phone", "0000 0112", "0000 0112"),
)
LINES = (Line(i.ago(hours=1), "Se corrigió", "Delmira Q.", "Nombre: de «A» a «B».", "/m/"),)
IMPORT = v.ImportPage(
    file="lista.xlsx",
    mapping="Lista de albergues",
    counts=(("Líneas", 595), ("Ubicadas", 592), ("Por revisar", 3), ("Marcadas", 86)),
    columns=(("Nombre", "nombre del albergue"), ("COL_9", "")),
    flagged=(v.ImportLine(17, "Escuela Uno", "bajo", "Repite municipio, nombre y colonia de la línea 9"),),
    flagged_total=86,
    action="/importar/1/",
    cancel_url="/albergues/",
)


def form_page(**values: Any) -> FormPage:
    return FormPage(
        **(
            {
                "title": "¿Qué formulario?",
                "submit": "Guardar",
                "cancel_url": "/x/",
                "crumb": "Atrás",
                "crumb_url": "/x/",
            }
            | values
        )
    )


PAGES: dict[str, tuple[str, Context]] = {
    "board": ("briefing/board.html", lambda: {"vm": i.BOARD}),
    "board_country": ("briefing/board.html", lambda: {"vm": board_of(sites=1000)}),
    "board_empty": ("briefing/board.html", lambda: {"vm": i.EMPTY_BOARD}),
    "board_closed": ("briefing/board.html", lambda: {"vm": i.CLOSED_BOARD}),
    "site_page": ("briefing/site_page.html", lambda: {"vm": i.SITE_PAGE}),
    "site_page_full": (
        "briefing/site_page.html",
        lambda: {"vm": site_page_of(failing=8, doubtful=8, unknown=25, met=18)},
    ),
    "site_page_bare": ("briefing/site_page.html", lambda: {"vm": i.BARE_SITE_PAGE}),
    "site_history": (
        "briefing/site_history.html",
        lambda: {"vm": v.HistoryPage(i.head("history"), ENTRIES)},
    ),
    "site_history_empty": ("briefing/site_history.html", lambda: {"vm": v.HistoryPage(i.head("history"))}),
    "site_spaces": (
        "briefing/site_spaces.html",
        lambda: {"vm": v.SpacesPage(i.head("spaces"), i.SPACES, i.FACILITIES, i.FACTS, "/x/")},
    ),
    "site_spaces_empty": (
        "briefing/site_spaces.html",
        lambda: {"vm": v.SpacesPage(i.head("spaces"), edit_url="/x/")},
    ),
    "site_spaces_edit": ("briefing/site_spaces_edit.html", spaces_sections),
    "site_spaces_wrong": ("briefing/site_spaces_edit.html", lambda: spaces_sections(bound=True)),
    "site_messages": (
        "briefing/site_messages.html",
        lambda: {"vm": v.SiteMessagesPage(i.head("messages"), (MESSAGE,))},
    ),
    "site_messages_empty": (
        "briefing/site_messages.html",
        lambda: {"vm": v.SiteMessagesPage(i.head("messages"))},
    ),
    "site_trend": (
        "briefing/site_trend.html",
        lambda: {
            "vm": v.TrendPage(
                i.head(),
                "Sanitarios de mujeres",
                "mujeres por sanitario",
                v.Series("Un año", year(), "grave", 20, True),
                kind="grave",
                low=39,
                told_at=i.ago(hours=1),
                lasts_hours=24,
                standard="20 o menos",
                source="Esfera 2018, p. 117",
                ranges=(
                    v.Chip("7 días", "?r=7"),
                    v.Chip("30 días", "?r=30"),
                    v.Chip("Un año", "?r=365", True),
                ),
                rows=tuple(
                    v.TrendRow(
                        i.ago(hours=24 * n),
                        None if n == 3 else 39 - n,
                        None,
                        "nada" if n == 3 else "grave",
                        "Mesa 2",
                    )
                    for n in range(20)
                ),
                rows_title="Los últimos 20 datos",
                days_measured=317,
                days=365,
                origin=i.TOILETS_ORIGIN,
            )
        },
    ),
    "site_trend_empty": (
        "briefing/site_trend.html",
        lambda: {
            "vm": v.TrendPage(
                i.head(),
                "Cloro",
                "mg por litro",
                v.Series("Un año", ()),
                standard="0.2 a 0.5",
                verified=False,
                days=30,
            )
        },
    ),
    "list": (
        "toolkit/resource_list.html",
        lambda: {
            "vm": ListPage(
                "¿Qué albergues hay?",
                "Personas y edad del dato.",
                "Busque por nombre.",
                i.filters(),
                (
                    Head("Albergue", url="?sort=name", direction="ascending"),
                    Head("Personas", True),
                    Head("Dato de"),
                ),
                (
                    Row("Escuela Río Seco", "/sites/3/", "Aldea Río Seco", CELLS),
                    Row("Gimnasio Viejo", "/sites/4/", "Barrio Abajo", CELLS),
                ),
                Empty("Nada", "Nada todavía"),
                14,
                chips=(v.Chip("Abiertos", "?status=open", True, 12),),
                pages=Pages(1, 2, 14, "", "?page=2"),
                new=Link("Agregar albergue", "/sites/new/"),
                links=(Link("Corregir varios", "/sites/grid/", "reporte"),),
                exports=(Link("CSV", "/sites/export.csv"),),
                views=(ViewLink("Los del valle", "?place=HN17", True, False, "abc"),),
                views_url="/sites/views/",
                keep="status=open",
                not_understood=(Notice("bajo", "No se conoce el filtro", "Se muestran todos."),),
            )
        },
    ),
    "list_empty": (
        "toolkit/resource_list.html",
        lambda: {
            "vm": ListPage(
                "¿Qué emergencias hay?",
                "",
                "",
                Filters("/crises/", "Buscar emergencia"),
                (),
                (),
                Empty("Ninguna emergencia abierta", "Ábrala con su nombre, su etapa y sus municipios."),
                new=Link("Abrir emergencia", "/crises/new/"),
            )
        },
    ),
    "record": (
        "toolkit/resource_page.html",
        lambda: {
            "vm": RecordPage(
                "Tormenta Inventada",
                "San Lorenzo",
                "La etapa elige la norma.",
                "Emergencias",
                "/crises/",
                CELLS,
                LINES,
                "/crises/1/history/",
                Link("Corregir", "/crises/1/edit/"),
                (Link("Terminar emergencia", "/crises/1/close/"),),
                "/crises/1/undo/?of=x-1",
                "Cambió su nombre. Nombre: de «A» a «B».",
                (Notice("info", "Esta emergencia ya terminó.", "Se puede ver, no cambiar."),),
            )
        },
    ),
    "record_history": (
        "toolkit/resource_history.html",
        lambda: {
            "vm": HistoryOf("Historia de X", "X", "/x/", LINES, undo_url="/u/", undo_words="Se corrigió.")
        },
    ),
    "record_edit": (
        "toolkit/resource_form.html",
        lambda: {
            "vm": form_page(title="Tormenta Inventada", hidden=(("_seen", "{}"),)),
            "form": CrisisForm({"name": "", "phase": "x"}),
            "resource": None,
        },
    ),
    "grid": (
        "toolkit/resource_grid.html",
        lambda: {
            "vm": GridPage(
                "¿Qué corrige?",
                "Albergues",
                "/sites/",
                "/sites/grid/",
                ("Por qué", "Tipo"),
                (
                    grid_row("aa", saved=True),
                    grid_row("bb", data={}),
                ),
                (Option("name", "Nombre", True),),
                (("q", "escuela"),),
                "marca",
                notices=(Notice("bajo", "Falta corregir 1 fila.", "Nada se perdió."),),
            )
        },
    ),
    "standards": (
        "briefing/standards.html",
        lambda: {
            "vm": v.StandardsPage((("Agua y saneamiento", (STANDARD, UNVERIFIED)),), 51, 34, "Esfera 2018.")
        },
    ),
    "standard_verify": (
        "briefing/standard_verify.html",
        lambda: {"vm": v.StandardVerifyPage(UNVERIFIED, "/x/", "/normas/"), "form": VerifyForm()},
    ),
    "standard_verify_wrong": (
        "briefing/standard_verify.html",
        lambda: {
            "vm": v.StandardVerifyPage(UNVERIFIED, "/x/", "/normas/"),
            "form": VerifyForm({"who": "yo"}),
        },
    ),
    "form_upload": (
        "briefing/form_upload.html",
        lambda: {
            "vm": form_page(
                multipart=True,
                notices=(
                    Notice(
                        "grave", "La hoja tiene un error", "Línea 12: falta el nombre de la lista «sino»."
                    ),
                ),
            ),
            "form": UploadForm(),
        },
    ),
    "form_page": (
        "briefing/form_page.html",
        lambda: {
            "vm": v.FormView(
                FORM_ROW,
                (
                    v.Question(
                        "toilets_women",
                        "¿Cuántos sanitarios de mujeres funcionan?",
                        "número",
                        "Saneamiento",
                        True,
                        "sanitarios de mujeres que funcionan",
                    ),
                    v.Question("photo", "Foto de la entrada", "foto", "Saneamiento"),
                ),
                (v.FormVersion("2026112201", i.ago(hours=30), "Isaías M.", True, 12),),
                (Notice("bajo", "Hay teléfonos con la versión anterior", "Lo que envíen se recibe igual."),),
                (v.Link("Hoja", "/x.xlsx", "bajar"),),
                "/formularios/subir/",
                "/formularios/",
            )
        },
    ),
    "phone_enrol": (
        "toolkit/form.html",
        lambda: {"vm": form_page(title="¿Quién usará el teléfono?"), "form": ReasonForm()},
    ),
    "phone_page": (
        "briefing/phone_page.html",
        lambda: {
            "vm": v.PhonePage(
                PHONE, "/telefonos/", "/telefonos/2/cortar/", "/telefonos/2/contrasena/", entries=ENTRIES
            )
        },
    ),
    "phone_secret": (
        "briefing/phone_secret.html",
        lambda: {
            "vm": v.PhoneSecret(
                PHONE,
                "/telefonos/2/",
                "https://192.0.2.10:8443/",
                '{"general":{"server_url":"https://192.0.2.10:8443","username":"mesa-2","password":"inventada-1234567890"},"admin":{},"project":{"name":"Amparo"}}',
                "mesa-2",
                "inventada-1234567890",
                "/trust/",
                notices=(
                    Notice("grave", "Un teléfono no puede llegar a esta dirección.", "Solo existe aquí."),
                ),
            )
        },
    ),
    "phone_secret_shown": (
        "briefing/phone_secret.html",
        lambda: {"vm": v.PhoneSecret(PHONE, "/telefonos/2/", renew_url="/telefonos/2/contrasena/")},
    ),
    "phone_revoke": (
        "toolkit/confirm.html",
        lambda: {
            "vm": ConfirmPage(
                "¿Cortar el teléfono Mesa 2?",
                "No podrá enviar nada más.",
                "Cortar",
                "/telefonos/2/",
                consequences=("Lo que ya envió sigue guardado.", "Para volver, se agrega de nuevo."),
            ),
            "form": ReasonForm(),
        },
    ),
    "message_page": (
        "briefing/message_page.html",
        lambda: {
            "vm": v.MessagePage(
                MESSAGE,
                "El albergue «Esc. Rio Seko» no está en la lista.",
                "El mensaje está guardado entero, con sus 3 fotos.",
                "Diga qué albergue es, o agréguelo, e intente otra vez.",
                (("¿Cuántas mujeres?", "78"), ("¿Cuántos sanitarios?", "2")),
                ENTRIES,
                "/mensajes/",
                "/mensajes/7/intentar/",
                "/mensajes/7/dejar/",
                "/mensajes/7/original/",
            ),
            "form": ReasonForm(),
        },
    ),
    "trust": (
        "briefing/trust.html",
        lambda: {
            "vm": v.TrustPage(
                "https://192.0.2.10:8443/trust/",
                "/trust/ca.crt",
                "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89",
                "https://192.0.2.10:8443/trust/",
                dt.date(2028, 11, 22),
            )
        },
    ),
    "trust_public": (
        "briefing/trust.html",
        lambda: {"vm": v.TrustPage("https://amparo.example/", "", "", "", own_authority=False)},
    ),
    "login": (
        "briefing/login.html",
        lambda: {
            "form": LoginForm(),
            "nav": [],
            "me": None,
            "where": None,
            "demo": [("delmira", "palabras inventadas")],
        },
    ),
    "import_preview": ("briefing/import_page.html", lambda: {"vm": IMPORT}),
    "import_result": (
        "briefing/import_page.html",
        lambda: {
            "vm": v.ImportPage(
                "lista.xlsx",
                "Lista de albergues",
                IMPORT.counts,
                done=True,
                undo_url="/x/",
                next=v.Link("Ver albergues", "/"),
            )
        },
    ),
    "refused": (
        "toolkit/refused.html",
        lambda: {"message": "El albergue ya está cerrado."},
    ),
    **{
        code: (f"{code}.html", lambda: {"nav": []})
        for code in ("400", "403", "403_csrf", "404", "413", "500", "503", "503_disk_full")
    },
}
