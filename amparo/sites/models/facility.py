from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record
from amparo.sites.models.site import Site
from amparo.sites.models.space import Space


class Facility(Record):
    """Fixed things people use, as they are: so many of a kind, for whom, and how many of them work."""

    data_class = DataClass.INTERNAL

    class Kind(models.TextChoices):
        TOILET = "toilet", _("Sanitario")
        SHOWER = "shower", _("Ducha")
        TAP = "tap", _("Llave de agua")
        HANDWASHING_POINT = "handwashing_point", _("Lavamanos con jabón")
        LAUNDRY_PLACE = "laundry_place", _("Pila de lavar")
        KITCHEN = "kitchen", _("Cocina")
        RAMP = "ramp", _("Rampa")
        BIN = "bin", _("Basurero de 100 litros")

    site = models.ForeignKey(Site, models.CASCADE, related_name="facilities")
    name = models.CharField(_("dónde está"), max_length=80)
    kind = models.CharField(_("qué es"), max_length=20, choices=Kind)
    serves = models.CharField(_("para quién"), max_length=6, choices=Space.Serves, default=Space.Serves.ALL)
    quantity = models.PositiveIntegerField(_("cuántos hay"))
    working = models.PositiveIntegerField(_("cuántos funcionan"))
    lit = models.BooleanField(_("con luz"), null=True, blank=True)
    lockable = models.BooleanField(_("cierra por dentro"), null=True, blank=True)
    accessible = models.PositiveIntegerField(_("accesibles"), null=True, blank=True)

    class Meta:
        ordering = ["kind", "serves", "name", "pk"]
        verbose_name_plural = "facilities"
        constraints = [
            models.UniqueConstraint(fields=["site", "kind", "name"], name="facility_name_once_per_site"),
            models.CheckConstraint(
                condition=Q(working__lte=F("quantity")), name="facility_no_more_work_than_exist"
            ),
            models.CheckConstraint(
                condition=Q(accessible=None) | Q(accessible__lte=F("working")),
                name="facility_accessible_ones_work",
            ),
        ]
