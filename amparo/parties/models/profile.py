from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation


class Profile(models.Model):
    """What is told of an organisation besides its name and kind."""

    data_class = DataClass.PUBLIC

    organisation = models.OneToOneField(
        Organisation, models.CASCADE, primary_key=True, related_name="profile"
    )
    acronym = models.CharField(_("siglas"), max_length=30, blank=True)
    country = models.CharField(_("país"), max_length=3, blank=True)  # ISO 3166-1 alpha-3; "" works in several
    parent = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("es parte de"),
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(parent=None) | ~Q(parent=F("organisation")), name="nobody_is_part_of_itself"
            )
        ]
