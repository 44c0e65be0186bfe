"""Logging in with a real Chromium: codes, a key of the device (virtual authenticator), a helper's phone, and axe.

On an installation that is no exercise, where an administrator must set a second factor before anything opens.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from amparo.parties.testing import code_of
from tests.installation import serving
from tests.test_real_browser import CHROMIUM, DESK, KB, OPTIONS, PHONE, overflow, problems

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PASSWORD = "cuatro palabras sueltas aquí"
FURNISH = """
from amparo.config.installation import first_admin
from amparo.kernel.actions import add_user, console, grant
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.sites.actions.site import add_site

by = console()
first_admin("isaias")
user = User.objects.get(username="isaias")
user.set_password("cuatro palabras sueltas aquí")
user.save()
site = add_site(by=by, holder=by.organisation, place=Place.objects.get(code="HN0506"), name="Escuela Inventada")
manager = add_user(by=by, username="delmira", name="Delmira Inventada", organisation=by.organisation,
    password="cuatro palabras sueltas aquí")
grant(by=by, user=manager, role="site_manager", scope=site.path, organisation=site.holder)
account = add_user(by=by, username="marta", name="Marta Ejemplo", organisation=by.organisation)
grant(by=by, user=account, role="committee", scope="HND/HN05/")
answer({"account": account.uid, "body": by.organisation.uid, "site": site.uid})
"""


@dataclass
class Doors:
    address: str
    told: dict
    browser: Browser

    def page(self, **options: object) -> Page:
        context = self.browser.new_context(locale="es-HN", timezone_id="America/Tegucigalpa", **options)  # type: ignore[arg-type]
        context.set_default_timeout(20_000)
        return context.new_page()

    def enter(self, page: Page, account: str) -> None:
        page.goto(self.address + "/login/")
        page.fill("input[name=username]", account)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/login/"))


@pytest.fixture(scope="module")
def doors(prepared, tmp_path_factory) -> Iterator[Doors]:
    with prepared.copy(tmp_path_factory.mktemp("doors") / "home") as place:
        told = place.speak(FURNISH)
        with serving(place) as port, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            yield Doors(f"http://localhost:{port}", told, browser)
            browser.close()


def virtual_key(page: Page) -> None:
    """A device that keeps keys and always recognises its person."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
                "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def administrator(doors) -> Iterator[Page]:
    """Isaías, who was led to set codes and a key and then got in; every step is looked at by axe."""
    page = doors.page(viewport=PHONE)
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    doors.enter(page, "isaias")
    assert page.url.endswith("/account/second/")
    assert problems(page) == []
    page.goto(doors.address + "/accounts/")
    assert page.url.endswith("/account/second/"), "nothing else opens"

    page.get_by_role("link", name="Poner", exact=True).click()
    assert problems(page) == []
    secret = page.locator("ol code").inner_text()
    page.fill("input[name=code]", code_of(secret))
    page.keyboard.press("Enter")
    page.wait_for_url("**/papers/")
    assert page.locator("li code").count() == 10
    assert problems(page) == []
    page.goto(doors.address + "/health/")
    assert page.url.endswith("/health/")

    virtual_key(page)
    page.goto(doors.address + "/account/second/keys/add/")
    assert problems(page) == []
    page.fill("input[name=name]", "Mi teléfono")
    page.get_by_role("button", name="Poner la llave").click()
    page.wait_for_url("**/account/second/")
    assert page.get_by_text("Mi teléfono").count()
    page.evaluate("document.title")
    assert errors == []
    page.secret = secret  # type: ignore[attr-defined]
    yield page
    page.context.close()


def test_codes_and_a_key_are_set_and_the_key_opens(doors, administrator):
    page = administrator
    page.locator("footer form[action='/logout/'] button").click()
    page.wait_for_url("**/login/")
    doors.enter(page, "isaias")
    assert page.url.endswith("/login/second/")
    assert problems(page) == []
    page.get_by_role("button", name="Usar mi llave de acceso").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.goto(doors.address + "/accounts/")
    assert page.get_by_role("heading", level=1).inner_text() == "¿Quién puede entrar?"


def test_without_javascript_the_codes_open(doors, administrator):
    page = doors.page(viewport=PHONE, java_script_enabled=False)
    doors.enter(page, "isaias")
    assert page.url.endswith("/login/second/")
    page.fill("input[name=code]", code_of(administrator.secret, steps=1))
    page.get_by_role("button", name="Seguir").click()
    page.wait_for_url(lambda url: "/login/" not in url)
    page.context.close()


