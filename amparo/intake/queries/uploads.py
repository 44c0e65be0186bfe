"""Sheets of assessments that were brought to a screen: which ones somebody sees, and what stands in them."""

import json
import zlib
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet

from amparo.intake.mapping import sample
from amparo.intake.mapping.sample import Sample
from amparo.intake.models import SheetUpload
from amparo.intake.permissions import Intake
from amparo.kernel import files
from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.kernel.models import User
from amparo.kernel.sealing import seal, unseal
from amparo.sites.permissions import Sites

CONTEXT = "sheet sample"
LINES = "sheet lines"

Line = dict[str, Any]
"""What one row would do. `row`: its number; `name`; `fate`: "known", "new" or "repeats"; `site`: the uid of the
centre that it speaks of, or that bears its name; `doubt`: whether a person should look; `figures`: how many it
brings; `changes`: [field, now, then] of what it changes of its centre; `odd`: what is odd, in words."""


def uploads_visible_to(user: User) -> "QuerySet[SheetUpload]":
    """One's own sheets; and, for whoever may apply them, those of their institution."""
    uploads = SheetUpload.objects.select_related("by", "mapping", "message").defer("sample", "lines")
    if not may_bring(user):
        return uploads.none()
    where = Q(by=user)
    if may(user, Sites.MANAGE):
        where |= Q(holder=user.organisation)
    return uploads.filter(where)


def may_bring(user: User) -> bool:
    """Whether someone may bring a sheet and see what it would say: who makes mappings, or who may apply it."""
    return may(user, Intake.MANAGE_FORMS) or may(user, Sites.MANAGE)


def content_of(upload: SheetUpload) -> bytes:
    """The file as it came."""
    return files.read(upload.sha256, DataClass(upload.content_class))


def sample_of(upload: SheetUpload) -> Sample:
    """Its columns and first rows."""
    data_class = DataClass(upload.content_class)
    clear = zlib.decompress(unseal(bytes(upload.sample or b""), data_class, context=CONTEXT))
    return sample.from_json(json.loads(clear))


def lines_of(upload: SheetUpload) -> list[Line]:
    """What each of its rows would do, in the order of the sheet; nothing where that was never looked at."""
    if not upload.lines:
        return []
    clear = zlib.decompress(unseal(bytes(upload.lines), DataClass(upload.content_class), context=LINES))
    lines: list[Line] = json.loads(clear)
    return lines


def sealed_lines(lines: Sequence[Line], data_class: str) -> bytes:
    clear = zlib.compress(json.dumps(lines, ensure_ascii=False, default=str).encode())
    return seal(clear, DataClass(data_class), context=LINES)


def sealed(kept: Sample, data_class: str) -> bytes:
    clear = zlib.compress(json.dumps(kept.as_json(), ensure_ascii=False, default=list).encode())
    return seal(clear, DataClass(data_class), context=CONTEXT)
