"""Where a machine stopped reading: the value and the key of the last row, so that rows added meanwhile move nothing."""

import base64
import json
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused

Ordering = tuple[str, bool] | None
LONGEST = 1000


def cursor_of(record: Model, ordering: Ordering) -> str:
    """An opaque text that says: go on after this record."""
    value: Any = None
    if ordering is not None:
        value = record
        for step in ordering[0].split("__"):
            value = getattr(value, step, None)
    told = json.dumps([value, record.pk], default=_exact, separators=(",", ":"))
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def _exact(value: Any) -> str:
    """Moments to the microsecond: what is cut short comes twice, or never."""
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def after(records: "QuerySet[Any]", ordering: Ordering, cursor: str) -> "QuerySet[Any]":
    """Those that come after the cursor in the order. Raises `Refused` (422) for what is none of ours."""
    if not cursor:
        return records
    try:
        padded = cursor[:LONGEST] + "=" * (-len(cursor[:LONGEST]) % 4)
        value, key = json.loads(base64.urlsafe_b64decode(padded))
        key = records.model._meta.pk.to_python(key)
        if not isinstance(key, int) or not 0 < key < 2**63:
            raise ValueError(key)
        if ordering is None:
            return records.filter(pk__gt=key)
        name, descending = ordering
        side = "lt" if descending else "gt"
        if value is None:
            return records.filter(**{f"{name}__isnull": True, f"pk__{side}": key})
        value = _field(records.model, name).to_python(value)
    except (ValueError, TypeError, ValidationError, FieldDoesNotExist, RecursionError, OverflowError):
        raise Refused(
            "unknown_cursor", _("No se entiende dónde seguir. Empiece otra vez, sin «cursor»."), status=422
        ) from None
    beyond = Q(**{f"{name}__{side}": value}) | Q(**{name: value, f"pk__{side}": key})
    return records.filter(beyond | Q(**{f"{name}__isnull": True}))


def _field(model: type[Model], name: str) -> Field:
    *steps, last = name.split("__")
    for step in steps:
        found: Any = model._meta.get_field(step).related_model
        model = found
    pk: Any = model._meta.pk
    field: Any = pk if last == "pk" else model._meta.get_field(last)
    return field
