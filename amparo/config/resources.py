"""Which nouns are served: their addresses, their menu entries and their API come from this list."""

from amparo.briefing.resources import CENTRES, EMERGENCIES, SCHEDULES
from amparo.crises.resources import DamageResource
from amparo.intake.resources import FormResource, MessageResource, PhoneResource
from amparo.parties.resources import ACCOUNTS, OrganisationResource
from amparo.places.resources import PlaceResource
from amparo.toolkit.resources import Resource

RESOURCES: tuple[Resource, ...] = (
    CENTRES,
    EMERGENCIES,
    DamageResource(),
    SCHEDULES,
    MessageResource(),
    FormResource(),
    PhoneResource(),
    ACCOUNTS,
    OrganisationResource(),
    PlaceResource(),
)
