from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Record


class StandardVerification(Record):
    """An office checked a threshold against its source: who, in which document, when. A new row withdraws it."""

    data_class = DataClass.PUBLIC

    standard = models.CharField(max_length=80, db_index=True)
    source = models.CharField(_("documento y página"), max_length=300)
    checked_on = models.DateField(_("fecha de la revisión"))
    checked_by = models.CharField(_("quién revisó"), max_length=200)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(checked_by=""), name="verification_says_who_and_where"
            )
        ]
