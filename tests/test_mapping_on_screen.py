"""A mapping made on the screen from nothing: a round of assessments gives its figures, a form's answers the board.

Everything is done with the boxes and buttons that are on the pages.
"""

import csv
from typing import Any

import pytest
from django.test import Client

from amparo.briefing.queries.figures import gap_figures
from amparo.briefing.tests.pressing import Visitor
from amparo.intake.actions.applying import apply_received
from amparo.intake.actions.forms import publish_form
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.mapping.tests.test_shipped import invented_sites, lines
from amparo.intake.models import Form, FormVersion, MappingVersion, RawMessage
from amparo.intake.testing import phone
from amparo.kernel.models import User
from amparo.kernel.testing import holding_role
from amparo.places.testing import no_country
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Moment
from amparo.sites.testing import country, machine
from tests.test_collect import IFRC, IFRC_ANSWERS, SEEN_OF_THE_REAL_ONE, SEEN_OF_THE_TWIN, TWIN, TWIN_ANSWERS
from tests.test_shown_by import BOTH, NEPAL, asked, counted, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(home: Any) -> None:
    home.keys.mkdir()
    no_country()
    country()
    machine()


def national() -> User:
    return holding_role("national")


def visitor(user: User) -> Visitor:
    client = Client()
    client.force_login(user)
    return Visitor(client)


@pytest.mark.parametrize("which", BOTH)
def test_a_round_mapped_on_the_screen_from_nothing_gives_its_figures(house, which):
    real = which == "real"
    rows = (
        list(csv.reader(NEPAL.read_text("utf-8-sig").splitlines()))
        if real
        else [[str(cell) for cell in line] for line in lines(list(invented_sites(40, seed=11)))]
    )
    content = NEPAL.read_bytes() if real else written(rows).encode()
    person = visitor(national())

    person.open("/mappings/").open("/mappings/new/")
    person.press("Leer la hoja", title="Ronda de prueba", file=("ronda.csv", content))
    assert "Sin uso" in person.html
    person.press("Aceptar sugerencias")
    person.open(person.url + "try/")
    assert "Así se leerían 10 de" in person.html
    person.open(person.url.replace("/try/", "/save/"))
    assert "no se puede guardar" not in person.html
    doubts = {"accept": "on"} if "Leí las dudas" in person.html else {}
    person.press("Guardar versión", note="De la ronda", **doubts)

    person.press("Ver qué dice")
    person.open(person.url + "apply/").press("Aplicar la hoja")
    assert "La hoja está aplicada" in person.html
    shown = person.client.get(person.url).context["vm"]
    taken, gaps = counted(asked(rows))
    figures = {words: (count, note) for words, count, note in shown.figures}
    assert figures["Albergues"] == (taken["sites"], f"{taken['open']} abiertos")
    assert figures["Familias"][0] == taken["households"]
    assert figures["Personas"][0] == taken["people"]
    assert figures["Edades que no suman"][0] == len(taken["flagged"])
    said = gap_figures(
        machine(), indicator="persons_per_toilet", include_closed=True, moment=Moment.last_report(), place=""
    )
    assert {key: said[key] for key in gaps} == gaps
    if real:
        assert (taken["sites"], taken["open"], taken["households"], taken["people"]) == (
            146,
            144,
            12419,
            66756,
        )
        assert [said[key] for key in ("assessed", "not_assessed", "with_toilets", "median")] == [
            145,
            1,
            109,
            59.2,
        ]
        assert [said[key] for key in ("none_working", "people_none_working")] == [36, 10644]
        assert [said[key] for key in ("not_met_50", "not_met_20")] == [98, 123]

    person.open(person.url + "undo/").press("Deshacer la hoja")
    assert "La hoja está deshecha" in person.html
    after = gap_figures(
        machine(), indicator="persons_per_toilet", include_closed=True, moment=Moment.last_report(), place=""
    )
    assert after["assessed"] == 0


