"""A message is made durable, then acknowledged: nothing else happens before the answer (ADR 0006).

Request threads hand their messages to one writer, which commits whatever waits in one transaction: at 32
connections one fsync carries many messages, and there is no artificial wait at one.
"""

import hashlib
import queue
import threading
import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.intake.models import Attachment, FormVersion, RawMessage
from amparo.intake.models.message import SEAL_CONTEXT, folio_of
from amparo.kernel import files, ledger
from amparo.kernel.classes import DataClass
from amparo.kernel.disk import accepts, is_disk_full, release_reserve
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import seal, unseal
from amparo.kernel.turns import turn

LARGEST_BATCH = 256
WAIT_SECONDS = 60
KNOWN = """
SELECT form_id, instance_id, id, fingerprint FROM intake_rawmessage WHERE instance_id IN ({marks}) AND NOT conflicts
"""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came: identified, not yet understood. `attachments` are (name, content)."""

    form_id: str
    instance_id: str
    fingerprint: bytes
    content: bytes
    by: User
    holder_id: int
    form_version: FormVersion | None = None
    replaces: str = ""
    channel: str = RawMessage.Channel.PHONE
    content_class: DataClass = DataClass.INTERNAL
    attachments: Sequence[tuple[str, bytes]] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.form_id, self.instance_id


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told. `again` says that the very same message was already here."""

    folio: str
    again: bool = False


@dataclass(slots=True)
class _Waiting:
    incoming: Incoming
    sealed: bytes
    kept: list[tuple[str, str, int]] = field(default_factory=list)  # attachments: name, sha256, size
    future: "Future[Receipt]" = field(default_factory=Future)


def receive(incoming: Incoming) -> Receipt:
    """Make a message durable; return its receipt once a power cut can no longer take it.

    Raises `Refused("other_content")` when the id is known with other content: both are kept, a person decides.
    """
    if incoming.attachments and not accepts("attachment"):
        raise Refused(
            "disk_full_for_attachments",
            _(
                "El equipo central casi no tiene espacio: no recibe fotos. Su formulario sigue en el teléfono."
            ),
            status=507,
        )
    if not accepts("text"):
        raise Refused(
            "disk_full",
            _("El equipo central está lleno. Su formulario sigue en el teléfono. Avise al comité."),
            status=507,
        )
    waiting = _prepared(incoming)
    _writer().put(waiting)
    try:
        return waiting.future.result(timeout=WAIT_SECONDS)
    except TimeoutError:
        raise Refused(
            "busy",
            _(
                "El equipo central está muy ocupado. Su formulario sigue en el teléfono y se enviará otra vez."
            ),
            status=503,
        ) from None


def _prepared(incoming: Incoming) -> _Waiting:
    """Sealed, and its attachments durable on disk: what can be done before it is one's turn to write."""
    sealed = seal(zlib.compress(incoming.content, 1), incoming.content_class, context=SEAL_CONTEXT)
    kept = [
        (name, files.keep(content, incoming.content_class), len(content))
        for name, content in incoming.attachments
    ]
    return _Waiting(incoming, sealed, kept)


def content_of(message: RawMessage) -> bytes:
    """The message as it came."""
    sealed = unseal(bytes(message.content), DataClass(message.content_class), context=SEAL_CONTEXT)
    return zlib.decompress(sealed)


def receive_here(incoming: Incoming) -> RawMessage:
    """The same for a message of this process alone (a sheet on the command line): written in its own transaction."""
    waiting = _prepared(incoming)
    _store([waiting])
    waiting.future.result()
    return RawMessage.objects.get(form_id=incoming.form_id, instance_id=incoming.instance_id, conflicts=False)


class Writer(threading.Thread):
    """The one thread of this process that writes messages."""

    def __init__(self) -> None:
        super().__init__(name="inbox", daemon=True)
        self.waiting: queue.SimpleQueue[_Waiting] = queue.SimpleQueue()

    def put(self, waiting: _Waiting) -> None:
        self.waiting.put(waiting)

    def run(self) -> None:
        while True:
            batch = [self.waiting.get()]
            while len(batch) < LARGEST_BATCH:
                try:
                    batch.append(self.waiting.get_nowait())
                except queue.Empty:
                    break
            try:
                _store_each_if_need_be(batch)
            finally:
                if connection.errors_occurred:
                    connection.close_if_unusable_or_obsolete()


_lock = threading.Lock()
_thread: Writer | None = None


def _writer() -> Writer:
    global _thread
    if _thread is None or not _thread.is_alive():
        with _lock:
            if _thread is None or not _thread.is_alive():
                _thread = Writer()
                _thread.start()
    return _thread


