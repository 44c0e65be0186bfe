"""The shipped mappings on invented sheets, twins of the real ones; their figures are counted again here."""

import json
import random
import statistics

import pytest

from amparo.intake import mapping
from amparo.toolkit import sheets
from amparo.toolkit.sheets.tests.making import csv_file, xlsx_file

SHARES = ["None", "< 25%", "<50%", "< 75%", "More than 75%", "Unknown"]
BINS = ["<1 year", "1-5 year", "6-17 year", "18-59 year", "60+ year"]
FIELDS = [
    ("1.1.c.1 Site ID (SSID)", "id"),
    ("1.1.d.1 Site Name", "name"),
    ("1.1.a.1 Survey date (DD.MM.YYYY)", "date"),
    ("1.1.e.2 Zone", "zone"),
    ("1.1.e.3District", "district"),
    ("1.1.e.4 VDC", "vdc"),
    ("1.4.a.2 Site open?", "open"),
    ("1.3.a.1 Site Classification", "class"),
    ("1.3.b.1 Site Type", "type"),
    ("If other, please specify", "other"),
    ("1.2.b.1 Is there a committee", "committee"),
    ("1.2.b.10 % of women", "women_share"),
    ("If other, please specify", "other"),
    ("2.1.a.1 Total Number of Families/HHs", "households"),
    *[(f"2.1.c.1 Number of Males by age: {each}", f"m{at}") for at, each in enumerate(BINS)],
    ("2.1.b.2 Total number of IDP Male Individuals", "men"),
    *[(f"2.1.d.1 Number of Females by age: {each}", f"f{at}") for at, each in enumerate(BINS)],
    ("2.1.b.2 Total number of IDP Female Individuals", "women"),
    ("2.1.b.2 Total number of IDP", "persons"),
    ("4.2.a.1 Average amount of water", "water"),
    ("4.4.j.1 Condition of most of the latrines", "condition"),
    ("4.4.a.1 Number of functioning toilets available on-site", "toilets"),
    ("4.7.g.1 hand-washing station", "hands"),
    ("10.1.s.1 adequate lighting", "light"),
    ("3.2.a.1 Percentage of HH with access to electricity", "power"),
]


def invented_sites(count, seed):
    chance = random.Random(seed)
    for number in range(1, count + 1):
        bins = {f"{sex}{at}": chance.randrange(60) for sex in "mf" for at in range(5)}
        men, women = (sum(bins[f"{sex}{at}"] for at in range(5)) for sex in "mf")
        site = {
            "id": number,
            "name": f"Site {number}",
            "date": f"{chance.randint(13, 28)}/05/2015",
            "zone": "Bagmati",
            "district": " Kathmandu ",
            "vdc": "",
            "open": "No" if number % 9 == 0 else "Yes",
            "class": "Spontaneous",
            "type": chance.choice(["Collective Settlement / Centre", "Camp", "Other"]),
            "other": "",
            "committee": "Yes",
            "women_share": chance.choice(SHARES),
            "households": chance.randint(5, 1500),
            **bins,
            "men": men,
            "women": women,
            "persons": men + women,
            "water": chance.choice(["<5 liters", "5-10 liters", ">15 liters", "no answer"]),
            "condition": chance.choice(["Good", "Not so good", "No latrines"]),
            "toilets": chance.choice([0, 0, 1, 4, 20, ""]),
            "hands": chance.choice(["None", "Yes", "Unknown"]),
            "light": chance.choice(["No lighting", "Yes, there is lighting and it is adequate"]),
            "power": chance.choice(SHARES),
        }
        if number % 7 == 0:
            site["persons"] += 100
        if number % 10 == 0:
            site["m0"], site["f0"] = "", site["f0"]
        yield site


def lines(sites, fields=FIELDS):
    title = ["invented round"]
    banner = ["1,234", "TOTAL HH", *["" for __ in fields[3:]], "WASH"]
    cell = lambda value: f"{value:,}" if isinstance(value, int) and value > 999 else value
    return [
        banner,
        title,
        [name for name, __ in fields],
        *[[cell(site[key]) for __, key in fields] for site in sites],
    ]


def figure(facts, indicator):
    return next((each.low for each in facts.observations if each.indicator == indicator), None)


def total(all_facts, indicator):
    return sum(figure(facts, indicator) or 0 for facts in all_facts)


def read(data, found):
    table = sheets.read(data, expect=found.expected)
    return table, list(found.bind(table.columns).all_facts(table.rows))


