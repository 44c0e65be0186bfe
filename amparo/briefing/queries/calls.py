"""The round of calls as its pages show it."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels_day as v
from amparo.briefing import words
from amparo.briefing.queries import lacking
from amparo.kernel.models import User
from amparo.sites.queries.calls import ToCall, round_of
from amparo.sites.queries.daily import reported_by
from amparo.toolkit.asked import paged

PER_PAGE = 20


def calls_page(user: User, params: Any) -> v.CallsPage:
    """The silent centres in the order to call them, with their numbers: only for who may report of them."""
    now = timezone.now()
    found = round_of(user, now)
    shown, pages = paged(found, params, reverse("calls"), per_page=PER_PAGE)
    return v.CallsPage(
        rows=tuple(call_row(one, user, now) for one in shown),
        total=len(found),
        open_sites=reported_by(user).count(),
        pages=pages,
    )


def call_row(one: ToCall, user: User, now: datetime) -> v.CallRow:
    site, top = one.site, one.assessed.summary.top
    grave = top is not None and top.grave
    return v.CallRow(
        name=site.name,
        uid=str(site.uid),
        url=lacking.site_url("site_page", site),
        call_url=lacking.site_url("call", site),
        place=words.place_of(site),
        phone=site.phone,
        grave=words.gap_name(top) if grave and top is not None else "",
        people=one.assessed.last_count,
        told_at=site.last_told_at,
        last=_("%(outcome)s, %(who)s") % {"outcome": one.last.get_outcome_display(), "who": one.last.by.name}
        if one.last
        else "",
        last_at=one.last.ended_at if one.last else None,
        calling=one.claim.by.name if one.claim and one.claim.by_id != user.pk else "",
        mine=one.claim is not None and one.claim.by_id == user.pk,
    )
