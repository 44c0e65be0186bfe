"""Days that no change of any crisis parts: centres that last reported on many days are asked about in few questions."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date

from amparo.crises.models import Crisis, CrisisPlace, PhasePeriod


def stretches(days: Iterable[date]) -> dict[date, date]:
    """For each day, the one that stands for its stretch: between two turns of the crises, phases do not change."""
    asked = sorted(set(days))
    if len(asked) < 2:
        return {day: day for day in asked}
    turns = _turns()
    first: dict[int, date] = {}
    return {day: first.setdefault(bisect_right(turns, day), day) for day in asked}


def _turns() -> list[date]:
    """Every day on which a crisis, a place of it, or a phase begins or ends."""
    crises = Crisis.objects.order_by().values_list("starts_on", "ends_on")
    places = CrisisPlace.objects.order_by().values_list("starts_on", "ends_on")
    phases = PhasePeriod.objects.order_by().values_list("starts_on", "starts_on")
    return sorted({day for pair in crises.union(places, phases) for day in pair if day is not None})
