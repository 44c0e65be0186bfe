"""Numbers, dates and ages as the screen and the paper say them. The unknown is said in words."""

import datetime as dt
import math

from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Number = int | float


def number(value: Number | None, decimals: int = 1) -> str:
    """1312 -> "1,312"; 7.25 -> "7.3"; whole numbers show no decimals. None -> "No se ha medido"."""
    if value is None:
        return _("No se ha medido")
    if not math.isfinite(value):
        return "∞"
    rounded = round(float(value) + math.copysign(1e-9, value), decimals)
    if rounded == int(rounded):
        return f"{int(rounded):,}"
    return f"{rounded:,.{decimals}f}"


def interval(low: Number | None, high: Number | None = None, decimals: int = 1) -> str:
    """10, 15 -> "10 a 15"; 15, inf -> "15 o más"; a single value when both are equal or `high` is None."""
    if low is None or high is None or low == high:
        return number(low, decimals)
    if math.isinf(high):
        return _("%(low)s o más") % {"low": number(low, decimals)}
    return _("%(low)s a %(high)s") % {"low": number(low, decimals), "high": number(high, decimals)}


def share(value: Number | None) -> str:
    """0.375 -> "38 %". None -> "No se ha medido"."""
    return number(value) if value is None else f"{number(value * 100, 0)} %"


def age(then: dt.datetime, now: dt.datetime) -> str:
    """ "hace 50 min", "hace 9 h", "hace 3 días". Hours up to two days: a night is what people ask about."""
    minutes = max(int((now - then).total_seconds() // 60), 0)
    if minutes < 60:
        return _("hace %(n)s min") % {"n": minutes}
    if minutes < 2 * 24 * 60:
        return _("hace %(n)s h") % {"n": minutes // 60}
    return _("hace %(n)s días") % {"n": number(minutes // (24 * 60))}


def age_patterns() -> str:
    """The three patterns of `age` with 0 for the number, for the page's own script."""
    return "|".join(
        [_("hace %(n)s min") % {"n": 0}, _("hace %(n)s h") % {"n": 0}, _("hace %(n)s días") % {"n": 0}]
    )


def cells(then: dt.datetime, now: dt.datetime, lasts_hours: float) -> int:
    """How many of four cells are still full: 4 when fresh, 0 when the figure has lived out its time."""
    left = 1 - (now - then).total_seconds() / 3600 / lasts_hours
    return min(max(math.ceil(left * 4), 0), 4)


def local(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def day(moment: dt.date | dt.datetime | None) -> str:
    """ "22 nov 2026" in the local time zone. None -> "Sin fecha"."""
    if moment is None:
        return _("Sin fecha")
    if isinstance(moment, dt.datetime):
        moment = local(moment)
    return formats.date_format(moment, "j b Y" if get_language() == "es" else "j M Y")


def clock(moment: dt.datetime) -> str:
    """ "06:41" in the local time zone."""
    return formats.date_format(local(moment), "H:i")


def moment(then: dt.datetime | None, now: dt.datetime | None = None) -> str:
    """ "22 nov 2026, 06:41"; near `now`: "hoy 06:41", "ayer 06:41". None -> "Sin fecha"."""
    if then is None:
        return _("Sin fecha")
    if now is not None:
        days = (local(now).date() - local(then).date()).days
        if days == 0:
            return _("hoy %(clock)s") % {"clock": clock(then)}
        if days == 1:
            return _("ayer %(clock)s") % {"clock": clock(then)}
    return f"{day(then)}, {clock(then)}"


def lasting(hours: float | None) -> str:
    """How long a figure lasts: "12 h", "7 días"."""
    if hours is None:
        return _("No vence")
    if hours < 48:
        return _("%(n)s h") % {"n": number(hours)}
    return _("%(n)s días") % {"n": number(hours / 24, 0)}


def size(count: int) -> str:
    """Bytes in words: 52_428_800 -> "50 MB"."""
    if count < 1024 * 1024:
        return f"{number(max(count, 1024) / 1024, 0)} KB"
    return f"{number(count / 1024 / 1024)} MB"
