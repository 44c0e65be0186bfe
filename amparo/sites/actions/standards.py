"""An office verifies a threshold against its source, or takes that back."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.days import refuse_to_come
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.models import StandardVerification
from amparo.sites.permissions import Sites
from amparo.standards import STANDARDS


@transaction.atomic
def verify_standard(
    *, by: User, standard: str, source: str, checked_by: str, checked_on: date
) -> StandardVerification:
    """Say that this threshold stands in this document: who looked, where, when. From then on its verdict decides."""
    require_anywhere(by, Sites.VERIFY_STANDARDS)
    _known(standard)
    refuse_to_come(checked_on)
    verification = StandardVerification.objects.create(
        holder=by.organisation, standard=standard, source=source, checked_by=checked_by, checked_on=checked_on
    )
    ledger.record(
        "standard.verified",
        verification,
        by=by,
        standard=standard,
        source=source,
        checked_by=checked_by,
        checked_on=checked_on,
    )
    return verification


@transaction.atomic
def withdraw_verification(*, by: User, standard: str, why: str) -> StandardVerification:
    """Take a verification back: the verdict is hatched again."""
    require_anywhere(by, Sites.VERIFY_STANDARDS)
    _known(standard)
    before = StandardVerification.objects.filter(standard=standard).first()
    if before is None or before.withdrawn:
        raise Refused("not_verified", _("Esta norma no está verificada."))
    verification = StandardVerification.objects.create(
        holder=by.organisation,
        standard=standard,
        source=before.source,
        checked_by=before.checked_by,
        checked_on=before.checked_on,
        withdrawn=True,
    )
    ledger.record("standard.verification_withdrawn", verification, by=by, why=why, standard=standard)
    return verification


def _known(standard: str) -> None:
    if standard not in STANDARDS:
        raise Refused("unknown_standard", _("Esa norma no existe."))
