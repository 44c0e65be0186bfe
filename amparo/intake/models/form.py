from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.intake.models.mapping import MappingVersion
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record


class Form(Record):
    """A form phones may fill. Its answers are kept at its data class and applied by its mapping, if it has one."""

    data_class = DataClass.PUBLIC

    form_id = models.CharField(_("identificador"), max_length=249, unique=True)
    title = models.CharField(_("título"), max_length=300)
    answers_class = models.CharField(
        max_length=12, default=DataClass.INTERNAL, choices=[(c.value, c.value) for c in DataClass]
    )
    mapping = models.ForeignKey(MappingVersion, models.PROTECT, null=True, blank=True, related_name="forms")
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["title", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(form_id=""), name="form_has_an_id")]

    def __str__(self) -> str:
        return self.title


class FormVersion(models.Model):
    """One published version of a form: its XForm, exactly as phones download it."""

    data_class = DataClass.PUBLIC

    form = models.ForeignKey(Form, models.CASCADE, related_name="versions")
    version = models.CharField(max_length=249, blank=True)
    xml = models.BinaryField()
    md5 = models.CharField(max_length=32)
    source = models.BinaryField(null=True)
    source_name = models.CharField(max_length=200, blank=True)
    questions = models.JSONField(default=list)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["form", "version"], name="form_version_once")]


class FormMedia(models.Model):
    """A file a form version needs on the phone (a picture, a list of choices)."""

    data_class = DataClass.PUBLIC

    version = models.ForeignKey(FormVersion, models.CASCADE, related_name="media")
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    md5 = models.CharField(max_length=32)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="form_media_name_once")]
