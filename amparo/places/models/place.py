import uuid
from datetime import date

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.fields import PathField
from amparo.places.fields import KeyField

UNKNOWN_COUNTRY = "XXX"  # ISO 3166 leaves XAA-XZZ to its users
DEEPEST = 9  # level of the smallest places
PROVISIONAL_MARK = "~"  # no P-code begins so


class Place(models.Model):
    """A country, department, municipality or what lies below: public reference data, shared by everybody.

    `valid_from` is the first day on which it stood (empty: before our records), `valid_to` the first day on
    which it no longer did. A code stands once at a time; it may come back after it ended.
    """

    data_class = DataClass.PUBLIC

    class Kind(models.TextChoices):
        LAND = "land", _("Tierra")
        WATER = "water", _("Agua")

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    code = KeyField(_("código"), max_length=40)
    name = models.CharField(_("nombre"), max_length=200)
    level = models.PositiveSmallIntegerField(_("nivel"))
    kind = models.CharField(_("tipo"), max_length=5, choices=Kind, default=Kind.LAND)
    country = models.CharField(_("país"), max_length=3)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = PathField(db_index=True, editable=False)
    lat = models.FloatField(_("latitud"), null=True, blank=True)
    lon = models.FloatField(_("longitud"), null=True, blank=True)
    valid_from = models.DateField(_("existe desde"), null=True, blank=True)
    valid_to = models.DateField(_("dejó de existir"), null=True, blank=True)
    succeeds = models.ManyToManyField("self", symmetrical=False, related_name="succeeded_by", blank=True)
    provisional = models.BooleanField(_("provisional"), default=False)
    source = models.CharField(_("fuente"), max_length=200, blank=True)
    source_name = models.CharField(_("nombre en la fuente"), max_length=200, blank=True)

    class Meta:
        ordering = ["path", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_to=None), name="place_code_stands_once"
            ),
            models.UniqueConstraint(
                fields=["path"], condition=Q(valid_to=None), name="place_path_stands_once"
            ),
            models.UniqueConstraint(fields=["code", "valid_from"], name="place_code_begins_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(valid_from=None), name="place_code_always_there_once"
            ),
            models.CheckConstraint(condition=~Q(name="") & ~Q(code=""), name="place_has_name_and_code"),
            models.CheckConstraint(
                condition=Q(level=0, parent=None) | Q(level__gt=0, level__lte=DEEPEST, parent__isnull=False),
                name="place_only_a_country_has_no_parent",
            ),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="place_is_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(path__endswith=Concat(F("code"), Value("/")))
                & Q(path__startswith=Concat(F("country"), Value("/"))),
                name="place_path_from_country_to_code",
            ),
            models.CheckConstraint(
                condition=Q(lat=None, lon=None)
                | Q(lat__isnull=False, lat__gte=-90, lat__lte=90)
                & Q(lon__isnull=False, lon__gte=-180, lon__lte=180),
                name="place_coordinates_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="place_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(provisional=True, code__startswith=PROVISIONAL_MARK)
                | (Q(provisional=False) & ~Q(code__startswith=PROVISIONAL_MARK)),
                name="place_provisional_shows_in_its_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def stands_on(self, day: date) -> bool:
        """Whether the place existed on that day."""
        began = self.valid_from is None or self.valid_from <= day
        return began and (self.valid_to is None or self.valid_to > day)

    def lie_in(self, parent: "Place") -> None:
        """Take a place in the tree: the path and the country follow the parent's."""
        self.parent = parent
        self.country = parent.country
        self.path = f"{parent.path}{self.code}/"
