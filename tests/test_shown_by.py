"""What the command line must print of real lists and of a real round, each with an invented twin that always runs.

Every figure is counted a second time here, with nothing but `csv` and `statistics`.
"""

import csv
import io
import random
import re
import statistics
from dataclasses import dataclass
from typing import Any

import pytest

from amparo.intake.mapping.tests.test_shipped import invented_sites, lines
from tests.conftest import SHARED, needs_shared

COPECO = SHARED / "data" / "shelters" / "hnd_albergues_COPECO_pcoded.csv"
NEPAL = SHARED / "data" / "dtm" / "dtm_nepal_2015_R2_site_assessment_deidentified.csv"

BOTH = [pytest.param("real", marks=[pytest.mark.shared, needs_shared]), "invented"]
Rows = list[list[str]]


def written(rows: Rows) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


# --- a list of sites

LIST_HEADER = [
    "adm1_name", "adm2_name", "adm2_pcode", "match", "site_name", "colonia", "shelter_type", "institution_type",
    "lat", "lon",
]  # fmt: skip


def an_invented_list() -> Rows:
    """Forty buildings in two municipalities: some twice, some at one spot, two that say no place, one odd one."""
    chance = random.Random(8)
    kinds = ["Escuela", "Iglesia", "Centro comunal"]
    rows = []
    for number in range(36):
        adm2, code = chance.choice([("San Pedro Sula", "HN0501"), ("Choloma", "HN0502")])
        lat, lon = round(15.3 + number / 100, 6), round(-88 + number / 200, 6)
        kind = kinds[number % 3]
        rows.append(
            ["Cortés", adm2, code, "exact", f"{kind} {number}", f"Barrio {number % 5}", "", kind, lat, lon]
        )
    rows.append([*rows[3][:8], 14.1, -87.1])  # the same name again, elsewhere
    rows.append(list(rows[7]))  # the whole row again
    rows.append(["Cortés", "Ciudad que no existe", "", "none", "Salón perdido", "", "", "Otro", 14.2, -87.2])
    rows.append(["", "", "", "none", "?Salón sin lugar", "", "", "", *rows[5][8:]])  # and at another's spot
    return [LIST_HEADER, *[[str(cell) for cell in row] for row in rows]]


def repeats(rows: Rows, *columns: str) -> int:
    """Rows that say in these columns what an earlier row said."""
    at = [rows[0].index(name) for name in columns]
    seen: set[tuple[str, ...]] = set()
    count = 0
    for row in rows[1:]:
        key = tuple(row[index].strip().casefold() for index in at)
        count += key in seen
        seen.add(key)
    return count


@dataclass(frozen=True)
class Told:
    """A sheet, and what the commands said of it."""

    rows: Rows
    said: dict[str, Any]
    real: bool


LISTS = """
from amparo.sites.models import Flag, Site

FIELDS = (
    "code", "name", "kind", "status", "place__code", "address", "institution", "lat", "lon", "place_doubt", "path"
)
state = lambda: sorted(str(row) for row in Site.objects.values_list(*FIELDS))
take = lambda path: amparo("sites", "import", path, "--yes", "--json")
sheet, shuffled, changed = sys.argv[1:4]
first = json.loads(sys.argv[4]) if sys.argv[4] else take(sheet)
held = state()
flags = {code: Flag.objects.filter(code=code).values("site").distinct().count()
         for code in ("repeats_name", "repeats_coordinates", "place_in_doubt")}
again, mixed = take(sheet), take(shuffled)
same = state() == held
edited = take(changed)
differs = state() != held
undone = amparo("sites", "undo", "--yes", "--json")
restored = state() == held
last = amparo("sites", "undo", first["import"], "--yes", "--json")
answer({
    "first": first, "again": again, "shuffled": mixed, "same": same, "edited": edited, "differs": differs,
    "undone": undone, "restored": restored, "last": last, "left": Site.objects.count(), "flags": flags,
    "ledger": amparo("ledger", "verify", "--json")["intact"], "held": len(held),
})
"""


