"""One cell at a time, from what people write to what can be stored.

Every reader gives one of: the value (`Parsed`, `Told`, `Place`), `Unknown` (asked, nobody knows), `Missing`
(nothing written) or `Problem` (written, cannot be taken). None of them ever turns nothing into 0, and none
raises.
"""

from amparo.intake.mapping.values.answers import level, yes_or_no
from amparo.intake.mapping.values.cells import as_text
from amparo.intake.mapping.values.coordinates import geopoint, place
from amparo.intake.mapping.values.dates import told
from amparo.intake.mapping.values.numbers import count, quantity, share
from amparo.intake.mapping.values.pages import is_address, named_by
from amparo.intake.mapping.values.results import MISSING, Flag, Missing, Parsed, Place, Problem, Told, Unknown
from amparo.intake.mapping.values.words import say

__all__ = [
    "MISSING",
    "Flag",
    "Missing",
    "Parsed",
    "Place",
    "Problem",
    "Told",
    "Unknown",
    "as_text",
    "count",
    "geopoint",
    "is_address",
    "level",
    "named_by",
    "place",
    "quantity",
    "say",
    "share",
    "told",
    "yes_or_no",
]
