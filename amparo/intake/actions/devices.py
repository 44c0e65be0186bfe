"""Phones are enrolled one by one, each with its own secret, and can be shut out at once."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from amparo.intake.models import Device
from amparo.intake.openrosa.credentials import new_secret, verifier_for
from amparo.intake.permissions import Intake
from amparo.intake.queries.devices import DIGEST_CONTEXT, REALM, devices_visible_to, forget
from amparo.kernel import ledger
from amparo.kernel.access import covers, require_anywhere, scopes
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.sealing import seal


@dataclass(frozen=True)
class Enrolment:
    """A new phone and the secret it is told once; only hashes of it are kept."""

    device: Device
    username: str
    secret: str


@transaction.atomic
def enrol_device(
    *, by: User, label: str, holder: Organisation, scope: str = "", uid: UUID | None = None
) -> Enrolment:
    """Give a phone an account of its own for a place subtree: it may fetch forms and deliver, nothing else.

    With `uid`, the id it will have, the same wish told twice makes one phone: raises
    `Refused("device_enrolled_already")` the second time.
    """
    require_anywhere(by, Intake.MANAGE_DEVICES)
    if not covers(scopes(by, Intake.MANAGE_DEVICES), scope, holder.pk):
        raise OutOfSight
    label = label.strip()
    if not label:
        raise Refused("device_needs_a_label", _("Escriba quién usará el teléfono o dónde estará."))
    User.objects.select_for_update().get(pk=by.pk)  # a double tap waits here for its twin
    if uid is not None and Device.objects.filter(uid=uid).exists():
        raise Refused("device_enrolled_already", _("Ese teléfono ya está inscrito."))
    username = _free_username(label)
    user = User(username=username, name=label, kind=User.Kind.DEVICE, organisation=holder)
    user.set_unusable_password()
    user.save()
    Holding.objects.create(user=user, role="device", scope=scope, organisation=holder, granted_by=by)
    device = Device(uid=uid or uuid4(), holder=holder, user=user, label=label, enrolled_by=by)
    secret = _give_secret(device)
    device.save()
    ledger.record("device.enrolled", device, by=by, label=label, username=username, scope=scope)
    return Enrolment(device, username, secret)


def _give_secret(device: Device) -> str:
    """A new secret, told once; only what proves it is kept."""
    secret = new_secret()
    verifier = verifier_for(device.user.username, REALM, secret)
    device.secret_hash = verifier.secret_sha256
    device.digest_sealed = seal(verifier.ha1.encode(), DataClass.PERSONAL, context=DIGEST_CONTEXT)
    return secret


@transaction.atomic
def renew_secret(device: Device, *, by: User) -> Enrolment:
    """Give a phone another secret. The one before opens nothing from its next call on; the account stays."""
    require_anywhere(by, Intake.MANAGE_DEVICES)
    if not devices_visible_to(by).filter(pk=device.pk).exists():
        raise OutOfSight
    device = Device.objects.select_for_update().select_related("user").get(pk=device.pk)
    if device.revoked_at is not None:
        raise Refused("device_revoked", _("Este teléfono está cortado. Inscríbalo otra vez."))
    secret = _give_secret(device)
    device.save(update_fields=["secret_hash", "digest_sealed"])
    ledger.record("device.secret_renewed", device, by=by)
    forget(device.user.username)
    return Enrolment(device, device.user.username, secret)


def _free_username(label: str) -> str:
    base = slugify(label)[:30] or "telefono"
    username, number = base, 1
    while User.objects.filter(username__iexact=username).exists():
        number += 1
        username = f"{base}-{number}"
    return username


@transaction.atomic
def revoke_device(device: Device, *, by: User, why: str) -> Device:
    """Shut a phone out at once: its next call is refused. What it already delivered stays."""
    require_anywhere(by, Intake.MANAGE_DEVICES)
    if not devices_visible_to(by).filter(pk=device.pk).exists():
        raise OutOfSight
    device = Device.objects.select_for_update().select_related("user").get(pk=device.pk)
    if device.revoked_at is None:
        device.revoked_at, device.revoked_why = timezone.now(), why[:200]
        device.save(update_fields=["revoked_at", "revoked_why"])
        User.objects.filter(pk=device.user_id).update(is_active=False)
        ledger.record("device.revoked", device, by=by, why=why)
        forget(device.user.username)
    return device
