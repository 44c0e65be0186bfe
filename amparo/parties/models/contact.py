import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation


class Contact(models.Model):
    """Whom to call in an organisation. Not an account: most of those whom one calls never log in."""

    data_class = DataClass.PERSONAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="contacts")
    name = models.CharField(_("nombre"), max_length=200)
    duty = models.CharField(_("de qué se ocupa"), max_length=200, blank=True)
    phone = models.CharField(_("teléfono"), max_length=60, blank=True)
    email = models.EmailField(_("correo"), blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="contact_has_a_name")]

    def __str__(self) -> str:
        return self.name
