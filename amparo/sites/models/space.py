from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record
from amparo.sites.models.site import Site


class Space(Record):
    """A room or area: its floor, and how many can lie down in it."""

    data_class = DataClass.INTERNAL

    class Use(models.TextChoices):
        SLEEPING = "sleeping", _("Dormir")
        ISOLATION = "isolation", _("Aislamiento")
        COMMON = "common", _("Uso común")
        STORE = "store", _("Bodega")
        OFFICE = "office", _("Oficina")
        CLOSED = "closed", _("No se puede usar")

    class Serves(models.TextChoices):
        ALL = "all", _("Todas las personas")
        WOMEN = "women", _("Mujeres y niñas")
        MEN = "men", _("Hombres y niños")

    site = models.ForeignKey(Site, models.CASCADE, related_name="spaces")
    name = models.CharField(_("nombre"), max_length=80)
    use = models.CharField(_("uso"), max_length=12, choices=Use, default=Use.SLEEPING)
    serves = models.CharField(_("para quién"), max_length=6, choices=Serves, default=Serves.ALL)
    floor_m2 = models.FloatField(_("metros cuadrados"), null=True, blank=True)
    sleeping_places = models.PositiveIntegerField(_("lugares para dormir"), null=True, blank=True)
    blocked_places = models.PositiveIntegerField(_("lugares bloqueados"), default=0)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="space_name_once_per_site"),
            models.CheckConstraint(
                condition=Q(floor_m2=None) | Q(floor_m2__gt=0, floor_m2__lt=100000),
                name="space_floor_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(sleeping_places=None) | Q(blocked_places__lte=F("sleeping_places")),
                name="space_blocks_no_more_than_it_has",
            ),
        ]
