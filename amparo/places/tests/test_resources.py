"""Places keep the promise of every Resource, and are written by hand only by whoever manages them for everybody."""

import itertools
from datetime import timedelta

import pytest
from django.utils import timezone

from amparo.kernel.models import Erased, LedgerEntry
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import organisation, person
from amparo.places.actions import add_place, correct_place, import_places, remove_place
from amparo.places.models import Place
from amparo.places.permissions import Places
from amparo.places.queries import resolve
from amparo.places.queries.asking import place_asked
from amparo.places.resources import PlaceResource
from amparo.places.testing import a_place
from amparo.toolkit.imports.actions import (
    apply_run,
    begin_to_apply,
    begin_to_undo,
    read_run,
    receive_sheet,
    undo_run,
)
from amparo.toolkit.models import ImportRun
from amparo.toolkit.testing import ResourceContract

pytestmark = pytest.mark.django_db
NUMBER = itertools.count(1)  # no two places of one name lie inside one place


class TestPlaces(ResourceContract):
    resource = PlaceResource()
    for_everybody = True
    change = ("name", "Aldea Inventada", "Caserío Inventado")

    @pytest.fixture(autouse=True)
    def _tree(self, _house: None) -> None:
        a_place("TST", "País Inventado")

    def all(self) -> dict[str, str]:
        """Those without a code: the country in which they lie has one."""
        return {"status": "provisional"}

    def make(self, number: int, *, here: bool = True) -> Place:
        country = Place.objects.filter(code="TST").first() or a_place("TST", "País Inventado")
        return a_place(f"~T{number:02d}", f"Aldea {number:02d}", parent=country, provisional=True)

    def new(self) -> dict[str, str]:
        return {"name": f"Las Flores {next(NUMBER)}", "parent": "TST"}

    def test_what_no_longer_exists_is_still_found_and_comes_back_by_undoing(self) -> None:
        town = a_place("TST01", "Villa Vieja", parent=Place.objects.get(code="TST"))
        client = self.client_of(self.viewer())
        url = self.resource.url("edit", town)
        today = timezone.localdate().isoformat()
        client.post(url, {**self._page(client, town), "valid_to": today})
        assert client.get(self.resource.url("list"), {"q": "villa vieja"}).context["vm"].rows == ()
        ended = client.get(self.resource.url("list"), {"q": "villa vieja", "status": "ended"})
        assert [row.name for row in ended.context["vm"].rows] == ["Villa Vieja"]
        client.post(client.get(self.resource.url("history", town)).context["vm"].undo_url)
        town.refresh_from_db()
        assert town.valid_to is None

    def test_an_administrator_of_one_institution_changes_none(self) -> None:
        town = self.make(1)
        mine = organisation("Institución Inventada")
        user = person(Places.VIEW, Places.MANAGE, scope="TST/", of=mine)
        client = self.client_of(user)
        assert client.get(self.resource.url("edit", town)).status_code == 404
        page = client.get(self.resource.url("list"), self.all())
        assert page.context["vm"].new is None


@pytest.fixture
def valle(bosquia):
    return bosquia["HN0201"]


def test_a_place_without_a_code_is_provisional_and_is_found_at_once(manager, valle):
    made = add_place(by=manager, parent=valle, name="  Aldea   El Júcaro ")
    assert (made.name, made.provisional, made.level, made.parent) == ("Aldea El Júcaro", True, 3, valle)
    assert resolve(names=("Valle", "San Lorenzo", "El Jucaro")).place == made
    assert place_asked("aldea el jucaro, san lorenzo").place == made


def test_a_place_with_an_official_code_stands_under_it(manager, valle):
    made = add_place(by=manager, parent=valle, name="El Júcaro", code="hn020107", lat=13.4, lon=-87.4)
    assert (made.code, made.provisional, made.path) == ("HN020107", False, f"{valle.path}HN020107/")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"name": " - "}, "no_name"),
        ({"name": "Uno", "code": "HN0202"}, "code_taken"),
        ({"name": "Uno", "code": "~AB"}, "not_a_code"),
        ({"name": "Uno", "code": "A/B"}, "not_a_code"),
        ({"name": "Uno", "days": (0, -3), "code": "HN020199"}, "ends_before_start"),
        ({"name": "Uno", "days": (-3, 3)}, "provisional_does_not_end"),
    ],
)
def test_what_cannot_be_is_refused_in_words(manager, valle, facts, code):
    days = dict(zip(("valid_from", "valid_to"), facts.pop("days", ()), strict=False))
    told = {name: timezone.localdate() + timedelta(days=shift) for name, shift in days.items()}
    with pytest.raises(Refused) as refusal:
        add_place(by=manager, parent=valle, **facts, **told)
    assert refusal.value.code == code
    assert not LedgerEntry.objects.filter(verb="place.added").exists()


