"""Sessions in a table of our own: whose they are, since when, last seen.

Without its cookie nobody opens one, whoever has the table.
"""

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import BrokenSeal, seal, unseal
from amparo.parties.models import Session

CONTEXT = "session"
BEGAN, DEVICE = "began", "device"
HELP_ENDED = "help_ended"  # all that a device keeps of a helper whose day is over: it opens nothing


def hashed(cookie: str) -> str:
    """What is kept of the cookie: it is random, so a plain hash cannot be turned back. 40 hex digits."""
    return hashlib.sha256(cookie.encode()).hexdigest()[:40]


class SessionStore(DatabaseStore):
    """Django's own store, with the cookie hashed and the content sealed."""

    row: Session | None = None

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key
        if key is None:
            return None
        self.row = Session.objects.filter(session_key=hashed(key), expire_date__gt=timezone.now()).first()
        if self.row is None:
            self._session_key = None
        return self.row

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=hashed(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        now = timezone.now()
        began = data.get(BEGAN)
        return Session(
            session_key=hashed(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            began_at=datetime.fromtimestamp(began, UTC) if began else self.row.began_at if self.row else now,
            seen_at=now,
            device=data.get(DEVICE, ""),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            Session.objects.filter(session_key=hashed(key)).delete()

    def encode(self, session_dict: dict[str, Any]) -> str:
        content = json.dumps(session_dict, separators=(",", ":")).encode()
        return base64.b64encode(seal(content, DataClass.PERSONAL, context=CONTEXT)).decode()

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        try:
            opened = unseal(base64.b64decode(session_data), DataClass.PERSONAL, context=CONTEXT)
        except (BrokenSeal, ValueError):
            return {}
        return json.loads(opened)
