from datetime import date

import pytest
from django.db.models import Count
from django.http import Http404

from amparo.kernel import ledger
from amparo.kernel.models import Holding, LedgerEntry
from amparo.kernel.refusals import NotPermitted, Refused
from amparo.kernel.testing import organisation, person
from amparo.places import actions, queries
from amparo.places.events import place_moved
from amparo.places.models import Place, PlaceName
from amparo.places.permissions import Places
from amparo.places.testing import a_place

pytestmark = pytest.mark.django_db

LIST = """code,parent,level,kind,name,lat,lon,valid_from,valid_to,source_name,also
NP01,NPL,1,land,Bagmatí,,,2015-01-01,,Bagmati,
NP0101,NP01,2,land,Katmandú,27.7,85.3,2015-01-01,,Kathmandu,Kantipur|Ciudad Vieja
NP0102,NP01,2,water,Lago Taudaha,,,2015-01-01,,,
"""


@pytest.fixture
def write(tmp_path):
    def _write(text, name="lugares.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def refusal_code(call):
    with pytest.raises(Refused) as refusal:
        call()
    assert refusal.value.message
    return refusal.value.code


def counts(loaded):
    return (loaded.rows, loaded.added, loaded.changed, loaded.unchanged, loaded.moved)


def everything():
    return list(Place.objects.values_list("code", "path", "name", "lat", "valid_to").order_by("pk"))


# The shipped gazetteer


def test_the_gazetteer_is_loaded_once_and_again_without_change(manager):
    first = actions.load_gazetteer(by=manager)
    before = everything()
    entries = LedgerEntry.objects.count()
    again = actions.load_gazetteer(by=manager)
    assert counts(first) == (746, 746, 0, 0, 0)
    assert counts(again) == (746, 0, 0, 746, 0)
    assert again.sha256 == first.sha256
    assert everything() == before
    assert LedgerEntry.objects.count() == entries


def test_the_gazetteer_says_in_the_ledger_how_many_and_which(manager):
    loaded = actions.load_gazetteer(by=manager, countries=["SLV"])
    entry = LedgerEntry.objects.get()
    assert entry.verb == "places.gazetteer_loaded"
    assert entry.entry_class == "public"
    said = ledger.payload(entry)
    assert (said["rows"], said["added"], said["sha256"]) == (64, 64, loaded.sha256)


def test_shipped_places_are_found_by_their_own_and_their_source_name(manager):
    actions.load_gazetteer(by=manager)
    for place in Place.objects.filter(level=2).select_related("parent")[::15]:
        for name in (place.name, place.source_name):
            match = queries.resolve(names=(place.parent.name, name), country=place.country)
            assert (match.place, match.how) == (place, "exact"), name


def test_no_two_shipped_places_of_a_department_share_a_name(manager):
    actions.load_gazetteer(by=manager)
    shared = PlaceName.objects.filter(place__level=2).values("place__parent", "name_key")
    assert not shared.annotate(bearers=Count("place")).filter(bearers__gt=1).exists()


def test_the_gazetteer_has_three_countries_their_lakes_and_their_dates(manager):
    actions.load_gazetteer(by=manager)

    def number(country, level, kind):
        return Place.objects.filter(country=country, level=level, kind=kind).count()

    assert [number("HND", level, "land") for level in (1, 2)] == [18, 298]
    assert [number("GTM", level, "land") for level in (1, 2)] == [22, 340]
    assert [number("SLV", level, "land") for level in (1, 2)] == [14, 44]
    assert [number(country, 2, "water") for country in ("HND", "GTM", "SLV")] == [0, 2, 4]
    assert set(
        Place.objects.filter(country="SLV", level=2, kind="land").values_list("valid_from", flat=True)
    ) == {date(2024, 5, 1)}
    assert not Place.objects.filter(provisional=True).exists()


def test_places_are_found_by_what_people_call_them(manager):
    actions.load_gazetteer(by=manager)
    called = {
        "tegucigalpa": "HN0801",
        "cantarranas": "HN0820",
        "tecun uman": "GT1217",
        "guinope": "HN0705",
        "Lago de Llopango": "SV10899",
        "cabana": "HN0402",
    }
    assert {typed: queries.search(typed)[0].code for typed in called} == called


def test_a_country_that_is_not_shipped_is_refused(manager):
    assert (
        refusal_code(lambda: actions.load_gazetteer(by=manager, countries=["NPL"])) == "country_not_shipped"
    )


# Who may


def test_without_the_permission_nothing_is_loaded_or_moved(bosquia, write):
    reader = person(Places.VIEW)
    for call in (
        lambda: actions.load_gazetteer(by=reader),
        lambda: actions.import_places(by=reader, path=write(LIST)),
        lambda: actions.provisional_place(by=reader, names=("Aldea",)),
        lambda: actions.move_place(bosquia["HN0101"], by=reader, parent=bosquia["HN02"]),
    ):
        with pytest.raises(NotPermitted):
            call()


def test_who_manages_one_country_cannot_touch_another(bosquia, write):
    manager = person(Places.MANAGE, scope="HND/")
    with pytest.raises(Http404):
        actions.import_places(by=manager, path=write(LIST))
    with pytest.raises(Http404):
        actions.provisional_place(by=manager, names=("Aldea",))
    assert actions.provisional_place(by=manager, names=("Valle", "Aldea"), country="HND").country == "HND"


def test_who_manages_for_one_organisation_cannot_change_what_all_share(bosquia):
    manager = person(Places.MANAGE, of=organisation())
    with pytest.raises(Http404):
        actions.move_place(bosquia["HN0101"], by=manager, parent=bosquia["HN02"])


# Importing


def test_a_list_in_our_columns_is_imported_once(manager, write):
    path = write(LIST)
    assert counts(actions.import_places(by=manager, path=path)) == (4, 4, 0, 0, 0)
    assert counts(actions.import_places(by=manager, path=path)) == (3, 0, 0, 3, 0)
    capital = Place.objects.get(code="NP0101")
    assert (capital.path, capital.country, capital.lat) == ("NPL/NP01/NP0101/", "NPL", 27.7)
    assert Place.objects.get(code="NPL").name == "Nepal"
    assert Place.objects.get(code="NP0102").kind == "water"
    for name in ("Katmandu", "Kathmandu", "Kantipur", "Ciudad Vieja"):
        assert queries.resolve(names=("Bagmati", name), country="NPL").place == capital
    assert LedgerEntry.objects.count() == 1


def test_an_invented_p_code_list_with_hxl_tags(manager, write):
    path = write(
        "Location,Admin Level,P-Code,Name,Parent P-Code,Valid from date\n"
        "#country+code,#geo+admin_level,#adm+code,#adm+name,#adm+code+parent,#date+start\n"
        "NPL,2,NP0101,Kathmandu,NP01,2015-02-03\n"
        "NPL,1,NP01,Bagmati,NPL,2015-02-03\n"
    )
    assert counts(actions.import_places(by=manager, path=path)) == (3, 3, 0, 0, 0)
    assert Place.objects.get(code="NP0101").valid_from == date(2015, 2, 3)


def test_a_cod_ab_table_with_a_level_a_column(manager, write):
    path = write(
        "ADM0_ES;ADM0_PCODE;ADM1_ES;ADM1_PCODE;ADM2_ES;ADM2_REF;ADM2_PCODE;validOn\n"
        "Nepal;NP;Bagmatí;NP01;Katmandú;Kathmandu;NP0101;2015-02-03\n"
        "Nepal;NP;Bagmatí;NP01;Patan;;NP0102;2015-02-03\n"
    )
    assert counts(actions.import_places(by=manager, path=path)) == (4, 4, 0, 0, 0)
    assert Place.objects.get(code="NP0101").path == "NPL/NP01/NP0101/"
    assert queries.resolve(names=("Bagmati", "Patan")).how == "exact"


def test_windows_letters_and_tabs_are_read(manager, tmp_path):
    path = tmp_path / "lista.tsv"
    path.write_bytes("Código\tNombre\tNivel\tParent P-Code\nNP01\tÑandú\t1\tNPL\n".encode("cp1252"))
    actions.import_places(by=manager, path=path)
    assert Place.objects.get(code="NP01").name == "Ñandú"


def test_a_list_without_accents_does_not_take_ours(manager, write):
    actions.import_places(by=manager, path=write(LIST))
    again = actions.import_places(by=manager, path=write("code,parent,level,name\nNP0101,NP01,2,Katmandu\n"))
    assert counts(again) == (1, 0, 0, 1, 0)
    assert Place.objects.get(code="NP0101").name == "Katmandú"


def test_what_a_file_does_not_say_stays(manager, write):
    actions.import_places(by=manager, path=write(LIST))
    actions.import_places(by=manager, path=write("code,parent,level,name\nNP0102,NP01,2,Otro Lago\n"))
    lake = Place.objects.get(code="NP0102")
    assert (lake.name, lake.kind, lake.valid_from) == ("Otro Lago", "water", date(2015, 1, 1))
    assert queries.search("taudaha") == [lake]
    assert Place.objects.get(code="NP0101").lat == 27.7


def test_a_changed_parent_moves_the_subtree_and_tells_it(bosquia, manager, write):
    a_place("HN010101", "Aldea", parent=bosquia["HN0101"])
    told = []

    def listener(**said):
        told.append((said["place"].code, said["before"], said["after"]))

    place_moved.connect(listener)
    try:
        loaded = actions.import_places(
            by=manager,
            path=write("code,parent,level,name\nHN0101,HN02,2,San Lorenzo\nHN010102,HN0101,3,Otra\n"),
        )
    finally:
        place_moved.disconnect(listener)
    assert counts(loaded) == (2, 1, 1, 0, 1)
    assert told == [("HN0101", "HND/HN01/HN0101/", "HND/HN02/HN0101/")]
    for code in ("HN010101", "HN010102"):
        assert Place.objects.get(code=code).path == f"HND/HN02/HN0101/{code}/"


def test_a_code_that_comes_back_is_another_place(bosquia, manager, write):
    header = "code,parent,level,name,valid_from,valid_to\n"
    actions.import_places(by=manager, path=write(f"{header}HN0202,HN02,2,Villa Ávila,,2020-01-01\n"))
    loaded = actions.import_places(by=manager, path=write(f"{header}HN0202,HN02,2,Villa Nueva,2024-05-01,\n"))
    assert counts(loaded) == (1, 1, 0, 0, 0)
    assert queries.resolve(code="HN0202", at=date(2019, 1, 1)).place.name == "Villa Ávila"
    assert queries.resolve(code="HN0202").place.name == "Villa Nueva"


@pytest.mark.parametrize("turned", [1, -1])
def test_a_list_may_hold_a_code_that_ended_and_the_one_that_took_it(bosquia, manager, write, turned):
    rows = ["HN0202,HN02,2,Villa Ávila,,2020-01-01", "HN0202,HN02,2,Villa Nueva,2024-05-01,"][::turned]
    path = write("\n".join(["code,parent,level,name,valid_from,valid_to", *rows, ""]))
    loaded = actions.import_places(by=manager, path=path)
    assert counts(loaded) == (2, 1, 1, 0, 0)
    before = everything()
    assert counts(actions.import_places(by=manager, path=path)) == (2, 0, 0, 2, 0)
    assert everything() == before
    assert Place.objects.get(pk=bosquia["HN0202"].pk).valid_to == date(2020, 1, 1)
    actions.import_places(by=manager, path=write("code,parent,level,name\nHN0202,HN02,2,Villa Novísima\n"))
    assert queries.resolve(code="HN0202").place.name == "Villa Novísima"
    assert Place.objects.get(pk=bosquia["HN0202"].pk).name == "Villa Ávila"


def test_a_list_says_what_succeeds_what(bosquia, manager, write):
    path = write(
        "code,parent,level,name,valid_from,valid_to,succeeds\n"
        "HN0202,HN02,2,Villa Ávila,,2024-05-01,\n"
        "HN0203,HN02,2,Caucagua,,2024-05-01,\n"
        "HN0250,HN02,2,Valle Sur,2024-05-01,,HN0202 HN0203\n"
    )
    actions.import_places(by=manager, path=path)
    assert [place.code for place in queries.resolve(code="HN0202").successors] == ["HN0250"]
    assert counts(actions.import_places(by=manager, path=path)) == (3, 0, 0, 3, 0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"),
        ("nombre,otro\nx,y\n", "no_code_column"),
        ("code,parent,level,name\nNP0101,NP77,2,X\n", "unknown_parent"),
        ("code,parent,level,name\nNP01,NPL,1,X\nNP01,NPL,1,Y\n", "repeated_code"),
        (
            "code,parent,level,name,valid_from,valid_to\n"
            "NP01,NPL,1,X,2020-01-01,2024-01-01\nNP01,NPL,1,Y,2023-01-01,\n",
            "repeated_code",
        ),
        ("code,parent,level,name\nNP01,NP02,1,X\nNP02,NP01,1,Y\n", "cycle"),
        ("code,parent,level,name\nNP01,NP01,1,X\n", "cycle"),
        ("code,parent,level,name\nNP01,NPL,1,X\nNP02,NP01,1,Y\n", "parent_not_above"),
        ("code,parent,level,name\nNP01,,1,X\n", "no_parent"),
        ("code,parent,level,name\nNPL,NP01,0,X\nNP01,NPL,1,Y\n", "country_has_no_parent"),
        ("code,parent,level,name\nQQQ,,0,X\n", "unknown_country"),
        ("code,parent,level,name,location\nNP01,NPL,1,X,HND\n", "parent_elsewhere"),
        ("code,parent,level,name,location\nNP01,NPL,1,X,Narnia\n", "unknown_country"),
        ("code,parent,level,name\nNP01,NPL,1,\n", "no_name"),
        ("code,parent,level,name\nNP01,NPL,1,???\n", "no_name"),
        ("code,parent,level,name\nNP01,NPL,uno,X\n", "bad_level"),
        ("code,parent,level,name\nNP01,NPL,²,X\n", "bad_level"),
        ("code,parent,level,name\nNP01,NPL,77,X\n", "bad_level"),
        ("code,parent,level,name\nNP/01,NPL,1,X\n", "bad_code"),
        ("code,parent,level,name\n~AB,NPL,1,X\n", "bad_code"),
        ("code,parent,level,name\n,NPL,1,X\n", "bad_code"),
        ("code,parent,level,name,kind\nNP01,NPL,1,X,fuego\n", "bad_kind"),
        ("code,parent,level,name,lat,lon\nNP01,NPL,1,X,95,10\n", "bad_coordinates"),
        ("code,parent,level,name,lat,lon\nNP01,NPL,1,X,nan,10\n", "bad_coordinates"),
        ("code,parent,level,name,lat,lon\nNP01,NPL,1,X,10,\n", "bad_coordinates"),
        ("code,parent,level,name,valid_from\nNP01,NPL,1,X,ayer\n", "bad_date"),
        (
            "code,parent,level,name,valid_from,valid_to\nNP01,NPL,1,X,2020-01-01,2020-01-01\n",
            "ends_before_start",
        ),
        ("code,parent,level,name,succeeds\nNP01,NPL,1,X,NP99\n", "unknown_predecessor"),
        ("ADM1_PCODE,ADM1_ES\nNP01,X\n", "unknown_country"),
    ],
)
def test_a_wrong_list_is_refused_and_changes_nothing(manager, write, text, code):
    assert refusal_code(lambda: actions.import_places(by=manager, path=write(text))) == code
    assert not Place.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_a_file_of_another_kind_or_none_is_refused(manager, write, tmp_path):
    assert (
        refusal_code(lambda: actions.import_places(by=manager, path=write("x", "lugares.pdf")))
        == "unknown_file_kind"
    )
    assert (
        refusal_code(lambda: actions.import_places(by=manager, path=tmp_path / "none.csv"))
        == "file_not_readable"
    )
    assert refusal_code(lambda: actions.import_places(by=manager, path=write("{", "x.json"))) == "not_a_map"


