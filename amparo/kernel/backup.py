"""Backups: all that an installation needs to rise again on another machine, in one encrypted file.

The file is in the age format and holds a compressed tar, so that it can be opened without Amparo too:
`age --decrypt FILE | tar xz`, then `sha256sum --check sha256sums`. It holds, in this order,

    manifest.json        format, when, which database, rows per table, heads of the ledger
    ledger-heads.jsonl   the anchors kept beside the database
    EXERCISE             when everything inside is invented
    keys/                what opens the sealed values
    amparo.sqlite3       or tables/*.copy, one for each table of PostgreSQL
    files/               raw messages and attachments
    sha256sums           one line for each file above

The anchors are read before the database, which may then know more seals than they do, never fewer. The files
are read after it: each was durable before its row was.
"""

import fcntl
import gzip
import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from errno import EFBIG
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.kernel import age, disk, snapshot
from amparo.kernel.ledger import ANCHORS
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import sync_folder
from amparo.kernel.snapshot import Facts, Progress, Snapshot

FORMAT = 1
SUFFIX = ".tar.gz.age"
SHORTEST_PASSPHRASE = 15
MANIFEST = "manifest.json"
SUMS = "sha256sums"
LARGEST_MANIFEST = 16 * 1024 * 1024
BLOCK = 1024 * 1024

# How a backup shows that it is not what was written: to its own checks, to the archive, to the database.
BROKEN = (
    snapshot.Broken,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    DataError,
    IntegrityError,
)


@dataclass(frozen=True)
class Manifest:
    """What a backup says about itself. `size` is what it takes on the disk once opened, in bytes."""

    format: int
    created_at: datetime
    exercise: bool
    size: int
    facts: Facts

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), default=datetime.isoformat, ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        try:
            said = json.loads(text)
            if said["format"] > FORMAT:
                raise _newer()
            at = datetime.fromisoformat(said["created_at"])
            return cls(said["format"], at, said["exercise"], said["size"], Facts(**said["facts"]))
        except (ValueError, KeyError, TypeError) as error:
            raise snapshot.Broken from error


@dataclass(frozen=True)
class BackupReport:
    """What was written. `sha256` is that of the encrypted file; `same_disk`: one theft or fire takes both."""

    path: Path
    size: int
    sha256: str
    files: int
    same_disk: bool
    manifest: Manifest


@dataclass(frozen=True)
class RestoreReport:
    """What stands in `home` now. The caller migrates it, verifies its ledger and makes its reserve file."""

    home: Path
    files: int
    manifest: Manifest


def suggest_passphrase() -> str:
    """Six words that mean nothing, easy to say by telephone: 60 random bits, and scrypt slows down each
    guess.
    """
    syllables = [consonant + vowel for consonant in "bdflmnrs" for vowel in "aeio"]
    return "-".join(secrets.choice(syllables) + secrets.choice(syllables) for _word in range(6))


def backup(
    target: Path,
    *,
    passphrase: str | None = None,
    recipient: str | None = None,
    progress: Progress | None = None,
) -> BackupReport:
    """Write this installation to `target` (a new file, or a folder where one is named), while it goes on
    working.

    Closed with a passphrase, or for the holder of an age key (`recipient`, `age1...`). The name appears only
    when the whole file is on the disk. Raises `Refused`.
    """
    lock = _lock(passphrase, recipient)
    told = progress or _silent
    if target.is_dir():
        target = target / f"amparo-{timezone.localtime():%Y%m%d-%H%M%S}{SUFFIX}"
    if target.exists():
        raise Refused("target_exists", _("Ya hay un archivo con ese nombre. Elija otro."))
    if not target.parent.is_dir():
        raise _no_folder()
    part = target.with_name(f".{target.name}.part")
    with _words_for_disks(), _workspace() as workspace:
        anchors = settings.HOME.path / ANCHORS
        if anchors.is_file():
            shutil.copyfile(anchors, workspace / ANCHORS)
        taken = snapshot.take(workspace, told)
        try:
            with part.open("wb") as file:
                part.chmod(0o600)
                hashed = _Hashed(file)
                sealer = age.Sealer(hashed, lock)  # type: ignore[arg-type]
                manifest, files = _pack(sealer, workspace, taken, told)
                sealer.close()
                file.flush()
                os.fsync(file.fileno())
            part.rename(target)
            sync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
    written = target.stat()
    return BackupReport(
        path=target,
        size=written.st_size,
        sha256=hashed.hexdigest(),
        files=files,
        same_disk=written.st_dev == settings.HOME.path.stat().st_dev,
        manifest=manifest,
    )


