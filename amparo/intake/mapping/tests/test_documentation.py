"""`docs/mappings.md` is what a stranger follows: its example works, and its lists are whole."""

import re
from pathlib import Path

from amparo.intake import mapping
from amparo.intake.mapping.values.words import SAID
from amparo.toolkit import sheets
from amparo.toolkit.sheets import limits
from amparo.toolkit.sheets.tests.making import csv_file

PAGE = (Path(__file__).resolve().parents[4] / "docs" / "mappings.md").read_text(encoding="utf-8")


def example():
    """The mapping and the sheet of the page."""
    found = mapping.parse(re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)[1])
    lines = [line for line in PAGE.splitlines() if re.match(r"\| (Nº|\d) ", line)]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return found, csv_file([["LISTA DE NOVIEMBRE"], *rows, ["Total", "", "", "", "1320"]])


def test_the_example_gives_what_the_page_says():
    found, sheet = example()
    table = sheets.read(sheet, expect=found.expected)
    first, second = found.bind(table.columns).all_facts(table.rows)
    assert {each.indicator: (each.low, each.high) for each in first.observations} == {
        "persons": (1240, 1240),
        "households": (260, 260),
        "toilets_women": (4, 4),
        "toilets_men": (3, 3),
        "litres_person_day": (0, 7.5),
        "electricity": (1, 1),
    }
    figures = {each.indicator: (each.low, each.high) for each in second.observations}
    assert figures["toilets_women"] == (0, 0)
    assert figures["litres_person_day"] == (10, 15)
    assert "electricity" not in figures
    assert second.unknowns == ("electricity",)
    assert [(flag.code, flag.field) for flag in second.flags] == [("approximate", "persons")]


def test_every_flag_and_problem_is_listed():
    listed = "\n".join(re.findall(r"^(?:Flags|Problems): .*?(?:\n\n|\Z)", PAGE, re.DOTALL | re.MULTILINE))
    assert set(re.findall(r"`([a-z_]+)`", listed)) == set(SAID)


def test_the_limits_are_those_of_the_reader():
    words = " ".join(PAGE.split())
    assert f"{limits.MAX_BYTES >> 20} MB, {limits.MAX_ROWS:,} rows, {limits.MAX_COLUMNS:,} columns" in words
    assert (
        f"{limits.MAX_CELLS // 1_000_000} million cells, {limits.MAX_CELL_CHARACTERS:,} characters" in words
    )