PAGES = {
    "health": "/health/", "backups": "/health/backups/", "my_account": "/account/",
    "token_make": "/account/tokens/new/",
    "key_again": "/account/again/key/", "second": "/account/second/", "password": "/account/password/",
    "accounts": "/accounts/",
    "account_new": "/accounts/new/", "account_page": "/accounts/{account}/", "renew": "/accounts/{account}/renew/",
    "end": "/accounts/{account}/end/", "code": "/accounts/{account}/code/", "role": "/accounts/{account}/roles/new/",
    "account_edit": "/accounts/{account}/edit/", "account_history": "/accounts/{account}/history/",
    "account_codes": "/accounts/codes/", "account_import": "/accounts/import/", "account_grid": "/accounts/grid/",
    "organisations": "/organisations/", "organisation_new": "/organisations/new/",
    "organisation_page": "/organisations/{body}/", "contact_new": "/organisations/{body}/contacts/new/",
    "helpers": "/helpers/", "helper_link": "/helpers/link/",
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_a_phone_and_a_desk_and_is_clean(doors, administrator, name):
    page = administrator
    for size in ({"width": 320, "height": 700}, PHONE, DESK):
        page.set_viewport_size(size)
        answer = page.goto(doors.address + PAGES[name].format(**doors.told))
        assert answer.status == 200
        assert overflow(page) <= 0, size
    assert problems(page) == []
    page.context.add_cookies([{"name": "language", "value": "en", "url": doors.address}])
    page.reload()
    assert problems(page) == []
    page.context.clear_cookies(name="language")


def test_only_the_pages_of_keys_load_their_script(doors, administrator):
    loaded: list[str] = []
    administrator.on("request", lambda request: loaded.append(request.url))
    administrator.goto(doors.address + "/account/second/")
    assert not any("/keys-" in url for url in loaded)
    administrator.goto(doors.address + "/account/second/keys/add/")
    assert any("/keys-" in url for url in loaded)


def test_the_doors_are_light(doors):
    page = doors.page(viewport=PHONE)
    sizes: list[int] = []
    page.on("response", lambda answer: sizes.append(int(answer.headers.get("content-length") or 0)))
    for address in ("/login/", "/login/code/"):
        sizes.clear()
        page.goto(doors.address + address)
        assert problems(page) == []
        assert sum(sizes) <= 30 * KB, address
    page.context.close()


def test_an_account_is_opened_and_its_person_chooses_a_password_with_the_code(doors, administrator):
    page = administrator
    page.set_viewport_size(PHONE)
    page.goto(doors.address + "/accounts/new/")
    page.fill("input[name=name]", "Rosa de Prueba")
    page.fill("input[name=username]", "rosa")
    page.select_option("select[name=role]", "committee")
    page.fill("input[name=place]", "HN0506")
    page.get_by_role("button", name="Crear la cuenta").click()
    code = page.locator("dd code").nth(1).inner_text()
    assert re.fullmatch(r"[2-9A-Z]{4}(-[2-9A-Z]{4}){2}", code)
    assert problems(page) == []
    other = doors.page(viewport=PHONE)
    other.goto(doors.address + "/login/code/")
    for name, value in (("username", "rosa"), ("code", code), ("password", PASSWORD), ("again", PASSWORD)):
        other.fill(f"input[name={name}]", value)
    other.get_by_role("button", name="Guardar y entrar").click()
    other.wait_for_url(lambda url: "/login/" not in url)
    other.goto(doors.address + "/account/")
    assert "Rosa de Prueba" in other.locator("main").inner_text()
    other.context.close()


def test_a_page_of_slips_fits_phone_desk_and_paper(doors, administrator):
    page = administrator
    page.set_viewport_size(PHONE)
    page.goto(doors.address + "/accounts/codes/?state=waiting")
    page.get_by_role("button", name="Dar códigos").click()
    page.get_by_text("Se ven una sola vez").wait_for()
    assert page.locator(".slips > li").count()
    for size in ({"width": 320, "height": 700}, PHONE, DESK):
        page.set_viewport_size(size)
        assert overflow(page) <= 0, size
    assert problems(page) == []
    page.emulate_media(media="print")
    assert page.locator(".slips > li").first.is_visible()
    assert not page.get_by_text("Se ven una sola vez").is_visible()
    page.emulate_media(media="screen")


def test_a_helper_comes_in_by_the_code_that_the_manager_shows(doors):
    manager, phone = doors.page(viewport=PHONE), doors.page(viewport=PHONE)
    doors.enter(manager, "delmira")
    manager.goto(doors.address + "/helpers/")
    manager.get_by_role("button", name="Dejar entrar a alguien").click()
    assert problems(manager) == []
    manager.locator("summary").click()
    link = manager.locator("details code").inner_text()
    phone.goto(link)
    assert problems(phone) == []
    phone.fill("input[name=name]", "Lupe de Prueba")
    phone.get_by_role("button", name="Entrar").click()
    phone.wait_for_url(lambda url: "/help/" not in url)
    phone.goto(doors.address + "/sites/")
    assert "Escuela Inventada" in phone.locator("main").inner_text()
    manager.goto(doors.address + "/helpers/")
    assert "Lupe de Prueba" in manager.locator("main").inner_text()
    assert problems(manager) == []
    again = doors.page(viewport=PHONE)
    assert again.goto(link).status == 410
    assert problems(again) == []
    manager.get_by_role("button", name="Terminar ya Lupe de Prueba").click()
    phone.goto(doors.address + "/sites/")
    assert "/login/" in phone.url
    for page in (manager, phone, again):
        page.context.close()
