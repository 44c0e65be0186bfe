"""Centres and emergencies keep the promise of every Resource."""

from typing import Any

from django.utils import timezone

from amparo.briefing.actions.schedules import schedule_report
from amparo.briefing.permissions import Briefing
from amparo.briefing.resources import CENTRES, EMERGENCIES, SCHEDULES
from amparo.crises.models import Crisis
from amparo.crises.testing import a_crisis
from amparo.kernel.models import Organisation
from amparo.kernel.testing import organisation, person
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, country, machine, tell
from amparo.toolkit.testing import ResourceContract


def far_away() -> Place:
    return Place.objects.filter(code="ABC").first() or a_place("ABC", "País Lejano")


class TestCentres(ResourceContract):
    resource = CENTRES
    change = ("phone", "0000 1111", "0000 2222")
    answers = {"other": True}

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

    def test_a_centre_opened_by_mistake_goes_back_from_its_history(self) -> None:
        site = self.make(1)
        Site.objects.filter(pk=site.pk).update(status="candidate", kind="candidate_site", opened_on=None)
        client = self.client_of(self.viewer())
        day = timezone.localdate().isoformat()
        opened = {"kind": "collective_centre", "opened_on": day}
        assert client.post(self.resource.url("open", site), opened).status_code == 302
        undo = client.get(self.resource.url("history", site)).context["vm"].undo_url
        assert client.post(undo, follow=True).status_code == 200
        site.refresh_from_db()
        assert (site.status, site.kind, site.opened_on) == ("candidate", "candidate_site", None)


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


class TestSchedules(ResourceContract):
    resource = SCHEDULES
    _viewer = None
    # It tells colleagues apart, and here everybody is one: views are shared alike whatever the noun.
    test_a_saved_view_is_ones_own_until_it_is_shared = None

    def viewer(self, scope=None):
        """Each person sees their own: whoever looks from here is the same one."""
        if scope is not None:
            return person(Briefing.SCHEDULE, Sites.VIEW)
        if self._viewer is None:
            machine()
            self._viewer = person(Briefing.SCHEDULE, Sites.VIEW)
        return self._viewer

    def make(self, number, *, here=True):
        owner = self.viewer() if here else person(Briefing.SCHEDULE, Sites.VIEW)
        return schedule_report(
            by=owner,
            holder=owner.organisation,
            every="day",
            hour=6,
            language="es",
            email=f"persona{number}@example.org",
        )

    def new(self):
        return {"every": "day", "hour": "6", "language": "es", "place": "", "crisis": "", "email": ""}
