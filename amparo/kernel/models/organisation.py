import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass


class Organisation(models.Model):
    """A body that holds data or to which people belong: bare here, in full in `parties`."""

    data_class = DataClass.PUBLIC

    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("Institución pública")
        MUNICIPALITY = "municipality", _("Municipalidad")
        UN = "un", _("Naciones Unidas")
        NGO = "ngo", _("Organización no gubernamental")
        RED_CROSS = "red_cross", _("Cruz Roja")
        COMMUNITY = "community", _("Organización comunitaria")
        CHURCH = "church", _("Iglesia")
        ACADEMIA = "academia", _("Universidad")
        POLICE = "police", _("Policía")
        MIGRATION_ENFORCEMENT = "migration_enforcement", _("Control migratorio")
        MILITARY = "military", _("Fuerza militar")
        SECURITY_MINISTRY = (
            "security_ministry",
            _("Ministerio de seguridad, o línea de emergencia a su cargo"),
        )
        PROSECUTION = "prosecution", _("Fiscalía")
        INTELLIGENCE = "intelligence", _("Inteligencia")
        PRISONS = "prisons", _("Sistema penitenciario")

    # Accounts of these kinds may never hold a role that lists, searches or exports people.
    ENFORCEMENT = frozenset(
        {
            Kind.POLICE,
            Kind.MIGRATION_ENFORCEMENT,
            Kind.MILITARY,
            Kind.SECURITY_MINISTRY,
            Kind.PROSECUTION,
            Kind.INTELLIGENCE,
            Kind.PRISONS,
        }
    )

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("nombre"), max_length=200, unique=True)
    kind = models.CharField(_("tipo"), max_length=30, choices=Kind, default=Kind.GOVERNMENT)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~models.Q(name=""), name="organisation_has_a_name")]

    def __str__(self) -> str:
        return self.name
