"""Names as people write them, made comparable."""

import re
import unicodedata

_APART = re.compile(r"[^a-z0-9]+")


def lowered(text: str) -> str:
    """Lower case with every accent a mark of its own. Some letters (a mathematical "𝑨") have no lower case until they
    are taken apart, and some come together again in it: hence twice.
    """
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


def fold(text: str) -> str:
    """Lower case, no accents, single spaces: "Escuela  Río-Seco" and "ESCUELA RIO SECO" are one."""
    plain = lowered(text)
    return _APART.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip() or text.strip()