@pytest.mark.parametrize("make", [csv_file, xlsx_file])
def test_a_dtm_sheet_gives_the_figures_that_are_in_it(make):
    sites = list(invented_sites(60, seed=3))
    table, facts = read(make(lines(sites)), mapping.load("dtm-b3"))
    assert table.header_row == 3
    assert len(facts) == 60
    assert [each.site.external_id for each in facts] == [str(site["id"]) for site in sites]
    assert {each.site.external_id for each in facts if each.site.status == "closed"} == {
        "9",
        "18",
        "27",
        "36",
        "45",
        "54",
    }
    for indicator in ("households", "persons", "men", "women"):
        assert total(facts, indicator) == sum(site[indicator] for site in sites)
    flagged = {
        each.site.external_id for each in facts if any(flag.code == "age_bins_differ" for flag in each.flags)
    }
    assert flagged == {str(number) for number in range(7, 61, 7)} - {"70"} - {
        str(site["id"]) for site in sites if site["id"] % 10 == 0
    }
    measured = [each for each in facts if figure(each, "toilets") is not None]
    assert len(measured) == sum(site["toilets"] != "" for site in sites)
    assert sum(figure(each, "toilets") == 0 for each in measured) == sum(
        site["toilets"] == 0 for site in sites
    )
    assert all(not each.problems for each in facts)


def test_a_blank_age_bin_is_not_taken_for_zero():
    sites = list(invented_sites(20, seed=3))
    __, facts = read(csv_file(lines(sites)), mapping.load("dtm-b3"))
    assert figure(facts[9], "males_0") is None
    assert not facts[9].flags


def test_kinds_places_and_scales_of_a_dtm_sheet():
    sites = list(invented_sites(40, seed=5))
    __, facts = read(csv_file(lines(sites)), mapping.load("dtm-b3"))
    for site, each in zip(sites, facts, strict=True):
        collective = site["type"].startswith("Collective")
        assert each.site.kind == ("collective_centre" if collective else "self_settled_site")
        assert each.site.admin_names == ("Bagmati", "Kathmandu", "")
        assert each.site.country == ""
        assert (figure(each, "toilet_condition") is None) == (site["condition"] == "No latrines")
        assert ("electricity_households" in each.unknowns) == (site["power"] == "Unknown")
        if site["power"] == "<50%":
            assert figure(each, "electricity_households") == 0.25


def test_order_and_missing_columns_of_a_dtm_sheet_do_not_matter():
    sites = list(invented_sites(30, seed=8))
    chance = random.Random(1)
    kept = [field for field in FIELDS if field[1] in ("id", "persons", "toilets", "open", "m0", "women")]
    chance.shuffle(kept)
    __, facts = read(csv_file(lines(sites, kept)), mapping.load("dtm-b3"))
    assert total(facts, "persons") == sum(site["persons"] for site in sites)
    assert figure(facts[0], "households") is None
    assert facts[0].site.name == ""


OWN = """
name = "propia"
version = 1
kind = "assessment"
title = { es = "Hoja propia", en = "Own sheet" }
[reading]
dates = "dmy"
offset = "+05:45"
[site]
system = "propia"
id = "Nº"
name = "Lugar"
status = { column = "¿Funciona?", choices = { "Yes" = "open", "No" = "closed" } }
[[observe]]
indicator = "persons"
column = "Gente"
[[observe]]
indicator = "toilets"
column = "Baños buenos"
"""


def test_a_shuffled_thinned_renamed_copy_with_its_own_mapping_gives_its_own_figures():
    sites = list(invented_sites(90, seed=11))
    chance = random.Random(2)
    kept = chance.sample(sites, 50)
    columns = [
        ("Gente", "persons"),
        ("¿Funciona?", "open"),
        ("Nº", "id"),
        ("Baños buenos", "toilets"),
        ("Lugar", "name"),
        ("x", "light"),
    ]
    chance.shuffle(columns)
    __, facts = read(xlsx_file(lines(kept, columns)), mapping.parse(OWN))
    assert total(facts, "persons") == sum(site["persons"] for site in kept)
    opened = [each for each in facts if each.site.status == "open"]
    assert total(opened, "persons") == sum(site["persons"] for site in kept if site["open"] == "Yes")
    ratios = [figure(each, "persons") / figure(each, "toilets") for each in facts if figure(each, "toilets")]
    assert statistics.median(ratios) == statistics.median(
        site["persons"] / site["toilets"] for site in kept if site["toilets"]
    )


