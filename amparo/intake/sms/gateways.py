"""Where text messages come from and go to. By default a folder, as the program of a modem keeps one.

The folder speaks as Gammu SMSD's FILES backend does: messages come as `IN<date>_<time>_<serial>_<sender>_<part>.txt`
and leave as `OUT<priority>_<recipient>_<serial>.txt` (gammu-smsd-files(7)), so that a modem needs no code of ours and
a test needs no modem.
"""

import codecs
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

LARGEST = 4_096
_NAME = re.compile(r"IN(\d{8})_(\d{6})_(\d+)_(\+?\d{3,20})_(\d+)\.txt", re.ASCII)


@dataclass(frozen=True, slots=True)
class Text:
    """A message as it came. `key`: what the gateway calls it."""

    key: str
    sender: str
    sent_at: datetime
    words: str


class Gateway(Protocol):
    """Somebody who carries text messages."""

    def waiting(self) -> Iterator[Text]:
        """What has come and was not forgotten yet, the oldest first."""
        ...

    def forget(self, text: Text) -> None:
        """The message is safe with us."""
        ...

    def send(self, number: str, words: str) -> None: ...


class Folder:
    """`sms/in` and `sms/out` in the installation's folder. A file that is no message moves to `sms/odd`."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or settings.HOME.path / "sms"

    def waiting(self) -> Iterator[Text]:
        inbox = self.root / "in"
        if not inbox.is_dir():
            return
        for path in sorted(inbox.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            text = _read(path)
            if text is not None:
                yield text
            elif path.stat().st_size:  # an empty file is still being written
                path.rename(_made(self.root / "odd") / path.name)

    def forget(self, text: Text) -> None:
        (self.root / "in" / text.key).unlink(missing_ok=True)

    def send(self, number: str, words: str) -> None:
        """Written beside and then named, so that the modem never sends half a message."""
        outbox = _made(self.root / "out")
        stem = f"OUTC_{re.sub(r'[^+0-9]', '', number)}"
        name = next(name for n in range(10_000) if not (outbox / (name := f"{stem}_{n}.txt")).exists())
        beside = outbox / f".{name}.{os.getpid()}"
        beside.write_text(words, encoding="utf-8")
        beside.rename(outbox / name)


def _read(path: Path) -> Text | None:
    named = _NAME.fullmatch(path.name)
    size = path.stat().st_size
    if named is None or not 0 < size <= LARGEST:
        return None
    try:
        sent_at = datetime.strptime(named[1] + named[2], "%Y%m%d%H%M%S").replace(
            tzinfo=ZoneInfo(settings.TIME_ZONE)
        )
    except ValueError:
        return None
    return Text(path.name, named[4], sent_at, _decoded(path.read_bytes()))


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def gateway() -> Gateway:
    """The one of this installation."""
    made: Gateway = import_string(settings.AMPARO_SMS)()
    return made
