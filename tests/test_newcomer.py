"""A newcomer in a real Chromium, by the words of the quick start: from the exercise to a first centre with its gaps."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, sync_playwright

from amparo.parties.testing import code_of
from tests.installation import Installation, serving
from tests.test_real_browser import CHROMIUM, DESK, OPTIONS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

FIGURES = ("143", "78", "12", "4", "2", "4", "1716", "0", "3", "sí")


@pytest.fixture(scope="module")
def exercise(made_once, tmp_path_factory) -> Iterator[Installation]:
    made = made_once("exercise", ("init", "--exercise", "--quiet"))
    with made.copy(tmp_path_factory.mktemp("newcomer") / "home" / "exercise") as place:
        yield place


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        context = browser.new_context(locale="es-HN", timezone_id="America/Tegucigalpa", viewport=DESK)  # type: ignore[arg-type]
        context.set_default_timeout(120_000)
        yield context.new_page()
        browser.close()


def press(page: Page, name: str) -> None:
    """The link or the button of that name on the page itself."""
    main = page.locator("main")
    main.get_by_role("link", name=name, exact=True).or_(
        main.get_by_role("button", name=name, exact=True)
    ).first.click()
    page.wait_for_load_state()


def test_from_the_exercise_to_a_first_centre_with_its_gaps(exercise, page):
    with serving(exercise, "--no-worker") as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_role("link", name="Empezar de verdad").click()
        page.get_by_label("Institución que responde por los datos").fill("Municipalidad de Ejemplo")
        page.get_by_label("Cuenta de quien administra").fill("ana")
        press(page, "Crear la instalación")
        account, password, folder = page.locator("main dl code").all_inner_texts()
        page.get_by_role("link", name="Empezar de verdad").click()
        page.get_by_label("Institución que responde por los datos").fill("Otra")
        page.get_by_label("Cuenta de quien administra").fill("eva")
        press(page, "Crear la instalación")
        assert "Ya hay una instalación de verdad" in page.locator("main").inner_text()

    own = replace(exercise, home=exercise.home.parent, database="")
    assert folder == str(own.home)
    with serving(own, "--no-worker") as port:
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_label("Cuenta").fill(account)
        page.get_by_label("Contraseña").fill(password)
        press(page, "Entrar")
        press(page, "Poner")
        page.locator("input[name=code]").fill(code_of(page.locator("main ol code").inner_text()))
        press(page, "Poner")
        press(page, "Ya los guardé")
        assert page.get_by_text("Aún no hay albergues aquí").is_visible()
        assert not page.locator(".drill").count(), "nothing of the exercise is left on the page"

        press(page, "Agregar albergue")
        page.get_by_label("Nombre", exact=True).fill("Escuela de Ejemplo")
        page.get_by_label("Municipio").fill("Choloma")
        press(page, "Guardar albergue")
        press(page, "Enviar reporte")
        for box, figure in zip(page.locator("ol.ten input[type=text]").all(), FIGURES, strict=True):
            box.fill(figure)
        page.keyboard.press("Enter")
        page.wait_for_url("**/today/")
        assert page.get_by_role("heading", name="Sanitarios de mujeres").first.is_visible()

        page.goto(f"http://127.0.0.1:{port}/")
        row = page.locator("tr.spine").inner_text()
        assert "Escuela de Ejemplo" in row and "38" in row, "78 women, two toilets, 20 to each: 38 without"
