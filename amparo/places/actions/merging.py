"""A provisional place turns out to be a real one: what lies in it goes there, and its names lead there."""

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.actions import move_holdings
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places.actions.moving import put_under, refuse_too_deep, require_manage
from amparo.places.actions.naming import write_names
from amparo.places.actions.provisional import place_called
from amparo.places.events import place_moved
from amparo.places.models import UNKNOWN_COUNTRY, Place, PlaceName
from amparo.places.queries import standing


@dataclass
class Merged:
    """What a merge did; nothing when it had been done before.

    `merged`: the codes of the places that ended, the asked one last; `moved`: of those that lie in `into` or below
    since; `names`: by which `into` is found since.
    """

    into: Place
    merged: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@transaction.atomic
def merge_place(provisional: Place, *, by: User, into: Place, why: str = "") -> Merged:
    """Let a provisional place be the place `into`, which has a code.

    Its holdings and, by `place_moved`, all that lies in it go along. A place inside it is merged with the one of that
    name inside `into`, else moved there. It ends, and stays as a sign: whatever names or code led to it lead to `into`
    from now on, also those in a report to come. Twice changes nothing. Raises `Refused`.
    """
    require_manage(by, provisional.path)
    require_manage(by, into.path)
    provisional = Place.objects.select_for_update().get(pk=provisional.pk)
    into = Place.objects.select_for_update().get(pk=into.pk)
    done = Merged(into)
    _refuse_what_is_not_provisional(provisional)
    _refuse_what_is_not_sure(into)
    if provisional.valid_to is not None:
        _refuse_another_end(provisional, into)
        return done
    names = set(into.names.values_list("name_key", flat=True))
    before = provisional.path
    _absorb(provisional, into, done, by=by)
    done.names = [one.name for one in into.names.exclude(name_key__in=names)]
    ledger.record(
        "place.merged",
        into,
        by=by,
        organisation_id=by.organisation_id,
        why=why,
        provisional=[provisional.code, provisional.name, before],
        into=[into.code, into.name, into.path],
        merged=done.merged,
        moved=done.moved,
        names=done.names,
    )
    return done


def _absorb(provisional: Place, into: Place, done: Merged, *, by: User) -> None:
    """The merge itself, from the inside out."""
    for child in standing(Place.objects.filter(parent=provisional)).order_by("pk"):
        twin = place_called(child.name, into)
        if twin is None:
            _put_in(child, into, by=by)
            done.moved.append(child.code)
        else:
            _absorb(child, twin, done, by=by)
    write_names(
        [into], {into.code: list(PlaceName.objects.filter(place=provisional).values_list("name", flat=True))}
    )
    into.succeeds.add(provisional, *provisional.succeeds.all())  # one step from every sign to the place
    provisional.succeeds.clear()
    provisional.valid_to = timezone.localdate()
    provisional.save(update_fields=["valid_to"])
    done.merged.append(provisional.code)
    move_holdings(before=provisional.path, after=into.path)
    place_moved.send(
        sender=Place, place=into, was=provisional, before=provisional.path, after=into.path, by=by
    )


def _put_in(child: Place, into: Place, *, by: User) -> None:
    """Move a provisional place, whose level was only where its name was told, right below another."""
    low, high = subtree(child.path)
    inside = Place.objects.filter(path__gte=low, path__lt=high)
    lower = into.level + 1 - child.level
    refuse_too_deep(child, (inside.aggregate(deepest=Max("level"))["deepest"] or child.level) + lower)
    inside.update(level=F("level") + lower)
    child.refresh_from_db(fields=["level"])
    put_under(child, into, by=by)


def _refuse_what_is_not_provisional(place: Place) -> None:
    if not place.provisional:
        raise Refused(
            "not_provisional",
            _("%(name)s tiene código: no se une a otro lugar.") % {"name": place.name},
            status=422,
        )
    low, high = subtree(place.path)
    if Place.objects.filter(path__gte=low, path__lt=high, provisional=False).exists():
        raise Refused(
            "sure_places_below",
            _("Dentro de %(name)s hay lugares con código. Muévalos primero.") % {"name": place.name},
        )


def _refuse_what_is_not_sure(into: Place) -> None:
    if into.provisional or into.code == UNKNOWN_COUNTRY:
        raise Refused(
            "not_a_sure_place",
            _("%(name)s no tiene código P. Únalo con un lugar que lo tenga.") % {"name": into.name},
            status=422,
        )
    if not into.stands_on(timezone.localdate()):
        raise Refused(
            "place_ended",
            _("%(name)s ya no existe. Únalo con el lugar que lo reemplaza.") % {"name": into.name},
        )


def _refuse_another_end(provisional: Place, into: Place) -> None:
    became = provisional.succeeded_by.first()
    if became is not None and became != into:
        raise Refused(
            "already_merged",
            _("%(name)s ya está unido con %(into)s.") % {"name": provisional.name, "into": became.name},
        )
