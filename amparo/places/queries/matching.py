"""What a code or names in a file mean."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from itertools import pairwise
from typing import Literal

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from amparo.places import countries
from amparo.places.models import Place, PlaceName
from amparo.places.names import key, likeness, readings, sound, spell_out, tidy
from amparo.places.queries.merged import MERGED, former_paths, led_on
from amparo.places.queries.searching import NEAREST, search, squeezed
from amparo.places.queries.tree import at_path, below, during, steps

MUNICIPALITY = 2
ALIKE = 0.85  # likeness from which two spellings may be one name
CLEARLY = 0.05  # by which the best must lead the second
_BETWEEN = re.compile(
    r"[,;/|()]| [-–—] "
)  # what stands between a municipality and its department in one cell
_MOST_PARTS = 4  # of a cell that are tried
LONG_ENOUGH = 4  # letters of a name of which a search may find something meant


class Note(models.TextChoices):
    """What a person should know of a match."""

    ENDED = "ended", gettext_lazy("Este lugar ya no existe con ese código.")
    NOT_YET = "not_yet", gettext_lazy("Ese código todavía no existía en esa fecha.")
    NAMES_DIFFER = "names_differ", gettext_lazy("El código y los nombres señalan lugares distintos.")


@dataclass(frozen=True)
class Match:
    """What a code or names led to.

    `exact`: the code, or the names but for accents, capitals, abbreviations and "Departamento de". `fuzzy`:
    one place fits by sound, by a word in parenthesis or by a slip of spelling; a person should confirm it.
    `none`: nothing fits or several do; `candidates` are then the ones to choose from, and `within` is the
    deepest place in which it lies for sure (the department that is known, what all candidates share).
    """

    place: Place | None
    how: Literal["exact", "fuzzy", "none"]
    candidates: tuple[Place, ...] = ()
    within: Place | None = None
    notes: tuple[Note, ...] = ()
    successors: tuple[Place, ...] = ()

    @property
    def note(self) -> str:
        """The notes in words; "" when there is nothing to say."""
        return " ".join(str(note.label) for note in self.notes)


def resolve(
    code: str | None = None, names: Sequence[str] = (), country: str | None = None, at: date | None = None
) -> Match:
    """The place that a code, else names, mean. Never guesses between two.

    `names` go from the upper level to the lower, the first being level 1 (a country may stand before it);
    leave an empty one for a level that is not told. `at` is the day of which the source speaks, today by
    default.
    """
    day = at or timezone.localdate()
    names = tuple(name or "" for name in names)
    country_code = countries.code_of(country) if country else None
    if code and (found := _by_code(code, country_code)):
        return _with_names(_chosen(found, day), names)
    if not any(spell_out(name) for name in names):
        return Match(None, "none")
    match = _by_names(names, country_code, day)
    if match.how != "exact" and (parted := _in_one_cell(names, country_code, day)):
        return parted
    return match


def _in_one_cell(names: tuple[str, ...], country: str | None, day: date) -> Match | None:
    """What a municipality written with its department in one cell means ("Choloma, Cortés", "Cortés / Choloma",
    "Choloma (Cortés)"); None unless its parts fit one way only, without a slip of spelling."""
    *upper, lowest = dict.fromkeys(name for name in names if spell_out(name))
    parts = [part for part in _BETWEEN.split(lowest) if spell_out(part)][:_MOST_PARTS]
    if len(parts) < 2:
        return None
    pairs = [pair for one, other in pairwise(parts) for pair in ((one, other), (other, one))]
    said = {key(name) for name in upper}
    tried = [pair if said & {key(part) for part in pair} else (*upper, *pair) for pair in pairs]
    exact = [match for names in tried if (match := _by_names(names, country, day)).how == "exact"]
    found = {match.place.path: match for match in exact if match.place is not None}
    deepest = max(found, key=len, default="")
    return found[deepest] if deepest and all(deepest.startswith(path) for path in found) else None


def _by_code(written: str, country: str | None) -> list[Place]:
    """The places that bore this code, in whatever style it is written, or what they were merged into."""
    bare = squeezed(written)
    styles = [tidy(written).upper(), bare]
    known = countries.country(country) if country else None
    if known and bare.isdigit():
        # "0801" of a national list; "801" where a spreadsheet ate the zero.
        styles += [known.iso2 + bare, f"{known.iso2}0{bare}"]
    if len(bare) == 2 and (whole := countries.country(bare)):
        styles.append(whole.code)
    found = Place.objects.filter(code__in=styles).select_related("parent")
    if country:
        found = found.filter(country=country)
    places = list(found)
    became = led_on(places)
    by_code: dict[str, list[Place]] = {}
    for place in places:
        by_code.setdefault(place.code, []).append(became[place.pk])
    return next((by_code[style] for style in styles if style in by_code), [])


def _chosen(places: list[Place], day: date) -> Match:
    """The one that stood on that day, else the newest, with what must be said of it."""
    standing_then = [place for place in places if place.stands_on(day)]
    if standing_then:
        return Match(standing_then[0], "exact")
    newest = max(places, key=lambda place: place.valid_from or date.min)
    return Match(newest, "exact", notes=(_why_not(newest, day),), successors=_successors(newest))


def _why_not(place: Place, day: date) -> Note:
    return Note.ENDED if place.valid_to is not None and place.valid_to <= day else Note.NOT_YET


def _successors(place: Place) -> tuple[Place, ...]:
    return tuple(place.succeeded_by.select_related("parent").order_by("path"))


def _with_names(match: Match, names: tuple[str, ...]) -> Match:
    """The code decides; names that speak of somewhere else are noted."""
    told = [name for name in names if spell_out(name)]
    if match.place is None or not told:
        return match
    called = _names_by_path([match.place.path])
    if any(_grade(told[-1], spoken) is not None for spoken in called.values()):
        return match
    return replace(match, notes=(*match.notes, Note.NAMES_DIFFER))


class _Grade(IntEnum):
    EXACT = 0
    FUZZY = 1


def _grade(told: str, called: Iterable[str]) -> _Grade | None:
    """How well a told name fits one of those a place is called by; None when it does not."""
    called = list(called)
    if any({key(told), spell_out(told)} & {key(name), spell_out(name)} for name in called):
        return _Grade.EXACT
    for reading in readings(told):
        for name in called:
            if sound(reading) == sound(name) or likeness(reading, name) >= ALIKE:
                return _Grade.FUZZY
    return None


def _names_by_path(paths: Iterable[str]) -> dict[str, list[str]]:
    """What the places on the way to these paths are called, by path of the place."""
    on_the_way = {step for path in paths for step in steps(path)}
    called: dict[str, list[str]] = {}
    for path, name in PlaceName.objects.filter(place__path__in=on_the_way).values_list("place__path", "name"):
        called.setdefault(path, []).append(name)
    return called


@dataclass(frozen=True)
class _Fit:
    """A place that fits told names: how well, and how many levels astray of where they lie they were told."""

    place: Place
    grade: _Grade
    astray: int


def _by_names(names: tuple[str, ...], country: str | None, day: date) -> Match:
    """From the lowest told name upwards: who bears it, and does the way up to the country fit too?"""
    if len(names) > 1 and _is_a_country(names[0], country):
        names = names[1:]
        if not any(spell_out(name) for name in names):
            return Match(None, "none")
    told = [(level, name) for level, name in enumerate(names, start=1) if spell_out(name)]
    level, lowest = told[-1]
    bearers = _bearers(Q(name_key__in={key(lowest), spell_out(lowest)}), country)
    fits = _fitting(bearers, told, _Grade.EXACT)
    if not fits:
        heard = [spoken for reading in readings(lowest) if (spoken := sound(reading))]
        fits = _fitting(_bearers(Q(sound_key__in=heard), country), told, _Grade.FUZZY)
    within = None
    if not fits and len(told) > 1:
        within = _by_names(names[: level - 1], country, day).place
        fits = [_Fit(place, _Grade.FUZZY, 0) for place in (_alike(lowest, within, day) if within else [])]
    found = _most_likely(fits, day)
    if len({fit.place.code for fit in found}) == 1:
        chosen = _chosen([fit.place for fit in found], day)
        return replace(chosen, how="exact" if found[0].grade is _Grade.EXACT else "fuzzy")
    candidates = [fit.place for fit in found] or bearers
    if not candidates and within is None and len(lowest) >= LONG_ENOUGH:
        candidates = search(lowest, country=country, limit=NEAREST, at=day)
    within = within or _shared([fit.place for fit in found], country)
    return Match(None, "none", tuple(candidates[:NEAREST]), within)


def _is_a_country(name: str, country: str | None) -> bool:
    """Whether a first name is a country's and no department's: "Guatemala" is both, so a department."""
    wanted = {key(name), spell_out(name)}
    bearers = PlaceName.objects.filter(name_key__in=wanted, place__level__lte=1)
    if country:
        bearers = bearers.filter(place__country=country)
    return set(bearers.values_list("place__level", flat=True)) == {0}


def _bearers(names: Q, country: str | None) -> list[Place]:
    where = Q(place__country=country) if country else Q()
    found = PlaceName.objects.filter(names, where).values_list("place_id", flat=True)
    places = Place.objects.exclude(MERGED).filter(pk__in=set(found))
    return list(places.select_related("parent").order_by("path", "pk"))


def _fitting(places: Collection[Place], told: Sequence[tuple[int, str]], own: _Grade) -> list[_Fit]:
    """Of these places, whose name fits as `own`, those whose way up to the country bears the upper names."""
    upper, (level, _lowest) = told[:-1], told[-1]
    ways = _ways([place.path for place in places]) if upper else {}
    fits = []
    for place in places:
        found = [way for above in ways.get(place.path, [[]]) if (way := _way_up(upper, above)) is not None]
        if found:
            grade, astray = min(found)
            fits.append(_Fit(place, max(own, grade), astray + abs(place.level - level)))
    return fits


def _ways(paths: Sequence[str]) -> dict[str, list[list[list[str]]]]:
    """What the places above these paths are called, country first, by each way that leads there.

    One is the path itself. The others are those that led to the provisional places merged into the place or into one
    above: who writes as before is still understood.
    """
    former = former_paths({step for path in paths for step in steps(path)})
    called = _names_by_path([*paths, *(before for others in former.values() for before in others)])
    ways: dict[str, list[list[list[str]]]] = {}
    for path in paths:
        above = [called.get(step, []) for step in steps(path)[:-1]]
        ways[path] = [above]
        for depth, step in enumerate(steps(path)):
            for before in former.get(step, ()):
                once = [called.get(one, []) for one in steps(before)[:-1]]
                ways[path].append(once + above[depth:])
    return ways


def _way_up(upper: Sequence[tuple[int, str]], above: list[list[str]]) -> tuple[_Grade, int] | None:
    """The worst fit of upper names with the places above, country first, and how far astray they were told.

    Each is found after the one before; None when one is not.
    """
    worst, astray, start = _Grade.EXACT, 0, 0
    for level, name in upper:
        options = [
            (grade, abs(at - level), at)
            for at in range(start, len(above))
            if (grade := _grade(name, above[at])) is not None
        ]
        if not options:
            return None
        grade, off, at = min(options)
        worst, astray, start = max(worst, grade), astray + off, at + 1
    return worst, astray


def _shared(places: Collection[Place], country: str | None) -> Place | None:
    """The deepest place around all of these, else the country."""
    if places:
        ways = [steps(place.path)[:-1] for place in places]
        shared = [step for step, *others in zip(*ways, strict=False) if set(others) <= {step}]
        return at_path(shared[-1]) if shared else None
    return Place.objects.filter(code=country, level=0).first() if country else None


def _alike(lowest: str, above: Place, day: date) -> list[Place]:
    """The one place right below another whose name is clearly the most alike."""
    best: dict[int, float] = {}
    inside = below(above, day).filter(level=above.level + 1)
    for pk, name in PlaceName.objects.filter(place__in=inside).values_list("place_id", "name"):
        best[pk] = max(best.get(pk, 0.0), *(likeness(reading, name) for reading in readings(lowest)))
    ranked = sorted(best.items(), key=lambda item: -item[1])
    if not ranked or ranked[0][1] < ALIKE or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < CLEARLY):
        return []
    return list(Place.objects.filter(pk=ranked[0][0]).select_related("parent"))


def alike(text: str, *, most: int = 3) -> list[Place]:
    """The municipalities whose names are written or sound the most like this one; for a person to choose from."""
    best: dict[int, float] = {}
    spelt = text.partition(",")[0]
    told = PlaceName.objects.filter(during(timezone.localdate(), "place__"), place__level=MUNICIPALITY)
    for pk, name in told.values_list("place_id", "name"):
        best[pk] = max(best.get(pk, 0.0), likeness(spelt, name))
    near = sorted((pk for pk, like in best.items() if like >= ALIKE), key=lambda pk: (-best[pk], pk))[:most]
    places = Place.objects.select_related("parent").in_bulk(near)
    return [places[pk] for pk in near]


def _most_likely(fits: list[_Fit], day: date) -> list[_Fit]:
    """The best of them: by how well they fit, then whether they stood on the day, then the levels told."""
    ranks = [(fit.grade, not fit.place.stands_on(day), fit.astray) for fit in fits]
    return [fit for fit, rank in zip(fits, ranks, strict=True) if rank == min(ranks)]
