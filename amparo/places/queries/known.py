"""Whether a code or a name is in the lists at all: answered from memory, for what comes in by the thousand."""

from time import monotonic

from django.conf import settings
from django.db.models import Max

from amparo.places.models import Place, PlaceName
from amparo.places.names import key

REMEMBERED_SECONDS = 60.0
_remembered: dict[object, tuple[float, tuple, frozenset[str], frozenset[str]]] = {}


def _lists() -> tuple[frozenset[str], frozenset[str]]:
    """Every code (squeezed) and every folded name, read again at most once a minute and only when they changed."""
    kept = _remembered.get(settings.HOME)
    if kept is not None and monotonic() - kept[0] < REMEMBERED_SECONDS:
        return kept[2], kept[3]
    newest = (
        Place.objects.aggregate(Max("pk"))["pk__max"],
        PlaceName.objects.aggregate(Max("pk"))["pk__max"],
    )
    if kept is None or kept[1] != newest:
        codes = frozenset(squeezed(code) for code in Place.objects.values_list("code", flat=True))
        names = frozenset(PlaceName.objects.values_list("name_key", flat=True))
        kept = (0.0, newest, codes, names)
    _remembered[settings.HOME] = (monotonic(), *kept[1:])
    return kept[2], kept[3]


def squeezed(code: str) -> str:
    """ "hn-0801" and "HN 0801" are one."""
    return "".join(character for character in code.upper() if character.isalnum())


def known_code(code: str) -> bool:
    return squeezed(code) in _lists()[0]


def known_name(name: str) -> bool:
    """Whether any place is called so, but for accents and capitals. A slip of spelling is not known."""
    return key(name) in _lists()[1]
