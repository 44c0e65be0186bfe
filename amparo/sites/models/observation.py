import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation, User
from amparo.sites.models.site import Site


class Indicator(models.Model):
    """The small number under which an indicator's key is stored. Rows are added, never renumbered."""

    data_class = DataClass.PUBLIC

    id = models.SmallAutoField(primary_key=True)
    key = models.CharField(max_length=60, unique=True)


class ObservationBatch(models.Model):
    """Where a set of observations came from: one report of one centre at one time.

    It carries source, author and ledger entry for all its rows (ADR 0005), so that a row stays narrow.
    """

    data_class = DataClass.INTERNAL

    class Source(models.TextChoices):
        PHONE = "phone", _("Teléfono")
        SHEET = "sheet", _("Hoja de cálculo")
        SCREEN = "screen", _("Pantalla")
        INVENTORY = "inventory", _("Inventario del albergue")
        CALL = "call", _("Llamada")
        SMS = "sms", _("Mensaje de texto")
        EXERCISE = "exercise", _("Práctica")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey(Organisation, models.PROTECT, db_index=False, related_name="+")
    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="batches")
    source = models.CharField(max_length=10, choices=Source)
    source_name = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="+")
    message = models.UUIDField(null=True, db_index=True)
    told_at = models.DateTimeField()
    told_offset = models.SmallIntegerField(default=0)  # minutes east of UTC where it was told
    recorded_at = models.DateTimeField(default=timezone.now)
    rows = models.PositiveIntegerField(default=0)  # how many values it told
    entry = models.BigIntegerField(null=True)  # the ledger counter of the action that wrote it

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(told_offset__gte=-840, told_offset__lte=840), name="batch_offset_on_earth"
            )
        ]
        indexes = [models.Index(fields=["site", "-told_at"], name="batch_by_site_and_time")]


class Observation(models.Model):
    """One value of one indicator at one site at one time. Narrow: integer keys only, clustered by site.

    `low` equals `high` for an exact value; "10-15" is (10, 15), ">15" is (15, infinity). `told_at` is seconds
    since 1970 UTC.
    """

    data_class = DataClass.INTERNAL

    pk = models.CompositePrimaryKey("site_id", "indicator_id", "told_at", "batch_id")
    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="observations")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    told_at = models.BigIntegerField()
    batch = models.ForeignKey(
        ObservationBatch, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    low = models.FloatField()
    high = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(high__gte=F("low")), name="observation_range_in_order")
        ]


class LatestObservation(models.Model):
    """The newest value of each indicator at each site, beside the history. Kept by `observe` alone.

    `confirmed_at`: seconds since 1970 UTC when somebody last said of this very value that it is still so.
    """

    data_class = DataClass.INTERNAL

    pk = models.CompositePrimaryKey("site_id", "indicator_id")
    site = models.ForeignKey(Site, models.CASCADE, db_index=False, related_name="latest")
    indicator = models.ForeignKey(
        Indicator, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    told_at = models.BigIntegerField()
    batch = models.ForeignKey(
        ObservationBatch, models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    low = models.FloatField()
    high = models.FloatField()
    confirmed_at = models.BigIntegerField(null=True)
