"""What people type is neither lost nor written twice, in Chromium: back, double tap, two tabs, a session's end."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.test_real_browser import PHONE, House, house

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
TOWN = "HN0501"
assert house  # the exercise, served: a fixture


@pytest.fixture
def committee(house: House):
    """Somebody who keeps the list of centres, on a phone."""
    context = house.visitor("comite", viewport=PHONE)
    yield context
    context.close()


def begun(house: House, context: BrowserContext, name: str) -> Page:
    """The form of a new centre, filled and not sent."""
    page = context.new_page()
    page.goto(house.address + "/sites/")
    page.goto(house.route("site_new"))
    page.get_by_label("Nombre", exact=True).fill(name)
    page.get_by_label("Municipio").fill(TOWN)
    return page


def save(page: Page) -> None:
    page.get_by_role("button", name="Guardar albergue").click()
    page.wait_for_url(lambda url: "/new/" not in url)


def named(house: House, context: BrowserContext, name: str) -> int:
    """How many centres bear the name."""
    page = context.new_page()
    page.goto(f"{house.address}/sites/?q={name}")
    count = page.locator("main").get_by_role("link", name=name, exact=True).count()
    page.close()
    return count


def test_a_double_tap_writes_one(house, committee):
    page = begun(house, committee, "Gimnasio Doble")
    page.get_by_role("button", name="Guardar albergue").dblclick()
    page.wait_for_url(lambda url: "/new/" not in url)
    assert named(house, committee, "Gimnasio Doble") == 1


def test_back_and_saved_again_is_the_same_one(house, committee):
    page = begun(house, committee, "Gimnasio Atrás")
    save(page)
    page.go_back()
    page.wait_for_url("**/new/")
    assert page.locator("#id_name").input_value() == "Gimnasio Atrás"
    save(page)
    assert named(house, committee, "Gimnasio Atrás") == 1


def test_gone_on_and_come_back_what_was_typed_still_stands_there(house, committee):
    page = begun(house, committee, "Gimnasio Interrumpido")
    page.get_by_role("link", name="Dejar como estaba").click()
    page.wait_for_url(lambda url: "/new/" not in url)
    page.go_back()
    page.wait_for_url("**/new/")
    assert page.locator("#id_name").input_value() == "Gimnasio Interrumpido"


def test_two_tabs_on_one_centre_do_not_overwrite_one_another(house, committee):
    one, other = committee.new_page(), committee.new_page()
    for page in (one, other):
        page.goto(house.route("site_edit"))
    one.get_by_label("Teléfono").fill("2222-1111")
    other.get_by_label("Teléfono").fill("2222-3333")
    one.get_by_role("button", name="Guardar").click()
    one.wait_for_url(lambda url: "/edit/" not in url)
    other.get_by_role("button", name="Guardar").click()
    said = other.locator("main").inner_text()
    assert "Otra persona cambió esto mientras usted escribía." in said
    assert "2222-1111" in said
    assert other.get_by_label("Teléfono").first.input_value() == "2222-3333"


def test_a_session_that_ends_while_somebody_types_keeps_the_form(house):
    context = house.browser.new_context(locale="es-HN", viewport=PHONE)
    page = context.new_page()
    house.log_in(page, "comite")
    page = begun(house, context, "Gimnasio Guardado")
    context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Guardar albergue").click()
    page.get_by_label("Cuenta").fill("comite")
    page.get_by_label("Contraseña").fill(house.told["password"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/new/**")
    assert page.locator("#id_name").input_value() == "Gimnasio Guardado"
    save(page)
    assert named(house, context, "Gimnasio Guardado") == 1
    context.close()
