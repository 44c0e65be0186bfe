"""The daily report of a centre, and "sigue igual": what somebody saw, and what somebody only confirms."""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.actions.observing import Report, observe_many
from amparo.sites.daily import (
    EVENTS,
    MEN,
    MOST_CONFIRMATIONS,
    PERSONS,
    WOMEN,
    Values,
    doubts,
    name_of,
    observations,
)
from amparo.sites.models import Confirmation, LatestObservation, ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.daily import latest_values, overtaken, same_day
from amparo.standards import INDICATORS, Measurement, expires_at


@transaction.atomic
def report_day(
    site: Site,
    *,
    by: User,
    values: Values,
    same: Collection[str] = (),
    sure: bool = False,
    told_at: datetime | None = None,
    source: str = ObservationBatch.Source.SCREEN,
    source_name: str = "",
    message: UUID | None = None,
    uid: UUID | None = None,
) -> ObservationBatch:
    """Take a daily report: `values` were seen, `same` (indicators) are said to be still so.

    `uid` names the report: sent twice, it is one. Of a figure "sigue igual" counts once a day; said again beside other
    figures it is passed over. Raises `Refused` for what cannot be; for what is only odd
    (`daily.doubts`), unless the person is `sure`; and for "sigue igual" of what may no longer be confirmed.
    """
    require(by, Sites.REPORT, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    if uid is not None and (there := ObservationBatch.objects.filter(uid=uid, site=site).first()) is not None:
        return there
    for key in (*values, *same):
        if key not in INDICATORS:
            raise Refused("unknown_indicator", _("No existe el dato «%(key)s».") % {"key": key}, status=422)
    same = [key for key in dict.fromkeys(same) if key not in values]
    if not values and not same:
        raise Refused("empty_report", _("El reporte está vacío. Escriba una cifra o diga que sigue igual."))
    told_at = told_at or timezone.now()
    known = latest_values(site, {*values, *same, PERSONS, WOMEN})
    before = {key: row.low for key, row in known.items()}
    standing = {key: row.low for key, row in known.items() if _confirmable(row, told_at)}
    if {PERSONS, WOMEN} <= standing.keys() and overtaken(_told(known[PERSONS]), _told(known[WOMEN])):
        del standing[WOMEN]
    kept = {key: before[key] for key in same if key in before}
    for doubt in doubts({**kept, **values}, before, standing):
        if not (doubt.possible and sure):
            raise Refused(doubt.code, doubt.words, status=422, of=doubt.indicator)
    [batch] = observe_many(
        [
            Report(
                site=site,
                told_at=told_at,
                values=observations(values, kept),
                told=len(values),
                source=source,
                source_name=source_name,
                message=message,
                uid=uid,
            )
        ],
        by=by,
    )
    if same:
        _confirm(site, same, batch=batch, by=by)
    return batch


def confirm(site: Site, *, by: User, keys: Collection[str], uid: UUID | None = None) -> ObservationBatch:
    """Somebody says that these values are still so, and nothing more."""
    return report_day(site, by=by, values={}, same=keys, uid=uid)


def _confirm(site: Site, keys: Collection[str], *, batch: ObservationBatch, by: User) -> None:
    """Write the confirmations down. It was measured when it was measured: `told_at` does not move."""
    at = int(batch.told_at.timestamp())
    rows = latest_values(site, [*keys, MEN])
    if {PERSONS, WOMEN} <= set(keys) and MEN in rows and _confirmable(rows[MEN], batch.told_at):
        keys = [*keys, MEN]  # people and women stay, so the men do
    key_of = {row.indicator_id: key for key, row in rows.items()}
    new = []
    for key in keys:
        _refuse_unless_confirmable(key, rows.get(key), batch.told_at)
        row = rows[key]
        said = dict(_confirmations(row).values_list("number", "confirmed_at"))
        if any(same_day(seconds, batch.told_at) for seconds in said.values()):
            continue
        free = [number for number in range(1, MOST_CONFIRMATIONS + 1) if number not in said]
        if not free:
            raise Refused(
                "confirmed_three_times",
                _("Ya se dijo tres veces que sigue igual: %(name)s. Ahora hay que contar otra vez.")
                % {"name": name_of(key)},
                status=422,
            )
        new.append(
            Confirmation(
                site=site, indicator_id=row.indicator_id, of_id=row.batch_id, number=free[0],
                confirmed_at=at, batch=batch,
            )
        )  # fmt: skip
    if not new and not batch.rows:
        raise Refused(
            "confirmed_today",
            _("Ya se anotó hoy que sigue igual. Mañana puede decirlo otra vez; si cambió, escriba la cifra."),
        )
    Confirmation.objects.bulk_create(new)
    for one in new:
        LatestObservation.objects.filter(site=site, indicator_id=one.indicator_id).update(confirmed_at=at)
    if new:
        said_of = sorted(key_of[one.indicator_id] for one in new)
        ledger.record("site.confirmed", site, by=by, batch=str(batch.uid), indicators=said_of)


def _refuse_unless_confirmable(key: str, row: LatestObservation | None, at: datetime) -> None:
    if key in EVENTS:
        words = _("%(name)s: se dice cada día, no «sigue igual».") % {"name": name_of(key)}
        raise Refused("told_each_day", words, status=422)
    if row is None:
        words = _("Nadie lo ha medido todavía: %(name)s. Escriba la cifra.") % {"name": name_of(key)}
        raise Refused("nothing_to_confirm", words, status=422)
    if not _confirmable(row, at):
        words = _("El dato ya venció: %(name)s. Hay que contar otra vez.") % {"name": name_of(key)}
        raise Refused("too_old_to_confirm", words, status=422)


def _confirmable(row: LatestObservation, at: datetime) -> bool:
    told = _told(row)
    return told.told_at <= at < expires_at(told, INDICATORS[row.indicator.key])


def _told(row: LatestObservation) -> Measurement:
    confirmed = None if row.confirmed_at is None else datetime.fromtimestamp(row.confirmed_at, UTC)
    return Measurement(row.low, row.high, datetime.fromtimestamp(row.told_at, UTC), confirmed)


def _confirmations(row: LatestObservation) -> "QuerySet[Confirmation]":
    return Confirmation.objects.filter(site_id=row.site_id, indicator_id=row.indicator_id, of_id=row.batch_id)
