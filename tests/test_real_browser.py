"""The product in a real Chromium, on the exercise: by keyboard, at three widths, in two languages, without JavaScript.

Pages are visited in Spanish as a phone shows them and in English as a desk does; axe looks at each.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.installation import serving
from tests.test_matrix import LINES

# A machine busy with other things takes its time to draw sixty pages.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
RULES = {
    "resultTypes": ["violations"],
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
}
KB = 1024
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}

# A message that waits, a phone, a certificate authority: what the exercise does not bring.
FURNISH = """
from amparo.config import lan
from amparo.config.exercise import CENTRES, PASSWORD
from amparo.crises.models import Crisis
from amparo.intake.actions.applying import apply_received
from amparo.intake.actions.devices import enrol_device
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import Form
from amparo.intake.testing import filled
from amparo.kernel.actions import console
from amparo.places.models import Place
from amparo.sites.models import Site
from amparo.standards import STANDARDS

lan.ensure_certificate(settings.HOME, ["127.0.0.1"])
by, country = console(), Place.objects.get(code="HND")
site = Site.objects.get(name=CENTRES[0].name)
phone = enrol_device(by=by, label="Brigada inventada", holder=site.holder, scope=country.path).device
message = receive_here(Incoming(
    "otro", "uuid:1", b"f", filled("uuid:1", form_id="otro"), by=phone.user, holder_id=phone.holder_id
))
apply_received(by=by)
answer({
    "password": PASSWORD, "site": [site.uid], "phone": [phone.uid], "message": [message.uid],
    "crisis": [Crisis.objects.first().uid], "form": [Form.objects.first().uid], "place": [country.uid],
    "candidate": [Site.objects.filter(status="candidate").first().uid],
    "standard": [next(key for key, one in STANDARDS.items() if not one.verified)], "name": site.name,
})
"""
# What gives no page of its own.
NO_PAGE = {
    "logout", "set_language", "authority", "alive", "gaps_api", "site_gaps_api", "site_sheet", "report_paper", "form_source",
    "web_submission", "service_worker", "fill_form_xml", "fill_form_media", "form_xml",
    *(name for name in LINES if name.startswith(("openrosa_", "api:"))),
    *(name for name in LINES if name.endswith(("_export", "_views", "_undo"))),
}  # fmt: skip
ROUTES = {
    "login": "/login/", "trust": "/trust/", "board": "/?closed=1", "sites_list": "/sites/", "site_new": "/sites/new/",
    "site_page": "/sites/{site}/", "site_history": "/sites/{site}/history/",
    "site_trend": "/sites/{site}/trend/persons_per_toilet_women/", "site_spaces": "/sites/{site}/spaces/",
    "site_spaces_edit": "/sites/{site}/spaces/edit/", "site_facilities_edit": "/sites/{site}/facilities/edit/",
    "site_edit": "/sites/{site}/edit/", "site_open": "/sites/{candidate}/open/",
    "site_closure": "/sites/{site}/closure/", "standards": "/standards/",
    "standard_verify": "/standards/{standard}/verify/", "crises": "/crises/", "crisis_new": "/crises/new/",
    "crisis_page": "/crises/{crisis}/", "crisis_edit": "/crises/{crisis}/edit/",
    "crisis_close": "/crises/{crisis}/close/", "crisis_history": "/crises/{crisis}/history/",
    "site_grid": "/sites/grid/?columns=name&columns=phone",
    "message_history": "/messages/{message}/history/", "form_history": "/forms/{form}/history/",
    "phone_history": "/phones/{phone}/history/", "places": "/places/?q=san", "place_page": "/places/{place}/",
    "place_history": "/places/{place}/history/", "messages": "/messages/", "message_page": "/messages/{message}/",
    "forms": "/forms/", "form_upload": "/forms/upload/", "form_page": "/forms/{form}/", "phones": "/phones/",
    "phone_enrol": "/phones/enrol/", "phone_page": "/phones/{phone}/", "phone_revoke": "/phones/{phone}/revoke/",
    "phone_secret": "/phones/{phone}/secret/",
    "today": "/hoy/", "today_site": "/sites/{site}/today/", "daily_report": "/sites/{site}/report/",
    "calls": "/calls/", "call": "/calls/{site}/",
    "fill_list": "/fill/", "fill_queue": "/fill/queue/", "fill_rescue": "/fill/rescue/",
    "form_fill": "/forms/{form}/fill/", "form_preview": "/forms/{form}/preview/", "form_retire": "/forms/{form}/retire/",
    "not_found": "/sites/no-hay/", "not_permitted": "/phones/",
}  # fmt: skip
# Who visits them; the rest is visited by "nacional".
STRANGER = ("login", "trust")
ADMINISTRATION = ("phones", "phone_enrol", "phone_page", "phone_secret", "phone_revoke", "phone_history")
ACCOUNTS = {**dict.fromkeys(STRANGER, ""), **dict.fromkeys(ADMINISTRATION, "administracion")}
WALKERS = ("nacional", "administracion", "")


@dataclass
class House:
    """The exercise, served; a browser; and what its records are called."""

    address: str
    told: dict
    browser: Browser
    entered: dict[str, list]

    def route(self, name: str) -> str:
        found = {key: value[0] for key, value in self.told.items() if isinstance(value, list)}
        return self.address + ROUTES[name].format(**found)

    def visitor(self, account: str = "nacional", **options: object) -> BrowserContext:
        """A browser of its own that knows this account already; "" for a stranger."""
        context = self.browser.new_context(locale="es-HN", timezone_id="America/Tegucigalpa", **options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        if account:
            if account not in self.entered:
                page = context.new_page()
                self.log_in(page, account)
                page.close()
                self.entered[account] = context.cookies()
            context.add_cookies(self.entered[account])
        return context

    def log_in(self, page: Page, account: str) -> None:
        """By keyboard alone: the first field has the focus."""
        page.goto(self.address + "/login/")
        page.keyboard.type(account)
        page.keyboard.press("Tab")
        page.keyboard.type(self.told["password"])
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url)


@pytest.fixture(scope="module")
def house(made_once, tmp_path_factory) -> Iterator[House]:
    exercise = made_once("exercise", ("init", "--exercise", "--quiet"))
    with exercise.copy(tmp_path_factory.mktemp("browser") / "home") as place:
        told = place.speak(FURNISH)
        with serving(place, "--no-worker") as port, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            yield House(f"http://127.0.0.1:{port}", told, browser, {})
            browser.close()


def test_every_page_of_the_product_is_visited():
    pages = {name for name, line in LINES.items() if name not in NO_PAGE}
    assert pages == set(ROUTES) - {"not_found", "not_permitted"}


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def problems(page: Page) -> list[str]:
    """What axe finds: rule, how grave, and where."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target'][0]} {node['html'][:160]}"
        for one in found
        for node in one["nodes"]
    ]


