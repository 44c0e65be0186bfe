"""Places, the names by which they are found, and their outlines."""

from amparo.places.models.boundary import Boundary
from amparo.places.models.place import DEEPEST, PROVISIONAL_MARK, UNKNOWN_COUNTRY, Place
from amparo.places.models.place_name import PlaceName

__all__ = ["DEEPEST", "PROVISIONAL_MARK", "UNKNOWN_COUNTRY", "Boundary", "Place", "PlaceName"]
