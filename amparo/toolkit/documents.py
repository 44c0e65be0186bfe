"""Paper: a Typst template and plain data become a PDF.

Data reaches the template as JSON, never as Typst source, so a name full of `#`, `$` or `]` is only text. The
same data give the same bytes on the same machine: no clock and no random number enters the file.
"""

import functools
import json
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typst

# Fonts of whoever runs the server, best first; the last one travels inside Typst. None is bundled.
FONTS = ("Noto Sans", "Segoe UI", "Liberation Sans", "Arial", "DejaVu Sans", "Libertinus Serif")

_LONG_WORD = re.compile(r"(\S{18})(?=\S)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_one_at_a_time = threading.Lock()


@functools.cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


@functools.cache
def _compiler(template: Path) -> typst.Compiler:
    return typst.Compiler(input=template, root=template.parent, font_paths=_fonts())


@functools.cache
def _fonts_at_hand() -> tuple[str, ...]:
    known = set(_fonts().families())
    return tuple(name for name in FONTS if name in known)


def printable(text: str, most: int = 400) -> str:
    """`text` fit for paper: no control characters, cut at `most` letters, endless words allowed to break."""
    clean = _UNPRINTABLE.sub(" ", text).strip()
    if len(clean) > most:
        clean = clean[: most - 1].rstrip() + "…"
    return _LONG_WORD.sub("\\1\u200b", clean)


def render_pdf(template: Path, data: Mapping[str, Any]) -> bytes:
    """One document. The template reads `data`, which must be JSON-able, as `json(bytes(sys.inputs.data))`."""
    return next(iter(render_pdfs(template, [data])))


def render_pdfs(template: Path, many: Iterable[Mapping[str, Any]]) -> list[bytes]:
    """One document for each, sharing fonts and the parsed template: 50 to 100 ms a page."""
    documents = []
    for data in many:
        inputs = {"data": json.dumps({"fonts": _fonts_at_hand(), **data}, ensure_ascii=False)}
        with _one_at_a_time:
            made = _compiler(template).compile(sys_inputs=inputs, format="pdf", timestamp=0)
        if not isinstance(made, bytes):
            raise TypeError("Typst gave no single PDF.")
        documents.append(made)
    return documents
