"""What sites do when something below them changes."""

from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Concat, Substr
from django.dispatch import receiver

from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.parties.events import NamedScope, scope_asked, scope_told
from amparo.places.events import place_moved
from amparo.places.models import Place
from amparo.sites.models import Site
from amparo.sites.queries.sites import called, visible_to

OFFERED = 5


@receiver(place_moved)
def follow_a_place(sender: Any, place: Place, was: Place, before: str, after: str, **_said: Any) -> None:
    """A place moved in the tree, or became another: the sites in it move along, in the same transaction."""
    Site.objects.filter(place=was).update(place=place)
    low, high = subtree(before)
    Site.objects.filter(path__gte=low, path__lt=high).update(
        path=Concat(Value(after), Substr("path", len(before) + 1)), version=F("version") + 1
    )


@receiver(scope_asked)
def name_centres(sender: Any, by: User, text: str, **_said: Any) -> list[NamedScope]:
    """Those that this person sees and that are not closed. Whether they may give a role there is not asked here."""
    mine = visible_to(by).exclude(status=Site.Status.CLOSED)
    return [
        NamedScope(site.path, f"{site.name} ({site.code}), {site.place.name}")
        for site in called(mine, text)[:OFFERED]
    ]


@receiver(scope_told)
def tell_a_centre(sender: Any, path: str, **_said: Any) -> str:
    return Site.objects.filter(path=path).values_list("name", flat=True).first() or ""
