"""What a column can become, in words: a figure, a field of the centre, a place, a date."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from amparo.standards import INDICATORS, Indicator
from amparo.toolkit.sheets.names import fold, nearest

OBSERVE, WHEN = "observe ", "when "
SYNONYMS = Path(__file__).with_name("synonyms.toml")
OFFERED = 3
LITTLE = frozenset(
    word
    for words in ("a al cada de del el en hay la las los por que un una y", "an and are in is of per the")
    for word in words.split()
)

# Target -> its words. The keys are those of the mapping file.
FIELDS: Mapping[str, object] = {
    "site.name": gettext_lazy("Nombre del albergue"),
    "site.id": gettext_lazy("Código del albergue"),
    "site.kind": gettext_lazy("Tipo de albergue"),
    "site.status": gettext_lazy("Abierto o cerrado"),
    "site.address": gettext_lazy("Dirección"),
    "site.lat": gettext_lazy("Latitud"),
    "site.lon": gettext_lazy("Longitud"),
    "site.geopoint": gettext_lazy("Coordenadas en una sola celda"),
    "site.extra.institution": gettext_lazy("Institución dueña del edificio"),
    "site.extra.phone": gettext_lazy("Teléfono del albergue"),
    "place.names": gettext_lazy("Lugar: departamento, municipio o aldea"),
    "place.pcode": gettext_lazy("Código P del lugar"),
    "place.country": gettext_lazy("País, en dos letras"),
    "told_at": gettext_lazy("Fecha en que se contó"),
}
GROUPS: Mapping[str, object] = {
    "people": gettext_lazy("Personas"),
    "space": gettext_lazy("Espacio y edificio"),
    "water": gettext_lazy("Agua"),
    "sanitation": gettext_lazy("Sanitarios e higiene"),
    "power": gettext_lazy("Luz"),
    "waste": gettext_lazy("Basura y cocina"),
    "access": gettext_lazy("Acceso"),
    "safety": gettext_lazy("Seguridad"),
    "participation": gettext_lazy("Organización"),
    "covid": gettext_lazy("Enfermedades que se contagian"),
    "support": gettext_lazy("Servicios y apoyo"),
}
SEVERAL = frozenset(
    {"site.address", "site.identity", "place.names", "place.pcode", "told_at", "site.kind", "site.status"}
)
"""What may be told by more than one column."""


def indicator_of(target: str) -> Indicator | None:
    return INDICATORS.get(target.removeprefix(OBSERVE)) if target.startswith(OBSERVE) else None


def words_of(target: str) -> str:
    """The target in words of the active language; the key itself where it has none."""
    indicator = indicator_of(target)
    if indicator is not None:
        return said(indicator.name)
    if target.startswith(WHEN):
        return _("condición de «%(name)s»") % {"name": words_of(OBSERVE + target.removeprefix(WHEN))}
    if target in FIELDS:
        return str(FIELDS[target])
    if target.startswith("site.extra."):
        return _("Otro texto: %(name)s") % {"name": target.removeprefix("site.extra.")}
    if target == "site.identity":
        return _("Lo que distingue a un albergue de otro")
    return target


def said(text: Mapping[str, str]) -> str:
    """A text of the tables in the active language."""
    language = (get_language() or "es")[:2]
    return text.get(language) or text["es"]


def every_target() -> tuple[str, ...]:
    return (*FIELDS, *(OBSERVE + key for key in INDICATORS))


def grouped() -> list[tuple[str, list[tuple[str, str]]]]:
    """For a select: (group, [(target, words)])."""
    found = [(_("El albergue y su lugar"), [(key, str(words)) for key, words in FIELDS.items()])]
    for group, words in GROUPS.items():
        inside = [(OBSERVE + key, said(one.name)) for key, one in INDICATORS.items() if one.group == group]
        found.append((str(words), inside))
    return found


def typed(text: str) -> str:
    """The target whose words, in either language, or whose key somebody typed; "" when it is none."""
    return _by_words((get_language() or "es")[:2]).get(fold(text), "")


def like(text: str) -> list[str]:
    """Targets that may have been meant, in words: what is called so elsewhere, what is counted in it, what is spelt
    like it."""
    called = named_alike(bare(text))
    found = [words_of(called)] if called else []
    found += [words_of(target) for target in counted_in(text)]
    found += nearest(text, [words_of(target) for target in every_target()])
    return list(dict.fromkeys(found))[:OFFERED]


def counted_in(text: str) -> list[str]:
    """Targets whose unit holds these words, whole; the one whose unit says least beside them first."""
    words = f" {fold(text)} "
    found = [
        (len(fold(unit)), OBSERVE + key)
        for key, indicator in INDICATORS.items()
        for unit in indicator.unit.values()
        if words.strip() and words in f" {fold(unit)} "
    ]
    return list(dict.fromkeys(target for _length, target in sorted(found, key=lambda one: one[0])))


def named_alike(title: str) -> str:
    """The target that is called so, little words and the order of the words aside; "" when none is."""
    return synonyms().get(title) or _by_core().get(core(title), "")


def core(title: str) -> frozenset[str]:
    """The words of a title that say something."""
    return frozenset(title.split()) - LITTLE


@lru_cache(maxsize=1)
def _by_core() -> Mapping[frozenset[str], str]:
    """What the words that say something mean, where every name that holds just these means the same."""
    found: dict[frozenset[str], set[str]] = {}
    for name, target in synonyms().items():
        found.setdefault(core(name), set()).add(target)
    return {words: targets.pop() for words, targets in found.items() if words and len(targets) == 1}


@lru_cache(maxsize=4)
def _by_words(language: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for target in every_target():
        indicator = indicator_of(target)
        names = indicator.name.values() if indicator else [str(FIELDS[target])]
        for name in (words_of(target), *names, target, target.removeprefix(OBSERVE)):
            found.setdefault(fold(name), target)
    return found


@lru_cache(maxsize=1)
def synonyms() -> Mapping[str, str]:
    """Folded title -> target: the names of indicators in both languages, their keys, and `synonyms.toml`."""
    found: dict[str, str] = {}
    for key, indicator in INDICATORS.items():
        for name in (*indicator.name.values(), key):
            found.setdefault(bare(name), OBSERVE + key)
    for key, names in tomllib.loads(SYNONYMS.read_text(encoding="utf-8")).items():
        target = OBSERVE + key if key in INDICATORS else key
        for name in names:
            found.setdefault(bare(name), target)
    return found


def bare(title: str) -> str:
    """The title without its question code and without what stands in brackets."""
    text = fold(title)
    head, _space, rest = text.partition(" ")
    if rest and head[:1].isdigit() and "." in head:
        text = rest
    before = text.partition("(")[0]
    return fold(before) if before.strip() else text
