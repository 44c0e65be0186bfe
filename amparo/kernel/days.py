"""Which days a person can mean: a slip of the keyboard (0206, 9999) is said in words and never written down."""

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused

EARLIEST = 1900  # years
YEARS_AHEAD = 10


def refuse_impossible(*days: date | None) -> None:
    """Raise `Refused` for a day of a year that nobody can mean. None, a day that nobody told, passes."""
    latest = timezone.localdate().year + YEARS_AHEAD
    for day in days:
        if day is not None and not EARLIEST <= day.year <= latest:
            raise Refused(
                "impossible_year",
                _("Revise el año %(year)s. Escriba una fecha entre %(first)s y %(last)s.")
                % {"year": f"{day.year:04}", "first": EARLIEST, "last": latest},
                status=422,
            )


def refuse_to_come(*days: date | None) -> None:
    """The same, and also for a day after today: what is said to have happened cannot be still to come."""
    refuse_impossible(*days)
    if any(day is not None and day > timezone.localdate() for day in days):
        raise Refused(
            "day_to_come", _("Esta fecha todavía no llega. Escriba hoy o un día anterior."), status=422
        )
