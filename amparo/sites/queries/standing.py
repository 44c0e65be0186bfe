"""Which centres were open on a day: a centre that has closed since stood open then."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from amparo.kernel.fields import subtree
from amparo.sites.models import Site


def open_on(sites: "QuerySet[Site]", day: date | None) -> list[Site]:
    """Those that were open on a day gone by, with the status they had; None is today.

    Only the last opening is known: a centre that closed and opened again counts from then.
    """
    if day is None:
        return list(sites.filter(status=Site.Status.OPEN))
    begun = Q(opened_on=None) | Q(opened_on__lte=day)
    found = list(
        sites.filter(begun, Q(status=Site.Status.OPEN) | Q(status=Site.Status.CLOSED, closed_on__gt=day))
    )
    for site in found:
        site.status = Site.Status.OPEN  # as it was; these rows are read, never saved
    return found


def closed_on(sites: "QuerySet[Site]", day: date | None) -> list[Site]:
    """Those that had closed by a day gone by; None is today."""
    closed = sites.filter(status=Site.Status.CLOSED)
    if day is not None:
        closed = closed.filter(Q(closed_on=None) | Q(closed_on__lte=day))
    return list(closed)


def under(sites: "QuerySet[Site]", paths: Iterable[str]) -> "QuerySet[Site]":
    """Those that lie in any of these places or below; none where there are no paths."""
    where: Any = Q(pk__in=[])
    for path in paths:
        low, high = subtree(path)
        where |= Q(path__gte=low, path__lt=high)
    return sites.filter(where)
