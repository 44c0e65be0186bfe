from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record


class Crisis(Record):
    """An event or process to which the work belongs: a name, dates, places, and a phase that changes.

    Days are half-open: `ends_on` is the first day on which it was over.
    """

    data_class = DataClass.INTERNAL

    class Kind(models.TextChoices):
        STORM = "storm", _("Tormenta o huracán")
        EARTHQUAKE = "earthquake", _("Terremoto")
        VOLCANO = "volcano", _("Erupción volcánica")
        VIOLENCE = "violence", _("Violencia")
        MIGRATION = "migration", _("Migración")
        OTHER = "other", _("Otra")

    name = models.JSONField(_("nombre"))  # {language: text}
    kind = models.CharField(_("tipo"), max_length=20, choices=Kind)
    starts_on = models.DateField(_("empieza"))
    ends_on = models.DateField(_("termina"), null=True, blank=True)

    class Meta:
        ordering = ["-starts_on", "-pk"]
        verbose_name_plural = "crises"
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="crisis_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(name={}), name="crisis_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.called(get_language() or "es")

    def called(self, language: str) -> str:
        """The name in a language, else in Spanish, else in whichever there is."""
        names: dict[str, str] = self.name
        return names.get(language) or names.get("es") or next(iter(names.values()), "")

    def is_open(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or self.ends_on > day)
