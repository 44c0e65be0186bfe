from django.db import models

from amparo.kernel.classes import DataClass
from amparo.sites.models.site import Site


class DaySummary(models.Model):
    """How a centre stood at the end of a day gone by, kept so that a board of the past is read, not computed.

    It holds nothing that the observations do not say. `rules` names the standards, phase and kind of centre by
    which it was computed: a row computed by others, like a missing one, is computed again. A report about the past
    removes the rows it may change. See `queries.standings` for the content.
    """

    data_class = DataClass.INTERNAL

    pk = models.CompositePrimaryKey("day", "site_id")
    day = models.DateField()
    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="+")
    rules = models.BinaryField()
    content = models.BinaryField()

    class Meta:
        verbose_name_plural = "day summaries"
        indexes = [models.Index(fields=["site", "day"], name="day_summary_by_site")]
