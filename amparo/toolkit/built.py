"""Where the built style sheet and script lie. Their names carry a hash: a browser may keep them."""

import functools
import json
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static

FOLDER = Path(__file__).parent / "static" / "amparo"


@functools.cache
def _manifest() -> dict[str, str]:
    path = FOLDER / "manifest.json"
    if not path.is_file():
        raise ImproperlyConfigured("The style sheet is not built: run `make assets`.")
    return {source: entry["file"] for source, entry in json.loads(path.read_text()).items()}


@functools.cache
def asset_url(source: str) -> str:
    """`amparo.css` -> `/static/amparo/style-1a2b3c4d.css`; ImproperlyConfigured when it is not built."""
    try:
        return static(f"amparo/{_manifest()[source]}")
    except KeyError:
        raise ImproperlyConfigured(f"No built asset is called {source!r}.") from None


def asset_path(source: str) -> Path:
    """The built file itself, for measuring it."""
    return FOLDER / _manifest()[source]