def test_the_same_name_inside_the_same_place_is_refused_and_leads_to_the_one_there(manager, valle):
    add_place(by=manager, parent=valle, name="El Júcaro")
    with pytest.raises(Refused) as refusal:
        add_place(by=manager, parent=valle, name="EL JUCARO")
    assert refusal.value.code == "place_there"


def test_a_code_may_come_back_after_it_ended(manager, valle):
    today = timezone.localdate()
    ended = add_place(by=manager, parent=valle, name="Antes", code="HN020150")
    correct_place(ended, by=manager, valid_to=today - timedelta(days=10))
    made = add_place(by=manager, parent=valle, name="Después", code="HN020150", valid_from=today)
    assert made.pk != ended.pk
    with pytest.raises(Refused) as refusal:
        correct_place(ended, by=manager, valid_to=None)
    assert refusal.value.code == "code_taken"


def test_who_knew_a_place_by_its_old_name_still_finds_it(manager, valle):
    made = add_place(by=manager, parent=valle, name="El Jucaro")
    correct_place(made, by=manager, name="El Jícaro")
    assert place_asked("El Jucaro, San Lorenzo").place == made
    assert place_asked("El Jícaro, San Lorenzo").place == made


def test_a_list_that_still_has_the_slip_does_not_bring_it_back_and_something_new_it_does(
    manager, valle, tmp_path
):
    def load(name, lat):
        lines = ["code,parent,level,name,source_name,lat,lon", f"HN0201,HN02,2,{name},Fuente,{lat},-87.5"]
        file = tmp_path / "lista.csv"
        file.write_text("\n".join(lines), "utf-8")
        import_places(by=manager, path=file)
        valle.refresh_from_db()

    load("San Lorenso", 13.4)
    correct_place(valle, by=manager, name="San Lorenzo", lat=13.42, lon=-87.5)
    load("San Lorenso", 13.4)
    assert (valle.name, valle.lat) == ("San Lorenzo", 13.42)
    load("San Lorenzo del Valle", 13.4)
    assert (valle.name, valle.lat) == ("San Lorenzo del Valle", 13.42)


def test_a_place_that_still_holds_places_does_not_end(manager, bosquia):
    with pytest.raises(Refused) as refusal:
        correct_place(bosquia["HN02"], by=manager, valid_to=timezone.localdate())
    assert refusal.value.code == "places_below"


def test_nothing_is_added_inside_what_has_ended(manager, valle):
    correct_place(valle, by=manager, valid_to=timezone.localdate())
    with pytest.raises(Refused) as refusal:
        add_place(by=manager, parent=valle, name="El Júcaro")
    assert refusal.value.code == "place_ended"


def test_whoever_manages_places_elsewhere_adds_none_here(valle):
    with pytest.raises(OutOfSight):
        add_place(by=person(Places.MANAGE, scope="GTM/"), parent=valle, name="El Júcaro")


def test_what_was_added_by_mistake_goes_and_its_id_stays_erased(manager, valle):
    made = add_place(by=manager, parent=valle, name="El Júcaro")
    remove_place(made, by=manager, why="no existe")
    assert not Place.objects.filter(pk=made.pk).exists()
    assert Erased.objects.filter(uid=made.uid).exists()


def test_what_a_list_brought_or_holds_something_stays(manager, valle):
    made = add_place(by=manager, parent=valle, name="El Júcaro")
    add_place(by=manager, parent=made, name="Caserío Uno")
    for place in (valle, made):
        with pytest.raises(Refused) as refusal:
            remove_place(place, by=manager, why="no existe")
        assert refusal.value.code == "used_since"
    assert not Erased.objects.filter(uid=made.uid).exists()


def test_a_sheet_of_villages_comes_in_row_by_row_and_goes_again(home, valle):
    home.keys.mkdir(exist_ok=True)
    manager = person(Places.VIEW, Places.MANAGE)
    lines = [
        "Lugar,Está en,Código P",
        "El Júcaro,HN0201,",
        "El Jícaro,Nunca Jamás,",
        "La Loma,HN0201,HN020199",
    ]
    run = read_run(
        receive_sheet(
            by=manager, resource=PlaceResource(), content="\r\n".join(lines).encode(), filename="aldeas.csv"
        )
    )
    assert run.counts == {"new": 2, "problem": 1}
    apply_run(begin_to_apply(run, by=manager, choices={}))
    assert {place.name for place in valle.children.all()} == {"El Júcaro", "La Loma"}
    undo_run(begin_to_undo(ImportRun.objects.get(pk=run.pk), by=manager), by=manager)
    assert not valle.children.exists()