def restore(
    source: Path,
    home: Path,
    *,
    passphrase: str | None = None,
    identity: str | None = None,
    progress: Progress | None = None,
) -> RestoreReport:
    """Rebuild an installation from `source` in `home`, a new or empty folder: all of it or nothing.

    `identity` is the secret key (`AGE-SECRET-KEY-1...`) of a backup closed for a key. A backup of SQLite is
    restored to SQLite; one of PostgreSQL to the database named by AMPARO_DATABASE_URL, which must be empty.
    Raises `Refused`.
    """
    key = _key(passphrase, identity)
    told = progress or _silent
    if not source.is_file():
        raise Refused("no_such_file", _("Ese archivo no existe."))
    _require_empty(home)
    staging = home.with_name(f".{home.name}.restoring")
    with _words_for_disks(), ExitStack() as undo:
        shutil.rmtree(staging, ignore_errors=True)  # what a killed restore left
        staging.mkdir(mode=0o700)
        undo.callback(shutil.rmtree, staging, ignore_errors=True)
        try:
            manifest, files = _unpack(source, key, staging, told)
            if manifest.facts.vendor == "postgresql":
                with transaction.atomic():
                    snapshot.load_postgres(staging, manifest.facts, told)
                    _move(staging, home, undo)
            else:
                snapshot.check_sqlite(replace(settings.HOME, path=staging).database, manifest.facts, told)
                _move(staging, home, undo)
        except age.AgeError as error:
            raise _refusal(error) from error
        except BROKEN as error:
            raise _damaged() from error
        undo.pop_all()
    return RestoreReport(home=home, files=files, manifest=manifest)


def _lock(passphrase: str | None, recipient: str | None) -> age.Lock:
    if passphrase is not None and recipient is None:
        if len(unicodedata.normalize("NFC", passphrase)) < SHORTEST_PASSPHRASE:
            raise Refused("short_passphrase", _("La frase secreta debe tener 15 letras o más."))
        return age.Passphrase(passphrase)
    if recipient is not None and passphrase is None:
        try:
            return age.Recipient(recipient)
        except age.BadKey as error:
            raise Refused("bad_key", _("Esa llave pública está mal escrita. Empieza con age1.")) from error
    raise Refused("one_lock", _("Dé una frase secreta o una llave pública: solo una."))


def _key(passphrase: str | None, identity: str | None) -> age.Key:
    if passphrase is not None and identity is None:
        return age.Passphrase(passphrase)
    if identity is not None and passphrase is None:
        try:
            return age.Identity(identity)
        except age.BadKey as error:
            raise Refused(
                "bad_key", _("Esa llave privada está mal escrita. Empieza con AGE-SECRET-KEY-1.")
            ) from error
    raise Refused("one_lock", _("Dé la frase secreta o la llave privada: solo una."))


def _refusal(error: age.AgeError) -> Refused:
    match error:
        case age.OtherKey():
            return Refused(
                "other_key", _("Este respaldo no se abre así: pruebe con frase secreta o llave privada.")
            )
        case age.WrongKey():
            return Refused("wrong_key", _("Esa frase o llave no abre este respaldo. Revísela."))
        case age.NotAge():
            return Refused("not_a_backup", _("Este archivo no es un respaldo."))
        case age.NewerAge():
            return _newer()
    return _damaged()


def _damaged() -> Refused:
    return Refused("damaged_backup", _("El respaldo está dañado o incompleto. Use otra copia."))


def _newer() -> Refused:
    return Refused("newer_backup", _("El respaldo es de una versión más nueva. Actualice Amparo."))


