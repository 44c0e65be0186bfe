"""When this installation was last looked after: backed up, restored for practice, its ledger read whole.

One small file in the home, written by those who do it. It is a note for the health page, not evidence: that is
the ledger's.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.conf import settings
from django.utils import timezone

FILE = "care.json"
What = Literal["backup", "rehearsal", "verification"]


@dataclass(frozen=True, slots=True)
class Care:
    """When something was done, and what came of it."""

    at: datetime
    ok: bool
    facts: dict[str, Any]


def note(what: What, *, ok: bool = True, **facts: Any) -> None:
    """Write down that it was done now. The file is replaced whole, and is on the disk when this returns."""
    path = settings.HOME.path / FILE
    kept = _read()
    kept[what] = {"at": timezone.now().isoformat(), "ok": ok, **facts}
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as file:
        part.chmod(0o600)
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def last(what: What) -> Care | None:
    """The last time, or None where nobody did it, or the note cannot be read."""
    said = _read().get(what)
    try:
        return None if said is None else Care(datetime.fromisoformat(said["at"]), bool(said["ok"]), said)
    except (KeyError, TypeError, ValueError):
        return None


def _read() -> dict[str, Any]:
    try:
        kept = json.loads((settings.HOME.path / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
