import itertools

from amparo.kernel.models import Organisation
from amparo.kernel.testing import organisation
from amparo.parties.models import Profile
from amparo.parties.resources import OrganisationResource
from amparo.parties.testing import someone
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
