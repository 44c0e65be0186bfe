from django.db import models
from django.utils import timezone

from amparo.kernel.classes import DataClass
from amparo.sites.models.site import Site


class Flag(models.Model):
    """Something odd that a person should look at. It stops nothing."""

    data_class = DataClass.INTERNAL

    site = models.ForeignKey(Site, models.CASCADE, related_name="flags")
    code = models.CharField(max_length=60)
    detail = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=120, blank=True)
    raised_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code", "source"], name="flag_once_per_source")
        ]
