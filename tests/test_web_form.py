"""A form filled in a real browser: without signal, with the browser killed, with the session ended: once on the server.

The browser has a profile of its own on disk, as a phone has; it is killed with SIGKILL.
"""

import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.installation import Installation, free_port, serving, until
from tests.test_real_browser import CHROMIUM, OPTIONS, PHONE, overflow, problems

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FACTS = """
from amparo.config.exercise import CENTRES, PASSWORD
from amparo.intake.models import Form
from amparo.sites.models import Site
site = Site.objects.get(name=CENTRES[0].name)
answer({"password": PASSWORD, "form": Form.objects.get().uid, "site": site.uid, "name": site.name, "code": site.code})
"""
RECEIVED = """
from amparo.intake.models import RawMessage
answer([[m.folio, m.state, m.reason, m.by.username] for m in RawMessage.objects.filter(channel="web").order_by("pk")])
"""
expect.set_options(timeout=20_000)  # a machine busy with other things takes its time
SAVED, SENT, BY_THE_CENTRE = "Guardado en este teléfono", "Enviado", "Recibido por la central (folio "
LIST, QUEUE = "/fill/", "/fill/queue/"


@dataclass
class Phone:
    """One phone: its profile on disk, and a browser that can be killed."""

    driver: Playwright
    profile: Path
    address: str
    context: BrowserContext | None = None
    posts: list[str] = field(default_factory=list)

    def on(self, *, signal_there: bool = True) -> Page:
        (self.profile / "SingletonLock").unlink(missing_ok=True)
        self.context = self.driver.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, args=OPTIONS, viewport=PHONE, locale="es-HN",
            accept_downloads=True,
        )  # fmt: skip
        self.context.set_default_timeout(20_000)
        self.context.set_offline(not signal_there)
        self.context.on("request", self._noted)
        return self.context.pages[0]

    def _noted(self, request) -> None:
        if request.url.endswith("/fill/send"):
            self.posts.append(request.url)

    def killed(self) -> None:
        """As when the battery is pulled: nobody is told."""
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (process / "cmdline").read_bytes()
                if process.name.isdigit() and f"--user-data-dir={self.profile}".encode() in words:
                    os.kill(int(process.name), signal.SIGKILL)
        with contextlib.suppress(Exception):
            assert self.context is not None
            self.context.close()

    def off(self) -> None:
        assert self.context is not None
        self.context.close()

    def go(self, page: Page, path: str, password: str, account: str = "encargada") -> None:
        """To a page, by way of the door where it asks."""
        page.goto(self.address + path)
        self.log_in(page, path, password, account)

    def log_in(self, page: Page, path: str, password: str, account: str = "encargada") -> None:
        if "/login/" in page.url:
            page.locator("input[name=username]").fill(account)
            page.locator("input[type=password]").first.fill(password)
            page.keyboard.press("Enter")
            page.wait_for_url(f"**{path.partition('?')[0]}*")


@dataclass
class House:
    place: Installation
    port: int
    told: dict
    phone: Callable[[int], Phone]

    def received(self) -> list[list[str]]:
        return self.place.speak(RECEIVED)

    @property
    def form(self) -> str:
        return f"/forms/{self.told['form']}/fill/?site={self.told['site']}"


@pytest.fixture(scope="module")
def house(made_once, tmp_path_factory) -> Iterator[House]:
    exercise = made_once("exercise", ("init", "--exercise", "--quiet"))
    root = tmp_path_factory.mktemp("phones")
    with exercise.copy(root / "home") as place, sync_playwright() as driver:
        port = free_port()

        def phone(port: int) -> Phone:
            profile = root / f"phone-{time.monotonic_ns()}"
            profile.mkdir()
            return Phone(driver, profile, f"http://127.0.0.1:{port}")

        yield House(place, port, place.speak(FACTS), phone)


def ready(page: Page) -> None:
    page.wait_for_selector("body[data-ready]")


def answer(page: Page, persons: int) -> None:
    """The least that the form asks: open, and how many people. The centre is filled in already."""
    page.get_by_text("Sí", exact=True).first.click()
    people = page.get_by_label("Personas, todas")
    people.click()
    page.keyboard.type(str(persons))


def kept(page: Page) -> None:
    expect(page.locator("[data-saved]")).to_contain_text("Lo escrito está guardado aquí")


def prepared(house: House, phone: Phone) -> Page:
    """Known, and able to fill without signal."""
    page = phone.on()
    phone.go(page, LIST, house.told["password"])
    expect(page.locator("[data-ready]")).to_have_text("Este teléfono ya puede llenar sin señal.")
    return page


