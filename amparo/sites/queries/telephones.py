"""Who reads the telephone of a centre."""

from typing import Any

from amparo.kernel.access import can
from amparo.sites.models import Site
from amparo.sites.permissions import Sites


def telephone(site: Site, user: Any) -> str:
    """Its number, for who speaks of the centre or runs it; for everybody else the centre has none.

    It is the own number of a person in charge: who reads figures does not need it.
    """
    return site.phone if reads_telephone(user, site) else ""


def reads_telephone(user: Any, site: Site) -> bool:
    """Whether this person is told the number of the centre, today's or one that it had."""
    return can(user, Sites.REPORT, site) or can(user, Sites.MANAGE, site)
