from django.db import models

from amparo.kernel.classes import DataClass


class WorkerLease(models.Model):
    """A worker is alive while it renews this row; its jobs are taken back when it stops."""

    data_class = DataClass.INTERNAL

    worker = models.CharField(primary_key=True, max_length=80)
    renewed_at = models.DateTimeField()
