"""A place that no list has yet: written down by hand, with a code of its own or none."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.fields import subtree
from amparo.kernel.models import Erased, Holding, LedgerEntry, User
from amparo.kernel.refusals import Refused
from amparo.places.actions.moving import refuse_parent, require_manage
from amparo.places.actions.naming import write_names
from amparo.places.actions.provisional import place_called, provisional_code
from amparo.places.models import Place
from amparo.places.names import spell_out, tidy
from amparo.places.rows import is_code


@transaction.atomic
def add_place(
    *,
    by: User,
    parent: Place,
    name: str,
    code: str = "",
    uid: UUID | None = None,
    **facts: Any,
) -> Place:
    """Write down a place right inside another. Without a `code` it is provisional until one is found for it.

    `facts`: lat, lon, valid_from, valid_to. Raises `Refused`.
    """
    require_manage(by, parent.path)
    parent = Place.objects.select_for_update().get(pk=parent.pk)
    name, code = tidy(name), tidy(code).upper()
    refuse_nameless(name)
    _refuse_ended(parent)
    refuse_twin(name, parent)
    place = Place(
        uid=uid or uuid4(),
        code=code or provisional_code(name, parent),
        name=name,
        level=parent.level + 1,
        provisional=not code,
        source=str(by.organisation)[:200],
        **facts,
    )
    refuse_code(place)
    refuse_dates(place)
    refuse_parent(place, parent)
    place.lie_in(parent)
    place.save()
    write_names([place])
    ledger.record(
        "place.added",
        place,
        by=by,
        organisation_id=by.organisation_id,
        name=place.name,
        code=place.code,
        parent=parent.code,
    )
    return place


@transaction.atomic
def remove_place(place: Place, *, by: User, why: str) -> None:
    """Take away a place that was added by mistake, while nothing lies in it; its id stays erased.

    Raises `Refused("used_since")` where something does, or where somebody changed it since.
    """
    require_manage(by, place.path)
    place = Place.objects.select_for_update().get(pk=place.pk)
    entries = LedgerEntry.objects.filter(subject=place.uid)
    added = entries.filter(verb="place.added").exists()
    low, high = subtree(place.path)
    held = Holding.objects.filter(scope__gte=low, scope__lt=high).exists()
    if not added or held or entries.exclude(verb="place.added").exists():
        raise _used(place)
    Erased.objects.create(uid=place.uid, noun=place._meta.label_lower)
    ledger.record("place.removed", place, by=by, organisation_id=by.organisation_id, why=why, code=place.code)
    try:
        place.delete()
    except ProtectedError:
        raise _used(place) from None


def _used(place: Place) -> Refused:
    words = _("Ya hay algo en «%(name)s», o alguien lo cambió. Se queda.") % {"name": place.name}
    return Refused("used_since", words)


# --- what cannot be


def refuse_nameless(name: str) -> None:
    if not spell_out(name):
        raise Refused("no_name", _("Falta el nombre del lugar."), status=422)


def _refuse_ended(parent: Place) -> None:
    if not parent.stands_on(timezone.localdate()):
        raise Refused(
            "place_ended",
            _("%(name)s ya no existe. Elija el lugar que lo reemplaza.") % {"name": parent.name},
            status=422,
        )


def refuse_twin(name: str, parent: Place, *, itself: Place | None = None) -> None:
    """Refuse a second place of one name right inside another."""
    twin = place_called(name, parent)
    if twin is not None and twin != itself:
        raise Refused(
            "place_there",
            _("En %(parent)s ya está %(name)s (%(code)s). Use ese.")
            % {"parent": parent.name, "name": twin.name, "code": twin.code},
            status=422,
        )


def refuse_code(place: Place) -> None:
    """Refuse an official code that is none, or that another place bears at the same time."""
    if not place.provisional and not is_code(place.code):
        raise Refused(
            "not_a_code",
            _("«%(code)s» no es un código. Use letras y cifras, por ejemplo HN0801.") % {"code": place.code},
            status=422,
        )
    meets = Q(valid_from=None) | Q(valid_from__lt=place.valid_to or date.max)
    meets &= Q(valid_to=None) | Q(valid_to__gt=place.valid_from or date.min)
    other = Place.objects.filter(meets, code=place.code).exclude(pk=place.pk).first()
    if other is not None:
        raise Refused(
            "code_taken",
            _("El código %(code)s ya es de %(name)s.") % {"code": place.code, "name": other.name},
            status=422,
        )


def refuse_dates(place: Place) -> None:
    """Refuse an end before the beginning, an end of what still holds places, and one of what has no code."""
    if place.valid_to is None:
        return
    if place.valid_from is not None and place.valid_to <= place.valid_from:
        raise Refused(
            "ends_before_start", _("No puede terminar antes de empezar. Revise las fechas."), status=422
        )
    if place.provisional:
        raise Refused(
            "provisional_does_not_end",
            _("Este lugar no tiene código oficial. No lleva fecha de fin: se une con el que sí lo tenga."),
            status=422,
        )
    if place.pk is not None and place.children.filter(valid_to=None).exists():
        raise Refused(
            "places_below",
            _("Dentro de %(name)s hay lugares que siguen. Termínelos primero.") % {"name": place.name},
            status=422,
        )