@pytest.fixture(scope="module", params=BOTH)
def sites_list(request, prepared, tmp_path_factory) -> Told:
    """The list imported, imported again, shuffled, changed and taken back."""
    folder = tmp_path_factory.mktemp("list")
    real = request.param == "real"
    rows = list(csv.reader(COPECO.read_text("utf-8-sig").splitlines())) if real else an_invented_list()
    sheet = COPECO if real else folder / "lista.csv"
    if not real:
        sheet.write_text(written(rows), encoding="utf-8")
    mixed = random.Random(1).sample(rows[1:], len(rows) - 1)
    (folder / "revuelta.csv").write_text(written([rows[0], *mixed]), encoding="utf-8")
    building, name = rows[0].index("institution_type"), rows[0].index("site_name")
    chosen = [row[name] for row in rows[1:6]]
    edited = [
        [*row[:building], "Otro edificio", *row[building + 1 :]] if row[name] in chosen else row
        for row in rows
    ]
    (folder / "cambiada.csv").write_text(written(edited), encoding="utf-8")
    with prepared.copy(folder / "home") as place:
        first = place.typed("sites", "import", sheet, "--yes", "--json").stdout if real else ""
        said = place.speak(LISTS, sheet, folder / "revuelta.csv", folder / "cambiada.csv", first)
    return Told(rows, said, real)


def test_no_row_of_a_list_vanishes(sites_list):
    first, rows = sites_list.said["first"], sites_list.rows
    unplaced = sum(row[rows[0].index("adm2_pcode")] == "" for row in rows[1:])
    assert first["rows"] == first["created"] == sites_list.said["held"] == len(rows) - 1
    assert (first["placed"], first["review"]) == (len(rows) - 1 - unplaced, unplaced)
    assert (first["rejected"], first["problems"]) == (0, [])


def test_what_repeats_is_flagged_and_kept(sites_list):
    first, rows = sites_list.said["first"], sites_list.rows
    assert first["repeated"] == repeats(rows, "adm2_name", "site_name", "colonia")
    assert first["repeated_coordinates"] == repeats(rows, "lat", "lon")
    assert sites_list.said["flags"] == {
        "repeats_name": first["repeated"],
        "repeats_coordinates": first["repeated_coordinates"],
        "place_in_doubt": first["review"],
    }


def test_the_same_list_again_changes_nothing_whatever_its_order(sites_list):
    assert sites_list.said["again"]["changed"] == 0
    assert sites_list.said["shuffled"]["changed"] == 0
    assert sites_list.said["same"]


def test_undo_restores_what_was_there(sites_list):
    said = sites_list.said
    assert said["edited"]["updated"] > 0
    assert said["edited"]["created"] == 0
    assert said["differs"]
    assert said["restored"]
    assert said["undone"]["restored"] == said["edited"]["updated"]


def test_undoing_the_first_import_leaves_nothing_and_the_ledger_whole(sites_list):
    assert sites_list.said["last"]["erased"] == len(sites_list.rows) - 1
    assert sites_list.said["left"] == 0
    assert sites_list.said["ledger"]


def test_the_list_of_copeco_is_as_it_was_counted(sites_list):
    if sites_list.real:
        first = sites_list.said["first"]
        assert (first["rows"], first["placed"], first["review"]) == (595, 592, 3)
        assert (first["repeated"], first["repeated_coordinates"]) == (57, 29)


# --- a round of assessments

BINS = [
    f"{code} .*{age}"
    for code in (r"2\.1\.c\.1", r"2\.1\.d\.1")
    for age in ("<1", "1-5", "6-17", "18-59", r"60\+")
]
QUESTIONS = {
    "id": r"1\.1\.c\.1", "name": r"1\.1\.d\.1", "date": r"1\.1\.a\.1", "zone": r"1\.1\.e\.2",
    "district": r"1\.1\.e\.3", "vdc": r"1\.1\.e\.4", "open": r"1\.4\.a\.2", "households": r"2\.1\.a\.1",
    "persons": r"2\.1\.b\.2.*IDP$", "toilets": r"4\.4\.a\.1",
    **{f"bin{number}": pattern for number, pattern in enumerate(BINS)},
}  # fmt: skip


def number(cell: str) -> int | None:
    text = cell.strip().replace(",", "")
    return int(text) if text.isdigit() else None


def asked(rows: Rows) -> list[dict[str, str]]:
    """The answers that are counted here, by what they are; the header is the row that asks for the site's number."""
    top = next(at for at, row in enumerate(rows) if any(re.match(QUESTIONS["id"], cell) for cell in row))
    header = rows[top]
    at = {
        key: next(i for i, cell in enumerate(header) if re.match(what, cell))
        for key, what in QUESTIONS.items()
    }
    return [
        {key: row[index] for key, index in at.items()} for row in rows[top + 1 :] if row[at["id"]].strip()
    ]


