"""Whether a code or a name is in the lists at all: answered from memory, for what comes in by the thousand."""

from time import monotonic

from django.conf import settings

from amparo.places.models import Place, PlaceName
from amparo.places.names import key
from amparo.places.queries.searching import squeezed

REMEMBERED_SECONDS = 60.0
_remembered: dict[object, tuple[float, frozenset[str], frozenset[str]]] = {}


def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Every code (squeezed) and every folded name, read again at most once a minute."""
    kept = _remembered.get(settings.HOME)
    if kept is not None and monotonic() - kept[0] < REMEMBERED_SECONDS:
        return kept[1], kept[2]
    codes = frozenset(squeezed(code) for code in Place.objects.values_list("code", flat=True))
    names = frozenset(PlaceName.objects.values_list("name_key", flat=True))
    _remembered[settings.HOME] = (monotonic(), codes, names)
    return codes, names


def known_code(code: str) -> bool:
    return squeezed(code) in _lists()[0]


def known_name(name: str) -> bool:
    """Whether any place is called so, but for accents and capitals. A slip of spelling is not known."""
    return key(name) in _lists()[1]
