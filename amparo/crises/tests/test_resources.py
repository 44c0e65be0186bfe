"""Figures of damage keep the promise of every Resource."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.resources import DamageResource
from amparo.crises.testing import a_crisis, a_damage_figure
from amparo.kernel.models import Organisation
from amparo.kernel.testing import here, organisation
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.toolkit.testing import ResourceContract


def town(number: int, *, at_home: bool) -> Place:
    code = "TST" if at_home else "ABC"
    root = Place.objects.filter(code=code).first() or a_place(code)
    name = f"{code}{number:04d}"
    return Place.objects.filter(code=name).first() or a_place(name, parent=root)


class TestDamage(ResourceContract):
    resource = DamageResource()

    def held_by(self) -> Organisation:
        here()
        return Organisation.objects.filter(name="Comité de prueba").first() or organisation(
            "Comité de prueba"
        )

    def crisis(self) -> Crisis:
        return Crisis.objects.first() or a_crisis(town(0, at_home=True), holder=self.held_by())

    def make(self, number: int, *, here: bool = True) -> DamageFigure:
        return a_damage_figure(
            self.crisis(),
            town(number, at_home=here),
            holder=self.held_by(),
            low=number,
            source=f"Radio {number:02d}",
        )

    def new(self) -> dict[str, str]:
        told_at = timezone.localtime() - timedelta(hours=1)
        return {
            "crisis": str(self.crisis().uid),
            "place": town(1, at_home=True).code,
            "figure": "dead",
            "low": "3",
            "told_at": told_at.strftime("%Y-%m-%dT%H:%M"),
            "source": "CODEM",
        }

    def test_a_machine_tells_one_figure_and_the_same_twice_is_one(self) -> None:
        client = self.client_of(self.viewer())
        uid = "6d0cfa56-2d41-4a7c-9a51-3b1c6f0d7f10"
        for expected in (201, 200):
            answer = client.post(self.api(), {**self.new(), "uid": uid}, "application/json")
            assert answer.status_code == expected, answer.content
        one = DamageFigure.objects.get()
        assert (one.low, one.high, one.unit, str(one.uid)) == (3, 3, "people", uid)

    def test_another_emergency_than_those_one_sees_is_refused(self) -> None:
        client = self.client_of(self.viewer())
        far = a_crisis(town(1, at_home=False))
        answer = client.post(self.api(), {**self.new(), "crisis": str(far.uid)}, "application/json")
        assert answer.status_code == 422
        assert not DamageFigure.objects.exists()

    def test_a_figure_taken_back_leaves_the_one_before_it_and_stays_in_the_list(self) -> None:
        one: Any = self.make(1)
        client = self.client_of(self.viewer())
        url = self.resource.url("withdraw", one)
        assert client.get(url).status_code == 200
        assert client.post(url, {"why": "Era de otro municipio"}).status_code == 302
        one.refresh_from_db()
        assert one.withdrawn_at is not None
        assert len(self.rows(client, state="withdrawn")) == 1
        assert self.rows(client, state="told") == []
