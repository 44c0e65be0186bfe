"""An ordered closure is written down, never blocked."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require
from amparo.kernel.days import refuse_impossible, refuse_to_come
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.actions.site import refuse_closing_before_opening
from amparo.sites.models import Closure, Site
from amparo.sites.permissions import Sites


@transaction.atomic
def order_closure(
    site: Site,
    *,
    by: User,
    notice_on: date,
    closes_on: date,
    ordered_by: str,
    reason: str = "",
    still_staying: int | None = None,
    staying_note: str = "",
) -> Closure:
    """Write down that someone ordered this centre to close. Nothing else changes: people may still come in."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    refuse_impossible(notice_on, closes_on)
    refuse_closing_before_notice(notice_on, closes_on)
    if Closure.objects.filter(site=site, withdrawn=False, handed_over_on=None).exists():
        raise Refused(
            "closure_already_ordered", _("Este albergue ya tiene un cierre ordenado. Retírelo primero.")
        )
    closure = Closure.objects.create(
        holder=site.holder,
        site=site,
        notice_on=notice_on,
        closes_on=closes_on,
        ordered_by=ordered_by,
        reason=reason,
        still_staying=still_staying,
        staying_note=staying_note,
    )
    ledger.record(
        "site.closure_ordered",
        closure,
        by=by,
        site=str(site.uid),
        notice_on=notice_on,
        closes_on=closes_on,
        ordered_by=ordered_by,
        still_staying=still_staying,
    )
    return closure


def refuse_closing_before_notice(notice_on: date, closes_on: date) -> None:
    if closes_on < notice_on:
        raise Refused(
            "closes_before_notice",
            _("El cierre no puede ser antes del aviso. Revise las dos fechas."),
            status=422,
        )


@transaction.atomic
def withdraw_closure(closure: Closure, *, by: User, why: str) -> Closure:
    require(by, Sites.MANAGE, closure.site)
    closure = Closure.objects.select_for_update().get(pk=closure.pk)
    closure.withdrawn = True
    closure.save(update_fields=["withdrawn"])
    ledger.record("site.closure_withdrawn", closure, by=by, why=why)
    return closure


@transaction.atomic
def close_site(
    site: Site,
    *,
    by: User,
    closed_on: date | None = None,
    still_staying: int | None = None,
    handed_over_on: date | None = None,
    handover_note: str = "",
) -> Site:
    """The centre closes. Who still stays is written down; the building may be handed back at once or later."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    if site.status != Site.Status.OPEN:
        raise Refused("site_not_open", _("Este albergue no está abierto."))
    closed_on = closed_on or timezone.localdate()
    refuse_to_come(closed_on, handed_over_on)
    refuse_closing_before_opening(site.opened_on, closed_on)
    site.status, site.closed_on = Site.Status.CLOSED, closed_on
    site.save(update_fields=["status", "closed_on"])
    closure = Closure.objects.filter(site=site, withdrawn=False, handed_over_on=None).first()
    if closure:
        _refuse_handing_over_before_notice(closure, handed_over_on)
        closure.still_staying = still_staying if still_staying is not None else closure.still_staying
        closure.handed_over_on = handed_over_on
        closure.handover_note = handover_note
        closure.save(update_fields=["still_staying", "handed_over_on", "handover_note"])
    ledger.record(
        "site.closed",
        site,
        by=by,
        changed={"status": [Site.Status.OPEN, site.status]},
        closed_on=closed_on,
        still_staying=still_staying,
        handed_over_on=handed_over_on,
        handover_note=handover_note,
    )
    return site


@transaction.atomic
def hand_over(closure: Closure, *, by: User, handed_over_on: date, note: str = "") -> Closure:
    """The building went back to its owner: when, and in what state."""
    require(by, Sites.MANAGE, closure.site)
    closure = Closure.objects.select_for_update().get(pk=closure.pk)
    refuse_to_come(handed_over_on)
    _refuse_handing_over_before_notice(closure, handed_over_on)
    closure.handed_over_on, closure.handover_note = handed_over_on, note
    closure.save(update_fields=["handed_over_on", "handover_note"])
    ledger.record("site.handed_over", closure, by=by, handed_over_on=handed_over_on, note=note)
    return closure


def _refuse_handing_over_before_notice(closure: Closure, handed_over_on: date | None) -> None:
    if handed_over_on is not None and handed_over_on < closure.notice_on:
        raise Refused("handed_over_before_notice", _("La entrega no puede ser antes del aviso."), status=422)
