"""The ledger: every action leaves one append-only entry (ADR 0003).

An entry carries the digest of its payload (salted) and its own digest over its header. A seal links, per chain
(origin x organisation x data class), the digests of the entries since the seal before. Changing, removing or
reordering an entry breaks its digest, its seal or the counter; erasing a payload breaks nothing, because the
chain covers digests and an erasure is itself an entry.
"""

import hashlib
import json
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel.classes import DataClass
from amparo.kernel.models import LedgerEntry, LedgerOrigin, LedgerPayload, LedgerSeal
from amparo.kernel.sealing import BrokenSeal, seal, sync_folder, unseal

ANCHORS = "ledger-heads.jsonl"
SEALED_CLASSES = frozenset({DataClass.PERSONAL, DataClass.PROTECTION})
ERASURE = "ledger.payload_erased"
ANCHORS_BEGUN = "ledger.anchors_begun"
ANCHORS_LOST = "ledger.anchors_lost"
NEXT_NUMBER = """
UPDATE kernel_ledgerorigin SET counter = counter + 1 WHERE here RETURNING id, name, counter
"""


def record(
    verb: str,
    subject: Any = None,
    *,
    by: Any,
    organisation_id: int | None = None,
    data_class: DataClass | None = None,
    at: datetime | None = None,
    why: str = "",
    **detail: Any,
) -> LedgerEntry:
    """Write the entry of an action, inside the action's own transaction.

    `subject` is the record acted on (its `uid`, noun, holder and data class are taken from it). `detail` is the
    payload: for a change, `changed={field: [before, after]}`.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a ledger entry is written in the transaction of its action")
    if subject is not None and data_class is None:
        data_class = subject.data_class
    if organisation_id is None:
        organisation_id = getattr(subject, "holder_id", None)
    data_class = data_class or DataClass.INTERNAL
    payload = dict(detail)
    if why:
        payload["why"] = why
    content = json.dumps(payload, cls=DjangoJSONEncoder, ensure_ascii=False, sort_keys=True).encode()
    salt = secrets.token_bytes(16)
    origin_id, origin, counter = _next_number()
    entry = LedgerEntry(
        origin_id=origin_id,
        counter=counter,
        organisation_id=organisation_id,
        entry_class=str(data_class),
        verb=verb,
        noun=subject._meta.label_lower if subject is not None else "",
        subject=getattr(subject, "uid", None),
        by=by.uid,
        at=at or timezone.now(),
        payload_digest=hashlib.sha256(salt + content).digest(),
    )
    entry.digest = _digest(entry, origin)
    LedgerEntry.objects.bulk_create([entry])
    LedgerPayload.objects.bulk_create(
        [LedgerPayload(entry=entry, salt=salt, content=_packed(content, data_class))]
    )
    return entry


def payload(entry: LedgerEntry) -> dict[str, Any] | None:
    """What the entry says in full, or None when its payload was erased."""
    stored = LedgerPayload.objects.filter(entry=entry).first()
    return (
        None if stored is None else json.loads(_unpacked(bytes(stored.content), DataClass(entry.entry_class)))
    )


def history(subject: UUID) -> Iterator[tuple[LedgerEntry, dict[str, Any] | None]]:
    """The entries about one record, newest first, with their payloads."""
    for entry in LedgerEntry.objects.filter(subject=subject).select_related("payload").order_by("-pk"):
        stored = getattr(entry, "payload", None)
        content = None
        if stored is not None:
            content = json.loads(_unpacked(bytes(stored.content), DataClass(entry.entry_class)))
        yield entry, content


@transaction.atomic
def erase_payloads(entries: Iterable[LedgerEntry], *, by: Any, why: str) -> int:
    """Remove what these entries say, leaving that they were written. The erasure is an entry of its own."""
    wanted = [entry.pk for entry in entries]
    erased = list(
        LedgerPayload.objects.filter(pk__in=wanted).values_list("entry__origin__name", "entry__counter")
    )
    LedgerPayload.objects.filter(pk__in=wanted).delete()
    record(ERASURE, by=by, why=why, entries=[[origin, counter] for origin, counter in erased])
    return len(erased)


def _packed(content: bytes, data_class: DataClass) -> bytes:
    small = zlib.compress(content, 1)
    return seal(small, data_class, context="ledger") if data_class in SEALED_CLASSES else small


def _unpacked(stored: bytes, data_class: DataClass) -> bytes:
    small = unseal(stored, data_class, context="ledger") if data_class in SEALED_CLASSES else stored
    return zlib.decompress(small)


def _next_number() -> tuple[int, str, int]:
    """Take the next number of this server: (origin's key, its name, number).

    The row lock (SQLite: the write lock) is held to the end of the transaction, so numbers are in commit order.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEXT_NUMBER)
        row = cursor.fetchone()
    if row is None:
        raise RuntimeError("this installation has no ledger origin: run amparo init")
    return row


