"""Which phone is speaking, and which phones someone may see."""

from dataclasses import dataclass
from time import monotonic

from django.db.models import QuerySet

from amparo.intake.models import Device
from amparo.intake.openrosa.credentials import Verifier
from amparo.intake.permissions import Intake
from amparo.kernel.access import limit
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.sealing import unseal

REALM = "Amparo"
DIGEST_CONTEXT = "device digest"
REMEMBERED_SECONDS = 3.0  # a revoked phone is refused within this, in every process


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A phone that may speak now: what is kept of its secret, and its account."""

    user: User
    holder_id: int
    verifier: Verifier
    read_at: float


_remembered: dict[str, KnownDevice] = {}


def known_device(username: str) -> KnownDevice | None:
    """The living phone of that name, read at most every few seconds per process."""
    remembered = _remembered.get(username)
    if remembered is not None and monotonic() - remembered.read_at < REMEMBERED_SECONDS:
        return remembered
    device = (
        Device.objects.select_related("user__organisation")
        .filter(user__username=username, revoked_at=None, user__is_active=True)
        .first()
    )
    if device is None or not device.user.may_act():
        _remembered.pop(username, None)
        return None
    ha1 = unseal(bytes(device.digest_sealed), DataClass.PERSONAL, context=DIGEST_CONTEXT).decode()
    known = KnownDevice(device.user, device.holder_id, Verifier(device.secret_hash, ha1), monotonic())
    if len(_remembered) > 10_000:
        _remembered.clear()
    _remembered[username] = known
    return known


def forget(username: str) -> None:
    """Drop what this process remembers of a phone."""
    _remembered.pop(username, None)


def devices_visible_to(user: User) -> "QuerySet[Device]":
    """Phones whose area and holder lie within the scopes of who may enrol them."""
    devices = Device.objects.select_related("user", "enrolled_by", "holder")
    return limit(devices, user, Intake.MANAGE_DEVICES, path="user__holdings__scope").distinct()
