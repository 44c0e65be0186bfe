"""The real files, where they are at hand; their invented twins are the other tests of this folder."""

import os
from pathlib import Path

import pytest

from amparo.toolkit import sheets

SHARED = Path(os.environ.get("AMPARO_SHARED", "../shared"))
if not SHARED.is_absolute():
    SHARED = Path(__file__).resolve().parents[4] / SHARED
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not at hand"),
]


def test_the_nepal_sheet_is_read_under_its_title_and_totals():
    table = sheets.read(SHARED / "data/dtm/dtm_nepal_2015_R2_site_assessment_deidentified.csv")
    assert (table.header_row, len(table.columns), len(table.rows)) == (3, 176, 146)
    assert table.rows[0].number == 4
    assert table.column("4.4.a.1").section == "WASH"
    assert table.column("If other, please specify", nth=2).index > table.column("1.3.b.1").index


@pytest.mark.parametrize("name", ["hnd_albergues_COPECO_pcoded.csv", "hnd_albergues_COPECO_wgs84.geojson"])
def test_the_honduran_shelters_keep_every_row(name):
    table = sheets.read(SHARED / "data/shelters" / name)
    assert len(table.rows) == 595
    assert table.notes == ()


def test_workbooks_of_others_are_read():
    folder = SHARED / "data/xlsforms"
    assert sheets.read(folder / "ifrc-distribution-site-assessment-v1.xls", sheet="survey").rows
    assert (
        len(sheets.read(folder / "unhcr_gtm_A2SIT_template.xlsx", expect=["admin2Pcode", "Name"]).rows) == 340
    )
    assert sheets.read(folder / "unhcr_demo.xlsx").sheet == "survey"
