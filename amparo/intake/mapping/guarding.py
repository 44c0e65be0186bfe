"""What a mapping would make that makes no sense, said before anybody saves it: litres as people, a yes as a count.

Looks at titles and at the answers that were seen. A worry that `stops` is nonsense; a person judges the others.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import combinations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.intake.mapping import editing, values
from amparo.intake.mapping.bound import reader
from amparo.intake.mapping.document import Choice, Document, Observe
from amparo.intake.mapping.sample import Sample, Seen
from amparo.intake.mapping.targets import said, words_of
from amparo.intake.mapping.values import Parsed, Problem
from amparo.intake.mapping.values.cells import shortened, silence
from amparo.standards import INDICATORS, Indicator, Kind
from amparo.toolkit.sheets.names import fold

# Units by the words that name them, in titles and in our own units.
_UNITS = {
    "litros": r"\b(litros?|liters?|litres?|lts?|galon(es)?|gallons?|l/p/d|lppd)\b",
    "metros cuadrados": r"\b(m2|m²|metros? cuadrados?|square met(er|re)s?|sqm)\b",
    "minutos": r"\b(minutos?|minutes?|min)\b",
    "kilómetros": r"\b(km|kilometros?|kilomet(er|re)s?)\b",
    "kilos": r"\b(kg|kilos?|kilogramos?|libras?|quintal(es)?|pounds?)\b",
    "dinero": r"\b(lempiras?|quetzales?|dolares?|usd|hnl|gtq|dollars?)\b",
    "personas": r"\b(personas?|people|persons?|individuals?|individuos?|gente|habitantes|pax|mujer(es)?|hombres?|women|"
    r"men|females?|males?|ninas?|ninos?|girls?|boys?)\b",
    "familias": r"\b(familias?|hogares?|households?|families|hhs?)\b",
}
_SAID = {
    "litros": gettext_lazy("litros"),
    "metros cuadrados": gettext_lazy("metros cuadrados"),
    "minutos": gettext_lazy("minutos"),
    "kilómetros": gettext_lazy("kilómetros"),
    "kilos": gettext_lazy("kilos"),
    "dinero": gettext_lazy("dinero"),
    "personas": gettext_lazy("personas"),
    "familias": gettext_lazy("familias"),
}
_PEOPLE = {"personas", "familias"}
_FEW_ANSWERS = 3  # fewer different answers say nothing about a column


@dataclass(frozen=True, slots=True)
class Worry:
    """`columns`: which ones it is about, by index. `stops`: a mapping with it is not saved."""

    code: str
    words: str
    columns: tuple[int, ...]
    stops: bool


def worries(document: Document, sample: Sample) -> tuple[Worry, ...]:
    """Everything that looks wrong, in the order of the mapping."""
    find = editing.Finder(sample.columns)
    found: list[Worry] = []
    for entry in document.observe:
        indicator = INDICATORS[entry.indicator]
        for address in entry.addresses:
            at = find(address)
            if at is not None:
                found += _of_column(document, entry, indicator, sample.seen[at], at)
    found += _exclusive(document, find, sample)
    found += _undecided(document, find, sample)
    return tuple(dict.fromkeys(found))


def _of_column(
    document: Document, entry: Observe, indicator: Indicator, seen: Seen, at: int
) -> Iterable[Worry]:
    name = {"column": shortened(seen.label)[:90], "becomes": said(indicator.name)}
    other = _other_unit(seen, entry, indicator)
    if other:
        yield Worry(
            "other_unit",
            _("«%(column)s» habla de %(unit)s, y aquí se leería como «%(becomes)s» (%(own)s).")
            % {**name, "unit": _SAID[other], "own": said(indicator.unit)},
            (at,),
            stops=True,
        )
        return
    answers = [text for text, _count in seen.answers if silence(text) is None]
    if not answers:
        return
    read = reader(entry, document)
    wrong = [(text, result) for text in answers if isinstance(result := read(text), Problem)]
    if entry.kind in (Kind.COUNT, Kind.QUANTITY) and not entry.choices and _all_yes_or_no(answers):
        yield Worry(
            "yes_or_no_as_figure",
            _("«%(column)s» se contesta con sí o no, y «%(becomes)s» es una cifra.") % name,
            (at,),
            stops=True,
        )
        return
    if wrong and len(wrong) == len(answers):
        example, problem = wrong[0]
        yield Worry(
            "nothing_readable",
            _("Ninguna respuesta de «%(column)s» se puede leer como «%(becomes)s». Por ejemplo: %(words)s")
            % {**name, "words": problem.message if not seen.personal else values.say(problem.code, "•••")},
            (at,),
            stops=True,
        )
    elif wrong:
        example = "" if seen.personal else ", ".join(f"«{text}»" for text, _problem in wrong[:4])
        yield Worry(
            "some_unreadable",
            _(
                "En «%(column)s» no se entienden %(count)d de %(total)d respuestas: %(examples)s. Quedarán sin usar."
            )
            % {**name, "count": len(wrong), "total": len(answers), "examples": example or "•••"},
            (at,),
            stops=False,
        )
    if entry.kind is Kind.COUNT and indicator.group == "people":
        largest = max((one.high for text in answers if isinstance(one := read(text), Parsed)), default=0.0)
        if 200_000 < largest < float("inf"):
            yield Worry(
                "too_many_people",
                _("En «%(column)s» hay cifras de más de 200,000. ¿De verdad son «%(becomes)s»?") % name,
                (at,),
                stops=False,
            )


def _other_unit(seen: Seen, entry: Observe, indicator: Indicator) -> str:
    """The unit that the title names, where it is not the indicator's and nobody said how to convert it."""
    if (
        entry.factor != 1.0
        or entry.choices
        or entry.contains
        or indicator.kind not in (Kind.COUNT, Kind.QUANTITY)
    ):
        return ""
    title = _named(fold(seen.label)) | _named(fold(seen.name.rpartition("/")[2]))
    own = _named(fold(" ".join([*indicator.unit.values(), *indicator.name.values()])))
    if not title or title & own:
        return ""
    if title <= _PEOPLE and ((indicator.kind is Kind.COUNT and own <= _PEOPLE) or not own):
        # Families as people is as wrong as litres; toilets of women is not: a title may say whom a thing is for.
        return sorted(title)[0] if own and own <= _PEOPLE else ""
    return sorted(title - _PEOPLE or title)[0]