def test_a_list_may_not_put_a_place_below_what_lies_in_it(bosquia, manager, write):
    a_place("HN010101", "Aldea", parent=bosquia["HN0101"])
    before = everything()
    path = write("code,parent,level,name\nHN0101,HN01,5,San Lorenzo\n")
    assert refusal_code(lambda: actions.import_places(by=manager, path=path)) == "parent_not_above"
    path = write("code,parent,level,name\nHN0101,HN010101,5,San Lorenzo\n")
    assert refusal_code(lambda: actions.import_places(by=manager, path=path)) == "cycle"
    assert everything() == before


# Moving


def test_a_moved_place_takes_its_subtree_holdings_and_listeners_along(bosquia, manager):
    aldea = a_place("HN010101", "Aldea", parent=bosquia["HN0101"])
    keeper = person(Places.VIEW, scope=aldea.path)
    told = []

    def listener(**said):
        told.append((said["before"], said["after"], said["by"]))

    place_moved.connect(listener)
    try:
        moved = actions.move_place(bosquia["HN0101"], by=manager, parent=bosquia["HN02"], why="nueva ley")
    finally:
        place_moved.disconnect(listener)
    assert moved.path == "HND/HN02/HN0101/"
    aldea.refresh_from_db()
    assert aldea.path == "HND/HN02/HN0101/HN010101/"
    assert Holding.objects.get(user=keeper).scope == aldea.path
    assert told == [("HND/HN01/HN0101/", "HND/HN02/HN0101/", manager)]
    entry = LedgerEntry.objects.get(verb="place.moved")
    assert entry.subject == moved.uid
    assert ledger.payload(entry) == {
        "changed": {"path": ["HND/HN01/HN0101/", "HND/HN02/HN0101/"]},
        "why": "nueva ley",
    }


