"""A place changes its parent, and everything that keeps a path follows."""

from django.db import transaction
from django.db.models import Max, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require_within
from amparo.kernel.actions import move_holdings
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places.events import place_moved
from amparo.places.models import DEEPEST, Place
from amparo.places.permissions import Places

EVERY_ORGANISATION = 0  # no organisation's id: only a holding that covers all of them covers it
LONGEST_PATH = 160  # what lies in a place, a centre say, still has to fit into its own path


def require_manage(by: User, path: str) -> None:
    """Places belong to everybody: changing one takes MANAGE over it for every organisation."""
    require_within(by, Places.MANAGE, path=path, holder_id=EVERY_ORGANISATION)


@transaction.atomic
def move_place(place: Place, *, by: User, parent: Place, why: str = "") -> Place:
    """Put a place, with all below it, under another parent. Holdings follow; `place_moved` tells the rest."""
    require_manage(by, place.path)
    require_manage(by, parent.path)
    place = Place.objects.select_for_update().get(pk=place.pk)
    parent = Place.objects.select_for_update().get(pk=parent.pk)
    before = put_under(place, parent, by=by)
    if place.path != before:
        ledger.record(
            "place.moved",
            place,
            by=by,
            organisation_id=by.organisation_id,
            why=why,
            changed={"path": [before, place.path]},
        )
    return place


def put_under(place: Place, parent: Place, *, by: User) -> str:
    """The move itself, without permission or ledger; returns the path it had. Raises `Refused`."""
    refuse_parent(place, parent)
    before = place.path
    place.lie_in(parent)
    if place.path == before:
        return before
    low, high = subtree(before)
    Place.objects.filter(path__gte=low, path__lt=high).update(
        path=Concat(Value(place.path), Substr("path", len(before) + 1)), country=place.country
    )
    place.save(update_fields=["parent", "country", "path"])
    move_holdings(before=before, after=place.path)
    place_moved.send(sender=Place, place=place, was=place, before=before, after=place.path, by=by)
    return before


def refuse_parent(place: Place, parent: Place) -> None:
    if place.level == 0:
        raise Refused("country_has_no_parent", _("Un país no está dentro de otro lugar."))
    if place.pk is not None and parent.path.startswith(place.path):
        raise Refused("cycle", _("%(name)s no puede estar dentro de sí mismo.") % {"name": place.name})
    if parent.level >= place.level:
        raise Refused(
            "parent_not_above",
            _("%(parent)s no es de un nivel superior a %(name)s.")
            % {"parent": parent.name, "name": place.name},
        )
    refuse_too_deep(place, place.level)
    if len(parent.path) + _length(place) > LONGEST_PATH:
        raise _too_deep(place)


def refuse_too_deep(place: Place, level: int) -> None:
    """Raise `Refused` where a place, or the deepest inside it, would lie at a level that is none."""
    if level > DEEPEST:
        raise _too_deep(place)


def _too_deep(place: Place) -> Refused:
    return Refused("too_deep", _("Hay demasiados niveles encima de %(name)s.") % {"name": place.name})


def _length(place: Place) -> int:
    """How much of the longest path below, or of its own, begins with the place."""
    own = len(place.code) + 1
    if place.pk is None:
        return own
    low, high = subtree(place.path)
    longest = Place.objects.filter(path__gte=low, path__lt=high).aggregate(longest=Max(Length("path")))[
        "longest"
    ]
    return (longest or len(place.path)) - len(place.path) + own
