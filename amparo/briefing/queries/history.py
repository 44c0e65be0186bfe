"""What has happened at a centre: what the ledger says of it, and the reports that came in."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.asked import AsOf, Params, pages_of
from amparo.briefing.queries.heads import head, reason_at
from amparo.intake.permissions import Intake
from amparo.kernel.access import may
from amparo.kernel.ledger import history
from amparo.kernel.models import LedgerEntry, User
from amparo.sites.models import Closure, ObservationBatch, Site
from amparo.sites.queries.gaps import Moment, assess_one
from amparo.toolkit import formats

PER_PAGE = 30
MOST_ENTRIES = 2_000

_VERBS = {
    "site.added": gettext_lazy("Se anotó el albergue"),
    "site.edited": gettext_lazy("Se corrigieron sus datos"),
    "site.placed": gettext_lazy("Se dijo dónde está"),
    "site.opened": gettext_lazy("Abrió"),
    "site.spaces_written": gettext_lazy("Se escribieron los espacios"),
    "site.facilities_written": gettext_lazy("Se escribieron los servicios"),
    "site.closure_ordered": gettext_lazy("Se ordenó el cierre"),
    "site.closure_withdrawn": gettext_lazy("Se retiró la orden de cierre"),
    "site.closed": gettext_lazy("Cerró"),
    "site.handed_over": gettext_lazy("Se entregó el edificio"),
}
_FIELDS = {
    field.name: field.verbose_name
    for field in Site._meta.fields
    if field.name in ("name", "kind", "status", "address", "institution", "phone", "lat", "lon", "opened_on")
} | {"path": gettext_lazy("lugar")}


def history_page(user: User, site: Site, params: Params) -> v.HistoryPage:
    """Newest first. Reports are counted in the database; only those of the page are read."""
    entries = list(_entries(site))
    reports = ObservationBatch.objects.filter(site=site)
    total = len(entries) + reports.count() + 1
    here = reverse("site_history", args=[site.uid])
    pages = pages_of(total, {"page": params.get("page", "")}, here, per_page=PER_PAGE)
    first, last = (pages.first, pages.last) if pages else (1, total)
    newest = reports.select_related("by").order_by("-recorded_at", "-pk")[:last]
    lines = [*entries, *_reports(newest, user), _beginning(site)]
    lines.sort(key=lambda line: line.when, reverse=True)
    assessed = assess_one(site, Moment.now())
    as_of = AsOf(Moment.now())
    return v.HistoryPage(
        head=head(assessed, reason=reason_at(site, assessed), as_of=as_of, user=user, current="site_history"),
        entries=tuple(lines[first - 1 : last]),
        pages=pages,
    )


def _beginning(site: Site) -> v.HistoryEntry:
    """Where the record begins; a centre that came in a list has no entry of its own for that."""
    return v.HistoryEntry(when=site.recorded_at, what=_("Empieza su historia en Amparo"))


def _entries(site: Site) -> Iterable[v.HistoryEntry]:
    subjects = [site.uid, *Closure.objects.filter(site=site).values_list("uid", flat=True)]
    told = [one for subject in subjects for one in islice(history(subject), MOST_ENTRIES)]
    names = _names({entry.by for entry, _said in told if entry.by})
    for entry, said in told:
        yield v.HistoryEntry(
            when=entry.at,
            what=_what(entry),
            who=names.get(entry.by, "") if entry.by else "",
            detail=_detail(said or {}),
        )


def _names(uids: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(uid__in=uids).values_list("uid", "name"))


def _what(entry: LedgerEntry) -> str:
    known = _VERBS.get(entry.verb)
    return str(known) if known is not None else entry.verb


def _detail(said: Mapping[str, Any]) -> str:
    """What changed, from what to what, and why."""
    parts = []
    changed = said.get("changed")
    if isinstance(changed, dict):
        for field, pair in list(changed.items())[:6]:
            parts.append(_change(field, pair))
    if said.get("ordered_by"):
        parts.append(_("Lo ordena: %(who)s.") % {"who": said["ordered_by"]})
    if said.get("closes_on"):
        parts.append(_("Cierra: %(day)s.") % {"day": said["closes_on"]})
    if said.get("still_staying") is not None:
        parts.append(_("Siguen aquí: %(n)s.") % {"n": said["still_staying"]})
    if said.get("why"):
        parts.append(_("Por qué: %(why)s.") % {"why": said["why"]})
    return " ".join(parts)


def _change(field: str, pair: Any) -> str:
    name = str(_FIELDS.get(field, field))
    if not isinstance(pair, list) or len(pair) != 2:
        return f"{name}."
    before, after = (_value(field, value) for value in pair)
    if isinstance(pair[0], dict) or isinstance(pair[1], dict):
        return _("%(name)s: se agregó.") % {"name": name} if pair[0] is None else f"{name}."
    return _("%(name)s: de «%(before)s» a «%(after)s».") % {"name": name, "before": before, "after": after}


def _value(field: str, value: Any) -> str:
    labels = {"status": Site.Status, "kind": Site.Kind}.get(field)
    if labels is not None and value in labels.values:
        return str(labels(value).label)
    return "" if value is None else str(value)


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


def _message_url(batch: ObservationBatch) -> str:
    try:
        return reverse("message_page", args=[batch.message])
    except NoReverseMatch:
        return ""
