"""Names as people write them, made comparable."""

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")


def fold(text: str) -> str:
    """Lower case, no accents, single spaces: "Escuela  Río-Seco" and "ESCUELA RIO SECO" are one."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _APART.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip() or text.strip()
