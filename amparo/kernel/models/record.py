import uuid

from django.db import models
from django.utils import timezone

from amparo.kernel.classes import DataClass
from amparo.kernel.models.organisation import Organisation


class Record(models.Model):
    """What every record is: identified, held by an institution that answers for it, dated (ADR 0001).

    The integer key stays inside one database and is never shown; `uid` is what addresses, exports and other
    servers know. It is a random UUIDv4: a time-ordered one would tell when a person arrived.
    """

    data_class: DataClass

    id = models.BigAutoField(primary_key=True)
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    holder = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True


class Erased(models.Model):
    """What remains of an erased record: its id, so that a late message cannot revive it."""

    data_class = DataClass.INTERNAL

    uid = models.UUIDField(primary_key=True)
    noun = models.CharField(max_length=80)
    erased_at = models.DateTimeField(default=timezone.now)
