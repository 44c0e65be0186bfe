from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from amparo.kernel.classes import DataClass
from amparo.kernel.fields import PathField
from amparo.kernel.models.organisation import Organisation
from amparo.kernel.models.user import User


class Holding(models.Model):
    """A role given to someone for a scope: a place subtree x an organisation, from one time to another.

    `organisation` empty means the records of every organisation in that place (a coordinating body).
    """

    data_class = DataClass.INTERNAL

    user = models.ForeignKey(User, models.CASCADE, related_name="holdings")
    role = models.CharField(max_length=40)
    scope = PathField(blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("starts_at")), name="holding_ends_after_start"
            ),
            models.CheckConstraint(
                condition=Q(scope="") | Q(scope__endswith="/"), name="holding_scope_is_a_path"
            ),
        ]
