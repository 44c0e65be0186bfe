import uuid

from django.db import models
from django.db.models import Q

from amparo.kernel.classes import DataClass
from amparo.kernel.models.organisation import Organisation


class LedgerOrigin(models.Model):
    """A server that writes entries. `here` marks this one.

    `counter` is the last number it gave; `sealed_to` the last one its seals cover.
    """

    data_class = DataClass.INTERNAL

    name = models.CharField(max_length=32, unique=True)
    here = models.BooleanField(default=False)
    counter = models.BigIntegerField(default=0)
    sealed_to = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["here"], condition=Q(here=True), name="one_origin_is_here"),
            models.CheckConstraint(
                condition=Q(sealed_to__gte=0) & Q(counter__gte=models.F("sealed_to")), name="origin_counts_up"
            ),
        ]


class LedgerEntry(models.Model):
    """One line for one action: origin, the origin's counter, who, when, what, on what. Never changed.

    It holds a salted digest of its payload; the payload lies apart so that erasure can remove it. The subject is
    an id, not a foreign key: erasing a record must not break its history.
    """

    data_class = DataClass.INTERNAL

    origin = models.ForeignKey(LedgerOrigin, models.PROTECT, related_name="entries")
    counter = models.BigIntegerField()
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    entry_class = models.CharField(max_length=12, choices=[(c.value, c.value) for c in DataClass])
    verb = models.CharField(max_length=60)
    noun = models.CharField(max_length=60)
    subject = models.UUIDField(null=True)
    by = models.UUIDField(null=True)
    at = models.DateTimeField()
    payload_digest = models.BinaryField()
    digest = models.BinaryField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["origin", "counter"], name="ledger_counter_once"),
            models.CheckConstraint(condition=Q(counter__gt=0), name="ledger_counter_from_one"),
        ]
        indexes = [
            models.Index(fields=["subject", "counter"], name="ledger_by_subject"),
            models.Index(fields=["origin", "organisation", "entry_class", "counter"], name="ledger_by_chain"),
        ]


class LedgerPayload(models.Model):
    """What an entry says in full, with the salt of its digest; sealed when personal. Removed by erasure."""

    data_class = DataClass.PROTECTION

    entry = models.OneToOneField(LedgerEntry, models.PROTECT, primary_key=True, related_name="payload")
    salt = models.BinaryField()
    content = models.BinaryField()


class LedgerSeal(models.Model):
    """A link of one chain (origin x organisation x data class): it covers the entries since the link before."""

    data_class = DataClass.INTERNAL

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    origin = models.ForeignKey(LedgerOrigin, models.PROTECT, related_name="seals")
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")
    entry_class = models.CharField(max_length=12)
    position = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    count = models.IntegerField()
    previous = models.BinaryField()
    hash = models.BinaryField()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["origin", "organisation", "entry_class", "position"], name="seal_position_once"
            ),
            models.CheckConstraint(condition=Q(count__gt=0), name="seal_covers_something"),
        ]
