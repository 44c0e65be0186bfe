"""Invented crises for tests."""

from datetime import date

from amparo.crises.models import Crisis, CrisisPlace, PhasePeriod
from amparo.kernel.models import Organisation
from amparo.kernel.testing import organisation
from amparo.places.models import Place
from amparo.standards import Phase


def a_crisis(
    *places: Place,
    phase: Phase = Phase.SURVIVAL,
    starts_on: date = date(2020, 11, 3),
    ends_on: date | None = None,
    holder: Organisation | None = None,
    name: str = "Tormenta inventada",
) -> Crisis:
    """An emergency in these places, in one phase since it began."""
    crisis = Crisis.objects.create(
        holder=holder or organisation(),
        name={"es": name},
        kind=Crisis.Kind.STORM,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    PhasePeriod.objects.create(crisis=crisis, phase=phase.value, starts_on=starts_on)
    for place in places:
        CrisisPlace.objects.create(crisis=crisis, place=place, starts_on=starts_on)
    return crisis
