"""What was put right by hand, so that a list which still has the slip does not bring it back."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from amparo.kernel import ledger
from amparo.kernel.models import LedgerEntry
from amparo.places.models import Place

CORRECTED = "place.corrected"
_AT_ONCE = 500


def put_right(places: Iterable[Place]) -> Mapping[UUID, Mapping[str, list[Any]]]:
    """By place and field, the values that a person corrected, as Python values."""
    uids = [place.uid for place in places]
    touched: set[UUID] = set()
    for start in range(0, len(uids), _AT_ONCE):
        entries = LedgerEntry.objects.filter(subject__in=uids[start : start + _AT_ONCE], verb=CORRECTED)
        touched.update(uid for uid in entries.values_list("subject", flat=True) if uid is not None)
    return {uid: _slips(uid) for uid in touched}


def _slips(uid: UUID) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for entry, said in ledger.history(uid):
        if entry.verb != CORRECTED or said is None:
            continue
        for name, (before, _after) in said["changed"].items():
            field: Any = Place._meta.get_field(name)
            found.setdefault(name, []).append(field.to_python(before))
    return found
