"""Open, edit and place a site."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require, require_within
from amparo.kernel.actions import move_holdings
from amparo.kernel.days import refuse_to_come
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import Refused
from amparo.places.models import Place
from amparo.sites.models import Flag, Site, SiteCode
from amparo.sites.permissions import Sites

CODE = "ALB "  # as written on the door and in text messages
EDITABLE = ("name", "kind", "address", "institution", "phone", "lat", "lon", "opened_on")
OPENING = ("kind", "status", "opened_on", "closed_on")  # what opening changes, and taking it back puts back


@transaction.atomic
def add_site(
    *,
    by: User,
    holder: Organisation,
    place: Place,
    name: str,
    kind: str = Site.Kind.COLLECTIVE_CENTRE,
    status: str = Site.Status.OPEN,
    code: str = "",
    place_doubt: str = "",
    codes: tuple[tuple[str, str], ...] = (),
    **facts: Any,
) -> Site:
    """Write down a site where it lies. `codes` are (system, code) pairs by which others know it."""
    site = Site(
        holder=holder, name=name.strip()[:200], kind=kind, status=status, place_doubt=place_doubt, **facts
    )
    site.call(site.name)
    site.locate(place)
    require_within(by, Sites.MANAGE, path=site.path, holder_id=holder.pk)
    refuse_to_come(site.opened_on)
    if not site.name:
        raise Refused("site_needs_a_name", _("Escriba el nombre del albergue."))
    site.code = code or next_code(holder)
    if Site.objects.filter(holder=holder, code=site.code).exists():
        raise Refused(
            "site_code_taken", _("Ya hay un albergue con el código %(code)s.") % {"code": site.code}
        )
    site.save()
    SiteCode.objects.bulk_create([SiteCode(site=site, system=system, code=other) for system, other in codes])
    ledger.record(
        "site.added", site, by=by, name=site.name, kind=kind, status=status, place=place.code, code=site.code
    )
    return site


def next_code(holder: Organisation) -> str:
    """The next short code, as written on the door and in text messages: "ALB 12"."""
    return codes_after(holder, 1)[0]


def codes_after(holder: Organisation, count: int) -> list[str]:
    """The next `count` short codes of a holder."""
    newest = (
        Site.objects.filter(holder=holder, code__startswith=CODE)
        .order_by("-pk")
        .values_list("code", flat=True)
    )
    last = next((code for code in newest[:1]), CODE).removeprefix(CODE)
    number = int(last) if last.isdigit() else 0
    fresh: list[str] = []
    while len(fresh) < count:
        wanted = [f"{CODE}{number + step}" for step in range(1, count - len(fresh) + 1)]
        taken = set(Site.objects.filter(holder=holder, code__in=wanted).values_list("code", flat=True))
        fresh += [code for code in wanted if code not in taken]
        number += len(wanted)
    return fresh


@transaction.atomic
def edit_site(site: Site, *, by: User, **changes: Any) -> Site:
    """Change what is written of a site; the ledger keeps both values of each changed field."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    changed = {}
    for field in EDITABLE:
        if field in changes and changes[field] != getattr(site, field):
            changed[field] = [getattr(site, field), changes[field]]
            setattr(site, field, changes[field])
    if "opened_on" in changed:
        refuse_to_come(site.opened_on)
        refuse_closing_before_opening(site.opened_on, site.closed_on)
    if changed:
        site.call(site.name)
        site.save(update_fields=[*changed, "name_key"])
        ledger.record("site.edited", site, by=by, changed=changed)
    return site


def refuse_closing_before_opening(opened_on: date | None, closed_on: date | None) -> None:
    if opened_on is not None and closed_on is not None and closed_on < opened_on:
        raise Refused(
            "closed_before_opened", _("No pudo cerrar antes de abrir. Revise la fecha."), status=422
        )


@transaction.atomic
def place_site(site: Site, *, by: User, place: Place) -> Site:
    """Say where a site lies, after a person looked: clears the doubt. Who is in charge of it stays so there."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    before = site.path
    site.locate(place)
    require_within(by, Sites.MANAGE, path=site.path, holder_id=site.holder_id)
    site.place_doubt = ""
    site.save(update_fields=["place", "path", "place_doubt"])
    move_holdings(before=before, after=site.path)
    Flag.objects.filter(site=site, code="place_in_doubt", cleared_at=None).update(cleared_at=timezone.now())
    ledger.record("site.placed", site, by=by, changed={"path": [before, site.path]})
    return site


@transaction.atomic
def open_site(
    site: Site, *, by: User, kind: str = Site.Kind.COLLECTIVE_CENTRE, opened_on: date | None = None
) -> Site:
    """A candidate, or a closed centre, opens its doors tonight."""
    require(by, Sites.MANAGE, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    if site.status == Site.Status.OPEN:
        raise Refused("site_already_open", _("Este albergue ya está abierto."))
    refuse_to_come(opened_on)
    before = {name: getattr(site, name) for name in OPENING}
    if site.kind == Site.Kind.CANDIDATE_SITE:
        site.kind = kind
    site.status = Site.Status.OPEN
    site.opened_on = opened_on or timezone.localdate()
    site.closed_on = None
    site.save(update_fields=list(OPENING))
    after = {name: getattr(site, name) for name in OPENING}
    changed = {name: [before[name], after[name]] for name in OPENING if before[name] != after[name]}
    ledger.record("site.opened", site, by=by, changed=changed)
    return site
