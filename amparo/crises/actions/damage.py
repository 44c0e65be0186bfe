"""Telling damage and needs, and taking back what was told in error."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.crises.damage import FIGURES, Unit
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.queries import visible_to
from amparo.kernel import ledger
from amparo.kernel.access import require_within
from amparo.kernel.days import refuse_impossible
from amparo.kernel.models import Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.places.models import Place
from amparo.places.queries.municipalities import MUNICIPALITY

MOST = 100_000_000  # more than all who live in the three countries


@dataclass(frozen=True, slots=True)
class Told:
    """One figure as told: from `low` to `high` of `unit`. `uid`: the id it shall have."""

    figure: str
    low: int
    high: int
    unit: str = Unit.PEOPLE.value
    uid: UUID = field(default_factory=uuid4)


@transaction.atomic
def record_damage(
    *,
    by: User,
    holder: Organisation,
    crisis: Crisis,
    place: Place,
    told_at: datetime,
    source: str,
    figures: Sequence[Told],
    note: str = "",
) -> list[DamageFigure]:
    """Write down what somebody (`source`) told of a municipality at one time. What was told before stays as history.

    Of a country or a department it is told of an unknown municipality inside. The same ids twice are written once.
    """
    require_within(by, Crises.MANAGE, path=place.path, holder_id=holder.pk)
    if not visible_to(by).filter(pk=crisis.pk).exists():
        raise OutOfSight
    if place.level > MUNICIPALITY:
        raise Refused(
            "not_a_municipality", _("Estas cifras son de un municipio. Escriba el municipio."), status=422
        )
    if not source.strip():
        raise Refused("no_source", _("Falta quién lo dijo."), status=422)
    if not figures:
        raise Refused("no_figure", _("Escriba al menos una cifra."), status=422)
    refuse_impossible(timezone.localdate(told_at))
    if told_at > timezone.now():
        raise Refused(
            "told_in_future", _("Esa hora todavía no llega. Revise la fecha y la hora."), status=422
        )
    for told in figures:
        refuse_wrong(told)
    there = {one.uid: one for one in DamageFigure.objects.filter(uid__in=[told.uid for told in figures])}
    return [
        there.get(told.uid) or _record(told, by, holder, crisis, place, told_at, source.strip(), note.strip())
        for told in figures
    ]


def refuse_wrong(told: Told) -> None:
    """Raise `Refused` (422) for a figure, a unit or a range that cannot be."""
    known = FIGURES.get(told.figure)
    if known is None:
        raise Refused("unknown_figure", _("Esa cifra no existe."), status=422)
    if told.unit not in known.units:
        raise Refused("unknown_unit", _("Esa cifra no se cuenta en esa unidad."), status=422)
    if not 0 <= told.low <= told.high:
        raise Refused("range_turned", _("El rango va del número menor al mayor."), status=422)
    if told.high > MOST:
        raise Refused("too_many", _("Es más de lo que puede ser. Revise el número."), status=422)


def _record(
    told: Told,
    by: User,
    holder: Organisation,
    crisis: Crisis,
    place: Place,
    told_at: datetime,
    source: str,
    note: str,
) -> DamageFigure:
    figure = DamageFigure.objects.create(
        uid=told.uid,
        holder=holder,
        crisis=crisis,
        place=place,
        figure=told.figure,
        unit=told.unit,
        low=told.low,
        high=told.high,
        told_at=told_at,
        source=source,
        note=note,
    )
    ledger.record(
        "damagefigure.recorded",
        figure,
        by=by,
        crisis=str(crisis.uid),
        place=place.code,
        figure=told.figure,
        unit=told.unit,
        low=told.low,
        high=told.high,
        told_at=told_at,
        source=source,
        note=note,
    )
    return figure


@transaction.atomic
def withdraw_damage(figure: DamageFigure, *, by: User, why: str = "") -> DamageFigure:
    """Take back a figure told in error: the one before it stands again. It stays in the history."""
    require_within(by, Crises.MANAGE, path=figure.path, holder_id=figure.holder_id)
    figure = DamageFigure.objects.select_for_update().get(pk=figure.pk)
    if figure.withdrawn_at is not None:
        return figure
    figure.withdrawn_at = timezone.now()
    figure.save(update_fields=["withdrawn_at"])
    ledger.record("damagefigure.withdrawn", figure, by=by, why=why)
    return figure