def test_a_place_that_moves_to_another_country_changes_country_with_all_below(bosquia, manager):
    aldea = a_place("HN010101", "Aldea", parent=bosquia["HN0101"])
    actions.move_place(bosquia["HN0101"], by=manager, parent=a_place("GTM", "Otra Tierra"))
    aldea.refresh_from_db()
    assert (aldea.country, aldea.path) == ("GTM", "GTM/HN0101/HN010101/")


def test_a_place_that_stays_leaves_no_trace(bosquia, manager):
    actions.move_place(bosquia["HN0101"], by=manager, parent=bosquia["HN01"])
    assert not LedgerEntry.objects.exists()


def test_a_place_cannot_go_where_it_cannot_lie(bosquia, manager):
    aldea = a_place("HN010101", "Aldea", parent=bosquia["HN0101"])

    def move(place, parent):
        return refusal_code(lambda: actions.move_place(place, by=manager, parent=parent))

    assert move(bosquia["HN0101"], aldea) == "cycle"
    assert move(bosquia["HN0101"], bosquia["HN0101"]) == "cycle"
    assert move(bosquia["HN0101"], bosquia["HN0201"]) == "parent_not_above"
    assert move(bosquia["HND"], bosquia["HN0201"]) == "country_has_no_parent"


# Provisional places


