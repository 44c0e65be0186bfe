from django.db import models
from django.db.models import Q

from amparo.intake.models.form import FormVersion
from amparo.intake.models.mapping import MappingVersion
from amparo.intake.models.upload import SheetUpload
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User


class MappingDraft(Record):
    """A mapping that somebody is making or changing, kept as its file after each press. It may not be whole yet.

    `base` is the version it began from; `upload` or `form_version` what it is tried on. `revision` rises with each
    change, so that a second window notices.
    """

    data_class = DataClass.INTERNAL

    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    name = models.CharField(max_length=100)
    text = models.TextField()
    revision = models.PositiveIntegerField(default=1)
    base = models.ForeignKey(MappingVersion, models.PROTECT, null=True, related_name="drafts")
    upload = models.ForeignKey(SheetUpload, models.PROTECT, null=True, related_name="drafts")
    form_version = models.ForeignKey(FormVersion, models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(fields=["by", "name"], name="draft_once_for_a_person"),
            models.CheckConstraint(condition=~Q(name=""), name="draft_has_a_name"),
            models.CheckConstraint(
                condition=Q(upload__isnull=True) | Q(form_version__isnull=True),
                name="draft_is_tried_on_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["name"], name="draft_by_name")]

    def __str__(self) -> str:
        return self.name