def _digest(entry: LedgerEntry, origin: str) -> bytes:
    header = [
        origin,
        entry.counter,
        entry.organisation_id,
        entry.entry_class,
        entry.verb,
        entry.noun,
        str(entry.subject or ""),
        str(entry.by or ""),
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        bytes(entry.payload_digest).hex(),
    ]
    return hashlib.sha256(json.dumps(header, separators=(",", ":")).encode()).digest()


@transaction.atomic
def seal_tail() -> int:
    """Link every chain's open entries; return how many entries were covered. Run each second by the worker."""
    origin = LedgerOrigin.objects.select_for_update().get(here=True)
    if origin.sealed_to == origin.counter:
        return 0
    open_entries = LedgerEntry.objects.filter(origin=origin, counter__gt=origin.sealed_to).order_by("counter")
    chains: dict[tuple[Any, str], list[tuple[int, bytes]]] = {}
    for counter, digest, organisation_id, entry_class in open_entries.values_list(
        "counter", "digest", "organisation_id", "entry_class"
    ):
        chains.setdefault((organisation_id, entry_class), []).append((counter, bytes(digest)))
    for (organisation_id, entry_class), entries in chains.items():
        before = (
            LedgerSeal.objects.filter(origin=origin, organisation_id=organisation_id, entry_class=entry_class)
            .order_by("-position")
            .first()
        )
        previous = bytes(before.hash) if before else b""
        LedgerSeal.objects.create(
            origin=origin,
            organisation_id=organisation_id,
            entry_class=entry_class,
            position=before.position + 1 if before else 1,
            first=entries[0][0],
            last=entries[-1][0],
            count=len(entries),
            previous=previous,
            hash=_link(previous, entries),
            sealed_at=timezone.now(),
        )
    LedgerOrigin.objects.filter(pk=origin.pk).update(sealed_to=origin.counter)
    return sum(map(len, chains.values()))


def _link(previous: bytes, entries: Iterable[tuple[int, bytes]]) -> bytes:
    link = hashlib.sha256(previous)
    for counter, digest in entries:
        link.update(counter.to_bytes(8, "big") + digest)
    return link.digest()


@dataclass
class Verification:
    """What `verify` found. `problems` is empty when every entry is where and as it was written.

    `warnings` say what could not be looked at, or is known to be gone.
    """

    entries: int = 0
    seals: int = 0
    open_tail: int = 0
    erased: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        return not self.problems