@dataclass
class Visit:
    """One page as one person saw it: what was wrong with it."""

    status: int
    language: str
    overflow: int
    axe: list[str]
    complaints: list[str]
    headings: int
    title: str


def walk(house: House, account: str, language: str, size: dict) -> Iterator[tuple[tuple[str, str], Visit]]:
    """Every page that is this account's to visit."""
    context = house.visitor(account, viewport=size)
    context.add_cookies([{"name": "language", "value": language, "url": house.address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name in ROUTES:
        if ACCOUNTS.get(name, "nacional") != account:
            continue
        complaints.clear()
        answer = page.goto(house.route(name))
        assert answer is not None
        own = [
            said for said in complaints if "status of 40" not in said
        ]  # Chromium repeats our own 403 and 404
        yield (name, language), Visit(
            answer.status, page.get_attribute("html", "lang") or "", overflow(page), problems(page), own,
            page.locator("h1").count(), page.title(),
        )  # fmt: skip
    context.close()


@pytest.fixture(scope="module", params=[("es", PHONE), ("en", DESK)], ids=["es-360", "en-1280"])
def visits(request, house) -> dict[tuple[str, str], Visit]:
    """Every page in one language, at one width."""
    language, size = request.param
    return {name: visit for who in WALKERS for name, visit in walk(house, who, language, size)}


def test_axe_finds_what_is_wrong(house):
    page = house.browser.new_page()
    page.set_content("<html><body><h1>x</h1><img src='a.png'><p style='color:#ccc'>gris</p></body></html>")
    found = " ".join(problems(page))
    assert all(rule in found for rule in ("image-alt", "color-contrast", "html-has-lang"))
    page.close()


def test_every_page_answers_in_the_language_asked_for(visits):
    answers = {"not_found": 404, "not_permitted": 403}
    assert {
        name: one.status for (name, _), one in visits.items() if one.status != answers.get(name, 200)
    } == {}
    assert {name: one.language for name, one in visits.items() if one.language != name[1]} == {}


def test_axe_finds_nothing_on_any_page(visits):
    assert {name: one.axe for name, one in visits.items() if one.axe} == {}


def test_no_page_scrolls_sideways(visits):
    assert {name: one.overflow for name, one in visits.items() if one.overflow} == {}


def test_no_page_breaks_its_own_policy_or_fails_in_its_script(visits):
    assert {name: one.complaints for name, one in visits.items() if one.complaints} == {}


def test_every_page_has_one_heading_and_a_title_of_its_own(visits):
    assert {name: one.headings for name, one in visits.items() if one.headings != 1} == {}
    assert {
        name: one.title for name, one in visits.items() if not re.fullmatch(r".+ · Amparo", one.title)
    } == {}


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_board_and_a_centre_fit_every_width(house, language):
    context = house.visitor()
    context.add_cookies([{"name": "language", "value": language, "url": house.address}])
    page = context.new_page()
    for name in ("board", "site_page"):
        page.goto(house.route(name))
        for width in (320, 360, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            assert overflow(page) == 0, (name, width)
            assert page.locator("h1").is_visible()
    context.close()


def test_somebody_gets_in_and_to_a_centre_by_keyboard_alone(house):
    context = house.visitor("", viewport=DESK)
    page = context.new_page()
    house.log_in(page, "nacional")
    assert page.url == house.address + "/"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenido"
    name = house.told["name"]
    for _step in range(80):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "[document.activeElement.textContent, getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert focused[1] != "none", f"nobody sees the focus on {focused[0]!r}"
        if focused[0] == name:
            break
    else:
        pytest.fail("no way to the centre by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/*/**")
    assert page.locator("h1").text_content() == name
    context.close()


def weight(page: Page, act) -> tuple[int, list[str]]:
    """Bytes over the wire, headers and all, until the page is quiet; and what was fetched."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on(
        "Network.responseReceived", lambda said: urls.__setitem__(said["requestId"], said["response"]["url"])
    )
    session.on(
        "Network.loadingFinished",
        lambda said: sizes.__setitem__(said["requestId"], said["encodedDataLength"]),
    )
    act()
    page.wait_for_load_state("networkidle")
    session.detach()
    total = sum(sizes.values())
    return int(total), [
        f"{urls.get(key, '?').split('/', 3)[-1]} {size:.0f}" for key, size in sizes.items() if size
    ]


def test_the_first_load_and_the_next_page_are_light(house):
    context = house.visitor(viewport=PHONE)
    page = context.new_page()
    first, parts = weight(page, lambda: page.goto(house.address + "/"))
    assert first <= 30 * KB, parts
    link = page.get_by_role("link", name=house.told["name"], exact=True).first
    following, parts = weight(page, link.click)
    assert page.url.startswith(house.address + "/sites/")
    assert following <= 10 * KB, parts
    context.close()


def test_it_works_without_javascript(house):
    context = house.visitor("", java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(house.address + "/login/")
    page.get_by_label("Cuenta").fill("nacional")
    page.get_by_label("Contraseña").fill(house.told["password"])
    page.get_by_role("button", name="Entrar").click()
    assert page.url == house.address + "/"
    name = house.told["name"]
    assert page.get_by_role("link", name=name, exact=True).first.is_visible()

    page.locator("form.filters summary").click()
    page.get_by_label("Norma").select_option("water")
    page.get_by_role("button", name="Ver", exact=True).click()
    assert "indicator=water" in page.url
    assert page.get_by_role("link", name=name, exact=True).first.is_visible()

    page.get_by_role("searchbox").fill("Esperanza")
    page.get_by_role("button", name="Buscar").click()
    assert page.locator("table.ranked tbody tr").count() == 1

    page.get_by_role("link", name=name, exact=True).first.click()
    assert page.locator("h1").text_content() == name
    assert page.get_by_role("heading", name="Lo que falta").first.is_visible()
    page.locator("details.drawer summary").first.click()
    assert page.locator("details.drawer").first.get_attribute("open") is not None

    page.get_by_role("button", name="English").click()
    assert page.get_attribute("html", "lang") == "en"
    context.close()