def shelter_rows():
    header = [
        "adm1_name",
        "adm2_name",
        "adm2_pcode",
        "match",
        "site_name",
        "colonia",
        "shelter_type",
        "institution_type",
        "lat",
        "lon",
    ]
    closed, tents = "Albergue comunitario en instalación cerrada", "Albergue comunitario tipo campaña"
    return [
        header,
        [
            "Yoro",
            "Victoria",
            "HN1810",
            "exact",
            "Escuela Uno",
            "Centro",
            closed,
            "Escuela",
            "14.93",
            "-87.38",
        ],
        [
            "Yoro",
            "Victoria",
            "HN1810",
            "exact",
            "ESCUELA UNO",
            "centro ",
            closed,
            "Escuela",
            "14.93",
            "-87.38",
        ],
        ["Yoro", "Sulaco", "", "none", "Campo Dos", "", tents, "Predio/Lote", "-87.26", "14.91"],
        ["", "", "", "no-adm1", "?La Tres", "", "", "", "14.75", "-87.61"],
    ]


def test_shelters_of_copeco_are_candidates_with_their_place():
    __, facts = read(csv_file(shelter_rows()), mapping.load("copeco-sites"))
    assert [each.site.name for each in facts] == ["Escuela Uno", "ESCUELA UNO", "Campo Dos", "?La Tres"]
    assert {each.site.status for each in facts} == {"candidate"}
    assert [each.site.kind for each in facts] == [
        "collective_centre",
        "collective_centre",
        "planned_site",
        "collective_centre",
    ]
    assert facts[0].site.identity == facts[1].site.identity
    assert [each.site.pcode for each in facts] == ["HN1810", "HN1810", "", ""]
    assert (facts[2].site.lat, facts[2].flags[0].code) == (14.91, "coordinates_swapped")
    assert facts[0].site.extra["institution"] == "Escuela"
    assert facts[3].problems == ()


@pytest.mark.parametrize(
    "header",
    [
        [
            "Nombre del albergue",
            "Departamento",
            "Municipio",
            "Código P",
            "Latitud",
            "Longitud",
            "Capacidad",
            "Barrio",
        ],
        ["NOMBRE", "DEPTO", "MUNICIPIO", "PCODE", "LAT", "LON", "CUPO", "COLONIA"],
        ["site_name", "admin1", "admin2", "adm2_pcode", "latitude", "longitude", "capacity", "neighbourhood"],
        ["Albergue", "Departamen", "Municipios", "P-Code", "lat", "lng", "capacidad de personas", "Colonia"],
    ],
)
def test_ordinary_lists_are_read_without_naming_a_mapping(header):
    rows = [
        ["LISTA DE ALBERGUES 2026"],
        header,
        ["Escuela A", "Yoro", "Victoria", "HN1810", "14,93", "-87,38", "120 personas", "Centro"],
    ]
    __, facts = read(csv_file(rows, delimiter=";", encoding="cp1252"), mapping.load("sites"))
    (only,) = facts
    assert (only.site.name, only.site.pcode, only.site.admin_names) == (
        "Escuela A",
        "HN1810",
        ("Yoro", "Victoria"),
    )
    assert (only.site.lat, only.site.lon, only.site.address) == (14.93, -87.38, "Centro")
    assert (only.site.kind, only.site.status) == ("collective_centre", "candidate")
    assert only.observations == () or figure(only, "sleeping_places") == 120


def test_the_map_file_of_copeco_is_read_without_naming_a_mapping():
    said = {
        "Departamen": "Yoro",
        "Municipios": "Victoria",
        "Albergue": "Escuela A",
        "Colonia": "Centro",
        "Tipo_ALB": "Albergue comunitario tipo campaña",
        "Tipo_Ins": "Escuela",
        "X": 394947.69,
        "y": 1707168.27,
    }
    point = {"type": "Point", "coordinates": [-87.38, 14.93]}
    feature = {"type": "Feature", "properties": said, "geometry": point}
    data = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    __, (only,) = read(data, mapping.load("sites"))
    assert (only.site.name, only.site.lat, only.site.lon) == ("Escuela A", 14.93, -87.38)
    assert (only.site.kind, only.site.address) == ("planned_site", "Centro")
    assert only.site.admin_names == ("Yoro", "Victoria")
    assert only.site.extra["institution"] == "Escuela"
