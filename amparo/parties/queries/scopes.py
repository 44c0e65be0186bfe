"""Where people work, beyond places: records of other modules that are scopes of their own, a centre for one."""

from typing import Any

from amparo.kernel.models import Holding, User
from amparo.parties.events import NamedScope, scope_asked, scope_told


def records_called(by: User, text: str) -> list[NamedScope]:
    """The records within somebody's reach that bear this code or this name."""
    answers: list[Any] = scope_asked.send(sender=Holding, by=by, text=text)
    return [one for _listener, found in answers for one in found]


def record_name(path: str) -> str:
    """The name of the record at just this path; "" where none is known."""
    answers: list[Any] = scope_told.send(sender=Holding, path=path)
    return next((name for _listener, name in answers if name), "")
