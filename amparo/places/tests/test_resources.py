"""Places keep the promise of every Resource."""

from amparo.places.models import Place
from amparo.places.resources import PlaceResource
from amparo.places.testing import a_place
from amparo.toolkit.testing import ResourceContract


class TestPlaces(ResourceContract):
    resource = PlaceResource()
    for_everybody = True

    def make(self, number: int, *, here: bool = True) -> Place:
        if number == 1:
            return a_place("TST", "País Inventado")
        parent = Place.objects.filter(code="TST").first()
        return a_place(f"TS{number:02d}" if parent is None else f"TST{number:02d}", parent=parent)
