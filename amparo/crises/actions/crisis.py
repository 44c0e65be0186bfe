"""Everything that can be done to a crisis.

Whoever changes a crisis holds MANAGE over every place it affects, for its holder: its phase changes by which
standard each centre there is judged.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.crises.models import Crisis, CrisisPlace, PhasePeriod
from amparo.crises.permissions import Crises
from amparo.crises.queries import manages, phase_of, visible_to
from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere, require_within
from amparo.kernel.days import refuse_impossible
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import NotPermitted, OutOfSight, Refused
from amparo.kernel.undoing import values_before
from amparo.places.models import Place
from amparo.standards import Phase


@transaction.atomic
def open_crisis(
    *,
    by: User,
    holder: Organisation,
    name: str | Mapping[str, str],
    kind: str,
    places: Sequence[Place],
    starts_on: date | None = None,
    phase: Phase = Phase.SURVIVAL,
    uid: UUID | None = None,
) -> Crisis:
    """Open an emergency in these places, in its first phase.

    A bare `name` is in the language of who gives it. `uid`: the id it shall have; the same twice is one.
    """
    require_anywhere(by, Crises.MANAGE)
    names = _names(name, by.language)
    if kind not in Crisis.Kind.values:
        raise Refused("unknown_kind", _("Ese tipo de emergencia no existe."), status=422)
    if not places:
        raise Refused("no_place", _("Diga al menos un lugar afectado."), status=422)
    for place in places:
        require_within(by, Crises.MANAGE, path=place.path, holder_id=holder.pk)
    starts_on = starts_on or timezone.localdate()
    refuse_impossible(starts_on)
    crisis = Crisis.objects.create(
        uid=uid or uuid4(), holder=holder, name=names, kind=kind, starts_on=starts_on
    )
    PhasePeriod.objects.create(crisis=crisis, phase=Phase(phase), starts_on=starts_on)
    CrisisPlace.objects.bulk_create(
        CrisisPlace(crisis=crisis, place=place, starts_on=starts_on) for place in dict.fromkeys(places)
    )
    ledger.record(
        "crisis.opened",
        crisis,
        by=by,
        name=names,
        kind=kind,
        starts_on=starts_on,
        phase=Phase(phase).value,
        places=[place.code for place in dict.fromkeys(places)],
    )
    return crisis


@transaction.atomic
def rename_crisis(crisis: Crisis, *, by: User, name: str | Mapping[str, str]) -> Crisis:
    """Give the crisis another name, in one language or several; names in other languages stay."""
    crisis = _taken(crisis, by)
    names = {**crisis.name, **_names(name, by.language)}
    before, crisis.name = crisis.name, names
    if before != names:
        crisis.save(update_fields=["name"])
        ledger.record("crisis.renamed", crisis, by=by, changed={"name": [before, names]})
    return crisis


@transaction.atomic
def set_phase(
    crisis: Crisis, *, by: User, phase: Phase, starts_on: date | None = None, why: str = ""
) -> Crisis:
    """The crisis is in `phase` from that day (today by default).

    A second word on the same day replaces the first.
    """
    crisis = _taken(crisis, by)
    starts_on = starts_on or timezone.localdate()
    _refuse_outside(crisis, starts_on)
    before, phase = phase_of(crisis, starts_on), Phase(phase)
    if before == phase:
        raise Refused("phase_unchanged", _("La emergencia ya estaba en esa etapa ese día."))
    PhasePeriod.objects.update_or_create(crisis=crisis, starts_on=starts_on, defaults={"phase": phase.value})
    ledger.record(
        "crisis.phase_set",
        crisis,
        by=by,
        why=why,
        changed={"phase": [before.value, phase.value]},
        starts_on=starts_on,
    )
    return crisis


@transaction.atomic
def add_place(crisis: Crisis, *, by: User, place: Place, starts_on: date | None = None) -> CrisisPlace:
    """The crisis affects this place too, with all below it, from that day (today by default)."""
    crisis = _taken(crisis, by)
    require_within(by, Crises.MANAGE, path=place.path, holder_id=crisis.holder_id)
    starts_on = starts_on or timezone.localdate()
    _refuse_outside(crisis, starts_on)
    if CrisisPlace.objects.filter(crisis=crisis, place=place, ends_on=None).exists():
        raise Refused("place_already_there", _("%(place)s ya está en esta emergencia.") % {"place": place})
    affected = CrisisPlace.objects.create(crisis=crisis, place=place, starts_on=starts_on)
    ledger.record("crisis.place_added", crisis, by=by, place=place.code, starts_on=starts_on)
    return affected


@transaction.atomic
def remove_place(
    crisis: Crisis, *, by: User, place: Place, ends_on: date | None = None, why: str = ""
) -> CrisisPlace:
    """The crisis no longer affects this place from that day (today by default). One place always remains."""
    crisis = _taken(crisis, by)
    ends_on = ends_on or timezone.localdate()
    refuse_impossible(ends_on)
    affected = CrisisPlace.objects.filter(crisis=crisis, ends_on=None)
    row = affected.filter(place=place).first()
    if row is None:
        raise Refused("place_not_there", _("%(place)s no está en esta emergencia.") % {"place": place})
    if affected.count() == 1:
        raise Refused("last_place", _("Es el último lugar. Para quitarlo, termine la emergencia."))
    if ends_on < row.starts_on:
        raise Refused(
            "ends_before_start", _("No puede terminar antes de empezar. Revise las fechas."), status=422
        )
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    ledger.record("crisis.place_removed", crisis, by=by, why=why, place=place.code, ends_on=ends_on)
    return row


@transaction.atomic
def close_crisis(crisis: Crisis, *, by: User, ends_on: date | None = None, why: str = "") -> Crisis:
    """The crisis is over from that day (today by default). Its centres stay as they are."""
    crisis = _taken(crisis, by)
    ends_on = ends_on or timezone.localdate()
    refuse_impossible(ends_on)
    if ends_on < crisis.starts_on:
        raise Refused(
            "ends_before_start", _("No puede terminar antes de empezar. Revise las fechas."), status=422
        )
    crisis.ends_on = ends_on
    crisis.save(update_fields=["ends_on"])
    ledger.record("crisis.closed", crisis, by=by, why=why, ends_on=ends_on)
    return crisis


@transaction.atomic
def undo_rename(crisis: Crisis, *, by: User, said: Mapping[str, Any], of: str) -> Crisis:
    """Put back the name that an entry `of` the ledger changed; `said` is its payload."""
    crisis = _taken(crisis, by)
    before, crisis.name = crisis.name, values_before(crisis, said.get("changed") or {})["name"]
    crisis.save(update_fields=["name"])
    ledger.record("crisis.rename_undone", crisis, by=by, changed={"name": [before, crisis.name]}, of=of)
    return crisis


@transaction.atomic
def undo_phase(crisis: Crisis, *, by: User, said: Mapping[str, Any], of: str) -> Crisis:
    """Put back the phase that an entry `of` the ledger changed, from today on."""
    crisis = _taken(crisis, by)
    before, left = (said.get("changed") or {}).get("phase", ("", ""))
    today = timezone.localdate()
    if phase_of(crisis, today).value != left or before not in Phase:
        raise Refused(
            "changed_since", _("No se deshizo nada: la etapa cambió después. Revísela y corríjala a mano.")
        )
    PhasePeriod.objects.update_or_create(
        crisis=crisis, starts_on=max(today, crisis.starts_on), defaults={"phase": before}
    )
    ledger.record("crisis.phase_undone", crisis, by=by, changed={"phase": [left, before]}, of=of)
    return crisis


def _names(name: str | Mapping[str, str], language: str) -> dict[str, str]:
    told = {language: name} if isinstance(name, str) else dict(name)
    names = {spoken: text.strip() for spoken, text in told.items() if text.strip()}
    if not names:
        raise Refused("no_name", _("Falta el nombre de la emergencia."), status=422)
    return names


def _taken(crisis: Crisis, by: User) -> Crisis:
    """The row, locked and still open, when `by` manages all of it.

    Raises `OutOfSight` when they may not see it.
    """
    require_anywhere(by, Crises.MANAGE)
    crisis = Crisis.objects.select_for_update().get(pk=crisis.pk)
    if not manages(by, crisis):
        if visible_to(by).filter(pk=crisis.pk).exists():
            raise NotPermitted(
                "crisis_reaches_further",
                _("Esta emergencia llega más allá de donde usted puede actuar. Pídalo a quien la coordina."),
            )
        raise OutOfSight
    if crisis.ends_on is not None:
        raise Refused("crisis_closed", _("Esta emergencia ya terminó."))
    return crisis


def _refuse_outside(crisis: Crisis, day: date) -> None:
    refuse_impossible(day)
    if day < crisis.starts_on:
        raise Refused("before_the_start", _("La emergencia empezó después de esa fecha."), status=422)
