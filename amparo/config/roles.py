"""The roles: each a named set of permissions. People hold them for a place and an organisation."""

from django.utils.translation import gettext_lazy as _

from amparo.crises.permissions import Crises
from amparo.intake.permissions import Intake
from amparo.kernel.access import Role
from amparo.kernel.permissions import Kernel
from amparo.places.permissions import Places
from amparo.sites.permissions import Sites

READS = frozenset({Places.VIEW, Crises.VIEW, Sites.VIEW})


def _roles(*listed: Role) -> dict[str, Role]:
    return {role.name: role for role in listed}


ROLES: dict[str, Role] = _roles(
    Role("site_manager", _("Persona encargada del albergue"), READS | {Sites.REPORT}, handles_people=True),
    Role(
        "committee",
        _("Comité de emergencia"),
        READS | {Sites.REPORT, Sites.MANAGE, Crises.MANAGE, Intake.REVIEW},
    ),
    Role(
        "national",
        _("Autoridad nacional"),
        READS
        | {
            Sites.REPORT,
            Sites.MANAGE,
            Sites.VERIFY_STANDARDS,
            Crises.MANAGE,
            Intake.REVIEW,
            Intake.MANAGE_FORMS,
        },
    ),
    Role("enumerator", _("Persona encuestadora"), frozenset({Places.VIEW, Intake.SEND})),
    Role(
        "analyst",
        _("Análisis"),
        READS | {Sites.VERIFY_STANDARDS, Intake.REVIEW, Intake.MANAGE_FORMS, Kernel.SEE_HEALTH},
    ),
    Role("auditor", _("Auditoría"), READS | {Kernel.READ_LEDGER, Kernel.SEE_HEALTH}),
    Role(
        "administrator",
        _("Administración del sistema"),
        frozenset(
            {
                Places.VIEW,
                Places.MANAGE,
                Kernel.MANAGE_ACCOUNTS,
                Kernel.SEE_HEALTH,
                Intake.MANAGE_DEVICES,
                Intake.MANAGE_FORMS,
            }
        ),
    ),
    # The command line of this machine and its jobs: whoever holds the machine holds the data.
    Role(
        "console",
        _("Consola de este equipo"),
        frozenset({*Places, *Crises, *Sites, *Intake, *Kernel}),
        handles_people=True,
    ),
    # A phone may deliver messages and fetch forms; it reads nothing back.
    Role("device", _("Teléfono"), frozenset({Intake.SEND, Sites.REPORT})),
)
