"""Where the built style sheets and scripts lie. Their names carry a hash: a browser may keep them."""

import functools
import hashlib
import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

FOLDER = Path(__file__).parent / "static" / "amparo"


@functools.cache
def _text() -> str:
    path = FOLDER / "manifest.json"
    if not path.is_file():
        raise ImproperlyConfigured("The style sheet is not built: run `make assets`.")
    return path.read_text()


@functools.cache
def _manifest() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = json.loads(_text())
    return entries


def _file(source: str) -> str:
    try:
        return str(_manifest()[source]["file"])
    except KeyError:
        raise ImproperlyConfigured(f"No built asset is called {source!r}.") from None


@functools.cache
def asset_url(source: str) -> str:
    """`amparo.css` -> `/static/amparo/style-1a2b3c4d.css`; ImproperlyConfigured when it is not built."""
    return static(f"amparo/{_file(source)}")


def asset_path(source: str) -> Path:
    """The built file itself, for measuring it."""
    return FOLDER / _file(source)


@functools.cache
def asset_parts(source: str) -> tuple[str, ...]:
    """Addresses of a script and of all it needs at once, styles included; not what it asks for later."""
    files: dict[str, None] = {}

    def add(name: str) -> None:
        entry = _manifest()[name]
        if entry["file"] not in files:
            files[entry["file"]] = None
            for style in entry.get("css", ()):
                files[style] = None
            for needed in entry.get("imports", ()):
                add(needed)

    _file(source)
    add(source)
    return tuple(static(f"amparo/{name}") for name in files)


@functools.cache
def assets_version() -> str:
    """Sixteen hex digits that change with any built file."""
    return hashlib.sha256(_text().encode()).hexdigest()[:16]
