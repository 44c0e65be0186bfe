"""The head that every page of one centre carries, and the tabs between those pages."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.asked import AsOf
from amparo.briefing.queries.lacking import hours, site_url
from amparo.crises.queries import Reason, why_phase
from amparo.kernel.access import can
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Assessed
from amparo.standards import INDICATORS
from amparo.toolkit.asked import address
from amparo.toolkit.frames import Tab

NOW_ONLY: dict[str, str] = {}


def head(
    assessed: Assessed, *, reason: Reason, as_of: AsOf, user: Any = None, current: str = ""
) -> v.SiteHead:
    """Name, place, people tonight, phase. With a user, the tabs and buttons of what they may do; `current`: a tab."""
    site = assessed.site
    counted = assessed.inputs.get("persons")
    women, men = assessed.by_sex
    return v.SiteHead(
        name=site.name,
        url=address(site_url("site_page", site), as_of.params),
        place=words.place_of(site),
        code=site.code,
        type_label=words.kind_label(site),
        crisis=str(reason.crisis) if reason.crisis else "",
        phase=words.phase_name(assessed.phase),
        is_open=assessed.status == Site.Status.OPEN,
        state=words.state_then(assessed),
        people=assessed.people(),
        women=women,
        men=men,
        told_at=counted.told_at if counted else None,
        lasts_hours=hours(INDICATORS["persons"].half_life),
        board_url=address(reverse("board"), as_of.params),
        sheet_url=address(site_url("site_sheet", site), as_of.params) if user is not None else "",
        tabs=_tabs(assessed, as_of=as_of, user=user, current=current) if user is not None else (),
        main=_main(site, user),
    )


def reason_at(site: Site, assessed: Assessed) -> Reason:
    """Why the centre is judged by its phase."""
    return why_phase(site.path, timezone.localdate(assessed.at))


def _tabs(assessed: Assessed, *, as_of: AsOf, user: Any, current: str) -> tuple[Tab, ...]:
    site = assessed.site
    shown = [
        ("site_page", _("Lo que falta"), assessed.summary.not_met, as_of.params),
        ("site_history", _("Historia"), None, NOW_ONLY),
        ("site_spaces", _("Espacios"), None, NOW_ONLY),
    ]
    if can(user, Sites.MANAGE, site):
        shown += [("site_edit", _("Datos"), None, NOW_ONLY), ("site_closure", _("Cierre"), None, NOW_ONLY)]
    return tuple(
        Tab(label, address(site_url(name, site), params), name == current, count)
        for name, label, count, params in shown
    )


def _main(site: Site, user: Any) -> v.Link | None:
    """The one thing to do here: open a building that is not open, else say how it is today."""
    if user is None:
        return None
    if site.status != Site.Status.OPEN:
        return v.Link(_("Abrir"), site_url("site_open", site)) if can(user, Sites.MANAGE, site) else None
    if can(user, Sites.REPORT, site):
        return v.Link(_("Enviar reporte"), site_url("daily_report", site))
    return None
