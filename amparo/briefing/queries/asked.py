"""As of when an address asks.

What cannot be understood is never an error: the page says so in a notice, with what it shows instead, and leaves it
out of its own links. Paper and machines carry no notice, so there it is refused (`as_of_exactly`).
"""

from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from amparo.kernel.refusals import Refused
from amparo.sites.queries.gaps import Moment
from amparo.sites.queries.standings import end_of
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, not_understood, plain, quoted
from amparo.toolkit.frames import Notice

NOW, LAST = "now", "last"
EARLIEST = 1900  # nobody counted toilets by our standards before


@dataclass(frozen=True, slots=True)
class AsOf:
    """As of when a page speaks. `day` is a day gone by; `last`: each centre at its own last report.

    `not_understood`: what the address asked for and the page cannot show.
    """

    moment: Moment
    day: date | None = None
    last: bool = False
    not_understood: tuple[Notice, ...] = ()

    @property
    def params(self) -> dict[str, str]:
        """The same, for the next address."""
        if self.last:
            return {"at": LAST}
        return {"date": self.day.isoformat()} if self.day else {}


def as_of(params: Params) -> AsOf:
    """`date=2026-11-20` is the end of that day; `at=last` each centre's last report; without either, now."""
    written = plain(params.get("date", ""))
    if written:
        day = _day(written)
        if day is None:
            return _now_instead(
                _("No se entiende la fecha «%(date)s»") % {"date": quoted(written)},
                _("Escriba la fecha así: 2026-11-22."),
            )
        today = timezone.localdate()
        if day > today:
            return _now_instead(_("El %(day)s aún no ha llegado") % {"day": formats.day(day)})
        return AsOf(Moment.now()) if day == today else AsOf(Moment.on(end_of(day)), day=day)
    at = plain(params.get("at", ""))
    if at == LAST:
        return AsOf(Moment.last_report(), last=True)
    if at in ("", NOW):
        return AsOf(Moment.now())
    return _now_instead(_("No se entiende «%(asked)s»") % {"asked": quoted(at)})


def as_of_exactly(params: Params) -> AsOf:
    """The same for paper and machines. Raises `Refused` (400) for what `as_of` would say in a notice."""
    when = as_of(params)
    for notice in when.not_understood:
        raise Refused("unknown_date", f"{notice.title}.", status=400)
    return when


def _day(written: str) -> date | None:
    try:
        day = parse_date(written)
    except ValueError:
        return None
    return day if day is not None and day.year >= EARLIEST else None


def _now_instead(title: str, advice: str = "") -> AsOf:
    text = " ".join(part for part in (_("Se muestra hoy."), advice) if part)
    return AsOf(Moment.now(), not_understood=(not_understood(title, text),))