def _named(text: str) -> set[str]:
    return {unit for unit, pattern in _UNITS.items() if re.search(pattern, text)}


def _all_yes_or_no(answers: list[str]) -> bool:
    return all(
        isinstance(values.yes_or_no(text), Parsed) and not any(letter.isdigit() for letter in text)
        for text in answers
    )


def _exclusive(document: Document, find: editing.Finder, sample: Sample) -> Iterable[Worry]:
    """One column read as two things that cannot both be."""
    by_column, _nowhere = editing.by_column(document, find)
    for at, uses in by_column.items():
        alone = [use for use in uses if _alone(use, document)]
        for first, second in combinations(alone, 2):
            if first.target == second.target or {first.target, second.target} == {"site.name", "site.id"}:
                continue
            if _parted(first, second, document):
                continue
            words = _("«%(column)s» se leería a la vez como «%(first)s» y como «%(second)s».") % {
                "column": shortened(sample.seen[at].label)[:90],
                "first": words_of(first.target),
                "second": words_of(second.target),
            }
            yield Worry("two_things", words, (at,), stops=True)


def _alone(use: editing.Use, document: Document) -> bool:
    """Whether a column that becomes this can become nothing else."""
    if use.target.startswith(
        ("site.extra", "site.kind", "site.status", "site.identity", "when ", "site.address")
    ):
        return False
    return use.at < 0 or not document.observe[use.at].contains


def _parted(first: editing.Use, second: editing.Use, document: Document) -> bool:
    """Whether two figures from one column read different answers of it: by choices, or under a condition."""
    if first.at < 0 or second.at < 0:
        return {first.target, second.target} == {"place.names", "place.pcode"}
    entries = (document.observe[first.at], document.observe[second.at])
    return all(entry.choices or entry.when for entry in entries)


def _undecided(document: Document, find: editing.Finder, sample: Sample) -> Iterable[Worry]:
    """Answers about the centre's kind or status to which nobody gave a meaning."""
    for key in ("kind", "status"):
        rules = getattr(document.site, key)
        if editing.otherwise(document, key):
            continue
        for rule in rules:
            at = find(rule.address) if isinstance(rule, Choice) else None
            if at is None:
                continue
            seen = sample.seen[at]
            texts = [name for name, _label in seen.options] or [text for text, _count in seen.answers]
            left = [text for text in texts if fold(text) not in rule.meanings and silence(text) is None]
            if left:
                words = _("Falta decir qué significa %(answers)s en «%(column)s».") % {
                    "answers": ", ".join(f"«{text}»" for text in left[:4]),
                    "column": shortened(seen.label)[:90],
                }
                yield Worry("meaning_missing", words, (at,), stops=False)


def tried(document: Document, entry: Observe, text: str) -> str:
    """How one answer is read today, in words: "12", "10 a 15", "nadie sabe", or why it cannot be."""
    result = reader(replace(entry, when=None), document)(text)
    if isinstance(result, Problem):
        return result.message
    if isinstance(result, Parsed):
        return value_words(INDICATORS[entry.indicator], result.low, result.high)
    if isinstance(result, values.Unknown):
        return _("nadie sabe")
    return _("sin dato")


def value_words(indicator: Indicator, low: float, high: float) -> str:
    """A value of an indicator as a person says it."""
    if indicator.kind is Kind.YESNO and low == high:
        return _("sí") if low else _("no")
    if indicator.kind is Kind.LEVEL and low == high and int(low) < len(indicator.levels):
        return said(indicator.levels[int(low)])
    if indicator.kind is Kind.SHARE:
        return f"{low * 100:g} %" if low == high else f"{low * 100:g}–{high * 100:g} %"
    if low == high:
        return f"{low:,g}" if low == int(low) and low < 1e6 else f"{low:g}"
    if high == float("inf"):
        return _("%(low)s o más") % {"low": f"{low:g}"}
    return _("%(low)s a %(high)s") % {"low": f"{low:g}", "high": f"{high:g}"}
