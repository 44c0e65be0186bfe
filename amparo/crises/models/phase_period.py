from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.crises.models.crisis import Crisis
from amparo.kernel.classes import DataClass
from amparo.standards import Phase

PHASE_NAMES = {
    Phase.SURVIVAL: _("Primeros días"),
    Phase.ACUTE: _("Estable"),
    Phase.LONGER: _("Larga"),
}


class PhasePeriod(models.Model):
    """A crisis is in a phase from this day until the next period begins."""

    data_class = DataClass.INTERNAL

    crisis = models.ForeignKey(Crisis, models.CASCADE, related_name="phases")
    phase = models.CharField(
        _("etapa"), max_length=10, choices=[(phase.value, name) for phase, name in PHASE_NAMES.items()]
    )
    starts_on = models.DateField(_("desde"))

    class Meta:
        ordering = ["crisis", "starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["crisis", "starts_on"], name="phase_one_a_day"),
            models.CheckConstraint(
                condition=Q(phase__in=[phase.value for phase in Phase]), name="phase_is_a_known_one"
            ),
        ]

    def __str__(self) -> str:
        return str(PHASE_NAMES[Phase(self.phase)])
