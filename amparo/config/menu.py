"""The menu: pages made by hand, between the nouns of `resources`. The first four stand on a phone."""

from django.utils.translation import gettext_lazy as _

from amparo.config.resources import RESOURCES
from amparo.crises.permissions import Crises
from amparo.intake.permissions import Intake
from amparo.kernel.permissions import Kernel
from amparo.parties.permissions import Parties
from amparo.sites.permissions import Sites
from amparo.sites.queries.daily import reports_of_an_area, runs_a_centre
from amparo.toolkit.resources.menu import Entry, in_order

PAGES = (
    Entry("today", _("Hoy"), "hoy", Sites.REPORT, 10, runs_a_centre),
    Entry("board", _("Hoy"), "hoy", Sites.VIEW, 11, lambda user: not runs_a_centre(user)),
    Entry("calls", _("Llamadas"), "tel", Sites.REPORT, 22, reports_of_an_area),
    Entry("fill_list", _("Llenar"), "registrar", Intake.SEND, 25),
    Entry("situation", _("Informe"), "informe", Sites.VIEW, 26),
    Entry("helpers", _("Personas de apoyo"), "apoyo", Parties.ENROL_HELPERS, 28),
    Entry("trends", _("Cambios"), "informe", Sites.VIEW, 27),
    Entry("map", _("Mapa"), "albergues", Sites.VIEW, 29),
    Entry("damage", _("Daños"), "alertas", Crises.VIEW, 39),
    Entry("standards", _("Normas"), "informe", Sites.VIEW, 30),
    Entry("health", _("Salud"), "salud", Kernel.SEE_HEALTH, 36),
    Entry("accounts", _("Cuentas"), "personas", Kernel.MANAGE_ACCOUNTS, 37),
    Entry("mappings", _("Guías de lectura"), "tarjetas", Intake.MANAGE_FORMS, 61),
    Entry("sheets", _("Hojas"), "subir", Sites.MANAGE, 62),
)

MENU = in_order(PAGES, RESOURCES)
