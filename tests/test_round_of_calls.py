"""The centre's door in a real Chromium: a call typed by keyboard alone, and a morning's report on a phone."""

import pytest

from tests.test_real_browser import DESK, KB, PHONE, House, house, overflow, problems, weight

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
assert house  # the exercise, served: a fixture

TOLD = ("60", "31", "4", "0", "2", "2", "900", "0", "1", "si")


def focused(page) -> str:
    return page.evaluate("document.activeElement.name || document.activeElement.className")


def test_two_calls_in_a_row_by_keyboard_alone(house: House):
    context = house.visitor("comite", viewport=DESK)
    page = context.new_page()
    page.goto(house.address + "/calls/")
    silent = page.locator(".mute h3").all_text_contents()
    assert len(silent) > 2, "the exercise has silent centres"
    page.get_by_role("button", name="Llamar al primero").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/*-*/")
    assert page.locator("h1").text_content() == silent[0]
    assert page.locator("a[href^='tel:']").count() == 1
    assert problems(page) == []

    assert focused(page) == "persons", "whoever calls begins to type at once"
    before = page.url
    keys = 0
    for figure in TOLD:
        page.keyboard.type(figure)
        page.keyboard.press("Enter")
        keys += len(figure) + 1
    page.wait_for_url(lambda url: url != before)
    assert page.locator("h1").text_content() == silent[1]
    assert silent[0] in page.locator(".messages").text_content()
    assert keys <= 30  # at two keys a second, well within a minute

    before = page.url
    page.locator("summary", has_text="No se pudo hablar").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="No contesta").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != before)
    assert page.locator("h1").text_content() == silent[2]
    page.goto(house.address + "/calls/")
    left = page.locator(".mute h3").all_text_contents()
    assert (left[-1], len(left)) == (silent[1], len(silent) - 1), "who did not answer waits at the end"
    assert "No contesta" in page.locator(".mute li").last.text_content()
    context.close()


def test_the_morning_of_whoever_runs_a_centre(house: House):
    context = house.visitor("encargada", viewport=PHONE)
    page = context.new_page()
    page.goto(house.address + "/")
    assert page.url == house.address + "/hoy/", "they land on their own centre"
    assert page.locator("h1").text_content() == house.told["name"]
    assert overflow(page) == 0
    assert problems(page) == []

    link = page.get_by_role("link", name="Enviar reporte")
    following, parts = weight(page, link.click)
    assert following <= 10 * KB, parts
    assert (overflow(page), problems(page)) == (0, [])
    page.get_by_label("Personas que duermen aquí esta noche").fill("145")
    page.get_by_role("link", name=house.told["name"]).click()
    page.wait_for_url("**/today/")
    page.go_back()
    page.wait_for_url("**/report/")
    kept = page.get_by_label("Personas que duermen aquí esta noche").input_value()
    assert kept == "145", "going back loses nothing"
    page.get_by_label("De ellas, mujeres y niñas").fill("200")
    page.get_by_role("button", name="Enviar reporte").click()
    assert page.get_by_label("De ellas, mujeres y niñas").input_value() == "200", "nothing typed is lost"
    assert "más que 145" in page.locator("[role=alert]").text_content()
    assert problems(page) == []
    page.get_by_label("De ellas, mujeres y niñas").fill("80")
    page.get_by_role("button", name="Enviar reporte").dblclick()
    page.wait_for_url("**/today/")
    assert "Recibido" in page.locator(".messages").text_content()
    assert page.locator(".hero b").text_content() == "145"
    context.close()
