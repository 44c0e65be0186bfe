import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models.organisation import Organisation


class Users(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """Someone or something that acts: a person who logs in, a phone, or this machine's console."""

    data_class = DataClass.PERSONAL

    class Kind(models.TextChoices):
        PERSON = "person", _("Persona")
        DEVICE = "device", _("Teléfono")
        CONSOLE = "console", _("Consola de este equipo")

    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    username = models.CharField(_("cuenta"), max_length=150, unique=True)
    name = models.CharField(_("nombre"), max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="users")
    language = models.CharField(_("idioma"), max_length=5, default="es")
    is_active = models.BooleanField(default=True)
    ends_at = models.DateTimeField(_("termina"), null=True, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "username"
    objects = Users()

    class Meta:
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(condition=~Q(username=""), name="user_has_a_username"),
            models.CheckConstraint(
                condition=Q(kind="person") | Q(password__startswith="!"),  # noqa: S106 - Django's mark of no password
                name="only_people_have_passwords",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def may_act(self, at: datetime | None = None) -> bool:
        """Whether the account is alive at `at` (now by default)."""
        return self.is_active and (self.ends_at is None or self.ends_at > (at or timezone.now()))

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.password:
            self.set_unusable_password()
        super().save(*args, **kwargs)
