"""Correct what is written of a place, and take a correction back."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from amparo.kernel import ledger
from amparo.kernel.models import User
from amparo.kernel.undoing import values_before
from amparo.places.actions.adding import refuse_code, refuse_dates, refuse_nameless, refuse_twin
from amparo.places.actions.moving import require_manage
from amparo.places.actions.naming import write_names
from amparo.places.models import Place
from amparo.places.names import tidy
from amparo.places.queries.corrected import CORRECTED

EDITABLE = ("name", "lat", "lon", "valid_from", "valid_to")


@transaction.atomic
def correct_place(place: Place, *, by: User, **changes: Any) -> Place:
    """Change what is written of a place; the ledger keeps both values. It is still found by the name it had."""
    require_manage(by, place.path)
    place = Place.objects.select_for_update().get(pk=place.pk)
    if "name" in changes:
        changes["name"] = tidy(changes["name"])
        refuse_nameless(changes["name"])
    return _write(place, {name: changes[name] for name in EDITABLE if name in changes}, CORRECTED, by=by)


@transaction.atomic
def undo_correction(place: Place, *, by: User, said: Mapping[str, Any], of: str) -> Place:
    """Put back what an entry `of` the ledger changed of a place; `said` is its payload."""
    require_manage(by, place.path)
    place = Place.objects.select_for_update().get(pk=place.pk)
    changed = said.get("changed")
    pairs = changed if isinstance(changed, dict) else {}
    before = values_before(place, {name: pair for name, pair in pairs.items() if name in EDITABLE})
    return _write(place, before, "place.correction_undone", by=by, of=of)


def _write(place: Place, wanted: Mapping[str, Any], verb: str, *, by: User, **told: Any) -> Place:
    """Write these values, where they can be, with one entry; nothing where nothing changes."""
    changed = {
        name: [getattr(place, name), value] for name, value in wanted.items() if getattr(place, name) != value
    }
    if not changed:
        return place
    for name, (_before, value) in changed.items():
        setattr(place, name, value)
    if "name" in changed and place.parent is not None:
        refuse_twin(place.name, place.parent, itself=place)
    if {"valid_from", "valid_to"} & changed.keys():
        refuse_code(place)
        refuse_dates(place)
    place.save(update_fields=list(changed))
    write_names([place])
    ledger.record(verb, place, by=by, organisation_id=by.organisation_id, changed=changed, **told)
    return place
