"""What sites do when something below them changes."""

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.dispatch import receiver

from amparo.kernel.fields import subtree
from amparo.places.events import place_moved
from amparo.places.models import Place
from amparo.sites.models import Site


@receiver(place_moved)
def follow_a_place(sender: Any, place: Place, was: Place, before: str, after: str, **_said: Any) -> None:
    """A place moved in the tree, or became another: the sites in it move along, in the same transaction."""
    Site.objects.filter(place=was).update(place=place)
    low, high = subtree(before)
    Site.objects.filter(path__gte=low, path__lt=high).update(
        path=Concat(Value(after), Substr("path", len(before) + 1)), version=F("version") + 1
    )
