from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record
from amparo.sites.models.site import Site


class Closure(Record):
    """An ordered end of a centre, written down and never blocked: notice, who still stays, building handed back."""

    data_class = DataClass.INTERNAL

    site = models.ForeignKey(Site, models.CASCADE, related_name="closures")
    notice_on = models.DateField(_("fecha del aviso"))
    closes_on = models.DateField(_("fecha de cierre"))
    ordered_by = models.CharField(_("quién lo ordena"), max_length=200)
    reason = models.CharField(_("por qué"), max_length=300, blank=True)
    still_staying = models.PositiveIntegerField(_("personas que siguen aquí"), null=True, blank=True)
    staying_note = models.CharField(_("a dónde irán"), max_length=300, blank=True)
    handed_over_on = models.DateField(_("edificio entregado"), null=True, blank=True)
    handover_note = models.CharField(_("estado del edificio"), max_length=300, blank=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["-notice_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_on__gte=F("notice_on")), name="closure_after_notice"),
            models.UniqueConstraint(
                fields=["site"],
                condition=Q(withdrawn=False, handed_over_on=None),
                name="one_closure_at_a_time",
            ),
        ]
