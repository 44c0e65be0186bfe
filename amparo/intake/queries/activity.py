"""What has come in by form and by phone, counted for a whole list at once."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max, Q

from amparo.intake.models import Device, Form, FormVersion, RawMessage


def by_form() -> dict[str, dict[str, Any]]:
    """By form id: `received`, `waiting`, `last` (moment)."""
    rows: Any = (
        RawMessage.objects.filter(channel__in=RawMessage.FILLED)
        .values("form_id")
        .annotate(
            received=Count("pk"), waiting=Count("pk", filter=Q(state="waiting")), last=Max("received_at")
        )
    )
    return {row["form_id"]: row for row in rows}


def by_phone(devices: Iterable[Device]) -> dict[int, dict[str, Any]]:
    """By the key of the phone's account: `n` messages and the `last` moment."""
    rows: Any = (
        RawMessage.objects.filter(by__in=[device.user_id for device in devices])
        .values("by")
        .annotate(n=Count("pk"), last=Max("received_at"))
    )
    return {row["by"]: row for row in rows}


def newest_versions(forms: Iterable[Form]) -> dict[int, FormVersion]:
    """The newest version of each form, without its text."""
    newest: dict[int, FormVersion] = {}
    versions = (
        FormVersion.objects.filter(form__in=forms).defer("xml", "source").order_by("published_at", "pk")
    )
    for version in versions:
        newest[version.form_id] = version
    return newest