def _foreign() -> Refused:
    return Refused(
        "foreign_content", _("El archivo trae algo que no es de un respaldo. No se restauró nada.")
    )


def _no_folder() -> Refused:
    return Refused("no_such_folder", _("Esa carpeta no existe."))


@contextmanager
def _words_for_disks() -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise Refused(
            "cannot_write", _("Esta cuenta no puede escribir en esa carpeta. Elija otra.")
        ) from error
    except Exception as error:
        if disk.is_disk_full(error):
            raise disk.full() from error
        if isinstance(error, OSError) and error.errno == EFBIG:
            raise Refused(
                "file_too_large", _("Ese disco no admite archivos tan grandes. Use otro.")
            ) from error
        raise


def _silent(_what: str, _share: float) -> None:
    """Nobody is watching."""


class _Hashed:
    """A file whose bytes are hashed as they pass."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        content = self._file.read(size)
        self._hash.update(content)
        return content

    def write(self, content: bytes) -> int:
        self._hash.update(content)
        return self._file.write(content)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


@contextmanager
def _workspace() -> Iterator[Path]:
    """A folder for the database's copy, as private as the home. One backup at a time."""
    folder = settings.HOME.path / ".backup"
    with (settings.HOME.path / ".backup.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                "backup_running", _("Ya se está haciendo un respaldo. Espere a que termine.")
            ) from error
        shutil.rmtree(folder, ignore_errors=True)  # what a killed backup left
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _pack(sealer: age.Sealer, workspace: Path, taken: Snapshot, told: Progress) -> tuple[Manifest, int]:
    """Write the compressed tar; return its manifest and how many raw messages and attachments it holds."""
    home = settings.HOME
    parts = {ANCHORS: workspace / ANCHORS, home.exercise.name: home.exercise}
    parts |= {f"keys/{path.name}": path for path in sorted(home.keys.iterdir())}
    parts = {name: path for name, path in (parts | taken.parts).items() if path.is_file()}
    size = sum(path.stat().st_size for path in [*parts.values(), *_walk(home.files)])
    manifest = Manifest(FORMAT, timezone.now(), home.exercise.exists(), size, taken.facts)
    words = _("Escribiendo el respaldo")
    files = done = 0
    with (
        gzip.GzipFile("", "wb", 1, sealer, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
        (workspace / SUMS).open("w+b") as sums,
    ):
        _add(tar, sums, MANIFEST, io.BytesIO(manifest.as_json()))
        for name, path in parts.items():
            with path.open("rb") as file:
                done += _add(tar, sums, name, file)
            told(words, done / size)
        for path in _walk(home.files):
            with suppress(FileNotFoundError), path.open("rb") as file:  # erased meanwhile
                done += _add(tar, sums, f"files/{path.relative_to(home.files).as_posix()}", file)
                files += 1
            told(words, min(done / size, 1))
        sums.seek(0)
        _add(tar, io.BytesIO(), SUMS, sums)
    return manifest, files


def _add(tar: tarfile.TarFile, sums: BinaryIO, name: str, file: BinaryIO) -> int:
    """Append one file and its line in the sums; return its bytes."""
    member = tarfile.TarInfo(name)
    member.size = file.seek(0, io.SEEK_END)
    member.mode = 0o600
    file.seek(0)
    hashed = _Hashed(file)
    tar.addfile(member, hashed)  # type: ignore[arg-type]
    _forget(tar)
    sums.write(f"{hashed.hexdigest()}  {name}\n".encode())
    return member.size


def _forget(tar: tarfile.TarFile) -> None:
    """It keeps every member it has seen: a million attachments would fill the memory."""
    tar.members.clear()  # type: ignore[attr-defined]


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(root, name) for name in sorted(names)):
            if path.is_file() and not path.is_symlink():
                yield path


def _require_empty(home: Path) -> None:
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise Refused("home_not_empty", _("Esa carpeta ya tiene algo. Restaure en una carpeta vacía."))
    if home.is_mount():
        raise Refused("home_is_a_disk", _("Eso es un disco entero. Nombre una carpeta dentro de él."))
    if not home.parent.is_dir():
        raise _no_folder()


