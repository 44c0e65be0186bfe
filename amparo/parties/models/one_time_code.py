from django.db import models
from django.db.models import F, Q

from amparo.kernel.classes import DataClass
from amparo.kernel.models import User


class OneTimeCode(models.Model):
    """What a supervisor tells a person, once, so that they choose their own password. It replaces none by mail."""

    data_class = DataClass.INTERNAL

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="one_time_code")
    digest = models.CharField(max_length=64)  # keyed hash: useless without the key file
    given_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("given_at")), name="code_ends_after_it_began")
        ]