def counted(sites: list[dict[str, str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `assessments import` and `gaps --indicator persons_per_toilet` must say of them."""

    def total(key: str, chosen: list[dict[str, str]]) -> int:
        return sum(number(site[key]) or 0 for site in chosen)

    standing = [site for site in sites if site["open"].strip() != "No"]
    flagged = []
    for site in sites:
        bins = [number(site[f"bin{at}"]) for at in range(10)]
        if None not in bins and number(site["persons"]) not in (None, sum(bins)):
            flagged.append(site["id"].strip())
    measured = [
        (persons, toilets)
        for site in sites
        if (persons := number(site["persons"])) and (toilets := number(site["toilets"])) is not None
    ]
    ratios = [persons / toilets for persons, toilets in measured if toilets]
    none = [persons for persons, toilets in measured if not toilets]
    taken = {
        "sites": len(sites), "open": len(standing), "households": total("households", sites),
        "open_households": total("households", standing), "people": total("persons", sites),
        "open_people": total("persons", standing), "flagged": sorted(flagged),
    }  # fmt: skip
    gaps = {
        "sites": len(sites), "assessed": len(measured), "not_assessed": len(sites) - len(measured),
        "with_toilets": len(ratios), "median": round(statistics.median(ratios), 1), "none_working": len(none),
        "people_none_working": sum(none), "not_met_50": len(none) + sum(ratio > 50 for ratio in ratios),
        "not_met_20": len(none) + sum(ratio > 20 for ratio in ratios), "people": taken["people"],
    }  # fmt: skip
    return taken, gaps


ROUND = """
gaps = lambda *words: amparo("gaps", "--indicator", "persons_per_toilet", *words, "--json")
take = lambda: amparo("assessments", "import", sys.argv[1], "--mapping", "dtm-b3", "--yes", "--json")
first = {} if sys.argv[2] else {"taken": take(), "gaps": gaps("--include-closed")}
answer({
    **first, "again": take(), "after": gaps("--include-closed"), "open": gaps(),
    "now": gaps("--include-closed", "--at", "now"), "ledger": amparo("ledger", "verify", "--json")["intact"],
})
"""


@pytest.fixture(scope="module", params=BOTH)
def assessments(request, prepared, tmp_path_factory) -> Told:
    """A round imported and asked for its gaps, then imported again."""
    folder = tmp_path_factory.mktemp("round")
    real = request.param == "real"
    rows = list(csv.reader(NEPAL.read_text("utf-8-sig").splitlines())) if real else an_invented_round()
    sheet = NEPAL if real else folder / "ronda.csv"
    if not real:
        sheet.write_text(written(rows), encoding="utf-8")
    with prepared.copy(folder / "home") as place:
        typed = {}
        if real:
            typed["taken"] = place.said("assessments", "import", sheet, "--mapping", "dtm-b3", "--yes")
            typed["gaps"] = place.said("gaps", "--indicator", "persons_per_toilet", "--include-closed")
        said = place.speak(ROUND, sheet, "typed" if real else "")
    return Told(rows, {**said, **typed}, real)


def an_invented_round() -> Rows:
    return [[str(cell) for cell in line] for line in lines(list(invented_sites(40, seed=11)))]


def shown(data: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    """The part of an answer that was counted here."""
    return {key: sorted(one["code"] for one in data[key]) if key == "flagged" else data[key] for key in like}


def test_a_round_gives_the_figures_that_are_in_it(assessments):
    taken, gaps = counted(asked(assessments.rows))
    assert shown(assessments.said["taken"], taken) == taken
    assert shown(assessments.said["gaps"], gaps) == gaps
    assert assessments.said["taken"]["rejected"] == []


def test_a_round_imported_twice_is_one_round(assessments):
    assert assessments.said["again"]["changed"] == 0
    assert assessments.said["after"] == assessments.said["gaps"]


def test_open_and_closed_sites_never_share_a_total_silently(assessments):
    sites = asked(assessments.rows)
    _taken, gaps = counted([site for site in sites if site["open"].strip() != "No"])
    assert shown(assessments.said["open"], gaps) == gaps
    assert shown(assessments.said["gaps"]["open"], gaps) == gaps


def test_figures_too_old_to_count_are_not_assessed_today(assessments):
    now = assessments.said["now"]
    assert (now["assessed"], now["not_assessed"]) == (0, now["sites"])
    assert assessments.said["ledger"]


def test_the_round_of_nepal_is_as_it_was_counted(assessments):
    if assessments.real:
        taken, gaps = assessments.said["taken"], assessments.said["gaps"]
        assert (taken["sites"], taken["open"], len(taken["flagged"])) == (146, 144, 12)
        assert (taken["households"], taken["open_households"]) == (12419, 12229)
        assert (taken["people"], taken["open_people"]) == (66756, 65624)
        assert [gaps[key] for key in ("assessed", "not_assessed", "with_toilets", "median")] == [
            145,
            1,
            109,
            59.2,
        ]
        assert [gaps[key] for key in ("none_working", "people_none_working")] == [36, 10644]
        assert [gaps[key] for key in ("not_met_50", "not_met_20")] == [98, 123]


# --- a copy with rows in another order, a third of them gone, columns renamed, and its own mapping

NAMES = {
    "id": "N.º de sitio", "name": "Lugar", "date": "Día de la visita", "zone": "Zona", "district": "Distrito",
    "vdc": "Aldea", "open": "¿Sigue abierto?", "households": "Casas", "persons": "Gente en total",
    "toilets": "Letrinas buenas", **{f"bin{at}": f"Grupo {at}" for at in range(10)},
}  # fmt: skip
AGES = [f"{sex}_{age}" for sex in ("males", "females") for age in ("0", "1_5", "6_17", "18_59", "60")]
OWN = f"""
name = "copia"
version = 1
kind = "assessment"
title = {{ es = "Copia", en = "Copy" }}
told_at = {{ column = "{NAMES["date"]}" }}

[reading]
dates = "dmy"
offset = "Z"

[site]
system = "copia"
id = {{ column = "{NAMES["id"]}", required = true }}
name = {{ column = "{NAMES["name"]}" }}
status = {{ column = "{NAMES["open"]}", choices = {{ "cerró" = "closed" }}, otherwise = "open" }}

[place]
names = [{", ".join(f'{{ column = "{NAMES[key]}" }}' for key in ("zone", "district", "vdc"))}]
""" + "".join(
    f'\n[[observe]]\nindicator = "{indicator}"\ncolumn = "{NAMES[key]}"\n'
    for indicator, key in [(key, key) for key in ("households", "persons", "toilets")]
    + [(age, f"bin{at}") for at, age in enumerate(AGES)]
) + f"""
[[check]]
name = "ages_differ"
sum = {AGES}
equals = "persons"
message = {{ es = "Suman {{sum}}, no {{total}}.", en = "They add up to {{sum}}, not {{total}}." }}
"""  # fmt: skip


def a_copy(rows: Rows, seed: int) -> tuple[Rows, list[dict[str, str]]]:
    """Two rows of three, shuffled; columns renamed and shuffled, with others between; and what is in it."""
    chance = random.Random(seed)
    sites = [site for site in asked(rows) if chance.random() < 0.67]
    chance.shuffle(sites)
    kept = chance.sample(list(QUESTIONS), len(QUESTIONS))
    header = [NAMES[key] for key in kept]
    said = {"No": "cerró", "Yes": "sigue"}
    cells = [
        [said.get(site[key].strip(), site[key]) if key == "open" else site[key] for key in kept]
        for site in sites
    ]
    at = chance.randrange(len(header))
    copy = [
        [*row[:at], "Observaciones" if row is header else f"nota {n}", *row[at:]]
        for n, row in enumerate([header, *cells])
    ]
    return [["Copia del comité"], *copy], sites


@pytest.fixture(scope="module", params=BOTH)
def a_copied_round(request, prepared, tmp_path_factory) -> Told:
    folder = tmp_path_factory.mktemp("copy")
    real = request.param == "real"
    rows = list(csv.reader(NEPAL.read_text("utf-8-sig").splitlines())) if real else an_invented_round()
    copy, sites = a_copy(rows, seed=4)
    (folder / "copia.csv").write_text(written(copy), encoding="utf-8")
    (folder / "copia.toml").write_text(OWN, encoding="utf-8")
    with prepared.copy(folder / "home") as place:
        said = place.speak(COPY, folder / "copia.csv", folder / "copia.toml")
    return Told(sites, said, real)


COPY = """
taken = amparo("assessments", "import", sys.argv[1], "--mapping", sys.argv[2], "--yes", "--json")
answer({
    "taken": taken,
    "gaps": amparo("gaps", "--indicator", "persons_per_toilet", "--include-closed", "--json"),
    "places": [[row["place_name"], row["doubt"]] for row in amparo("sites", "list", "--json")],
})
"""


def test_a_shuffled_thinned_copy_with_other_names_gives_its_own_figures(a_copied_round):
    taken, gaps = counted(a_copied_round.rows)
    assert shown(a_copied_round.said["taken"], taken) == taken
    assert shown(a_copied_round.said["gaps"], gaps) == gaps


def test_a_country_that_no_gazetteer_holds_keeps_its_own_place_names_without_doubt(a_copied_round):
    standing = [site for site in a_copied_round.rows if site["open"].strip() != "No"]
    lowest = {site["vdc"].strip() or site["district"].strip() for site in standing}
    assert {(name, doubt) for name, doubt in a_copied_round.said["places"]} == {(name, "") for name in lowest}
