import itertools
from datetime import timedelta

from django.utils import timezone

from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.permissions import Kernel
from amparo.kernel.testing import organisation
from amparo.parties.models import Profile
from amparo.parties.resources import ACCOUNTS, OrganisationResource
from amparo.parties.testing import someone
from amparo.places.models import Place
from amparo.places.testing import a_place
from amparo.toolkit.testing import ResourceContract

NUMBER = itertools.count(1)


class TestOrganisations(ResourceContract):
    resource = OrganisationResource()
    for_everybody = True
    change = ("acronym", "AA", "BB")

    def held_by(self) -> Organisation:
        return Organisation.objects.get_or_create(name="Zeta de Prueba")[0]

    def make(self, number: int, *, here: bool = True) -> Organisation:
        made = organisation(f"Institución Número {number}")
        Profile.objects.create(organisation=made, acronym=f"IN{number}")
        return made

    def all(self) -> dict[str, str]:
        return {"q": "Institución Número"}

    def new(self) -> dict[str, str]:
        return {
            "name": f"Institución Número Nueva {next(NUMBER)}",
            "kind": "ngo",
            "acronym": "N",
            "country": "",
            "parent": "",
        }

    def test_the_kind_of_a_body_that_enforces_is_found_by_a_chip(self) -> None:
        organisation("Policía Inventada", kind="police")
        client = self.client_of(someone("alta", "national"))
        page = client.get("/organisations/?group=enforcing").content.decode()
        assert "Policía Inventada" in page


class TestAccounts(ResourceContract):
    resource = ACCOUNTS
    change = ("name", "Persona Número Alba", "Persona Número Brisa")

    def held_by(self) -> Organisation:
        return Organisation.objects.get_or_create(name="Zeta de Prueba")[0]

    def make(self, number: int, *, here: bool = True) -> User:
        """Somebody with a role that the viewer may give: the viewer's own."""
        self.viewer()  # makes the role
        made = User.objects.create(
            username=f"cuenta-{number}",
            name=f"Persona Número {number}",
            organisation=self.held_by(),
            ends_at=timezone.now() + timedelta(days=30 + number),
        )
        scope = self.scope if here else self.elsewhere
        Holding.objects.create(user=made, role=f"test-{Kernel.MANAGE_ACCOUNTS}", scope=scope)
        return made

    def all(self) -> dict[str, str]:
        return {"q": "Persona Número"}

    def new(self) -> dict[str, str]:
        if not Place.objects.filter(code="TST").exists():
            a_place("TST")
        return {
            "name": "Persona Número Nueva",
            "username": f"nueva-{next(NUMBER)}",
            "organisation": self.held_by().name,
            "role": f"test-{Kernel.MANAGE_ACCOUNTS}",
            "place": "TST",
            "only": "",
            "ends_on": "",
            "days": "30",
        }

    def test_no_machine_reads_accounts_nor_opens_one(self) -> None:
        record = self.make(1)
        client = self.client_of(self.viewer())
        assert client.get(self.api(record.uid)).status_code == 404
        assert client.post(self.api(), self.new()).status_code == 404
        described = client.get("/api/v1/openapi.json").json()
        assert not [path for path in described["paths"] if "accounts" in path]
