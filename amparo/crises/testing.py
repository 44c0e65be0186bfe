"""Invented crises, and what is told of their damage, for tests."""

from datetime import date, datetime, timedelta

from django.utils import timezone

from amparo.crises.models import Crisis, CrisisPlace, DamageFigure, PhasePeriod
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


def a_damage_figure(
    crisis: Crisis,
    place: Place,
    *,
    figure: str = "dead",
    low: int = 3,
    high: int | None = None,
    unit: str = "people",
    told_at: datetime | None = None,
    source: str = "CODEM",
    holder: Organisation | None = None,
) -> DamageFigure:
    """A figure as somebody told it, an hour ago unless another time is said."""
    return DamageFigure.objects.create(
        holder=holder or crisis.holder,
        crisis=crisis,
        place=place,
        figure=figure,
        unit=unit,
        low=low,
        high=low if high is None else high,
        told_at=told_at or timezone.now() - timedelta(hours=1),
        source=source,
    )