def verify(anchors: Path | None = None) -> Verification:
    """Read the whole ledger and find changed, removed or reordered entries, seals and payloads.

    `anchors` is the file that `anchor` writes; it catches a tail cut off together with its seals. A file that was
    never begun is a warning; one that the ledger says was begun, and is not there, is a problem.
    """
    found = Verification()
    missing: set[tuple[str, int]] = set()
    erased: set[tuple[str, int]] = set()
    for origin in LedgerOrigin.objects.order_by(
        "pk"
    ):  # what is written meanwhile lies beyond the numbers read here
        _verify_entries(origin, found, missing, erased)
        _verify_seals(origin, found)
    found.erased = len(missing & erased)
    found.problems += [
        f"{name}/{counter}: the payload is gone and no erasure says so"
        for name, counter in sorted(missing - erased)
    ]
    if anchors is not None:
        _verify_anchors(anchors, found)
    return found


def _verify_entries(
    origin: LedgerOrigin, found: Verification, missing: set[tuple[str, int]], erased: set[tuple[str, int]]
) -> None:
    expected = 1
    entries = (
        LedgerEntry.objects.filter(origin=origin, counter__lte=origin.counter)
        .select_related("payload")
        .order_by("counter")
    )
    for entry in entries.iterator(chunk_size=2000):
        name = f"{origin.name}/{entry.counter}"
        if entry.counter != expected:
            found.problems.append(f"{origin.name}: entries {expected} to {entry.counter - 1} are missing")
        expected = entry.counter + 1
        found.entries += 1
        if bytes(entry.digest) != _digest(entry, origin.name):
            found.problems.append(f"{name}: the entry was changed")
        stored = getattr(entry, "payload", None)
        if stored is None:
            missing.add((origin.name, entry.counter))
            continue
        try:
            content = _unpacked(bytes(stored.content), DataClass(entry.entry_class))
        except (BrokenSeal, zlib.error):
            found.problems.append(f"{name}: the payload cannot be opened")
            continue
        if hashlib.sha256(bytes(stored.salt) + content).digest() != bytes(entry.payload_digest):
            found.problems.append(f"{name}: the payload was changed")
        elif entry.verb == ERASURE:
            erased.update((name_, number) for name_, number in json.loads(content)["entries"])
    if expected <= origin.counter:
        found.problems.append(f"{origin.name}: entries {expected} to {origin.counter} are missing")
    found.open_tail += origin.counter - origin.sealed_to


def _verify_seals(origin: LedgerOrigin, found: Verification) -> None:
    heads: dict[tuple[int | None, str], tuple[int, bytes, int]] = {}
    covered = 0
    for link in (
        LedgerSeal.objects.filter(origin=origin, last__lte=origin.sealed_to)
        .select_related("organisation")
        .order_by("pk")
        .iterator(chunk_size=2000)
    ):
        chain = (link.organisation_id, link.entry_class)
        position, head, last = heads.get(chain, (0, b"", 0))
        name = f"{origin.name} chain {link.organisation_id or '-'}/{link.entry_class} seal {link.position}"
        entries = [
            (counter, bytes(digest))
            for counter, digest in LedgerEntry.objects.filter(
                origin=origin,
                organisation=link.organisation,
                entry_class=link.entry_class,
                counter__gte=link.first,
                counter__lte=link.last,
            )
            .order_by("counter")
            .values_list("counter", "digest")
        ]
        if link.position != position + 1 or bytes(link.previous) != head or link.first <= last:
            found.problems.append(f"{name}: it does not follow the one before")
        if len(entries) != link.count or _link(bytes(link.previous), entries) != bytes(link.hash):
            found.problems.append(f"{name}: its entries were changed, removed or reordered")
        heads[chain] = (link.position, bytes(link.hash), link.last)
        covered += link.count
        found.seals += 1
    if covered != origin.sealed_to:
        found.problems.append(f"{origin.name}: seals cover {covered} entries of {origin.sealed_to}")


