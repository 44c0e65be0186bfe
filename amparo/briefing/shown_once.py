"""Secrets on their way from the form that made them to the page that shows them: once, soon, to one session.

They wait in the memory of this process alone, never in an address, the database or a file. Where the process
falls in between, a secret is lost and the page offers another.
"""

import threading
from time import monotonic
from uuid import UUID

from django.http import HttpRequest

WITHIN_SECONDS = 300.0

_lock = threading.Lock()
_waiting: dict[tuple[str, UUID], tuple[float, str]] = {}


def keep(request: HttpRequest, of: UUID, secret: str) -> None:
    """Let this session see the secret of that record once, within five minutes. A newer one takes its place."""
    with _lock:
        _forget_old()
        _waiting[_key(request, of)] = monotonic(), secret


def take(request: HttpRequest, of: UUID) -> str | None:
    """The secret, if it was kept for this session and not seen yet."""
    with _lock:
        _forget_old()
        _at, secret = _waiting.pop(_key(request, of), (0.0, None))
    return secret


def _key(request: HttpRequest, of: UUID) -> tuple[str, UUID]:
    return request.session.session_key or "", of


def _forget_old() -> None:
    now = monotonic()
    for key in [key for key, (at, _secret) in _waiting.items() if now - at >= WITHIN_SECONDS]:
        del _waiting[key]
