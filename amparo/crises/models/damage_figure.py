from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.crises.damage import Unit
from amparo.crises.models.crisis import Crisis
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record
from amparo.places.models import Place

UNIT_NAMES = {Unit.PEOPLE: _("personas"), Unit.FAMILIES: _("familias"), Unit.HOUSES: _("viviendas")}


class DamageFigure(Record):
    """One figure of damage and needs that somebody told of a place, in a crisis, at a time.

    Rows are never changed: the newest of a figure stands, the others are its history. One told in error is withdrawn.
    A bare number has `low` equal to `high`.
    """

    data_class = DataClass.INTERNAL

    crisis = models.ForeignKey(Crisis, models.PROTECT, related_name="damage")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    figure = models.CharField(_("cifra"), max_length=40)  # a key of `damage.toml`
    unit = models.CharField(
        _("unidad"), max_length=8, choices=[(unit.value, name) for unit, name in UNIT_NAMES.items()]
    )
    low = models.PositiveIntegerField(_("desde"))
    high = models.PositiveIntegerField(_("hasta"))
    told_at = models.DateTimeField(_("dicho el"))
    source = models.CharField(_("quién lo dijo"), max_length=200)
    note = models.CharField(_("nota"), max_length=500, blank=True)
    withdrawn_at = models.DateTimeField(_("retirado el"), null=True, blank=True)

    class Meta:
        ordering = ["-told_at", "-pk"]
        indexes = [models.Index(fields=["crisis", "place", "figure", "told_at"], name="damage_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(high__gte=F("low")), name="damage_from_low_to_high"),
            models.CheckConstraint(
                condition=Q(unit__in=[unit.value for unit in Unit]), name="damage_unit_is_a_known_one"
            ),
            models.CheckConstraint(
                condition=~Q(figure="") & ~Q(source=""), name="damage_names_its_figure_and_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.figure}: {self.place}"

    @property
    def path(self) -> str:
        """Where it lies, for the question who may see it."""
        return self.place.path
