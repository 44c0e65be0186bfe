"""The roles: each a named set of permissions. People hold them for a place and an organisation."""

from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from amparo.briefing.permissions import Briefing
from amparo.crises.permissions import Crises
from amparo.intake.permissions import Intake
from amparo.kernel.access import Role
from amparo.kernel.permissions import Kernel
from amparo.parties.permissions import Parties
from amparo.places.permissions import Places
from amparo.sites.permissions import Sites

READS = frozenset({Places.VIEW, Crises.VIEW, Sites.VIEW})
# Whoever holds one of these can list, search or export names. A role with any of them is one that handles people,
# whether or not it says so: accounts of police, migration control and the military never hold it.
REACHES_PEOPLE = frozenset(
    {
        Intake.REVIEW,  # messages as they came
        Intake.MANAGE_DEVICES,  # who uses each phone
        Kernel.MANAGE_ACCOUNTS,
        Kernel.READ_LEDGER,
        *Parties,
    }
)
A_DAY, A_SHIFT = timedelta(hours=24), timedelta(hours=12)  # phones of the field; a desk has half an hour


def _roles(*listed: Role) -> dict[str, Role]:
    return {
        role.name: replace(
            role, handles_people=role.handles_people or bool(role.permissions & REACHES_PEOPLE)
        )
        for role in listed
    }


ROLES: dict[str, Role] = _roles(
    Role(
        "site_manager",
        _("Persona encargada del albergue"),
        READS | {Sites.REPORT, Intake.SEND, Parties.ENROL_HELPERS},
        handles_people=True,
        idle=A_SHIFT,
        needs_a_place=True,
    ),
    # Someone who helps in one centre for a day, let in by the person in charge. Always fewer rights than theirs.
    Role(
        "helper",
        _("Persona de apoyo"),
        frozenset({Places.VIEW, Sites.VIEW, Sites.REPORT, Intake.SEND}),
        handles_people=True,
        idle=A_DAY,
    ),
    Role(
        "committee",
        _("Comité de emergencia"),
        READS
        | {
            Sites.REPORT,
            Sites.MANAGE,
            Crises.MANAGE,
            Briefing.SCHEDULE,
            Intake.REVIEW,
            Intake.SEND,
            Kernel.MANAGE_ACCOUNTS,
            Parties.VIEW,
            Parties.ENROL_HELPERS,
        },
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
            Briefing.SCHEDULE,
            Intake.REVIEW,
            Intake.SEND,
            Intake.MANAGE_FORMS,
            Kernel.MANAGE_ACCOUNTS,
            Parties.VIEW,
            Parties.MANAGE,
            Parties.ENROL_HELPERS,
        },
    ),
    Role("enumerator", _("Persona encuestadora"), frozenset({Places.VIEW, Intake.SEND}), idle=A_SHIFT),
    Role(
        "analyst",
        _("Análisis"),
        READS
        | {
            Sites.VERIFY_STANDARDS,
            Briefing.SCHEDULE,
            Intake.REVIEW,
            Intake.MANAGE_FORMS,
            Kernel.SEE_HEALTH,
            Parties.VIEW,
        },
    ),
    Role("auditor", _("Auditoría"), READS | {Kernel.READ_LEDGER, Kernel.SEE_HEALTH, Parties.VIEW}),
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
                Parties.VIEW,
                Parties.MANAGE,
            }
        ),
        second_factor=True,
    ),
    # The command line of this machine and its jobs: whoever holds the machine holds the data.
    Role(
        "console",
        _("Consola de este equipo"),
        frozenset({*Places, *Crises, *Sites, *Intake, *Briefing, *Kernel, *Parties}),
        handles_people=True,
    ),
    # A phone may deliver messages and fetch forms; it reads nothing back.
    Role("device", _("Teléfono"), frozenset({Intake.SEND, Sites.REPORT})),
)
