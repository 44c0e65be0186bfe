from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User
from amparo.sites.models.observation import ObservationBatch
from amparo.sites.models.site import Site


class CallAttempt(Record):
    """Somebody called a centre, or is calling it now: who, when, and what came of it.

    While it is under way it is also a claim: nobody else calls the same centre. A claim lapses by itself.
    """

    data_class = DataClass.INTERNAL

    class Outcome(models.TextChoices):
        CALLING = "calling", _("Llamando")
        REPORTED = "reported", _("Dio su reporte")
        NO_ANSWER = "no_answer", _("No contesta")
        WRONG_NUMBER = "wrong_number", _("Número equivocado")
        CALL_LATER = "call_later", _("Llamar luego")
        LAPSED = "lapsed", _("No se terminó")

    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="calls")
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, default=Outcome.CALLING)
    batch = models.ForeignKey(ObservationBatch, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["site"], condition=Q(ended_at=None), name="one_caller_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at=None, outcome="calling")
                | (Q(ended_at__isnull=False) & ~Q(outcome="calling")),
                name="call_ends_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=Q(batch=None) | Q(outcome="reported"), name="call_report_is_an_outcome"
            ),
        ]
        indexes = [models.Index(fields=["site", "-started_at"], name="call_by_site_and_time")]