def _unpack(source: Path, key: age.Key, staging: Path, told: Progress) -> tuple[Manifest, int]:
    """Write what the backup holds under `staging`, checking name, size and sum of each member."""
    words = _("Abriendo el respaldo")
    size = source.stat().st_size
    with source.open("rb") as raw, gzip.GzipFile(fileobj=age.Opener(raw, key)) as packed:
        with tarfile.open(fileobj=packed, mode="r|") as tar, (staging / SUMS).open("w+b") as sums:
            manifest = _read_manifest(tar, sums, staging)
            files = 0
            while (member := tar.next()) is not None and member.name != SUMS:
                files += member.name.startswith("files/")
                _extract(tar, member, sums, staging)
                told(words, raw.tell() / size)
            sums.seek(0)
            claimed = tar.extractfile(member) if member is not None and member.isreg() else None
            if claimed is None or not _same(claimed, sums) or tar.next() is not None:
                raise snapshot.Broken
        while packed.read(BLOCK):
            pass  # the file is whole only when its last chunk has been read
    (staging / SUMS).unlink()
    told(words, 1)
    return manifest, files


def _read_manifest(tar: tarfile.TarFile, sums: BinaryIO, staging: Path) -> Manifest:
    member = tar.next()
    file = tar.extractfile(member) if member is not None and member.isreg() else None
    if member is None or file is None or member.name != MANIFEST or member.size > LARGEST_MANIFEST:
        raise _foreign()
    text = file.read()
    sums.write(f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode())
    manifest = Manifest.from_json(text)
    if manifest.facts.vendor != connection.vendor:
        raise Refused("other_database", _("El respaldo es de otra clase de base de datos. Elija la misma."))
    if snapshot.is_newer(manifest.facts):
        raise _newer()
    if manifest.facts.vendor == "postgresql":
        snapshot.require_no_tables()
    if disk.free_bytes(staging) < manifest.size + disk.CRITICAL_BYTES:
        raise disk.full()
    return manifest


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, sums: BinaryIO, staging: Path) -> None:
    file = tar.extractfile(member) if member.isreg() else None
    if file is None or not _is_ours(member.name):
        raise _foreign()
    if disk.free_bytes(staging) < member.size + disk.CRITICAL_BYTES:
        raise disk.full()
    hashed = _Hashed(file)
    with _new_file(staging, member.name) as out:
        while block := hashed.read(BLOCK):
            out.write(block)
    _forget(tar)
    sums.write(f"{hashed.hexdigest()}  {member.name}\n".encode())


def _new_file(staging: Path, name: str) -> BinaryIO:
    """A private file that was not there, in folders made private. A second one of a name is not ours."""
    try:
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            (staging / folder).mkdir(mode=0o700, exist_ok=True)
        handle = os.open(staging / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        if disk.is_disk_full(error):
            raise
        raise _foreign() from error
    return os.fdopen(handle, "wb")


def _is_ours(name: str) -> bool:
    """Whether a backup may hold a file of this name: relative, plain, and in a place that backups use."""
    path = PurePosixPath(name)
    if str(path) != name or path.is_absolute() or ".." in path.parts or "\0" in name:
        return False
    if len(path.parts) == 1:
        return name in {ANCHORS, settings.HOME.exercise.name, settings.HOME.database.name}
    if path.parts[0] in {"keys", snapshot.TABLES}:
        return len(path.parts) == 2
    return path.parts[0] == "files"


def _same(one: IO[bytes], other: IO[bytes]) -> bool:
    while block := one.read(BLOCK):
        if other.read(len(block)) != block:
            return False
    return not other.read(1)


def _move(staging: Path, home: Path, undo: ExitStack) -> None:
    """Put the finished folder under its name, on the disk before the name is."""
    os.sync()
    staging.rename(home)  # takes the place of an empty folder
    undo.callback(shutil.rmtree, home, ignore_errors=True)
    sync_folder(home.parent)