def test_names_without_a_code_become_provisional_places(manager):
    place = actions.provisional_place(by=manager, names=("Bagmati", "Katmandú", "Barrio 4"))
    assert place.provisional
    assert place.code.startswith("~")
    assert place.level == 3
    assert [above.name for above in queries.ancestors(place.path)] == [
        "País no indicado",
        "Bagmati",
        "Katmandú",
        "Barrio 4",
    ]
    assert queries.resolve(names=("Bagmati", "Katmandu", "Barrio 4")).place == place
    assert queries.resolve(code=place.code).place == place


def test_the_same_names_lead_to_the_same_place(manager):
    first = actions.provisional_place(by=manager, names=("Bagmati", "Katmandú"))
    entries = LedgerEntry.objects.count()
    assert actions.provisional_place(by=manager, names=("BAGMATI", "Distrito de katmandu ")) == first
    assert actions.provisional_place(by=manager, names=("", "Bagmati", "", "Katmandú")) == first
    assert LedgerEntry.objects.count() == entries == 1


def test_under_a_country_what_has_a_code_is_used(bosquia, manager):
    place = actions.provisional_place(by=manager, names=("Valle", "Villa Avila", "El Caserío"), country="HND")
    assert place.parent == bosquia["HN0202"]
    assert place.path.startswith("HND/HN02/HN0202/~")
    assert (
        actions.provisional_place(by=manager, names=("Valle", "San Lorenzo"), country="HN")
        == bosquia["HN0201"]
    )


