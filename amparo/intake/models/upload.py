from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.intake.models.mapping import MappingVersion
from amparo.intake.models.message import RawMessage
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User


class SheetUpload(Record):
    """A sheet of assessments that somebody brought to a screen: the file as it came, and how far it has got.

    The file lies in the installation's `files/` under its SHA-256, sealed. `sample` is its columns and first rows,
    sealed too; `figures` what it says through `mapping`, and `lines` what each row would do, sealed. `header_row` 0
    lets the header be found. It is applied and taken back in the name of who said so, `applied_by` and `undone_by`;
    `moved_at` is when its last step was taken.
    """

    data_class = DataClass.INTERNAL

    class State(models.TextChoices):
        READING = "reading", _("Se está leyendo")
        READY = "ready", _("Leída")
        JUDGING = "judging", _("Se está revisando")
        JUDGED = "judged", _("Espera su decisión")
        APPLYING = "applying", _("Se está aplicando")
        APPLIED = "applied", _("Aplicada")
        UNDOING = "undoing", _("Se está deshaciendo")
        UNDONE = "undone", _("Deshecha")
        FAILED = "failed", _("No se pudo leer")

    WORKING = (State.READING, State.JUDGING, State.APPLYING, State.UNDOING)

    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    content_class = models.CharField(max_length=12, default=DataClass.INTERNAL.value)
    sheet = models.CharField(max_length=100, blank=True)
    header_row = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.READING)
    sample = models.BinaryField(null=True)
    rows = models.PositiveIntegerField(default=0)
    mapping = models.ForeignKey(MappingVersion, models.PROTECT, null=True, related_name="+")
    figures = models.JSONField(default=dict)
    lines = models.BinaryField(null=True)
    message = models.ForeignKey(RawMessage, models.PROTECT, null=True, related_name="+")
    entry = models.BigIntegerField(null=True)
    words = models.TextField(blank=True)
    moved_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(sha256=""), name="upload_has_a_file"),
            models.CheckConstraint(
                condition=~Q(state="failed") | ~Q(words=""), name="upload_fails_for_a_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["judged", "applying", "applied"]) | Q(mapping__isnull=False),
                name="upload_is_judged_through_a_mapping",
            ),
        ]

    def __str__(self) -> str:
        return self.filename
