"""The invented bodies of the exercise and who logs in."""

from typing import NamedTuple

from amparo.kernel.actions import add_organisation, add_user, grant
from amparo.kernel.models import Organisation, User
from amparo.places.models import Place

ORGANISATION = "Comité de Emergencia de Práctica"
ELSEWHERE = "Coordinadora de Práctica de Guatemala"
PASSWORD = "practica-de-amparo"  # noqa: S105 - of the exercise alone, and shown on its door


class Account(NamedTuple):
    """Someone of the exercise. `country`: where they work; `of_one_centre`: they see the first centre alone."""

    username: str
    name: str
    role: str
    country: str = "HND"
    of_one_centre: bool = False


ACCOUNTS = (
    Account("encargada", "Delmira Inventada", "site_manager", of_one_centre=True),
    Account("apoyo", "Ovidio de Mentira", "helper", of_one_centre=True),
    Account("comite", "Comité de Práctica", "committee"),
    Account("nacional", "Ulises Ficticio", "national"),
    Account("encuestadora", "Nereida Imaginaria", "enumerator"),
    Account("analista", "Evelia de Ensayo", "analyst"),
    Account("auditoria", "Auditora Imaginaria", "auditor"),
    Account("administracion", "Isaías de Prueba", "administrator"),
    Account("guatemala", "Coordinación de Ensayo", "national", country="GTM"),
)


def add_elsewhere(*, by: User) -> Organisation:
    """The body that holds the centres across the border."""
    return add_organisation(by=by, name=ELSEWHERE)


def add_people(
    *, by: User, holders: dict[str, Organisation], countries: dict[str, Place], first: str
) -> None:
    """Everybody who logs in. `holders` and `countries` by country; `first`: the path of the first centre."""
    for account in ACCOUNTS:
        holder = holders[account.country]
        user = add_user(
            by=by, username=account.username, name=account.name, organisation=holder, password=PASSWORD
        )
        everywhere = countries[account.country].path
        if account.role == "administrator":
            grant(by=by, user=user, role=account.role, scope="")
            # As the first account of a real installation: one gives what one holds.
            grant(by=by, user=user, role="national", scope=everywhere)
        else:
            grant(by=by, user=user, role=account.role, scope=first if account.of_one_centre else everywhere)
