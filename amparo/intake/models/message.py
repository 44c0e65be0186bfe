from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.intake.models.form import FormVersion
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User
from amparo.sites.models import Site

SEAL_CONTEXT = "raw message"  # where the sealed content of a message stands


def folio_of(number: int) -> str:
    """The number a person is told: at least six digits."""
    return f"{number:06d}"


class RawMessage(Record):
    """What came in, kept as it came and sealed at its form's data class, before anything is done with it."""

    data_class = DataClass.INTERNAL

    class Channel(models.TextChoices):
        PHONE = "phone", _("Teléfono")
        SHEET = "sheet", _("Hoja de cálculo")
        SMS = "sms", _("Mensaje de texto")
        WEB = "web", _("Formulario en el navegador")

    FILLED = (Channel.PHONE, Channel.WEB)  # one filled form each, read through its form's mapping

    class State(models.TextChoices):
        RECEIVED = "received", _("Recibido")
        APPLIED = "applied", _("Aplicado")
        WAITING = "waiting", _("Espera a una persona")
        DISCARDED = "discarded", _("Descartado")

    channel = models.CharField(max_length=6, choices=Channel, default=Channel.PHONE)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    form_id = models.CharField(max_length=249)
    form_version = models.ForeignKey(
        FormVersion, models.PROTECT, null=True, db_index=False, related_name="messages"
    )
    instance_id = models.CharField(max_length=249)
    replaces = models.CharField(max_length=249, blank=True)
    fingerprint = models.BinaryField()
    conflicts = models.BooleanField(default=False)
    content_class = models.CharField(max_length=12, default=DataClass.INTERNAL)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    # The centre that a text message names: its sender has no account whose area would say where it belongs.
    site = models.ForeignKey(Site, models.SET_NULL, null=True, db_index=False, related_name="+")
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)
    notes = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["form_id", "instance_id"], condition=Q(conflicts=False), name="message_is_one_record"
            ),
            models.UniqueConstraint(
                fields=["form_id", "instance_id", "fingerprint"], name="message_content_once"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | ~Q(reason=""), name="message_waits_for_a_reason"
            ),
            models.CheckConstraint(condition=~Q(instance_id=""), name="message_has_an_id"),
        ]
        indexes = [
            models.Index(fields=["state", "id"], name="message_by_state"),
            models.Index(fields=["instance_id"], name="message_by_instance"),
            models.Index(fields=["replaces"], condition=~Q(replaces=""), name="message_by_replaced"),
        ]

    @property
    def folio(self) -> str:
        """The number a person is told as a receipt."""
        return folio_of(self.pk)


class Attachment(models.Model):
    """A file that came with a message. Its content lies in the installation's `files/` under its SHA-256, sealed."""

    data_class = DataClass.INTERNAL

    message = models.ForeignKey(RawMessage, models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["message", "name", "sha256"], name="attachment_once")]
