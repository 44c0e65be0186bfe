"""Everything that can be done to places.

Places are shared by all organisations: to change one, a person must hold MANAGE over it for every
organisation. A bulk action writes one ledger entry with the number of rows and their digest, and none when
nothing changed.
"""

from amparo.places.actions.adding import add_place, remove_place
from amparo.places.actions.correcting import correct_place, undo_correction
from amparo.places.actions.lists import Loaded, import_places, load_gazetteer
from amparo.places.actions.merging import Merged, merge_place
from amparo.places.actions.moving import move_place
from amparo.places.actions.outlines import Outlined, import_boundaries
from amparo.places.actions.provisional import provisional_place, provisional_place_there

__all__ = [
    "Loaded",
    "Merged",
    "Outlined",
    "add_place",
    "correct_place",
    "import_boundaries",
    "import_places",
    "load_gazetteer",
    "merge_place",
    "move_place",
    "provisional_place",
    "provisional_place_there",
    "remove_place",
    "undo_correction",
]
