"""What one centre lacks: the page people open most after the board, and the same facts for paper."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing.queries import capacities, facts, lacking
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.heads import head, reason_at
from amparo.crises.queries import Reason
from amparo.intake.permissions import Intake
from amparo.kernel.access import can, may
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import SILENT_AFTER, Assessed, assess_one
from amparo.sites.queries.observed import sources
from amparo.sites.queries.series import told_since
from amparo.toolkit import formats
from amparo.toolkit.asked import address
from amparo.toolkit.frames import Notice


def site_page(user: Any, site: Site, as_of: AsOf) -> v.SitePage:
    """Everything about a centre as of a moment, with who said what and what does not agree."""
    assessed = assess_one(site, as_of.moment)
    lines = lacking.lines(assessed.gaps)
    past = past_of(assessed, [line for line in lines if line.kind in ("grave", "bajo")])
    may_report = can(user, Sites.REPORT, site)
    about = facts.facts_of([site])[site.pk]
    return _page(
        assessed,
        page_head=head(
            assessed, reason=reason_at(site, assessed), as_of=as_of, user=user, current="site_page"
        ),
        gaps=tuple(_shown(line, assessed, past, may_report=may_report) for line in lines),
        about=about,
        spaces_url=lacking.site_url("site_spaces", site),
        fill_url=_fill_url(user, site),
        notices=(
            *as_of.not_understood,
            *_as_of_notices(assessed, as_of),
            *facts.flag_notices(site, about, mend_url=_mend_url(user, site)),
        ),
    )


def paper_page(assessed: Assessed, *, reason: Reason, about: facts.Facts, as_of: AsOf) -> v.SitePage:
    """The same page as paper carries it: no drawers, no buttons."""
    return _page(
        assessed,
        page_head=head(assessed, reason=reason, as_of=as_of),
        gaps=tuple(lacking.gap_of(line, assessed) for line in lacking.lines(assessed.gaps)),
        about=about,
        spaces_url="",
        fill_url="",
        notices=facts.flag_notices(assessed.site, about),
    )


def _page(
    assessed: Assessed,
    *,
    page_head: v.SiteHead,
    gaps: tuple[v.Gap, ...],
    about: facts.Facts,
    spaces_url: str,
    fill_url: str,
    notices: tuple[Notice, ...],
) -> v.SitePage:
    if not assessed.inputs:
        return v.SitePage(
            head=page_head,
            spaces=facts.space_rows(about),
            spaces_url=spaces_url,
            fill_url=fill_url,
            closure=facts.closure_banner(assessed.site, about),
            notices=notices,
        )
    places = assessed.capacity.to_standard
    return v.SitePage(
        head=page_head,
        headline=capacities.headline(assessed),
        explanation=capacities.explanation(assessed),
        tonight=capacities.tonight(assessed),
        to_standard=capacities.to_standard(assessed),
        floor=places.floor,
        served=capacities.served(places),
        gaps=gaps,
        people=facts.people(assessed),
        spaces=facts.space_rows(about),
        facilities=facts.facility_rows(assessed, about),
        facts=facts.said_facts(assessed),
        spaces_url=spaces_url,
        fill_url=fill_url,
        closure=facts.closure_banner(assessed.site, about),
        notices=notices,
    )


def _fill_url(user: Any, site: Site) -> str:
    """The forms, with this centre chosen already: for who may send and speaks of it."""
    if not (may(user, Intake.SEND) and can(user, Sites.REPORT, site)):
        return ""
    return address(reverse("fill_list"), {"site": str(site.uid)})


def past_of(assessed: Assessed, lines: Sequence[lacking.Line]) -> lacking.Past:
    """The last days of what enters these lines, and the batches that told any of it."""
    gaps = [line.gap for line in lines]
    if not gaps:
        return lacking.Past()
    history = told_since(
        assessed.site, lacking.windows(lacking.keys_behind(gaps), assessed.at), until=assessed.at
    )
    terms = [term for gap in gaps for term in gap.terms]
    told = {term.measurement.ref for term in terms if term.measurement.ref is not None}
    for others in lacking.otherwise(history, terms).values():
        told.update(one.batch_id for one in others)
    return lacking.Past(history, sources(told))


def _shown(line: lacking.Line, assessed: Assessed, past: lacking.Past, *, may_report: bool) -> v.Gap:
    if line.kind not in ("grave", "bajo"):
        return lacking.gap_of(line, assessed)
    correct_url = lacking.site_url("site_facilities_edit", assessed.site) if may_report else ""
    return lacking.in_full(line, assessed, past, correct_url=correct_url)


def _mend_url(user: Any, site: Site) -> str:
    return lacking.site_url("site_edit", site) if can(user, Sites.MANAGE, site) else ""


def _as_of_notices(assessed: Assessed, as_of: AsOf) -> tuple[Notice, ...]:
    """Say that this is not today, or that today nothing is known any more and what was known last."""
    site = assessed.site
    here = lacking.site_url("site_page", site)
    if as_of.last and assessed.told_at is not None:
        title = _("Está viendo el último reporte: %(day)s") % {"day": formats.moment(assessed.told_at)}
        return (Notice("bajo", title, "", here, _("Ver cómo está hoy")),)
    if as_of.day is not None:
        title = _("Está viendo el %(day)s, no hoy") % {"day": formats.day(as_of.day)}
        return (Notice("bajo", title, "", here, _("Ver cómo está hoy")),)
    told_at = site.last_told_at
    if told_at is not None and timezone.now() - told_at > SILENT_AFTER and assessed.people() is None:
        return (
            Notice(
                "nada",
                _("El último reporte es del %(day)s") % {"day": formats.day(told_at)},
                _("Lo que ya venció cuenta como no medido."),
                address(here, {"at": "last"}),
                _("Ver con el último reporte"),
            ),
        )
    return ()
