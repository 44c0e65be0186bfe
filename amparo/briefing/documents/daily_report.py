"""The daily report on paper: one A4 page with ten empty boxes, for a centre without data, in either language."""

from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from amparo.intake.sms.report import blank
from amparo.places.queries import label
from amparo.sites.daily import FIGURES
from amparo.sites.models import Site
from amparo.toolkit.documents import printable, render_pdf

TEMPLATE = Path(__file__).parent / "daily_report.typ"


def render_daily_report(site: Site, language: str, *, exercise: bool = False) -> bytes:
    """One A4 page in PDF, in `language` ("es" or "en"). The same centre gives the same bytes."""
    with override(language):
        return render_pdf(TEMPLATE, _data(site, language, exercise=exercise))


def _data(site: Site, language: str, *, exercise: bool) -> dict[str, Any]:
    return {
        "language": language,
        "exercise": exercise,
        "name": printable(site.name, 90),
        "place": printable(label(site.place), 110),
        "code": printable(site.code, 30),
        "modules": [
            "".join(str(bit) for bit in row) for row in segno.make(site.code, error="m", micro=False).matrix
        ],
        "boxes": [
            {
                "letter": figure.letter,
                "label": str(figure.label),
                "yes_or_no": figure.is_yes_or_no,
            }
            for figure in FIGURES
        ],
        "sms": blank(site.code).replace(" __", "\u00a0____"),
        "central": printable(settings.AMPARO_CENTRAL_NUMBER, 30),
        "words": {
            "exercise": _("PRÁCTICA"),
            "invented": _("Datos inventados. Nada es real."),
            "title": _("Reporte del día"),
            "code": _("Código"),
            "how": _("Cuente y escriba. Lo que no sepa, déjelo vacío: vacío no es cero."),
            "yes": _("Sí"),
            "no": _("No"),
            "sms_title": _("Por mensaje de texto, desde el teléfono del albergue"),
            "sms_to": _("Envíelo al número:"),
            "sms_ask": _("Pida el número a su comité y escríbalo aquí:"),
            "sms_how": _("Copie cada letra con su número, en un solo mensaje."),
            "call_title": _("O por teléfono"),
            "call_how": _("Tenga esta hoja a la mano cuando le llamen: le preguntarán en este orden."),
            "fields": [_("Fecha y hora"), _("Quién contó"), _("Firma")],
            "notes": _("Lo que urge, en pocas palabras. Sin nombres de personas."),
        },
    }
