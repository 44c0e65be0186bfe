import uuid

from django.db import models
from django.db.models import F, Q

from amparo.kernel.classes import DataClass
from amparo.kernel.fields import PathField
from amparo.kernel.models import Organisation, User


class HelperLink(models.Model):
    """A door for one helper into one centre: open for minutes, closed by the first who comes through."""

    data_class = DataClass.INTERNAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)  # keyed hash of what stands in the link
    scope = PathField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    where = models.CharField(max_length=200)  # the centre's name, for whoever comes through
    made_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    # Someone who is a helper already and lost their session comes back as themselves.
    returning = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scope__endswith="/"), name="helper_link_is_for_one_place"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("made_at")), name="helper_link_ends_after_it_began"
            ),
        ]
