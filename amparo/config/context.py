"""What every page shows around its content: who, where, the menu, the exercise ribbon."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from amparo.crises.permissions import Crises
from amparo.intake.models import RawMessage
from amparo.intake.permissions import Intake
from amparo.kernel.access import may, roles
from amparo.kernel.models import Holding
from amparo.sites.permissions import Sites

# (address, words, icon, permission that opens it): at most five on a phone
MENU = (
    ("board", _("Hoy"), "hoy", Sites.VIEW),
    ("sites_list", _("Albergues"), "albergues", Sites.VIEW),
    ("standards", _("Normas"), "informe", Sites.VIEW),
    ("crises", _("Emergencias"), "alertas", Crises.VIEW),
    ("messages", _("Mensajes"), "sms", Intake.REVIEW),
    ("forms", _("Formularios"), "reporte", Intake.MANAGE_FORMS),
    ("phones", _("Teléfonos"), "tel", Intake.MANAGE_DEVICES),
)


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
    waiting = (
        RawMessage.objects.filter(state=RawMessage.State.WAITING).count()
        if may(request.user, Intake.REVIEW)
        else 0
    )
    here = request.path
    entries = []
    for name, label, icon, permission in MENU:
        if not may(request.user, permission):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        entries.append(
            {
                "icon": icon,
                "label": label,
                "url": url,
                "current": here == url or (url != "/" and here.startswith(url)),
                "count": waiting if name == "messages" else 0,
            }
        )
    return entries


def _me(user: Any) -> dict[str, Any]:
    held = Holding.objects.filter(user=user).values_list("role", flat=True)
    known = roles()
    labels = [str(known[role].label) for role in dict.fromkeys(held) if role in known]
    return {"name": user.name, "organisation": user.organisation.name, "role_label": ", ".join(labels)}
