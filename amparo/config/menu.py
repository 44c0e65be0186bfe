"""The menu: pages made by hand, between the nouns of `resources`. The first four stand on a phone."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from amparo.config.resources import RESOURCES
from amparo.crises.permissions import Crises
from amparo.intake.permissions import Intake
from amparo.kernel.access import may
from amparo.kernel.permissions import Kernel
from amparo.parties.permissions import Parties
from amparo.sites.permissions import Sites
from amparo.sites.queries.daily import reports_of_an_area, runs_a_centre
from amparo.toolkit.resources.menu import Entry, in_order


def administers(user: Any) -> bool:
    """Whoever keeps the system itself: its health and its accounts are at hand on their phone."""
    return may(user, Kernel.SEE_HEALTH) and may(user, Kernel.MANAGE_ACCOUNTS)


def only_looks(user: Any) -> bool:
    return not administers(user)


PAGES = (
    Entry("today", _("Hoy"), "hoy", Sites.REPORT, 10, runs_a_centre),
    Entry("board", _("Hoy"), "hoy", Sites.VIEW, 11, lambda user: not runs_a_centre(user)),
    Entry("health", _("Salud"), "salud", Kernel.SEE_HEALTH, 12, administers),
    Entry("accounts", _("Cuentas"), "personas", Kernel.MANAGE_ACCOUNTS, 13, administers),
    Entry("calls", _("Llamadas"), "tel", Sites.REPORT, 22, reports_of_an_area),
    Entry("fill_list", _("Llenar"), "registrar", Intake.SEND, 25),
    Entry("situation", _("Informe"), "informe", Sites.VIEW, 26),
    Entry("helpers", _("Personas de apoyo"), "apoyo", Parties.ENROL_HELPERS, 28),
    Entry("trends", _("Cambios"), "serie", Sites.VIEW, 27),
    Entry("map", _("Mapa"), "lugar", Sites.VIEW, 29),
    Entry("damage", _("Daños"), "danos", Crises.VIEW, 39),
    Entry("standards", _("Normas"), "norma", Sites.VIEW, 30),
    Entry("health", _("Salud"), "salud", Kernel.SEE_HEALTH, 36, only_looks),
    Entry("accounts", _("Cuentas"), "personas", Kernel.MANAGE_ACCOUNTS, 37, only_looks),
    Entry("mappings", _("Guías de lectura"), "tarjetas", Intake.MANAGE_FORMS, 61),
    Entry("sheets", _("Hojas"), "subir", Sites.MANAGE, 62),
)

MENU = in_order(PAGES, RESOURCES)
