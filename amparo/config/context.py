"""What every page shows around its content: who, where, the menu, the exercise ribbon."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

from amparo.intake.models import RawMessage
from amparo.intake.queries.messages import messages_visible_to
from amparo.kernel.access import roles
from amparo.kernel.models import Holding
from amparo.toolkit.resources.menu import menu_of


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context of `toolkit/base.html`."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "exercise": settings.HOME.exercise.exists(),
        "nav": _menu(request) if known else [],
        "me": _me(user) if known else None,
        "where": {"title": user.organisation.name, "subtitle": ""} if known and user is not None else None,
        "language": translation.get_language(),
        "languages": settings.LANGUAGES,
        "server_time": timezone.now(),
    }


def _menu(request: HttpRequest) -> list[dict[str, Any]]:
    here = request.path
    return [
        {
            "icon": entry.icon,
            "label": entry.label,
            "url": entry.url,
            "current": here == entry.url or (entry.url != "/" and here.startswith(entry.url)),
            "count": _waiting(request.user) if entry.name == "messages" else 0,
        }
        for entry in menu_of(request.user)
    ]


def _waiting(user: Any) -> int:
    """How many messages wait for this person, the same ones that their list shows."""
    return messages_visible_to(user).filter(state=RawMessage.State.WAITING).count()


def _me(user: Any) -> dict[str, Any]:
    held = Holding.objects.filter(user=user).values_list("role", flat=True)
    known = roles()
    labels = [str(known[role].label) for role in dict.fromkeys(held) if role in known]
    return {"name": user.name, "organisation": user.organisation.name, "role_label": ", ".join(labels)}
