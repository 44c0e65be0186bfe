"""Make the pictures of the documents from the exercise, at a clock that stands still: `make pictures`.

An exercise of its own, in a folder that is thrown away, at the same moment each time, so that a picture changes only
when a screen does. `python -m tools.pictures FOLDER [NAME ...]` makes them elsewhere, or only some.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tools.palette import shrink

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "pictures"
LANGUAGES = ("es", "en")
NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)  # half past seven in the morning: the centres have reported
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE, DESK = (360, 800), (1180, 860)


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture, in both languages: who looks, at what address, how large; `then` is done on the page before."""

    account: str
    address: str
    size: tuple[int, int] = DESK
    then: Callable[[Page], None] | None = None


def the_sheet_with_mistakes(page: Page) -> None:
    """A list as somebody sends it: rows that are new, rows that are wrong."""
    page.set_input_files("input[type=file]", ROOT / "docs" / "examples" / "albergues-corregidos.csv")
    page.locator("main form button.main").first.click()
    page.wait_for_url("**/import/*/")


def a_mapping_begun(page: Page) -> None:
    """A sheet of assessments, read, with what Amparo suggests for each column."""
    page.fill("input[name=title]", {"es": "Hoja de ejemplo", "en": "Example sheet"}[spoken(page)])
    page.set_input_files("input[type=file]", ROOT / "docs" / "examples" / "evaluaciones.csv")
    page.locator("main form button.main").first.click()
    page.wait_for_url("**/draft/**")


def spoken(page: Page) -> str:
    return page.get_attribute("html", "lang") or ""


def to(selector: str) -> Callable[[Page], None]:
    """Scroll so that this stands at the top."""

    def scrolled(page: Page) -> None:
        page.locator(selector).first.evaluate(
            "it => scrollTo(0, it.getBoundingClientRect().top + scrollY - 12)"
        )

    return scrolled


PICTURES = {
    "board": Picture("nacional", "/"),
    "calls": Picture("comite", "/calls/", (1180, 620)),
    "centre": Picture("nacional", "/sites/{site}/"),
    "import": Picture("nacional", "/sites/import/", DESK, the_sheet_with_mistakes),
    "mapping": Picture("analista", "/mappings/new/", DESK, a_mapping_begun),
    "origin": Picture("nacional", "/figures/people/", (1180, 620)),
    "report": Picture("encargada", "/sites/{site}/report/", PHONE),
    "situation": Picture("comite", "/report/"),
    "today": Picture("encargada", "/hoy/", PHONE),
    "today-failing": Picture("encargada", "/hoy/", PHONE, to("section[aria-labelledby=f]")),
    "trends": Picture("analista", "/trends/", (1180, 700)),
}
SHEET = "sheet"  # the printed page of a centre


def names() -> list[str]:
    """Every file that this makes."""
    return sorted(f"{name}.{language}.png" for name in (*PICTURES, SHEET) for language in LANGUAGES)


# --- an exercise at that moment


def stand_still() -> None:
    """From here on it is `NOW` for this process. Before the models are read: they keep the clock they find."""
    from django.utils import timezone

    timezone.now = lambda: NOW


def prepare(home: Path) -> None:
    """An exercise in `home`, by the steps of `amparo init --exercise`, and the days that its worker would keep."""
    os.environ.update(
        AMPARO_HOME=str(home), DJANGO_SETTINGS_MODULE="amparo.config.settings", AMPARO_LOG="ERROR"
    )
    os.environ.pop("AMPARO_DATABASE_URL", None)
    stand_still()
    import django

    django.setup()
    from amparo.config.exercise import ORGANISATION, fill_exercise
    from amparo.config.installation import make_ready
    from amparo.sites.actions.keeping import keep_days

    home.mkdir(parents=True)
    (home / "EXERCISE").write_text("")
    make_ready(organisation=ORGANISATION)
    fill_exercise()
    keep_days()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True


@contextmanager
def served() -> Iterator[str]:
    """The exercise on a free port of this machine; gives its address."""
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), Threads, Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()


def records() -> dict[str, str]:
    """What the addresses of the pictures name."""
    from amparo.config.exercise import CENTRES
    from amparo.intake.models import Form
    from amparo.sites.models import Site

    return {
        "site": str(Site.objects.get(name=CENTRES[0].name).uid),
        "form": str(Form.objects.earliest("pk").uid),
    }


def paper(language: str) -> bytes:
    """The printed page of the first centre, drawn by the template of its PDF."""
    import typst
    from django.utils import translation

    from amparo.briefing.documents import TEMPLATE, sheet_data
    from amparo.briefing.queries.sheet import sheets_of
    from amparo.config.exercise import CENTRES
    from amparo.kernel.models import User
    from amparo.sites.models import Site
    from amparo.sites.queries.gaps import Moment
    from amparo.toolkit.documents import FONTS

    site = Site.objects.select_related("place__parent").get(name=CENTRES[0].name)
    with translation.override(language):
        [sheet] = sheets_of([site], Moment(NOW), reader=User.objects.get(username="nacional"))
        data = json.dumps({"fonts": FONTS, **sheet_data(sheet, language)}, ensure_ascii=False)
    made = typst.compile(TEMPLATE, root=TEMPLATE.parent, sys_inputs={"data": data}, format="png", ppi=88)
    assert isinstance(made, bytes)
    return made


# --- the pictures


class Photographer:
    """A browser that takes the pages of one server, each account logged in once for each language."""

    def __init__(self, browser: Browser, server: str, found: dict[str, str]) -> None:
        self.browser, self.server, self.found = browser, server, found
        self.entered: dict[tuple[str, str], BrowserContext] = {}

    def take(self, picture: Picture, language: str) -> bytes:
        page = self._visitor(picture.account, language).new_page()
        page.clock.set_fixed_time(NOW)
        width, height = picture.size
        page.set_viewport_size({"width": width, "height": height})
        page.goto(self.server + picture.address.format(**self.found))
        if picture.then:
            picture.then(page)
        page.wait_for_load_state("networkidle")
        taken = page.screenshot(animations="disabled", caret="hide")
        page.close()
        return taken

    def _visitor(self, account: str, language: str) -> BrowserContext:
        from amparo.config.exercise import PASSWORD

        if (account, language) not in self.entered:
            context = self.browser.new_context(
                locale=f"{language}-HN", timezone_id="America/Tegucigalpa", reduced_motion="reduce"
            )
            context.set_default_timeout(90_000)
            context.add_cookies([{"name": "language", "value": language, "url": self.server}])
            page = context.new_page()
            page.goto(f"{self.server}/login/")
            page.locator("input[type=text]").first.fill(account)
            page.locator("input[type=password]").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/login/" not in url)
            page.close()
            self.entered[account, language] = context
        return self.entered[account, language]


def keep(path: Path, png: bytes) -> None:
    small = shrink(png)
    path.write_bytes(small)
    print(f"{path.name} {len(small) / 1024:.0f} kB", flush=True)


def main(folder: Path, wanted: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        prepare(Path(scratch) / "exercise")
        for language in LANGUAGES:
            if not wanted or SHEET in wanted:
                keep(folder / f"{SHEET}.{language}.png", paper(language))
        found = records()  # no question to the database once the browser's loop runs in this thread
        with served() as server, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
            photographer = Photographer(browser, server, found)
            for name, picture in PICTURES.items():
                for language in LANGUAGES:
                    if not wanted or name in wanted:
                        keep(folder / f"{name}.{language}.png", photographer.take(picture, language))
            browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, sys.argv[2:])