def test_filled_without_signal_and_killed_twice_it_arrives_once(house):
    phone = house.phone(house.port)
    with serving(house.place, port=house.port):
        prepared(house, phone)
        before = house.received()
        phone.context.set_offline(True)
    page = phone.context.pages[0]
    page.goto(phone.address + house.form)  # the server is gone, the network too
    ready(page)
    expect(page.get_by_label("¿Cómo se llama el albergue?")).to_have_value(house.told["name"])
    answer(page, 131)
    typed = time.monotonic()
    kept(page)
    assert time.monotonic() - typed < 3
    time.sleep(max(0.0, 3 - (time.monotonic() - typed)))
    phone.killed()

    page = phone.on(signal_there=False)
    page.goto(phone.address + LIST)
    page.get_by_role("link", name="Seguir").click()
    ready(page)
    expect(page.get_by_label("Personas, todas")).to_have_value("131")
    expect(page.get_by_label("¿Cómo se llama el albergue?")).to_have_value(house.told["name"])
    page.get_by_role("button", name="Terminé, enviar").click()
    expect(page.locator(".steps .reached")).to_have_text([SAVED])
    phone.killed()

    page = phone.on(signal_there=False)
    page.goto(phone.address + QUEUE)
    expect(page.locator("[data-n]")).to_have_text("1")
    expect(page.locator("[data-queue] li")).to_contain_text(SAVED)
    expect(page.locator("[data-drafts] li")).to_have_count(0)
    with serving(house.place, port=house.port):
        phone.context.set_offline(False)
        phone.go(page, QUEUE, house.told["password"])
        received, log_in_again = page.locator("[data-receipts] li"), page.locator("a[data-login]:visible")
        received.or_(log_in_again).first.wait_for()
        if (
            log_in_again.is_visible()
        ):  # the kill may take the session with it; a slow answer shows the page kept here
            log_in_again.click()
            phone.log_in(page, QUEUE, house.told["password"])
        expect(received).to_contain_text(BY_THE_CENTRE)
        expect(page.locator("[data-n]")).to_have_text("0")
        until(lambda: [line[1] for line in house.received()[len(before) :]] == ["applied"])
        page.goto(f"{phone.address}/sites/{house.told['site']}/")
        expect(page.locator("main")).to_contain_text("131")
    assert len(house.received()) == len(before) + 1
    phone.off()


@pytest.fixture(scope="module")
def online(house) -> Iterator[Phone]:
    """A phone that is known, with a server that stays."""
    with serving(house.place, "--no-worker") as port:
        phone = house.phone(port)
        prepared(house, phone)
        yield phone
        phone.off()


def begun(house: House, phone: Phone, persons: int) -> Page:
    """A form with its answers, on the screen."""
    assert phone.context is not None
    phone.posts.clear()
    page = phone.context.new_page()
    page.goto(phone.address + house.form)
    ready(page)
    answer(page, persons)
    return page


def finish(page: Page) -> None:
    page.get_by_role("button", name="Terminé, enviar").click()


def test_a_double_tap_and_two_tabs_send_one(house, online):
    before = house.received()
    page = begun(house, online, 132)
    assert (problems(page), overflow(page)) == ([], 0)
    other = online.context.new_page()
    other.goto(online.address + QUEUE)
    page.get_by_role("button", name="Terminé, enviar").dblclick()
    expect(page.locator(".steps .reached")).to_have_count(3)
    expect(page.locator(".steps")).to_contain_text(BY_THE_CENTRE)
    expect(other.locator("[data-receipts] li")).to_have_count(1)
    assert len(online.posts) == 1
    assert len(house.received()) == len(before) + 1
    other.close()
    page.close()


def test_when_the_session_ends_meanwhile_it_waits_and_is_sent_after_logging_in(house, online):
    before = house.received()
    page = begun(house, online, 133)
    online.context.clear_cookies()
    finish(page)
    expect(page.locator("#said")).to_contain_text("Entre otra vez para enviar; nada se pierde.")
    expect(page.locator(".steps .reached")).to_have_text([SAVED])
    assert house.received() == before
    online.go(page, "/sites/", house.told["password"])  # any page sends what waits
    until(lambda: len(house.received()) == len(before) + 1)
    page.goto(online.address + QUEUE)
    expect(page.locator("[data-receipts] li").first).to_contain_text(BY_THE_CENTRE)
    page.close()


def test_a_rescue_file_carried_by_another_is_the_same_form(house, online, tmp_path):
    before = house.received()
    page = begun(house, online, 134)
    online.context.set_offline(True)
    finish(page)
    expect(page.locator(".steps .reached")).to_have_text([SAVED])
    page.goto(online.address + QUEUE)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Rescate: guardar archivo").click()
    file = tmp_path / "rescate.amparo"
    saved.value.save_as(file)
    assert house.told["name"].encode() not in file.read_bytes()

    committee = Phone(online.driver, tmp_path / "committee", online.address)
    desk = committee.on()
    committee.go(desk, "/fill/rescue/", house.told["password"], account="comite")
    desk.locator("input[type=file]").set_input_files(file)
    desk.get_by_role("button", name="Recibir").click()
    said = desk.locator(".messages")
    expect(said).to_contain_text("Se recibió 1 formulario.")
    folio = re.search(r"Folios: (\d+)", said.inner_text())[1]
    committee.off()
    online.context.set_offline(False)  # the phone sends by itself
    expect(page.locator("[data-receipts] li").first).to_contain_text(f"{BY_THE_CENTRE}{folio})")
    assert [line[0::3] for line in house.received()[len(before) :]] == [[folio, "encargada"]]
    page.close()