def test_a_country_nobody_loaded_is_made_with_its_name(manager):
    place = actions.provisional_place(by=manager, names=("Bagmati",), country="NPL")
    assert (place.country, place.parent.code, place.parent.name) == ("NPL", "NPL", "Nepal")
    assert not place.parent.provisional


def test_a_name_with_signs_that_cannot_be_kept_is_tidied(manager):
    assert actions.provisional_place(by=manager, names=("Bag\0mati\u200b  Sur\ud800",)).name == "Bag mati Sur"


def test_two_servers_give_the_same_names_the_same_code(manager):
    first = actions.provisional_place(by=manager, names=("Bagmati", "Katmandú")).code
    Place.objects.filter(level=2).delete()
    assert actions.provisional_place(by=manager, names=("Bagmatí", "KATMANDU")).code == first


def test_no_names_or_no_such_country_is_refused(manager):
    assert refusal_code(lambda: actions.provisional_place(by=manager, names=("", "???"))) == "no_name"
    assert (
        refusal_code(lambda: actions.provisional_place(by=manager, names=("X",), country="Narnia"))
        == "unknown_country"
    )


def test_a_path_does_not_grow_without_end(manager):
    names = tuple(f"Nivel {number}" for number in range(12))
    assert refusal_code(lambda: actions.provisional_place(by=manager, names=names)) == "too_deep"
