import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.fields import PathField
from amparo.kernel.models import Organisation, User


class ApiToken(models.Model):
    """A key with which a program reads or writes in its owner's name: some of their permissions, some of their scope.

    What it may do is looked up at each call, so it never outlives what its owner may.
    """

    data_class = DataClass.INTERNAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    label = models.CharField(_("para qué"), max_length=120)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of 256 random bits
    permissions = models.JSONField(default=list)
    scope = PathField(blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(label=""), name="token_says_what_for"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("made_at")), name="token_ends_after_it_began"),
            models.CheckConstraint(
                condition=Q(scope="") | Q(scope__endswith="/"), name="token_scope_is_a_path"
            ),
        ]

    def __str__(self) -> str:
        return self.label
