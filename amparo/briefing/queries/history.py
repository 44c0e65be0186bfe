"""What has happened at a centre: what the ledger says of it, and the reports that came in."""

from collections.abc import Iterable

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.heads import head, reason_at
from amparo.briefing.resources import CENTRES
from amparo.intake.permissions import Intake
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.sites.models import CallAttempt, ObservationBatch, Site
from amparo.sites.queries.calls import calls_in_vain
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, page_not_understood, pages_of
from amparo.toolkit.resources.history import lines as lines_of
from amparo.toolkit.resources.history import undo_link

PER_PAGE = 30


def history_page(user: User, site: Site, params: Params) -> v.HistoryPage:
    """Newest first. Reports and calls are counted in the database; only those of the page are read."""
    told = lines_of(CENTRES, site, user)
    entries = [v.HistoryEntry(one.when, one.what, one.who, one.detail) for one in told]
    # What only confirmed is told by the ledger, with its words.
    reports = ObservationBatch.objects.filter(site=site).exclude(rows=0, confirmations__isnull=False)
    calls = calls_in_vain(site)
    total = len(entries) + reports.count() + calls.count() + 1
    here = reverse("site_history", args=[site.uid])
    pages = pages_of(total, {"page": params.get("page", "")}, here, per_page=PER_PAGE)
    first, last = (pages.first, pages.last) if pages else (1, total)
    newest = reports.select_related("by").order_by("-recorded_at", "-pk")[:last]
    lines = [*entries, *_reports(newest, user), *_calls(calls[:last]), _beginning(site)]
    lines.sort(key=lambda line: line.when, reverse=True)
    undo_url, undo_words = undo_link(CENTRES, site, user)
    assessed = assess_one(site, Moment.now())
    as_of = AsOf(Moment.now())
    return v.HistoryPage(
        head=head(assessed, reason=reason_at(site, assessed), as_of=as_of, user=user, current="site_history"),
        entries=tuple(lines[first - 1 : last]),
        pages=pages,
        undo_url=undo_url,
        undo_words=undo_words,
        not_understood=page_not_understood(total, params, per_page=PER_PAGE),
    )


def _beginning(site: Site) -> v.HistoryEntry:
    """Where the record begins; a centre that came in a list has no entry of its own for that."""
    return v.HistoryEntry(when=site.recorded_at, what=_("Empieza su historia en Amparo"))


def _reports(batches: Iterable[ObservationBatch], user: User) -> Iterable[v.HistoryEntry]:
    reviews = may(user, Intake.REVIEW)
    for batch in batches:
        told = ngettext("%(n)s dato", "%(n)s datos", batch.rows) % {"n": formats.number(batch.rows)}
        yield v.HistoryEntry(
            when=batch.recorded_at,
            what=_("Llegó un reporte: %(told)s") % {"told": told},
            who=words.who_said(batch),
            detail=_("Dicho el %(moment)s.") % {"moment": formats.moment(batch.told_at)},
            url=_message_url(batch) if reviews and batch.message else "",
        )


def _calls(calls: Iterable[CallAttempt]) -> Iterable[v.HistoryEntry]:
    for call in calls:
        if call.ended_at is not None:
            outcome = call.get_outcome_display().lower()
            yield v.HistoryEntry(
                when=call.ended_at, what=_("Llamada: %(outcome)s") % {"outcome": outcome}, who=call.by.name
            )


def _message_url(batch: ObservationBatch) -> str:
    try:
        return reverse("message_page", args=[batch.message])
    except NoReverseMatch:
        return ""
