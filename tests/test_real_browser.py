"""The product in a real Chromium, on the exercise: by keyboard, at three widths, in two languages, without JavaScript.

Every page of the table of who may open what is visited; axe looks at each. A few of them at every run, all of them in
both languages at 320 and 1280 px in the long lane.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.installation import serving
from tests.test_matrix import LINES, PERSONAL, address

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
NARROW, PHONE = {"width": 320, "height": 640}, {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}

# A busy machine gives the first field its focus a moment after the page.
FOCUSED = "document.activeElement.name === 'username'"
# One record of each kind of the table, and accounts: what the exercise does not bring.
FURNISH = r"""
from datetime import timedelta
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client
from django.utils import timezone
from amparo.briefing.actions.schedules import schedule_report
from amparo.briefing.resources import CENTRES as SITES, EMERGENCIES
from amparo.config import lan
from amparo.config.exercise import CENTRES, PASSWORD
from amparo.config.resources import RESOURCES
from amparo.crises.models import Crisis, DamageFigure
from amparo.intake.actions.applying import apply_received
from amparo.intake.actions.devices import enrol_device
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.models import Form
from amparo.intake.actions.drafts import start_draft
from amparo.intake.actions.uploads import read_upload, receive_upload
from amparo.intake.testing import MAPPING, filled, mapping
from amparo.kernel.actions import add_user, console, grant
from amparo.kernel.models import Holding, User
from amparo.parties.actions.helping import make_link
from amparo.parties.actions.kept_forms import keep
from amparo.parties.doors import FactorAdapter
from amparo.parties.models import ApiToken, Contact
from amparo.parties.resources import ACCOUNTS
from amparo.places.models import Place
from amparo.sites.models import Site
from amparo.standards import STANDARDS
from amparo.toolkit.imports.actions import read_run, receive_sheet

lan.ensure_certificate(settings.HOME, ["127.0.0.1"])
by, country, now = console(), Place.objects.get(code="HND"), timezone.now()
site = Site.objects.get(name=CENTRES[0].name)
phone = enrol_device(by=by, label="Brigada inventada", holder=site.holder, scope=country.path).device
message = receive_here(Incoming(
    "otro", "uuid:1", b"f", filled("uuid:1", form_id="otro"), by=phone.user, holder_id=phone.holder_id
))
apply_received(by=by)

def account(username, name, *held):
    user = add_user(by=by, username=username, name=name, organisation=site.holder, password=PASSWORD)
    for role, scope in held:
        grant(by=by, user=user, role=role, scope=scope)
    return user

for number in (1, 2):
    account(f"se-va-{number}", f"Quien Se Va {number}", ("enumerator", country.path))
account("olvida", "Quien Olvida", ("enumerator", country.path))
# Somebody with every second factor, known a moment ago: they open pages of their own.
owner = account("factores", "Fausto de Factores", ("national", country.path))
Authenticator.objects.create(user=owner, type="totp", data={"secret": FactorAdapter().encrypt("A" * 32)})
RecoveryCodes.activate(owner)
key = Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Llave", "credential": {}})
token = ApiToken.objects.create(
    user=owner, label="Tablero", digest="0" * 64, permissions=[], made_at=now, ends_at=now + timedelta(days=1)
)
known = Client()
known.force_login(owner)
session = known.session
session.update({
    "account_authentication_methods": [{"method": "password", "at": now.timestamp()}],
    "account_authentication_methods_user": str(owner.pk),
})
session.save()

named = lambda username: User.objects.get(username=username)
DAMAGE = next(one for one in RESOURCES if one.noun == "damage")
sheet = lambda resource, by="nacional": read_run(receive_sheet(
    by=named(by), resource=resource, content="Albergue,Nombre\r\nUno,Uno\r\n".encode(), filename="hoja.csv"
))
damage = DamageFigure.objects.create(
    holder=site.holder, crisis=Crisis.objects.first(), place=site.place, figure="dead", unit="people", low=1, high=1,
    told_at=now, source="Radio",
)
contact = Contact.objects.create(organisation=site.holder, name="Ana", phone="2200 0000")
leaving = named("se-va-1")
for toilets in ("toilets", "letrinas"):
    mapping(MAPPING.replace('path = "toilets"', f'path = "{toilets}"').replace("prueba", "guia"), "guia")
