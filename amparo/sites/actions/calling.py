"""A call to a silent centre: taken, and ended with a report or with why there is none."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.actions.reporting import report_day
from amparo.sites.daily import Values
from amparo.sites.models import CallAttempt, ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.calls import is_live

IN_VAIN = (
    CallAttempt.Outcome.NO_ANSWER,
    CallAttempt.Outcome.WRONG_NUMBER,
    CallAttempt.Outcome.CALL_LATER,
)


@transaction.atomic
def take_call(site: Site, *, by: User) -> CallAttempt:
    """Say that one is calling this centre, so that nobody else does meanwhile. Taken again, it goes on."""
    require(by, Sites.REPORT, site)
    site = Site.objects.select_for_update().get(pk=site.pk)
    now = timezone.now()
    call = CallAttempt.objects.select_for_update().filter(site=site, ended_at=None).first()
    if call is not None and is_live(call, now):
        if call.by_id != by.pk:
            raise Refused(
                "somebody_is_calling",
                _("%(name)s está llamando a este albergue. Siga con el próximo.") % {"name": call.by.name},
            )
        return call
    if call is not None:
        _end(call, CallAttempt.Outcome.LAPSED)
    call = CallAttempt.objects.create(site=site, holder_id=site.holder_id, by=by, started_at=now)
    ledger.record("call.taken", call, by=by, site=str(site.uid))
    return call


@transaction.atomic
def end_in_vain(site: Site, *, by: User, outcome: str) -> CallAttempt:
    """The call gave no report: nobody answered, the number is wrong, or they asked to be called later."""
    require(by, Sites.REPORT, site)
    if outcome not in IN_VAIN:
        raise Refused("unknown_outcome", _("Elija qué pasó con la llamada."), status=422)
    call = _mine(site, by)
    _end(call, outcome)
    ledger.record("call.ended", call, by=by, site=str(site.uid), outcome=outcome)
    return call


@transaction.atomic
def end_with_report(
    site: Site, *, by: User, values: Values, sure: bool = False, uid: UUID | None = None
) -> CallAttempt:
    """The centre told its figures by telephone. Caller and channel stay with them."""
    require(by, Sites.REPORT, site)
    done = CallAttempt.objects.filter(site=site, by=by, batch__uid=uid).first() if uid is not None else None
    if done is not None:
        return done  # the same call sent twice
    call = _mine(site, by)
    batch = report_day(site, by=by, values=values, sure=sure, source=ObservationBatch.Source.CALL, uid=uid)
    call.batch = batch
    _end(call, CallAttempt.Outcome.REPORTED)
    ledger.record("call.ended", call, by=by, site=str(site.uid), outcome=call.outcome, batch=str(batch.uid))
    return call


def _mine(site: Site, by: User) -> CallAttempt:
    """The call under way, which must be one's own. One that lapsed and that nobody took since goes on."""
    call = CallAttempt.objects.select_for_update().filter(site=site, ended_at=None).first()
    if call is not None and call.by_id == by.pk:
        return call
    if call is not None and is_live(call, timezone.now()):
        raise Refused(
            "somebody_is_calling",
            _("%(name)s tomó esta llamada. Lo que escribió sigue aquí; dígaselo.") % {"name": call.by.name},
        )
    return take_call(site, by=by)


def _end(call: CallAttempt, outcome: str) -> None:
    call.outcome, call.ended_at = outcome, timezone.now()
    call.save(update_fields=["outcome", "ended_at", "batch"])
