from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.crises.models.crisis import Crisis
from amparo.kernel.classes import DataClass
from amparo.places.models import Place


class CrisisPlace(models.Model):
    """A place, with all below it, that a crisis affects from one day to another (half-open).

    A row ends, it is not removed: the phase of a day gone by must not change today.
    """

    data_class = DataClass.INTERNAL

    crisis = models.ForeignKey(Crisis, models.CASCADE, related_name="places")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    starts_on = models.DateField(_("desde"))
    ends_on = models.DateField(_("hasta"), null=True, blank=True)

    class Meta:
        ordering = ["crisis", "place__path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["crisis", "place"], condition=Q(ends_on=None), name="crisis_names_a_place_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="crisis_place_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.crisis}: {self.place}"
