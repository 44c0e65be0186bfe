import json

from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.places.models.place import Place


class Boundary(models.Model):
    """The outline of a place, simplified for drawing: never a proof of where a limit runs."""

    data_class = DataClass.PUBLIC

    place = models.OneToOneField(Place, models.CASCADE, primary_key=True, related_name="boundary")
    # Compact JSON as GeoJSON's MultiPolygon: polygons of rings (outer first) of [lon, lat] in degrees, WGS
    # 84.
    outline = models.TextField()
    source = models.CharField(max_length=200)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "boundaries"
        constraints = [
            models.CheckConstraint(
                condition=~Q(outline="") & ~Q(outline="[]"), name="boundary_has_an_outline"
            ),
            models.CheckConstraint(condition=~Q(source=""), name="boundary_names_its_source"),
        ]

    @property
    def polygons(self) -> list[list[list[list[float]]]]:
        return json.loads(self.outline)
