"""Mapping files are data: each change is a version, and the shipped ones are only the first."""

import hashlib
from functools import cache

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from amparo.intake.mapping import parse, shipped
from amparo.intake.mapping.catalogue import FOLDER
from amparo.intake.models import MappingVersion
from amparo.intake.permissions import Intake
from amparo.kernel import ledger
from amparo.kernel.access import require_anywhere
from amparo.kernel.actions import console
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused

SHIPPED = "amparo"  # the note of a version that came with the program


@transaction.atomic
def save_mapping(*, by: User, name: str, text: str, note: str = "") -> MappingVersion:
    """Keep a mapping file as a version; the same text again is the same version. Raises MappingProblem in words."""
    require_anywhere(by, Intake.MANAGE_FORMS)
    return keep_mapping(by=by, name=name, text=text, note=note)


@transaction.atomic
def keep_mapping(*, by: User, name: str, text: str, note: str = "") -> MappingVersion:
    parse(text, name)
    digest = hashlib.sha256(text.encode()).hexdigest()
    newest = MappingVersion.objects.filter(name=name).first()
    if newest is not None and newest.digest == digest:
        return newest
    last = MappingVersion.objects.filter(name=name).aggregate(last=Max("version"))["last"] or 0
    saved = MappingVersion.objects.create(
        holder=by.organisation, name=name, version=last + 1, text=text, digest=digest, note=note[:300], by=by
    )
    ledger.record("mapping.saved", saved, by=by, name=name, version=saved.version, digest=digest, note=note)
    return saved


@transaction.atomic
def current_mapping(name: str) -> MappingVersion:
    """The newest version of a mapping.

    A shipped one is kept as a version at its first use, and again when a newer Amparo brings another text, unless
    somebody here has changed it since: theirs stays.
    """
    saved = MappingVersion.objects.filter(name=name).first()
    if name not in shipped():
        if saved is None:
            raise Refused("unknown_mapping", _("No existe la guía de lectura «%(name)s».") % {"name": name})
        return saved
    if saved is None or saved.note == SHIPPED:
        return keep_mapping(by=console(), name=name, text=_shipped_text(name), note=SHIPPED)
    return saved


@cache
def _shipped_text(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
