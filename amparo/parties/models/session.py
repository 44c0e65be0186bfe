from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from amparo.kernel.classes import DataClass
from amparo.kernel.models import User


class Session(AbstractBaseSession):
    """Someone at work on one device.

    Kept under a hash of the cookie, its content sealed: a copied database opens none.
    """

    data_class = DataClass.PERSONAL

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    device = models.CharField(max_length=60, blank=True)  # "Chrome, Android": enough to know one's own

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        indexes = [models.Index(fields=["user", "seen_at"], name="session_by_user")]

    @classmethod
    def get_session_store_class(cls):
        from amparo.parties.sessions import SessionStore

        return SessionStore
