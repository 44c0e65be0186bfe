from typing import Any

from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.places.fields import KeyField
from amparo.places.models.place import Place


class PlaceName(models.Model):
    """A name by which a place is found: its own, its source's spelling, what people call it (Tegucigalpa)."""

    data_class = DataClass.PUBLIC

    place = models.ForeignKey(Place, models.CASCADE, related_name="names")
    name = models.CharField(max_length=200)
    name_key: Any = KeyField()
    sound_key: Any = KeyField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["place", "name_key"], name="place_name_once"),
            models.CheckConstraint(
                condition=~Q(name_key="") & ~Q(sound_key=""), name="place_name_can_be_found"
            ),
        ]
        indexes = [
            models.Index(fields=["name_key", "place"], name="place_by_name"),
            models.Index(fields=["sound_key", "place"], name="place_by_sound"),
        ]

    def __str__(self) -> str:
        return self.name
