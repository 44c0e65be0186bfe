"""Spaces and facilities as they are. Saving them also tells the observations they imply,
dated when somebody saw them (now, unless said)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.actions.observing import observe
from amparo.sites.models import Facility, ObservationBatch, Site, Space
from amparo.sites.permissions import Sites

SPACE_FIELDS = ("name", "use", "serves", "floor_m2", "sleeping_places", "blocked_places")
FACILITY_FIELDS = ("name", "kind", "serves", "quantity", "working", "lit", "lockable", "accessible")


@transaction.atomic
def write_spaces(
    site: Site, *, by: User, lines: Sequence[dict[str, Any]], seen_at: datetime | None = None
) -> Site:
    """Replace the list of spaces by `lines` (dicts of SPACE_FIELDS; a line keeps its row by its name)."""
    require(by, Sites.REPORT, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    _refuse_twins([line["name"] for line in lines])
    before = {space.name: space for space in Space.objects.filter(site=site)}
    changed = _keep(site, before, {line["name"]: line for line in lines}, Space, SPACE_FIELDS)
    if changed:
        ledger.record("site.spaces_written", site, by=by, changed=changed)
        observe(
            site,
            by=by,
            told_at=seen_at or timezone.now(),
            values=_space_values(Space.objects.filter(site=site)),
            source=ObservationBatch.Source.INVENTORY,
        )
    return site


@transaction.atomic
def write_facilities(
    site: Site, *, by: User, lines: Sequence[dict[str, Any]], seen_at: datetime | None = None
) -> Site:
    """Replace the list of facilities by `lines` (dicts of FACILITY_FIELDS; a line keeps its row by kind and name)."""
    require(by, Sites.REPORT, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    _refuse_twins([(line["kind"], line["name"]) for line in lines])
    before = {(facility.kind, facility.name): facility for facility in Facility.objects.filter(site=site)}
    kinds_before = {kind for kind, _name in before}
    changed = _keep(
        site, before, {(line["kind"], line["name"]): line for line in lines}, Facility, FACILITY_FIELDS
    )
    if changed:
        ledger.record("site.facilities_written", site, by=by, changed=changed)
        values = _facility_values(list(Facility.objects.filter(site=site)), kinds_before)
        observe(
            site,
            by=by,
            told_at=seen_at or timezone.now(),
            values=values,
            source=ObservationBatch.Source.INVENTORY,
        )
    return site


def _refuse_twins(names: list[Any]) -> None:
    if len(names) != len(set(names)):
        raise Refused("named_twice", _("Hay dos líneas con el mismo nombre. Póngales nombres distintos."))


def _keep(site: Site, before: dict, after: dict, model: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    """Make the rows of one kind equal to the lines; return what changed as {name: [before, after]}."""
    changed: dict[str, Any] = {}
    for key, row in before.items():
        if key not in after:
            changed[str(key)] = [{field: getattr(row, field) for field in fields}, None]
            row.delete()
    for key, line in after.items():
        row = before.get(key)
        if row is None:
            model.objects.create(site=site, holder=site.holder, **line)
            changed[str(key)] = [None, line]
            continue
        old = {field: getattr(row, field) for field in fields}
        new = {field: line.get(field, old[field]) for field in fields}
        if old != new:
            for field, value in new.items():
                setattr(row, field, value)
            row.save(update_fields=list(fields))
            changed[str(key)] = [old, new]
    return changed


def _space_values(spaces: Any) -> list[tuple[str, float, float]]:
    """The observations a list of spaces implies. A space without a figure leaves its total unsaid, not zero."""
    spaces = list(spaces)
    sleeping = [space for space in spaces if space.use == Space.Use.SLEEPING]
    values: list[tuple[str, float]] = []
    if sleeping and all(space.floor_m2 is not None for space in sleeping):
        values.append(("floor_m2", sum(space.floor_m2 or 0 for space in sleeping)))
        for key, serves in (("floor_m2_women", Space.Serves.WOMEN), ("floor_m2_men", Space.Serves.MEN)):
            own = [space.floor_m2 or 0 for space in sleeping if space.serves == serves]
            if own:
                values.append((key, sum(own)))
    if sleeping and all(space.sleeping_places is not None for space in sleeping):
        values.append(("sleeping_places", sum(space.sleeping_places or 0 for space in sleeping)))
        values.append(("blocked_places", sum(space.blocked_places for space in sleeping)))
    isolation = [space for space in spaces if space.use == Space.Use.ISOLATION]
    if isolation and all(space.sleeping_places is not None for space in isolation):
        values.append(("isolation_places", sum(space.sleeping_places or 0 for space in isolation)))
    return [(key, float(value), float(value)) for key, value in values]


def _facility_values(facilities: list[Facility], kinds_before: set[str]) -> list[tuple[str, float, float]]:
    """The observations a list of facilities implies, for each kind that is or was on the list."""
    values: list[tuple[str, float]] = []

    def working(kind: str, serves: str | None = None) -> int:
        return sum(f.working for f in facilities if f.kind == kind and serves in (None, f.serves))

    present = {facility.kind for facility in facilities} | kinds_before
    for kind, plural in ((Facility.Kind.TOILET, "toilets"), (Facility.Kind.SHOWER, "showers")):
        if kind not in present:
            continue
        women, men = working(kind, Space.Serves.WOMEN), working(kind, Space.Serves.MEN)
        values += [
            (plural, working(kind)),
            (f"{plural}_women", women),
            (f"{plural}_men", men),
            (f"{plural}_shared", working(kind, Space.Serves.ALL)),
            (f"{plural}_separated", float(women > 0)),
        ]
    if Facility.Kind.TOILET in present:
        toilets = [f for f in facilities if f.kind == Facility.Kind.TOILET and f.working]
        for key, field in (("toilets_locks", "lockable"), ("toilets_lit", "lit")):
            told = [getattr(f, field) for f in toilets]
            if told and None not in told:
                values.append((key, float(all(told))))
        if toilets and all(f.accessible is not None for f in toilets):
            values.append(("toilets_accessible", sum(f.accessible or 0 for f in toilets)))
    for kind, key in (
        (Facility.Kind.TAP, "taps"),
        (Facility.Kind.HANDWASHING_POINT, "handwashing_points"),
        (Facility.Kind.LAUNDRY_PLACE, "laundry_places"),
        (Facility.Kind.BIN, "bins_100l"),
    ):
        if kind in present:
            values.append((key, working(kind)))
    for kind, key in ((Facility.Kind.KITCHEN, "kitchen"), (Facility.Kind.RAMP, "ramp")):
        if kind in present:
            values.append((key, float(working(kind) > 0)))
    return [(key, float(value), float(value)) for key, value in values]
