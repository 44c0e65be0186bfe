"""Finding a centre as its address says. Who may open a page is the toolkit's to say."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from amparo.sites.models import Site
from amparo.sites.queries.sites import visible_to
from amparo.toolkit.doors import View, done, opened_by, person

__all__ = ["View", "done", "opened_by", "person", "site_for"]


def site_for(request: HttpRequest, uid: UUID) -> Site:
    """The centre, or 404 where this person may not see it."""
    return get_object_or_404(visible_to(person(request)).select_related("place__parent"), uid=uid)
