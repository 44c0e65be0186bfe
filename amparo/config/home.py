"""The folder where one Amparo keeps its database, keys and files."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Home:
    """One installation's folder. Nothing in it is created by looking at it."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "amparo.sqlite3"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def files(self) -> Path:
        return self.path / "files"

    @property
    def exercise(self) -> Path:
        """Its presence says that everything inside is invented."""
        return self.path / "EXERCISE"

    @property
    def exists(self) -> bool:
        return self.keys.is_dir()


def find_home() -> Home:
    """`AMPARO_HOME`, else `var/` of the checkout, else the user's data folder."""
    named = os.environ.get("AMPARO_HOME")
    if named:
        return Home(Path(named).expanduser().resolve())
    if (CHECKOUT / "Makefile").is_file():
        return Home(CHECKOUT / "var")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Home(Path(data) / "amparo")


def postgres_settings(url: str) -> dict:
    """Django's settings for `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("AMPARO_DATABASE_URL must start with postgresql://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": parts.port or "",
    }