def _store_each_if_need_be(batch: list[_Waiting]) -> None:
    """One transaction for all; if it fails, one each, so that one bad message cannot hold up the others."""
    try:
        _store(batch)
    except Exception as error:
        if is_disk_full(error) and release_reserve():
            _store_each_if_need_be(batch)  # once more, on the room kept back for text
            return
        if len(batch) == 1:
            batch[0].future.set_exception(error)
            return
        for waiting in batch:
            _store_each_if_need_be([waiting])


def _store(batch: list[_Waiting]) -> None:
    """Write the batch durably, then answer each."""
    answers: list[tuple[_Waiting, RawMessage | _There, bool]] = []
    now = timezone.now()
    with turn(), transaction.atomic():
        known = _known(batch)
        fresh: dict[tuple[str, str], RawMessage] = {}
        other: dict[tuple, RawMessage] = {}
        for waiting in batch:
            incoming = waiting.incoming
            there = known.get(incoming.key) or fresh.get(incoming.key)
            if there is None:
                fresh[incoming.key] = there = _message(waiting, now)
                answers.append((waiting, there, False))
            elif bytes(there.fingerprint) == incoming.fingerprint:
                answers.append((waiting, there, True))
            else:
                place = (*incoming.key, incoming.fingerprint)
                if place not in other:
                    other[place] = _conflicting(waiting, now)
                answers.append((waiting, other[place], False))
        new = list(fresh.values())
        unknown_conflicts = _new_conflicts(list(other.values()))
        RawMessage.objects.bulk_create(new + unknown_conflicts)
        _attach(answers, now)
        if new or unknown_conflicts:
            ledger.record(
                "messages.received",
                by=batch[0].incoming.by,
                messages=[[str(m.uid), str(m.by.uid)] for m in new + unknown_conflicts],
                digest=hashlib.sha256(
                    b"".join(bytes(m.fingerprint) for m in new + unknown_conflicts)
                ).hexdigest(),
            )
    for waiting, message, again in answers:
        if message.conflicts:
            waiting.future.set_exception(_other_content())
        else:
            waiting.future.set_result(Receipt(message.folio, again))


def _other_content() -> Refused:
    return Refused(
        "other_content",
        _(
            "Ya hay otro formulario con este mismo número y otro contenido. Se guardaron los dos; una persona decidirá."
        ),
    )


@dataclass(frozen=True, slots=True)
class _There:
    """A message already here, as far as an answer needs it."""

    pk: int
    fingerprint: bytes
    conflicts: bool = False

    @property
    def folio(self) -> str:
        return folio_of(self.pk)


def _known(batch: list[_Waiting]) -> dict[tuple[str, str], _There]:
    """Messages already here under the ids of this batch."""
    ids = sorted({waiting.incoming.instance_id for waiting in batch})
    marks = ",".join(["%s"] * len(ids))
    with connection.cursor() as cursor:
        cursor.execute(
            KNOWN.format(marks=marks),
            ids,
        )
        rows = cursor.fetchall()
    return {(form_id, instance_id): _There(pk, bytes(print_)) for form_id, instance_id, pk, print_ in rows}


def _new_conflicts(conflicts: list[RawMessage]) -> list[RawMessage]:
    """Those not stored yet. One that is takes the stored one's key: it adds only the attachments it brings."""
    new: list[RawMessage] = []
    for message in conflicts:
        stored = RawMessage.objects.filter(
            form_id=message.form_id, instance_id=message.instance_id, fingerprint=message.fingerprint
        )
        message.pk = stored.values_list("pk", flat=True).first()
        if message.pk is None:
            new.append(message)
    return new


def _message(waiting: _Waiting, now: datetime) -> RawMessage:
    incoming = waiting.incoming
    return RawMessage(
        holder_id=incoming.holder_id,
        channel=incoming.channel,
        form_id=incoming.form_id,
        form_version=incoming.form_version,
        instance_id=incoming.instance_id,
        replaces=incoming.replaces,
        fingerprint=incoming.fingerprint,
        content_class=incoming.content_class,
        content=waiting.sealed,
        size=len(incoming.content),
        by=incoming.by,
        received_at=now,
    )


def _conflicting(waiting: _Waiting, now: datetime) -> RawMessage:
    message = _message(waiting, now)
    message.conflicts = True
    message.state, message.reason = RawMessage.State.WAITING, "other_content"
    return message


def _attach(answers: list[tuple[_Waiting, RawMessage | _There, bool]], now: datetime) -> None:
    rows = [
        Attachment(message_id=message.pk, name=name[:255], sha256=sha256, size=size, received_at=now)
        for waiting, message, _again in answers
        if message.pk
        for name, sha256, size in waiting.kept
    ]
    if rows:
        Attachment.objects.bulk_create(rows, ignore_conflicts=True)
