from django.db import models

from amparo.kernel.classes import DataClass


class Remembered(models.Model):
    """What the doors remember for minutes: attempts per account and address, codes already used.

    The table of Django's database cache, so that every process knows it, a restart forgets nothing, and backups
    and migrations treat it like any other.
    """

    data_class = DataClass.PERSONAL

    cache_key = models.CharField(primary_key=True, max_length=255)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)
