from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record, User


class Device(Record):
    """A phone with a secret of its own: stored hashed, revocable at once. It may deliver and fetch forms, no more."""

    data_class = DataClass.INTERNAL

    user = models.OneToOneField(User, models.PROTECT, related_name="device")
    label = models.CharField(_("quién lo usa o dónde está"), max_length=120)
    secret_hash = models.CharField(max_length=64)  # SHA-256 of a random secret of 128 bits or more
    digest_sealed = models.BinaryField()  # HTTP Digest's HA1, sealed: it would open the door by itself
    enrolled_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_why = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["label", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(label=""), name="device_has_a_label")]

    def __str__(self) -> str:
        return self.label