TWIN_TYPED = {
    "place/site_name": "Nombre del albergue",
    "place/district": "Lugar: departamento, municipio o aldea",
    "place/town": "Lugar: departamento, municipio o aldea",
    "visit": "Fecha en que se contó",
    "access/accessible": "Accesible para personas con discapacidad",
    "minutes": "Tiempo promedio para llegar",
}


@pytest.mark.parametrize("which", BOTH)
def test_a_forms_answers_are_on_the_board_through_a_mapping_made_on_the_screen(house, which):
    real = which == "real"
    version = publish_form(
        by=machine(),
        holder=machine().organisation,
        content=(IFRC if real else TWIN).read_bytes(),
        filename="formulario.xls",
    )
    answers = IFRC_ANSWERS if real else TWIN_ANSWERS
    sender = phone("Brigada inventada")
    send(version, answers, sender.device.user)
    message = RawMessage.objects.get()
    apply_received(by=machine())
    message.refresh_from_db()
    assert (message.state, message.reason) == ("waiting", "no_mapping")

    person = visitor(national())
    person.open(f"/mappings/new/?form={version.form.uid}")
    person.press("Ver sus preguntas", title="Visita en pantalla", form=str(version.form.uid))
    draft = person.url.partition("?")[0]
    if real:
        person.press("Aceptar sugerencias")
    else:
        boxes = {}
        shown = person.client.get(person.url).context["vm"]
        by_path = {question["path"]: at for at, question in enumerate(asked_by(version))}
        for path, words in TWIN_TYPED.items():
            boxes[f"t{by_path[path]}"] = words
        assert shown.rows
        person.press("Guardar y seguir", **boxes)
    reading = draft + "reading/"
    person.open(reading).press("Guardar y seguir", status="candidate")
    person.open(reading.replace("reading", "save"))
    doubts = {"accept": "on"} if "Leí las dudas" in person.html else {}
    person.press("Guardar versión", note="Hecha en pantalla", **doubts)
    assert MappingVersion.objects.filter(note="Hecha en pantalla").count() == 1

    person.press("Usar esta guía", form=str(version.form.uid))
    person.open(f"/forms/{version.form.uid}/rerun/").press("Aplicar otra vez")
    assert "Van 0 de 1 mensajes" in person.html
    apply_received(by=machine())
    person.open(person.url)
    assert "Listo: todo se aplicó" in person.html

    site = Site.objects.get(name=answers["location_details/site_name" if real else "place/site_name"])
    page = person.client.get(f"/sites/{site.uid}/").content.decode()
    for words, value in (SEEN_OF_THE_REAL_ONE if real else SEEN_OF_THE_TWIN).items():
        assert words in page
        assert value in page
    person.open(f"/sites/{site.uid}/open/")
    assert Form.objects.get().mapping.name == "visita-en-pantalla"


def asked_by(version: FormVersion) -> list[dict[str, Any]]:
    return [question for question in version.questions if question.get("kind") != "note"]


def send(version: FormVersion, answers: dict[str, str], by: User) -> None:
    """One filled copy, nested as its paths say."""
    tree: dict[str, Any] = {}
    for path, text in answers.items():
        *groups, name = path.split("/")
        inside = tree
        for group in groups:
            inside = inside.setdefault(group, {})
        inside[name] = text
    body = "".join(_xml(name, value) for name, value in tree.items())
    form_id = version.form.form_id
    xml = (
        f'<data xmlns:orx="http://openrosa.org/xforms" id="{form_id}" version="{version.version}">{body}'
        "<orx:meta><orx:instanceID>uuid:uno</orx:instanceID></orx:meta></data>"
    ).encode()
    receive_here(
        Incoming(form_id, "uuid:uno", b"u", xml, by=by, holder_id=by.organisation_id, form_version=version)
    )


def _xml(name: str, value: Any) -> str:
    inside = "".join(_xml(*one) for one in value.items()) if isinstance(value, dict) else value
    return f"<{name}>{inside}</{name}>"
