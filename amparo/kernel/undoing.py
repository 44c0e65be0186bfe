"""Putting back what a change changed, unless somebody has changed it since."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused


def values_before(record: Model, changed: Mapping[str, Any]) -> dict[str, Any]:
    """The values that `changed` ({field: [before, after]}, as the ledger keeps them) had before, as Python values.

    Raises `Refused` when a field no longer says what the change left there, or cannot be read back.
    """
    before: dict[str, Any] = {}
    for name, pair in changed.items():
        try:
            field = record._meta.get_field(name)
            was, left = (field.to_python(value) for value in pair)  # type: ignore[union-attr]
        except (FieldDoesNotExist, ValidationError, ValueError, TypeError, AttributeError):
            raise Refused(
                "cannot_undo", _("Este cambio no se puede deshacer aquí. Corríjalo a mano.")
            ) from None
        if getattr(record, name) != left:
            raise Refused(
                "changed_since",
                _(
                    "No se deshizo nada: «%(field)s» cambió después y ahora dice «%(now)s». "
                    "Revíselo y corríjalo a mano."
                )
                % {"field": getattr(field, "verbose_name", name), "now": getattr(record, name)},
            )
        before[name] = was
    if not before:
        raise Refused("cannot_undo", _("Este cambio no se puede deshacer aquí. Corríjalo a mano."))
    return before
