"""How long until a page can be used on the slowest network that the field has: EDGE, on a phone four times slower."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import CDPSession, Page, sync_playwright

from benchmarks.calibration import calibrate
from benchmarks.report import Figure
from tests.installation import Installation, serving

TITLE = "Pages on EDGE"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or "/usr/bin/chromium"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip
BITS_PER_SECOND, ROUND_TRIP, TIMES_SLOWER = 100_000, 0.7, 4
# Chromium slows requests down, not the making of a connection: TCP and TLS 1.3 cost a round trip each.
CONNECTING = 2 * ROUND_TRIP
FIRST, NEXT = 6.0, 1.5
# Painted, read whole, and its script awake: then a thumb may begin.
USABLE = """() => {
    const [page] = performance.getEntriesByType("navigation");
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return Math.max(page.domContentLoadedEventEnd, paint ? paint.startTime : 0) / 1000;
}"""
CENTRE = """
from amparo.config.exercise import CENTRES, PASSWORD
from amparo.sites.models import Site
answer([str(Site.objects.get(name=CENTRES[0].name).uid), PASSWORD])
"""


def measure(folder: Path, *, quick: bool, databases: Sequence[str]) -> tuple[list[Figure], list[str]]:
    """Seconds to usable over the exercise, first load and next. The database makes no difference and SQLite is used."""
    repeats = 1 if quick else 5
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amparo.config.settings")
    place = Installation(folder / "home", "")
    place.typed("init", "--exercise", "--quiet")
    uid, password = place.speak(CENTRE)
    centre = f"/sites/{uid}/"
    pages = (
        ("log-in", "", "/login/"), ("Hoy", "encargada", "/hoy/"), ("report form", "encargada", f"{centre}report/"),
        ("board", "comite", "/"), ("a centre's page", "comite", centre), ("round of calls", "comite", "/calls/"),
    )  # fmt: skip
    calibration = calibrate(folder)
    figures = []
    with serving(place, "--no-worker") as port, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        for name, account, path in pages:
            context = browser.new_context(locale="es-HN", viewport={"width": 360, "height": 740})
            page, address = context.new_page(), f"http://127.0.0.1:{port}"
            if account:
                log_in(page, address, account, password)
            page.goto(address + path)  # server and browser awake
            link = slowed(page)
            firsts = [seconds(page, address + path, forget(link)) + CONNECTING for _ in range(repeats)]
            nexts = [seconds(page, address + path) for _ in range(repeats)]
            figures += [
                Figure(f"{name}, first load", median(firsts), "s", calibration, FIRST, less_is_better=True),
                Figure(f"{name}, next", median(nexts), "s", calibration, NEXT, less_is_better=True),
            ]
            context.close()
        browser.close()
    return figures, [
        f"Chromium at {BITS_PER_SECOND // 1000} kbit/s, {ROUND_TRIP:g} s a round, processor {TIMES_SLOWER}x slower. "
        "To a first load two round trips are added, which Chromium does not slow down: TCP and TLS.",
        "Usable: painted, read to its end, its script awake.",
    ]


def log_in(page: Page, address: str, account: str, password: str) -> None:
    page.goto(f"{address}/login/")
    page.wait_for_function("document.activeElement.name === 'username'")
    page.keyboard.type(account)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def slowed(page: Page) -> CDPSession:
    """The page on EDGE from now on."""
    link = page.context.new_cdp_session(page)
    link.send("Network.enable")
    link.send("Emulation.setCPUThrottlingRate", {"rate": TIMES_SLOWER})
    bytes_per_second = BITS_PER_SECOND / 8
    link.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": ROUND_TRIP * 1000, "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second},
    )  # fmt: skip
    return link


def forget(link: CDPSession) -> Callable[[], object]:
    """As a phone that was never here: nothing kept but who they are."""
    return lambda: link.send("Network.clearBrowserCache")


def seconds(page: Page, url: str, before: Callable[[], object] = lambda: None) -> float:
    before()
    page.goto(url, wait_until="load", timeout=120_000)
    return float(page.evaluate(USABLE))
