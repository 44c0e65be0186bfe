from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.fields import PathField
from amparo.kernel.models import Record
from amparo.kernel.words import fold
from amparo.places.models import Place


class Site(Record):
    """A place with people who cannot sleep at home, or a building surveyed to become one (a candidate)."""

    data_class = DataClass.INTERNAL

    class Kind(models.TextChoices):
        COLLECTIVE_CENTRE = "collective_centre", _("Albergue en edificio prestado")
        TRANSIT_CENTRE = "transit_centre", _("Centro de paso")
        PLANNED_SITE = "planned_site", _("Campamento planificado")
        SELF_SETTLED_SITE = "self_settled_site", _("Asentamiento espontáneo")
        CANDIDATE_SITE = "candidate_site", _("Lugar posible")

    class Status(models.TextChoices):
        CANDIDATE = "candidate", _("Posible")
        OPEN = "open", _("Abierto")
        CLOSED = "closed", _("Cerrado")

    code = models.CharField(_("código"), max_length=30)
    name = models.CharField(_("nombre"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)  # the folded name, to find it by
    kind = models.CharField(_("tipo"), max_length=20, choices=Kind, default=Kind.COLLECTIVE_CENTRE)
    status = models.CharField(_("estado"), max_length=10, choices=Status, default=Status.OPEN)
    place = models.ForeignKey(
        Place, models.PROTECT, db_index=False, related_name="+", verbose_name=_("lugar")
    )
    path = PathField(db_index=True)
    place_doubt = models.CharField(max_length=200, blank=True)
    address = models.CharField(_("dirección o colonia"), max_length=300, blank=True)
    institution = models.CharField(_("tipo de edificio"), max_length=120, blank=True)
    lat = models.FloatField(_("latitud"), null=True, blank=True)
    lon = models.FloatField(_("longitud"), null=True, blank=True)
    phone = models.CharField(_("teléfono"), max_length=40, blank=True)
    opened_on = models.DateField(_("abierto desde"), null=True, blank=True)
    closed_on = models.DateField(_("cerrado desde"), null=True, blank=True)
    # Each report raises `version`: what was computed for one version is never shown for another.
    version = models.BigIntegerField(default=0, editable=False)
    last_told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["holder", "code"], name="site_code_once_per_holder"),
            models.CheckConstraint(condition=~Q(name=""), name="site_has_a_name"),
            models.CheckConstraint(
                condition=Q(kind="candidate_site", status="candidate")
                | (~Q(kind="candidate_site") & ~Q(status="candidate")),
                name="site_candidate_is_a_kind_and_a_status",
            ),
            models.CheckConstraint(
                condition=Q(lat__isnull=True, lon__isnull=True)
                | Q(lat__isnull=False, lon__isnull=False, lat__range=(-90, 90), lon__range=(-180, 180)),
                name="site_coordinates_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(opened_on=None) | Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="site_closes_after_opening",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "path"], name="site_by_status_and_path"),
            models.Index(fields=["place", "name_key"], name="site_by_place_and_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def call(self, name: str) -> None:
        """Give it a name."""
        self.name = name
        self.name_key = fold(name)[:200]

    def locate(self, place: Place) -> None:
        """Lie in `place`: the path extends the place's, so that "my centre" is a scope too."""
        self.place = place
        self.path = f"{place.path}{self.uid.hex}/"


class SiteCode(models.Model):
    """The name a site has in another system: an SSID of a DTM round, a school code."""

    data_class = DataClass.INTERNAL

    site = models.ForeignKey(Site, models.CASCADE, related_name="codes")
    system = models.CharField(max_length=60)
    code = models.CharField(max_length=120)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "code", "site"], name="site_code_once"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(system=""), name="site_code_not_empty"),
        ]
        indexes = [models.Index(fields=["system", "code"], name="site_by_other_code")]
