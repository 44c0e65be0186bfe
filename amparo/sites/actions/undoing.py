"""Take back a correction of a site, or its opening: an entry of its own, refused when somebody has changed the field
since, or has reported of a centre that was opened."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require, require_within
from amparo.kernel.actions import move_holdings
from amparo.kernel.models import LedgerEntry, User
from amparo.kernel.refusals import Refused
from amparo.kernel.undoing import values_before
from amparo.places.queries import at_path
from amparo.sites.actions.site import EDITABLE
from amparo.sites.models import Site
from amparo.sites.permissions import Sites


@transaction.atomic
def undo_edit(site: Site, *, by: User, said: Mapping[str, Any], of: str) -> Site:
    """Put back what an entry `of` the ledger changed of a site; `said` is its payload."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    before = values_before(site, {name: pair for name, pair in _changed(said).items() if name in EDITABLE})
    changed = {name: [getattr(site, name), value] for name, value in before.items()}
    for name, value in before.items():
        setattr(site, name, value)
    site.call(site.name)
    site.save(update_fields=[*before, "name_key"])
    ledger.record("site.edit_undone", site, by=by, changed=changed, of=of)
    return site


@transaction.atomic
def undo_placing(site: Site, *, by: User, said: Mapping[str, Any], of: str) -> Site:
    """Put a site back where it lay before an entry `of` the ledger moved it."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    before, left = _changed(said).get("path", ("", ""))
    place = at_path(before) if before else None
    if place is None or site.path != left:
        raise Refused(
            "changed_since",
            _("No se deshizo nada: el lugar cambió después. Revíselo y corríjalo a mano."),
        )
    site.locate(place)
    require_within(by, Sites.MANAGE, path=site.path, holder_id=site.holder_id)
    site.save(update_fields=["place", "path"])
    move_holdings(before=left, after=site.path)
    ledger.record("site.placing_undone", site, by=by, changed={"path": [left, site.path]}, of=of)
    return site


@transaction.atomic
def undo_opening(site: Site, *, by: User, said: Mapping[str, Any], of: str) -> Site:
    """Make a site again what it was before an entry `of` the ledger opened it, while nobody has reported since.

    Raises `Refused("reported_since")` where a report or an order to close came after, and `changed_since` where it is
    no longer as the opening left it.
    """
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    before = values_before(site, _changed(said))
    _refuse_what_was_told_since(site, of)
    changed = {name: [getattr(site, name), value] for name, value in before.items()}
    for name, value in before.items():
        setattr(site, name, value)
    site.save(update_fields=list(before))
    ledger.record("site.opening_undone", site, by=by, changed=changed, of=of)
    return site


def _refuse_what_was_told_since(site: Site, of: str) -> None:
    origin, _dash, counter = of.rpartition("-")
    opening = LedgerEntry.objects.get(subject=site.uid, origin__name=origin, counter=counter)
    reported = site.batches.filter(recorded_at__gte=opening.at).exists()
    if reported or site.closures.filter(recorded_at__gte=opening.at).exists():
        raise Refused(
            "reported_since",
            _(
                "No se deshizo nada: ya hay reportes de este albergue desde que abrió. "
                "Si no debe contar, ordene su cierre."
            ),
        )


def _changed(said: Mapping[str, Any]) -> Mapping[str, Any]:
    changed = said.get("changed")
    return changed if isinstance(changed, dict) else {}