def _verify_anchors(anchors: Path, found: Verification) -> None:
    lines = anchors.read_text().splitlines() if anchors.is_file() else []
    for number, line in enumerate(lines, start=1):
        try:
            kept = json.loads(line)
            if "begun" in kept:
                continue
            stands = LedgerSeal.objects.filter(uid=kept["seal"], hash=bytes.fromhex(kept["hash"])).exists()
        except (ValueError, KeyError, TypeError, ValidationError):
            found.problems.append(f"{anchors.name}: line {number} cannot be read")
            continue
        if not stands:
            found.problems.append(f"the seal anchored at {kept.get('at')} is not in the ledger")
    begun = _begun()
    if not begun and not anchors.is_file():
        found.warnings.append(
            _(
                "No está el archivo %(file)s: no se puede saber si se cortó el final de la bitácora. "
                "El servidor lo escribe cada hora."
            )
            % {"file": anchors.name}
        )
    known = _known_lost()
    for number in sorted(begun - _marks(lines)):
        said = {"number": number, "file": anchors.name}
        if number in known:
            found.warnings.append(
                _("Los sellos guardados aparte desde la entrada %(number)d se perdieron; hay constancia.")
                % said
            )
        else:
            found.problems.append(
                _(
                    "Faltan en %(file)s los sellos guardados desde la entrada %(number)d. "
                    "Restaure las líneas de su copia."
                )
                % said
            )


def _begun() -> set[int]:
    """The numbers of the entries under which this server began a file of anchors."""
    entries = LedgerEntry.objects.filter(origin__here=True, verb=ANCHORS_BEGUN)
    return set(entries.values_list("counter", flat=True))


def _known_lost() -> set[int]:
    """The numbers of those whose file somebody said was lost."""
    entries = LedgerEntry.objects.filter(origin__here=True, verb=ANCHORS_LOST)
    return {number for entry in entries for number in (payload(entry) or {}).get("begun", ())}


def _marks(lines: Iterable[str]) -> set[int]:
    """The numbers under which the file that holds these lines was begun."""
    marks = set()
    for line in lines:
        try:
            marks.add(int(json.loads(line)["begun"]))
        except (ValueError, KeyError, TypeError):
            continue
    return marks


def anchor(anchors: Path, *, by: Any) -> int:
    """Append the newest seal of every chain to a file kept apart from the database; return how many.

    That a file was begun is an entry of its own, with its number in the file: one that is taken away is missed,
    even after another was begun in its place.
    """
    known = anchors.read_text() if anchors.is_file() else ""
    if not _is_ours(_marks(known.splitlines())):
        _begin(anchors, by=by)
    chains = LedgerSeal.objects.values("origin", "organisation", "entry_class").annotate(newest=Max("pk"))
    heads = LedgerSeal.objects.filter(pk__in=[chain["newest"] for chain in chains])
    lines = [
        {"at": timezone.now().isoformat(), "seal": str(head.uid), "hash": bytes(head.hash).hex()}
        for head in heads
        if str(head.uid) not in known
    ]
    if lines:
        _append(anchors, lines)
    return len(lines)


def _is_ours(marks: set[int]) -> bool:
    return LedgerEntry.objects.filter(origin__here=True, counter__in=marks, verb=ANCHORS_BEGUN).exists()


@transaction.atomic
def _begin(anchors: Path, *, by: Any) -> None:
    """The mark is durable before its entry is: a power cut between them raises no false alarm."""
    entry = record(ANCHORS_BEGUN, by=by)
    _append(anchors, [{"at": timezone.now().isoformat(), "begun": entry.counter}])


def _append(anchors: Path, lines: Iterable[dict[str, Any]]) -> None:
    with anchors.open("a") as file:
        file.write("".join(json.dumps(line) + "\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    sync_folder(anchors.parent)


@transaction.atomic
def tell_anchors_lost(anchors: Path, *, by: Any, why: str) -> int:
    """Leave word that anchors are gone for good; return how many files of them. They are a warning from then on."""
    lines = anchors.read_text().splitlines() if anchors.is_file() else []
    lost = _begun() - _marks(lines) - _known_lost()
    if lost:
        record(ANCHORS_LOST, by=by, why=why, begun=sorted(lost))
    return len(lost)
