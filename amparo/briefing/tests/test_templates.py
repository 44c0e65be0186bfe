"""Every page, with invented view-models: words, escapes, promises of the design, and bytes."""

import dataclasses
import gzip
import re
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from amparo.briefing import viewmodels as v
from amparo.briefing.tests import invented
from amparo.briefing.tests.pages import PAGES
from amparo.toolkit import built

FIRST_LOAD = 30 * 1024
NEXT_PAGE = 10 * 1024
HOSTILE = '"><script>alert(1)</script>{{ x }}'


def render(name: str, language: str = "es", **more: object) -> str:
    template, context = PAGES[name]
    with override(language):
        return render_to_string(template, {**invented.SHELL, **context(), **more})


def compressed(text: str | bytes) -> int:
    return len(gzip.compress(text.encode() if isinstance(text, str) else text, 6))


class Balance(HTMLParser):
    """Finds tags that are not closed in order: a browser would guess, we do not."""

    VOID = {"meta", "link", "input", "br"}

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_well_formed_and_has_one_title(name):
    page = render(name)
    balance = Balance()
    balance.feed(page)
    assert balance.wrong == []
    assert page.count("<h1") == 1
    assert 'lang="es"' in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_at_most_one_primary_button(name):
    assert len(re.findall(r'class="btn main"', render(name))) <= 1


@pytest.mark.parametrize("name", PAGES)
def test_no_identity_is_used_twice(name):
    found = re.findall(r' id="([^"]+)"', render(name))
    assert len(found) == len(set(found))


@pytest.mark.parametrize("name", PAGES)
def test_every_drawing_a_page_names_is_on_it(name):
    page = render(name)
    named = set(re.findall(r'href="#([iga]-[a-z0-9]+)"', page))
    drawn = set(re.findall(r'<symbol id="([^"]+)"', page))
    assert named == drawn


@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_with_the_content_policy(name):
    page = render(name)
    assert "<style" not in page
    assert " style=" not in page
    assert len(re.findall("<script", page)) == 1
    assert not re.search(r"<[^>]* on[a-z]+=", page)


@pytest.mark.parametrize("name", PAGES)
def test_a_later_page_costs_ten_kilobytes_at_most(name):
    assert compressed(render(name)) <= NEXT_PAGE


@pytest.mark.parametrize("name", ["board", "board_country", "site_page", "login"])
def test_the_first_load_stays_within_thirty_kilobytes(name):
    assets = sum(
        compressed(built.asset_path(file).read_bytes()) for file in ("amparo.css", "amparo.js", "mark.svg")
    )
    assert compressed(render(name)) + assets <= FIRST_LOAD


@pytest.mark.parametrize("name", ["404", "500", "503_disk_full", "400"])
def test_an_error_page_needs_no_context(name):
    with override("es"):
        assert "<h1>" in render_to_string(f"{name}.html")


def hostile(value: object) -> object:
    """The same view-model with every string replaced by an attack."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, tuple):
        return tuple(hostile(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        keep = {"kind", "icon"}
        changes = {
            field.name: hostile(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in keep
        }
        return dataclasses.replace(value, **changes)
    return value


@pytest.mark.parametrize("name", PAGES)
def test_no_string_of_a_view_model_becomes_markup(name):
    template, context = PAGES[name]
    values = {key: hostile(value) if key == "vm" else value for key, value in context().items()}
    with override("es"):
        page = render_to_string(
            template, {**invented.SHELL, **values, "nav": invented.NAV, "where": {"title": HOSTILE}}
        )
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_silent_centres_stand_above_the_worst_one():
    page = render("board")
    assert page.index("Escuela El Zarzal") < page.index("Gimnasio La Ceibita")


def test_every_figure_of_the_board_has_its_denominator():
    page = render("board")
    assert "albergues contados: 12 de 12" in page
    assert "1 sin medir nada y 2 sin reporte, de 12" in page
    assert "de 12</small>" in page


def test_closed_centres_stand_apart_with_their_own_total():
    page = render("board_closed")
    opened, closed = page.split(">Cerrados</h2>")
    assert "Escuela Las Palmas" in opened
    assert "Gimnasio La Ceibita" not in opened
    assert "Fuera de los totales" in closed
    assert "Personas en su último dato: 178" in closed


def test_a_past_day_is_said_and_can_be_left():
    page = render("board_closed")
    assert "no hoy" in page
    assert "Volver a hoy" in page


def test_an_unmeasured_centre_shows_no_zero():
    row = re.search(r"<tr[^>]*>(?:(?!</tr>).)*Escuela Las Palmas.*?</tr>", render("board"), re.DOTALL)[0]
    assert "112</b> / ?" in row
    assert "No se ha medido" in row
    assert "Nadie" not in row


@pytest.mark.parametrize("name", [name for name in PAGES if name.endswith("_empty")])
def test_an_empty_page_teaches(name):
    page = render(name)
    assert re.search(r'class="empty"><b>[^<]+</b><p>[^<]{30,}</p>', page)


def test_a_gap_says_who_said_it_when_by_which_standard_and_what_disagrees():
    page = render("site_page")
    for words in (
        "conteo de Delmira Q.",
        "hoy 05:40",
        "Esfera 2018, p. 117",
        "Otra fuente dice 3 sanitarios",
        "De dónde sale este número",
        "Se arregla con",
    ):
        assert words in page


def test_both_capacities_name_what_binds_and_what_nobody_measured():
    page = render("site_page")
    assert page.index("Cupo de esta noche") < page.index("Cupo según la norma")
    assert "(esto limita)" in page
    assert "No se ha medido: Duchas, Lavamanos" in page


def test_an_unverified_standard_is_set_apart_and_decides_nothing():
    page = render("site_page")
    assert (
        page.index(">Lo que falta</h2>") < page.index(">Norma sin verificar</h2>") < page.index(">Duchas</b>")
    )


def test_the_summary_of_errors_leads_to_the_field_of_a_line():
    page = render("site_spaces_wrong")
    assert 'href="#id_form-0-area"' in page
    assert 'id="id_form-0-area"' in page


def test_the_exercise_can_never_be_taken_for_the_real_thing():
    assert "PRÁCTICA" in render("board")
    assert "PRÁCTICA" not in render("board", exercise=False)


def test_the_key_of_a_phone_is_only_shown_right_after_it_was_made():
    assert "inventada-1234567890" in render("phone_secret")
    assert "<code>" not in render("phone_secret_shown")
    assert "<code>" not in render("phone_page")


def test_people_beyond_the_services_are_counted_once():
    assert invented.SITE_PAGE.beyond == 70
    assert v.SitePage(head=v.SiteHead("x", "/"), served=3).beyond is None
