import dataclasses
import re
import time

import pytest
from django.utils.translation import override

from amparo.briefing.documents import render_site_sheet, render_site_sheets, sheet_data
from amparo.briefing.tests import invented
from amparo.briefing.tests.pages import site_page_of

SHEETS = {
    "usual": invented.SHEET,
    "hostile": invented.HOSTILE_SHEET,
    "bare": invented.BARE_SHEET,
    "every standard": dataclasses.replace(
        invented.SHEET, page=site_page_of(failing=20, doubtful=10, unknown=20, met=10)
    ),
}


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_is_one_page(name, language):
    assert pages(render_site_sheet(SHEETS[name], language)) == 1


def test_the_same_centre_gives_the_same_bytes():
    assert render_site_sheet(invented.SHEET, "es") == render_site_sheet(invented.SHEET, "es")


def test_a_hundred_centres_need_well_under_a_minute():
    sheets = [dataclasses.replace(invented.SHEET, printed_by=f"mesa {n}") for n in range(10)]
    start = time.monotonic()
    assert len(render_site_sheets(sheets, "es")) == 10
    assert (time.monotonic() - start) / 10 * 109 < 60


def test_the_worst_comes_first_and_last_what_decides_nothing():
    with override("es"):
        kinds = [row["kind"] for row in sheet_data(SHEETS["every standard"], "es")["services"]]
    assert kinds == sorted(kinds, key=["grave", "bajo", "mudo", "cumple", "duda"].index)


def test_paper_says_no_zero_where_nobody_measured():
    with override("es"):
        data = sheet_data(invented.BARE_SHEET, "es")
    assert [figure["value"] for figure in data["figures"]] == ["No se ha medido"] * 3
    assert data["bar"] is None


def test_an_unverified_standard_decides_nothing_on_paper():
    with override("es"):
        showers = next(row for row in sheet_data(invented.SHEET, "es")["services"] if row["name"] == "Duchas")
    assert showers["affected"] == "No decide"
    assert showers["word"] == "Norma sin verificar"


def test_what_paper_leaves_out_is_counted():
    with override("es"):
        assert sheet_data(invented.SHEET, "es")["more"][2] == "y 3 más en pantalla"


def test_what_nobody_measured_is_named_and_counted_in_one_paragraph():
    with override("es"):
        data = sheet_data(invented.SHEET, "es")
    assert data["unknown"] == "No se ha medido: 1 de 5. Luz junto a los sanitarios."
    assert all(row["kind"] != "nada" for row in data["services"])
