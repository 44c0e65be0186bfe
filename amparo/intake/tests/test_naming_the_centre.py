"""Which centre a filled form is about: its code, the address of its page, and the phone's area."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from amparo.intake.actions.applying import apply_received
from amparo.intake.models import RawMessage
from amparo.intake.testing import MAPPING, country, filled, form, machine, mapping, phone
from amparo.intake.tests.test_receiving import Phone
from amparo.kernel.testing import organisation
from amparo.places.testing import a_place
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.testing import centre

pytestmark = pytest.mark.django_db(transaction=True)

OURS = MAPPING.replace('system = "prueba"', 'system = "amparo"')


def asking_for_our_codes():
    """A published form whose site code is the one that this system gave."""
    country()
    made = form()
    made.mapping = mapping(OURS, "propia")
    made.save()


def page_of(site: Site, name: str = "site_page") -> str:
    """The address that a QR code of the centre's page holds: what a browser makes of the page it shows."""
    return f"https://192.0.2.10:8443{reverse(name, args=[site.uid])}"


def told(code: str, *, name: str = "Escuela Inventada", pcode: str = "TST0101", sender: Phone | None = None):
    """The message that a phone sent with that code, applied."""
    (sender or Phone(phone())).send(filled(code=code, name=name, pcode=pcode))
    apply_received(by=machine())
    return RawMessage.objects.latest("pk")


def spoken_of() -> list[Site]:
    return [batch.site for batch in ObservationBatch.objects.select_related("site").order_by("pk")]


@pytest.mark.parametrize("page", ["site_page", "site_sheet", "site_history"])
def test_the_address_of_a_centres_page_names_it_as_its_code_does(page):
    asking_for_our_codes()
    site = centre(name="Escuela Lempira")
    message = told(page_of(site, page), name="escuela lenpira")
    assert (message.state, message.notes) == ("applied", [])
    assert spoken_of() == [site]
    assert Site.objects.count() == 1


@pytest.mark.parametrize("address", ["https://host.example/s/ALB%201", "http://10.0.0.4:8000/s/ALB 1/"])
def test_an_address_that_ends_in_the_code_names_it_too(address):
    asking_for_our_codes()
    site = centre()
    assert site.code == "ALB 1"
    told(address)
    assert spoken_of() == [site]


def test_a_scanned_page_needs_no_name_and_renames_nothing():
    asking_for_our_codes()
    site = centre(name="Escuela Lempira")
    assert told(page_of(site), name="", pcode="").state == "applied"
    assert spoken_of() == [site]
    site.refresh_from_db()
    assert (site.name, site.place_doubt) == ("Escuela Lempira", "")


@pytest.mark.parametrize(
    "address",
    ["https://host.example/sites/00000000-0000-4000-8000-000000000000/", "https://[host/", "ftp://x"],
)
def test_an_address_that_leads_nowhere_is_no_code_and_the_message_says_so(address):
    asking_for_our_codes()
    told("")
    message = told(address)
    assert [note["code"] for note in message.notes] == ["site_code_unknown"]
    assert address in message.notes[0]["message"]
    assert [site.name for site in spoken_of()] == ["Escuela Inventada"] * 2
    assert Site.objects.count() == 1, "found by its name"


def test_without_a_name_beside_it_such_a_message_waits_for_a_person():
    asking_for_our_codes()
    message = told("https://host.example/", name="")
    assert (message.state, message.reason) == ("waiting", "no_site")


def test_another_organisations_page_names_no_centre_of_ours():
    asking_for_our_codes()
    ours, theirs = centre(name="La nuestra"), centre(holder=organisation(), name="La ajena")
    assert ours.code == theirs.code, "the same code, of two organisations"
    told(page_of(theirs), name="La nueva")
    assert [site.name for site in spoken_of()] == ["La nueva"]


def test_the_numbers_of_another_system_may_be_addresses():
    country()
    form()
    told("https://datos.example/escuela/12")
    assert Site.objects.get().codes.get().code == "https://datos.example/escuela/12"


def test_our_page_is_understood_by_a_form_that_asks_for_anothers_codes():
    country()
    form()
    site = centre()
    told(page_of(site))
    assert spoken_of() == [site]


# --- the phone's area


@pytest.fixture
def far() -> Site:
    return centre(name="La lejana", place=a_place("TST0202", "Otro", parent=country().parent))


def test_a_phone_does_not_speak_of_a_centre_outside_its_area_by_naming_its_own_municipality(far):
    asking_for_our_codes()
    sender = Phone(phone(scope=country().path))
    for code in (far.code, page_of(far)):
        message = told(code, sender=sender)
        assert (message.state, message.reason) == ("waiting", "outside_the_phone_area")
    assert not ObservationBatch.objects.exists()


def test_nor_by_the_code_that_another_system_gave_the_centre(far):
    form()
    far.codes.create(system="prueba", code="E1")
    assert told("E1", sender=Phone(phone(scope=country().path))).reason == "outside_the_phone_area"


def test_a_code_is_enough_to_speak_of_a_centre_in_the_phones_area():
    asking_for_our_codes()
    site = centre()
    assert told(site.code, pcode="", sender=Phone(phone(scope=country().path))).state == "applied"
    assert (
        told(site.code, pcode="", sender=Phone(phone("La del albergue", scope=site.path))).state == "applied"
    )
    assert spoken_of() == [site, site]


def test_more_codes_ask_no_more_questions_about_areas():
    asking_for_our_codes()
    sites = [centre() for _number in range(6)]
    sender = Phone(phone())

    def asked(some: list[Site]) -> int:
        for site in some:
            sender.send(filled(code=site.code))
        with CaptureQueriesContext(connection) as seen:
            apply_received(by=machine())
        return sum(
            '"sites_site"."code" IN' in query["sql"] and "SELECT" in query["sql"][:6] for query in seen
        )

    told(sites[0].code, sender=sender)
    assert asked(sites[:1]) == asked(sites[1:])
