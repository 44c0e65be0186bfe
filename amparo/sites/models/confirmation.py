from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.sites.models.observation import Indicator, ObservationBatch
from amparo.sites.models.site import Site


class Confirmation(models.Model):
    """Somebody said "sigue igual" of a value: weaker than measuring, and three times in a row at most.

    `of` is the batch that told the value, `batch` the report in which it was confirmed. `confirmed_at` is seconds
    since 1970 UTC. A new measurement is another value, and its count begins again.
    """

    data_class = DataClass.INTERNAL

    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="confirmations")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    of = models.ForeignKey(ObservationBatch, models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    confirmed_at = models.BigIntegerField()
    batch = models.ForeignKey(ObservationBatch, models.CASCADE, related_name="confirmations")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "indicator", "of", "number"], name="confirmation_numbered_once"
            ),
            models.CheckConstraint(
                condition=Q(number__range=(1, 3)), name="confirmation_three_times_at_most"
            ),
        ]
