"""Files that came in, on disk: content-addressed, sealed, durable before they are named anywhere."""

import hashlib
import os
from pathlib import Path

from django.conf import settings

from amparo.kernel.classes import DataClass
from amparo.kernel.sealing import seal, sync_folder, unseal


def path_of(sha256: str, data_class: DataClass) -> Path:
    """Where the content with this SHA-256 (of the clear content) lies, sealed for its class.

    The same bytes of two classes are two files: whoever holds the key of one must not need that of the other.
    """
    folder: Path = settings.HOME.files / data_class.value / sha256[:2]
    return folder / sha256


def keep(content: bytes, data_class: DataClass) -> str:
    """Write the content durably and return its SHA-256. The same content twice is one file."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256, data_class)
    if path.exists():
        sync_folder(path.parent)  # another may have written it and fallen before its name was durable
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}.part")
    try:
        with part.open("wb") as file:
            file.write(seal(content, data_class, context=f"attachment:{sha256}"))
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    for folder in list(path.parents)[:3]:  # of these letters, of the class, of all files: any may be new
        sync_folder(folder)
    return sha256


def read(sha256: str, data_class: DataClass) -> bytes:
    """The clear content again."""
    return unseal(path_of(sha256, data_class).read_bytes(), data_class, context=f"attachment:{sha256}")
