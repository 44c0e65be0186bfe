"""What crises do when something below them changes."""

from typing import Any

from django.dispatch import receiver

from amparo.crises.models import CrisisPlace, DamageFigure
from amparo.places.events import place_moved
from amparo.places.models import Place


@receiver(place_moved)
def name_the_place_it_became(sender: Any, place: Place, was: Place, **_said: Any) -> None:
    """A provisional place became another: what named it names that one; a crisis, from the day it named either."""
    if was == place:
        return
    DamageFigure.objects.filter(place=was).update(place=place)
    for row in CrisisPlace.objects.filter(place=was):
        there = CrisisPlace.objects.filter(crisis=row.crisis_id, place=place, ends_on=None).first()
        if row.ends_on is None and there is not None:
            there.starts_on = min(there.starts_on, row.starts_on)
            there.save(update_fields=["starts_on"])
            row.delete()
        else:
            row.place = place
            row.save(update_fields=["place"])
