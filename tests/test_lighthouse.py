"""Lighthouse, as a phone on a slow network, over the pages that people open most. `make lighthouse` brings the tool.

It is no dependency of the project: 180 MB that only this file uses.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.installation import CHECKOUT, free_port, serving
from tests.test_real_browser import CHROMIUM, FOCUSED, OPTIONS

NODE = CHECKOUT / ".venv" / "bin" / "node"
LIGHTHOUSE = CHECKOUT / ".venv" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100}
CENTRE = """
from amparo.config.exercise import CENTRES, PASSWORD
from amparo.sites.models import Site
answer({"site": Site.objects.get(name=CENTRES[0].name).uid, "password": PASSWORD})
"""
PAGES = {
    "login": ("", "/login/"), "today": ("encargada", "/hoy/"), "report": ("encargada", "/sites/{site}/report/"),
    "board": ("comite", "/"), "site": ("comite", "/sites/{site}/"),
}  # fmt: skip

pytestmark = [
    pytest.mark.long, pytest.mark.browser, pytest.mark.timeout(300),
    pytest.mark.skipif(not LIGHTHOUSE.is_file(), reason="Lighthouse absent: make lighthouse"),
]  # fmt: skip


@pytest.fixture(scope="module")
def served(made_once, tmp_path_factory) -> Iterator[tuple[str, dict]]:
    exercise = made_once("exercise", ("init", "--exercise", "--quiet"))
    with exercise.copy(tmp_path_factory.mktemp("lighthouse") / "home") as place:
        told = place.speak(CENTRE)
        with serving(place, "--no-worker") as port:
            yield f"http://127.0.0.1:{port}", told


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quick_and_open_to_everybody(served, name: str, tmp_path: Path):
    address, told = served
    account, path = PAGES[name]
    port = free_port()
    with sync_playwright() as driver:
        browser = driver.chromium.launch_persistent_context(
            str(tmp_path / "profile"), executable_path=CHROMIUM, locale="es-HN",
            args=[*OPTIONS, f"--remote-debugging-port={port}"],
        )  # fmt: skip
        if account:
            page = browser.pages[0]
            page.goto(f"{address}/login/")
            page.wait_for_function(FOCUSED)
            page.keyboard.type(account)
            page.keyboard.press("Tab")
            page.keyboard.type(told["password"])
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/login/" not in url)
        url = address + path.format(**told)
        said = subprocess.run(
            [NODE, LIGHTHOUSE, url, f"--port={port}", "--disable-storage-reset", "--output=json", "--quiet",
                f"--only-categories={','.join(WANTED)}"],
            capture_output=True, text=True, timeout=200,
        )  # fmt: skip
        browser.close()
    assert said.returncode == 0, said.stderr[-2000:]
    found = json.loads(said.stdout)
    assert found["finalDisplayedUrl"] == url, "the page itself, and not the door"
    scores = {key: round(100 * one["score"]) for key, one in found["categories"].items()}
    times = {
        key: found["audits"][key]["displayValue"] for key in ("first-contentful-paint", "total-blocking-time")
    }
    print(name, scores, times)
    assert {key: score for key, score in scores.items() if score < WANTED[key]} == {}, times
