"""How a piece of data is kept and who may open it."""

from enum import StrEnum


class DataClass(StrEnum):
    """Sensitivity of a model, a form or a ledger entry, from everybody's to nobody's."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PERSONAL = "personal"
    PROTECTION = "protection"