upload = lambda: read_upload(receive_upload(
    by=named("nacional"), content=b"Nombre,Personas\r\nUno,4\r\n", filename="hoja.csv"
))
answer({
    "password": PASSWORD, "name": site.name, "session": known.cookies[settings.SESSION_COOKIE_NAME].value,
    "records": {
        "site": [site.uid], "phone": [phone.uid], "message": [message.uid], "form": [Form.objects.first().uid],
        "crisis": [Crisis.objects.first().uid], "place": [country.uid], "figure": ["people"],
        "candidate": [Site.objects.filter(status="candidate").first().uid],
        "standard": [next(key for key, one in STANDARDS.items() if not one.verified)],
        "damage": [damage.uid],
        "schedule": [schedule_report(by=named("nacional"), holder=site.holder, every="day", hour=6, language="es").uid],
        "sites_run": [sheet(SITES).uid], "crisis_run": [sheet(EMERGENCIES).uid],
        "body_run": [sheet(next(one for one in RESOURCES if one.noun == "organisation")).uid],
        "account_run": [sheet(ACCOUNTS, "factores").uid], "damage_run": [sheet(DAMAGE).uid],
        "place_run": [sheet(next(one for one in RESOURCES if one.noun == "place"), "administracion").uid],
        "account": [leaving.uid], "holding": [leaving.uid, Holding.objects.get(user=leaving).pk],
        "body": [site.holder.uid],
        "contact": [site.holder.uid, contact.uid],
        "link": [make_link(by=named("encargada"), scope=site.path, organisation=site.holder, where=site.name)],
        "kept": [keep(user=owner, path="/sites/new/", fields={"name": ["Uno"]}).uid],
        "key": [key.pk], "token": [token.uid], "mapping": ["guia"], "upload": [upload().uid],
        "draft": [start_draft(by=named("nacional"), title="Hoja propia", upload=upload()).uid],
    },
})
"""
# What gives no page of its own: files, answers for programs, what is only sent. Two have the page of another address,
# undoing that of applying; those of the second step and of a key that is real are looked at where people log in.
NO_PAGE = {
    "authority", "alive", "gaps_api", "site_gaps_api", "map_points", "site_sheet", "report_paper", "form_source",
    "form_xml", "fill_form_xml", "fill_form_media", "service_worker", "form_answers", "mapping_file", "situation_file",
    "account_login", "mfa_list_webauthn", "mfa_authenticate", "mfa_reauthenticate_webauthn",
    *(name for name, line in LINES.items() if line.get == "nobody"),
    *(name for name in LINES if name.startswith(("openrosa_", "api:"))),
    *(name for name in LINES if name.endswith(("_export", "_import_problems", "_undo"))),
}  # fmt: skip
PAGES = {name: line for name, line in LINES.items() if name not in NO_PAGE}
ASKED = {"board": "?closed=1", "places": "?q=san", "site_grid": "?columns=name&columns=phone"}
OF_ANOTHER = {"site_open": "candidate"}
# Pages of nothing, and of somebody else's work: their own words, and the same look.
WRONG = {"not_found": "/sites/no-hay/", "not_permitted": "/phones/"}
# What people open most, and each kind of page once: looked at in every run.
QUICK = ("login", "board", "today_site", "daily_report", "calls", "sites_list", "site_page", "site_edit",
    "site_import_run", "situation", "damage", "damage_new", "trends", "helpers", "account_page", "health", "form_page",
    "not_found")  # fmt: skip
WALKERS = ("nacional", "administracion", "analista", "factores", "")
MINUTES = [pytest.mark.long, pytest.mark.timeout(900)]


def walker(name: str) -> str:
    """The account that visits a page: "" for a stranger."""
    line = LINES.get(name)
    if line is None or ("N" in line.readers and name not in PERSONAL):
        return "nacional"
    if line.get in ("*", "never"):
        return ""
    if name == "place_edit":  # for whoever manages places of every organisation
        return "administracion"
    if name in PERSONAL or line.get in ("+", "="):
        return "factores"
    return "administracion" if "D" in line.readers else "analista"


@dataclass
class House:
    """The exercise, served; a browser; and what its records are called."""

    address: str
    told: dict[str, Any]
    browser: Browser
    entered: dict[str, list]

    def route(self, name: str) -> str:
        """A page of the table, of a record that there is."""
        if name in WRONG:
            return self.address + WRONG[name]
        line = LINES[name]
        of = OF_ANOTHER.get(name, line.of)
        records: dict[str, list] = self.told["records"]
        return self.address + address(line, [] if of == "-" else records[of]) + ASKED.get(name, "")

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
        page.wait_for_function(FOCUSED)
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
            address = f"http://127.0.0.1:{port}"
            known = {"name": "sessionid", "value": told["session"], "url": address}
            yield House(address, told, browser, {"factores": [known]})
            browser.close()


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


def walk(
    house: House, account: str, language: str, size: dict, names: tuple[str, ...]
) -> Iterator[tuple[tuple[str, str], Visit]]:
    """Those pages that are this account's to visit."""
    context = house.visitor(account, viewport=size)
    context.add_cookies([{"name": "language", "value": language, "url": house.address}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for name in names:
        if walker(name) != account:
            continue
        complaints.clear()
        answer = page.goto(house.route(name))
        assert answer is not None
        own = [
            said for said in complaints if "status of 40" not in said
        ]  # Chromium repeats our own 403 and 404
        yield (name, language), Visit(
            answer.status, page.get_attribute("html", "lang") or "", overflow(page), problems(page), own,
            page.locator("h1:visible").count(), page.title(),
        )  # fmt: skip
    context.close()


EVERYWHERE = (*PAGES, *WRONG)
WALKS = [
    pytest.param(("es", PHONE, QUICK), id="es-360"),
    *(
        pytest.param((language, size, EVERYWHERE), id=f"{language}-{size['width']}", marks=MINUTES)
        for language in ("es", "en")
        for size in (NARROW, DESK)
    ),
]


@pytest.fixture(scope="module", params=WALKS)
def visits(request, house) -> dict[tuple[str, str], Visit]:
    """Pages in one language, at one width."""
    language, size, names = request.param
    return {name: visit for who in WALKERS for name, visit in walk(house, who, language, size, names)}


def test_there_is_a_record_of_each_kind_to_visit(house):
    kinds = {OF_ANOTHER.get(name, line.of) for name, line in PAGES.items()} - {"-"}
    assert kinds <= set(house.told["records"]), "add one to FURNISH"


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


PINNED = (
    "[...document.querySelectorAll('.topbar, .nav, .actbar')].map((bar) => getComputedStyle(bar).position)"
)


@pytest.mark.parametrize("name", ["daily_report", "call"])
def test_what_is_pinned_leaves_the_room_to_whoever_types(house, name):
    context = house.visitor(walker(name), viewport=PHONE)
    page = context.new_page()
    page.goto(house.route(name))
    page.evaluate("document.activeElement.blur()")
    assert page.evaluate(PINNED) == ["sticky", "fixed", "sticky"]
    page.locator(".ten input").nth(2).focus()
    assert page.evaluate(PINNED) == ["static", "absolute", "static"]
    page.evaluate("document.activeElement.blur()")
    page.set_viewport_size({"width": 360, "height": 420})
    assert page.evaluate(PINNED) == ["static", "absolute", "static"]
    if name == "call":
        page.set_viewport_size({"width": 360, "height": 740})
        main = page.locator(".actbar .main").bounding_box()
        assert page.locator(".actbar button:visible").count() == 1
        assert main is not None
        assert main["height"] < 60, "on one line"
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
    name = page.locator("table.ranked th a").first.text_content()
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


# Pages that people open each day on a dear connection.
CORE = ("board", "today_site", "daily_report", "calls", "call", "sites_list", "site_page", "situation", "health",
    "site_import", "damage", "damage_new")  # fmt: skip


@pytest.mark.parametrize("name", ["login", *CORE])
def test_a_first_load_is_light(house, name):
    context = house.visitor(walker(name), viewport=PHONE)
    page = context.new_page()
    first, parts = weight(page, lambda: page.goto(house.route(name).partition("?")[0]))
    assert first <= 30 * KB, parts
    context.close()


@pytest.fixture(scope="module")
def been_here(house) -> Iterator[dict[str, Page]]:
    """By account, a phone that has seen a page before."""
    pages: dict[str, Page] = {}
    for account in {walker(name) for name in CORE}:
        page = pages[account] = house.visitor(account, viewport=PHONE).new_page()
        page.goto(house.address + "/standards/")
        page.wait_for_load_state("networkidle")
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.mark.parametrize("name", CORE)
def test_the_next_page_is_light_and_one_request(house, been_here, name):
    page = been_here[walker(name)]
    following, parts = weight(page, lambda: page.goto(house.route(name).partition("?")[0]))
    assert following <= 10 * KB, parts
    assert len(parts) == 1, parts


def test_it_works_without_javascript(house):
    context = house.visitor("", java_script_enabled=False, viewport=PHONE)
    page = context.new_page()
    page.goto(house.address + "/login/")
    page.get_by_label("Cuenta").fill("nacional")
    page.get_by_label("Contraseña").fill(house.told["password"])
    page.get_by_role("button", name="Entrar").click()
    assert page.url == house.address + "/"
    name = page.locator("table.ranked th a").first.text_content()

    page.locator("form.filters summary").click()
    page.get_by_label("Norma").select_option("water")
    page.get_by_role("button", name="Ver", exact=True).click()
    assert "indicator=water" in page.url
    assert page.locator("table.ranked tbody tr").count() > 1

    page.get_by_role("searchbox").fill(name)
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


def test_the_arrows_go_through_a_list_and_enter_opens(house):
    context = house.visitor(viewport=DESK)
    page = context.new_page()
    page.goto(house.address + "/sites/")
    names = page.locator("tbody th a").all_text_contents()
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.textContent") == names[1]
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.textContent") == names[1], "Tab goes as always"
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/*/**")
    assert page.locator("h1").text_content() == names[1]
    context.close()


def open_the_map(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Cargar mapa que se acerca").click()


# From the middle of a mark, in pixels: on it, and as far as a finger errs.
@pytest.mark.parametrize("beside", [0, 12])
def test_a_tap_on_the_map_names_the_centre_and_leads_to_it(house, beside):
    name = house.told["name"]
    context = house.visitor(viewport=PHONE, has_touch=True)
    page = context.new_page()
    open_the_map(page, f"{house.address}/map/?{urlencode({'q': name})}")
    canvas = page.locator(".maplibregl-canvas")
    canvas.wait_for()
    popup = page.locator(".maplibregl-popup a")
    size = canvas.bounding_box()
    assert size is not None
    middle = {"x": size["width"] / 2 + beside, "y": size["height"] / 2}  # the one centre stands there
    for _time in range(50):  # the map answers once it has drawn it
        canvas.tap(position=middle)
        page.wait_for_timeout(200)
        if popup.count():
            break
    assert popup.text_content() == name
    popup.tap()
    page.wait_for_url("**/sites/*/**")
    assert page.locator("h1").text_content() == name
    context.close()


def test_the_list_of_the_map_leads_to_a_centre_by_keyboard(house):
    context = house.visitor(viewport=DESK)
    page = context.new_page()
    open_the_map(page, f"{house.address}/map/?{urlencode({'q': house.told['name']})}")
    page.locator(".maplibregl-canvas").wait_for()
    page.get_by_role("searchbox").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sites/*/**")
    assert page.locator("h1").text_content() == house.told["name"]
    context.close()


NO_WEBGL = """
const given = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return /webgl/.test(kind) ? null : given.call(this, kind, ...rest);
};
"""


@pytest.mark.parametrize("lacks", ["webgl", "script"])
def test_without_webgl_or_script_the_sketch_and_the_list_stand(house, lacks):
    context = house.visitor(viewport=PHONE, java_script_enabled=lacks != "script")
    page = context.new_page()
    if lacks == "webgl":
        page.add_init_script(NO_WEBGL)
        open_the_map(page, house.address + "/map/")
        page.get_by_text("El mapa no se pudo cargar.").wait_for()
        assert not page.locator(".canvas").is_visible()
    else:
        page.goto(house.address + "/map/")
        assert not page.get_by_role("button", name="Cargar mapa").is_visible()
    assert page.locator("svg.map").is_visible()
    assert page.locator("section table tbody th a").count() > 10
    context.close()
