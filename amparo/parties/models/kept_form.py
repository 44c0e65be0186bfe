import uuid

from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.kernel.models import User


class KeptForm(models.Model):
    """What somebody sent after their session or account had ended: kept, not acted on, until a person sends it."""

    data_class = DataClass.PERSONAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="kept_forms")
    path = models.CharField(max_length=500)
    content = models.BinaryField()  # sealed: the fields as they were typed
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ["-kept_at"]
        constraints = [
            models.CheckConstraint(condition=Q(path__startswith="/"), name="kept_form_is_of_this_house")
        ]
