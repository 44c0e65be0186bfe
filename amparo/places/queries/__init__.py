"""Questions about places. Nothing here writes. Places are public: whoever may see a page sees its places.

A place is found by code (in any style), or by names from the upper level to the lower; a person searches by
what they would type. Days matter: a place that ended is still found, with a note and what succeeded it. One that was
provisional and merged is not: what is told of it leads to what it became.
"""

from amparo.places.queries.known import known_code, known_name
from amparo.places.queries.matching import Match, Note, resolve
from amparo.places.queries.merged import led_on
from amparo.places.queries.searching import search
from amparo.places.queries.tree import (
    ancestors,
    at_path,
    below,
    label,
    places_at,
    standing,
    steps,
    unknown_place,
)

__all__ = [
    "known_code",
    "known_name",
    "Match",
    "Note",
    "ancestors",
    "at_path",
    "below",
    "label",
    "places_at",
    "led_on",
    "resolve",
    "search",
    "standing",
    "steps",
    "unknown_place",
]
