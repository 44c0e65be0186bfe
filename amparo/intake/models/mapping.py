from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User


class MappingVersion(Record):
    """One version of a mapping file (`docs/mappings.md`), kept whole: old messages can be re-run through it."""

    data_class = DataClass.INTERNAL

    name = models.CharField(max_length=100)
    version = models.PositiveIntegerField()
    text = models.TextField()
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(User, models.PROTECT, null=True, db_index=False, related_name="+")

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="mapping_version_once"),
            models.CheckConstraint(condition=Q(version__gt=0), name="mapping_version_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"
