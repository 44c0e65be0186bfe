"""Centres and emergencies keep the promise of every Resource."""

from typing import Any

from django.utils import timezone

from amparo.briefing.resources import CENTRES, EMERGENCIES
from amparo.crises.models import Crisis
from amparo.crises.testing import a_crisis
from amparo.kernel.models import Organisation
from amparo.kernel.testing import organisation
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.sites.models import Site
from amparo.sites.testing import centre, country, machine, tell
from amparo.toolkit.testing import ResourceContract


def far_away() -> Place:
    return Place.objects.filter(code="ABC").first() or a_place("ABC", "País Lejano")


class TestCentres(ResourceContract):
    resource = CENTRES
    change = ("phone", "0000 1111", "0000 2222")

    def held_by(self) -> Organisation:
        return machine().organisation

    def make(self, number: int, *, here: bool = True) -> Site:
        site = centre(name=f"Escuela Núñez {number:02d}", place=country() if here else far_away())
        tell(site, persons=10 * number)
        return site

    def new(self) -> dict[str, str]:
        return {
            "name": "Gimnasio Nuevo",
            "status": "open",
            "place": country().code,
            "kind": "collective_centre",
        }

    def test_a_search_needs_no_accents(self) -> None:
        self.make(7)
        assert len(self.rows(self.client_of(self.viewer()), q="escuela nunez 07")) == 1

    def test_an_export_carries_people_and_the_hour_they_were_told(self) -> None:
        self.make(3)
        (row,), text = self.exported(self.client_of(self.viewer()))
        assert "30" in row
        assert "Personas" in text

    def test_a_centre_put_in_another_place_goes_back(self) -> None:
        site = self.make(1)
        other = a_place("TST0202", "San Lorenzo", parent=country().parent)
        client = self.client_of(self.viewer())
        url = self.resource.url("edit", site)
        client.post(url, {**self._page(client, site), "place": other.code})
        undo = client.get(self.resource.url("history", site)).context["vm"].undo_url
        client.post(undo)
        site.refresh_from_db()
        assert site.place == country()


class TestEmergencies(ResourceContract):
    resource = EMERGENCIES
    change = ("name", "Tormenta Uno", "Tormenta Dos")

    def held_by(self) -> Organisation:
        return machine().organisation

    def make(self, number: int, *, here: bool = True) -> Crisis:
        place = country() if here else far_away()
        name = f"Tormenta {number:02d}"
        return a_crisis(place, name=name, starts_on=timezone.localdate(), holder=self.held_by())

    def new(self) -> dict[str, str]:
        return {"name": "Sismo", "kind": "earthquake", "phase": "survival", "places": country().code}

    def viewer(self, scope: str | None = None) -> Any:
        """An organisation sees its own emergencies wherever they are: the neighbour is of another one."""
        user = super().viewer(scope)
        if scope == self.elsewhere:
            user.organisation = organisation()
            user.save()
        return user
