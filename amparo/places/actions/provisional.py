"""Places known only by the names that someone wrote: kept until a code is found for them."""

import hashlib
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places import countries
from amparo.places.actions.lists import NO_COUNTRY_NAME
from amparo.places.actions.moving import refuse_parent, require_manage
from amparo.places.actions.naming import write_names
from amparo.places.models import PROVISIONAL_MARK, UNKNOWN_COUNTRY, Place
from amparo.places.names import key, spell_out, tidy
from amparo.places.queries.merged import MERGED, led_on
from amparo.places.queries.tree import during


@transaction.atomic
def provisional_place(*, by: User, names: Sequence[str], country: str | None = None) -> Place:
    """The place that these names, from the upper level down, lead to under a country (ISO code) or under
    none.

    What is already there, with a code or provisional, is used; the rest is made. The same names give the same
    codes on every server. Raises `Refused` without names or for an unknown country.
    """
    told = [tidy(name) for name in names if name and spell_out(name)]
    if not told:
        raise Refused("no_name", _("Falta el nombre del lugar."), status=422)
    root = _root(country)
    require_manage(by, root.path)
    made: list[Place] = []
    if root.pk is None:
        root.save()
        made.append(root)
    place = root
    for name in told:
        below = place_called(name, place)
        if below is None:
            below = _make(place, name)
            made.append(below)
        place = below
    write_names(made)
    if made:
        ledger.record(
            "place.provisional_made",
            place,
            by=by,
            organisation_id=by.organisation_id,
            names=told,
            made=[[one.code, one.name] for one in made],
        )
    return place


def provisional_place_there(names: Sequence[str], country: str | None = None) -> Place | None:
    """The place that `provisional_place` would give without making any; None where it would have to."""
    known = countries.country(country) if country else None
    code = known.code if known else UNKNOWN_COUNTRY
    place = Place.objects.filter(code=code, level=0, valid_to=None).first()
    told = [tidy(name) for name in names if name and spell_out(name)]
    for name in told:
        place = place_called(name, place) if place is not None else None
    return place if told else None


def _root(country: str | None) -> Place:
    """The country, saved or new; the country of what has none when none is told."""
    code, name = UNKNOWN_COUNTRY, NO_COUNTRY_NAME
    if country and country.strip().upper() != UNKNOWN_COUNTRY:
        known = countries.country(country)
        if known is None:
            raise Refused("unknown_country", _("«%(code)s» no es un país") % {"code": country}, status=422)
        code, name = known.code, known.name
    found = Place.objects.select_for_update().filter(code=code, level=0, valid_to=None).first()
    return found or Place(code=code, name=name, level=0, country=code, path=f"{code}/")


def place_called(name: str, parent: Place) -> Place | None:
    """The place right inside another that is called so, or what a provisional one of that name was merged into."""
    wanted = {key(name), spell_out(name)}
    children = Place.objects.filter(during(timezone.localdate()) | MERGED, parent=parent)
    called = children.filter(names__name_key__in=wanted)
    # One with a code before one without, and one that stands before a sign.
    found = called.order_by("provisional", F("valid_to").asc(nulls_first=True), "pk").first()
    return None if found is None else led_on([found])[found.pk]


def provisional_code(name: str, parent: Place) -> str:
    """The code of a place known only by its name: the same for the same name inside the same place, everywhere."""
    digest = hashlib.sha256(f"{parent.path}{spell_out(name)}".encode()).hexdigest()
    return f"{PROVISIONAL_MARK}{digest[:10].upper()}"


def _make(parent: Place, name: str) -> Place:
    place = Place(
        code=provisional_code(name, parent),
        name=name,
        level=parent.level + 1,
        provisional=True,
    )
    refuse_parent(place, parent)
    place.lie_in(parent)
    place.save()
    return place
