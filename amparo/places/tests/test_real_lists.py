"""The shipped gazetteer against the lists it was made from, and the real lists through the importers."""

import csv
import os
from pathlib import Path

import pytest

from amparo.config.home import CHECKOUT
from amparo.places import actions, queries
from amparo.places.models import Boundary, Place
from amparo.places.names import spell_out
from amparo.places.rows import GAZETTEER

SHARED = (CHECKOUT / os.environ.get("AMPARO_SHARED", "../shared") / "data").resolve()
PUT_RIGHT = {"HN0402", "GT0909", "SV10899"}  # named otherwise than in the source, see the gazetteer's README

pytestmark = [
    pytest.mark.shared,
    pytest.mark.django_db,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data is not here"),
]


def listed(path: Path, start: int) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))[start:]


@pytest.mark.parametrize(("country", "number"), [("HND", 316), ("GTM", 364), ("SLV", 62)])
def test_the_gazetteer_has_the_codes_parents_and_names_of_the_p_code_list(country, number):
    source = listed(SHARED / "admin" / f"pcodes_{country}_adm1_adm2.csv", 2)
    with (GAZETTEER / f"{country}.csv").open(encoding="utf-8", newline="") as lines:
        ours = {row["code"]: row for row in csv.DictReader(lines) if row["level"] != "0"}
    assert len(source) == len(ours) == number
    for _country, level, code, name, parent, _since in source:
        row = ours[code]
        assert (row["level"], row["parent"], row["source_name"]) == (level, parent, name)
        assert spell_out(row["name"]) == spell_out(name) or code in PUT_RIGHT


@pytest.mark.parametrize(("country", "changed"), [("HND", 0), ("GTM", 0), ("SLV", 44)])
def test_importing_the_p_code_list_changes_only_the_dates_of_el_salvador(manager, country, changed):
    actions.load_gazetteer(by=manager)
    loaded = actions.import_places(by=manager, path=SHARED / "admin" / f"pcodes_{country}_adm1_adm2.csv")
    assert (loaded.added, loaded.changed, loaded.moved) == (0, changed, 0)
    assert Place.objects.get(code="HN0823").name == "Santa Lucía"


@pytest.mark.parametrize(
    ("file", "country", "places"),
    [
        ("gtm_adm2_geodato.topojson", "GTM", 340),
        ("slv_adm2_44municipios_MirandaCR.geojson", "SLV", 44),
        ("hnd_adm0_prism.geojson", "HND", 1),
    ],
)
def test_real_boundaries_find_their_places(manager, file, country, places):
    actions.load_gazetteer(by=manager, countries=[country])
    told = actions.import_boundaries(by=manager, path=SHARED / "admin" / file, country=country)
    assert (told.places, told.unmatched) == (places, [])
    assert max(len(outline) for outline in Boundary.objects.values_list("outline", flat=True)) < 110_000


def test_the_published_shelters_of_honduras_lie_where_they_say(manager):
    actions.load_gazetteer(by=manager, countries=["HND"])
    with (SHARED / "shelters" / "hnd_albergues_COPECO_pcoded.csv").open(
        encoding="utf-8", newline=""
    ) as lines:
        shelters = list(csv.DictReader(lines))
    by_names = {"exact": 0, "fuzzy": 0, "none": 0}
    known = {}
    for shelter in shelters:
        code, names = shelter["adm2_pcode"], (shelter["adm1_name"], shelter["adm2_name"])
        if names not in known:
            known[names] = queries.resolve(names=names, country="HND")
            if code:
                by_code = queries.resolve(code=code, names=names, country="HND")
                assert (by_code.place, by_code.how, by_code.note) == (known[names].place, "exact", "")
                assert by_code.place.code == code
        by_names[known[names].how] += 1
    assert by_names == {"exact": 589, "fuzzy": 5, "none": 1}
