"""What the briefing keeps: which reports come by themselves, when and to whom."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.crises.models import Crisis
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User
from amparo.places.models import Place


class ReportSchedule(Record):
    """A situation report that is written by itself, with what its owner may see at that moment."""

    data_class = DataClass.INTERNAL

    class Every(models.TextChoices):
        DAY = "day", _("Cada día")
        WEEK = "week", _("Cada lunes")

    class Language(models.TextChoices):
        ES = "es", _("Español")
        EN = "en", _("Inglés")
        BOTH = "es en", _("Español e inglés")

    class Outcome(models.TextChoices):
        NONE = "", _("Aún no ha salido")
        WRITTEN = "written", _("Salió")
        FAILED = "failed", _("No se pudo; se intentará otra vez")
        NOT_PERMITTED = "not_permitted", _("Quien lo pidió ya no tiene ese cargo")

    owner = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("quién lo pidió"))
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lugar")
    )
    crisis = models.ForeignKey(
        Crisis, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("emergencia")
    )
    every = models.CharField(_("cada cuánto"), max_length=4, choices=Every, default=Every.DAY)
    hour = models.PositiveSmallIntegerField(_("a qué hora"), default=6)
    language = models.CharField(_("idioma"), max_length=5, choices=Language, default=Language.ES)
    email = models.EmailField(_("correo"), blank=True)  # empty: to the folder of reports alone
    next_at = models.DateTimeField(_("próximo"))
    last_at = models.DateTimeField(_("último"), null=True)
    outcome = models.CharField(
        _("resultado"), max_length=13, choices=Outcome, default=Outcome.NONE, blank=True
    )
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(hour__gte=0, hour__lte=23), name="schedule_hour_of_a_day"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(ended_at=None), name="schedule_by_next"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.get_every_display()), f"{self.hour:02d}:00")))
