"""A mapping held against the columns of one sheet, or the questions of one form: rows in, facts out."""

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as Answers
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from amparo.intake.mapping import values
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import (
    Check,
    Choice,
    Document,
    Fixed,
    Meaning,
    Observe,
    PlaceRule,
    SiteRule,
)
from amparo.intake.mapping.facts import Facts, Observed, SiteFacts
from amparo.intake.mapping.problems import MappingProblem, Trouble
from amparo.intake.mapping.values import MISSING, Flag, Missing, Parsed, Place, Problem, Told, Unknown
from amparo.intake.mapping.values.cells import shortened, silence
from amparo.standards import INDICATORS, Indicator, Kind
from amparo.toolkit.sheets import Cell, Column, Row
from amparo.toolkit.sheets.names import fold, nearest

Result = Parsed | Unknown | Missing | Problem
Source = Row | Sequence[Cell] | Answers[str, Cell]
Take = Callable[[Column], Cell]

PEOPLE, BOTH = "persons", ("women", "men")  # everybody is one or the other
_NAMED = 12  # titles that a message lists
_REMEMBERED = 500  # answers per column whose meaning is kept: sheets and phones repeat themselves


@dataclass(frozen=True, slots=True)
class _Choice:
    column: Column
    meanings: Answers[str, str]


@dataclass(frozen=True, slots=True)
class _Reading:
    """One indicator, its columns, and how one cell of them is read."""

    indicator: Indicator
    columns: tuple[Column, ...]
    label: str
    read: Callable[[Cell], Result]
    when: tuple[Column, frozenset[str]] | None

    simple: Column | None
    """The only column of a reading without condition, which most are."""


class Bound:
    """Made by `Mapping.bind`. Pure and deterministic: the same row always gives the same facts."""

    def __init__(self, document: Document, columns: Sequence[Column]) -> None:
        """Raises `MappingProblem` listing every column that is missing or in doubt."""
        self.document = document
        self.columns = tuple(columns)
        self._found: dict[Address, Column | None] = {}
        troubles = [
            trouble for where, address in document.addresses() for trouble in self._look_up(where, address)
        ]
        self._readings = tuple(filter(None, map(self._reading, document.observe)))
        if document.purpose == "assessment" and not self._readings and not troubles:
            message = _("Ninguna columna de esta hoja está en la guía de lectura.")
            troubles.append(Trouble("nothing_observed", document.name, message))
        if troubles:
            raise MappingProblem(list(dict.fromkeys(troubles)), _advice(self.columns))
        observed = {reading.indicator.key for reading in self._readings}
        self._checks = tuple(check for check in document.checks if {*check.parts, check.total} <= observed)
        self._kind = self._choices(document.site.kind)
        self._status = self._choices(document.site.status)

    @property
    def indicators(self) -> tuple[str, ...]:
        """The indicators this sheet can feed, in the mapping's order."""
        return tuple(dict.fromkeys(reading.indicator.key for reading in self._readings))

    @property
    def unbound(self) -> tuple[str, ...]:
        """Entries of the mapping for which this sheet has no column."""
        return tuple(
            f"{where}: {address.label}"
            for where, address in dict.fromkeys(self.document.addresses())
            if self._found[address] is None
        )

    @property
    def unused(self) -> tuple[Column, ...]:
        """Columns that the mapping does not read. They stay in the raw message."""
        used = {column.index for column in self._found.values() if column is not None}
        return tuple(column for column in self.columns if column.index not in used and column.name)

    def all_facts(self, rows: Iterable[Row], received: dt.datetime | None = None) -> Iterator[Facts]:
        """The facts of each row, in order."""
        for row in rows:
            yield self.facts(row, received)

    def facts(self, row: Source, received: dt.datetime | None = None) -> Facts:
        """What one row, or one form's answers {path: text}, says. Never raises for what is written in it.

        `received` (with offset) lets a date that has not come yet be flagged.
        """
        take, number = _taker(row)
        flags: list[Flag] = []
        problems: list[Problem] = []
        unknowns: list[str] = []
        site = self._site(take, flags, problems)
        told_at, moment = self._told(take, received, flags, problems)
        observations = []
        for reading in self._readings:
            if reading.simple is not None:
                result = reading.read(take(reading.simple))
            else:
                result = self._value(reading, take)
            key = reading.indicator.key
            if isinstance(result, Parsed):
                observations.append(Observed(key, result.low, result.high, reading.label))
                if result.flags:
                    flags.extend(result.flags)
            elif isinstance(result, Problem):
                problems.append(result)
            elif isinstance(result, Unknown):
                unknowns.append(key)
        given = {each.indicator: each for each in observations}
        settled = {*given, *unknowns}
        unknowns = [key for key in dict.fromkeys(unknowns) if key not in given]
        waiting = {problem.field for problem in problems} - settled
        everybody = _both_sexes(given)
        if everybody is not None and not {PEOPLE, *BOTH} & waiting:
            observations.append(everybody)
            unknowns = [key for key in unknowns if key != PEOPLE]
        for check in self._checks:
            flag = _difference(check, given, waiting)
            if flag is not None:
                flags.append(flag)
        return Facts(
            row_number=number,
            site=site,
            told_at=told_at,
            moment=moment,
            observations=tuple(observations),
            flags=tuple(flags),
            problems=tuple(problems),
            unknowns=tuple(unknowns),
        )

    # Binding.

    def _look_up(self, where: str, address: Address) -> Iterator[Trouble]:
        found = address.find(self.columns)
        self._found[address] = found[0] if len(found) == 1 else None
        if len(found) > 1:
            labels = ", ".join(f"«{column.label}»" for column in found[:5])
            message = _(
                "«%(name)s» puede ser varias columnas: %(labels)s. Agregue «ending», «nth» o «after»."
            )
            yield Trouble("column_ambiguous", where, message % {"name": address.label, "labels": labels})
        elif not found and not (self.document.may_miss if address.optional is None else address.optional):
            names = [column.name for column in self.columns if column.name]
            close = nearest(address.label, names)
            message = _("No está la columna «%(name)s».") % {"name": address.label}
            if close:
                message += " " + _("¿Será «%(close)s»?") % {"close": _("» o «").join(close)}
            yield Trouble("column_missing", where, message)

    def _column(self, address: Address | None) -> Column | None:
        return self._found.get(address) if address is not None else None

    def _columns(self, addresses: Iterable[Address]) -> list[Column]:
        return [column for address in addresses if (column := self._found.get(address)) is not None]

    def _choices(self, rules: Iterable[Choice | Fixed]) -> tuple[_Choice | str, ...]:
        found: list[_Choice | str] = []
        for rule in rules:
            if isinstance(rule, Fixed):
                found.append(rule.value)
            elif (column := self._column(rule.address)) is not None:
                found.append(_Choice(column, rule.meanings))
        return tuple(found)

    def _reading(self, entry: Observe) -> _Reading | None:
        columns = self._columns(entry.addresses)
        if not columns or len(columns) < len(entry.addresses):
            return None
        when = None
        if entry.when is not None:
            condition = self._column(entry.when.address)
            if condition is None:
                return None
            when = (condition, entry.when.answers)
        return _Reading(
            indicator=INDICATORS[entry.indicator],
            columns=tuple(columns),
            label=" + ".join(column.label for column in columns),
            read=reader(entry, self.document),
            when=when,
            simple=columns[0] if len(columns) == 1 and when is None else None,
        )

    # Reading a row.

    def _value(self, reading: _Reading, take: Take) -> Result:
        if reading.when is not None:
            condition, answers = reading.when
            if fold(values.as_text(take(condition))) not in answers:
                return MISSING
        if len(reading.columns) == 1:
            return reading.read(take(reading.columns[0]))
        return _sum(reading, [reading.read(take(column)) for column in reading.columns])

    def _site(self, take: Take, flags: list[Flag], problems: list[Problem]) -> SiteFacts:
        rule, place = self.document.site, self.document.place
        lat, lon = self._coordinates(rule, take, flags, problems)
        external_id, name = self._text(rule.id, take), self._text(rule.name, take)
        if not external_id and not name:
            problems.append(Problem("site_without_name", field="site"))
        return SiteFacts(
            external_id=external_id,
            system=rule.system if external_id else "",
            identity=tuple(
                values.as_text(take(column)).casefold() for column in self._columns(rule.identity)
            ),
            name=name,
            kind=_decided(self._kind, take, "site_kind_not_listed", "kind", flags),
            status=_decided(self._status, take, "site_status_not_listed", "status", flags),
            lat=lat,
            lon=lon,
            pcode=next((text for address in place.pcode if (text := self._text(address, take))), ""),
            admin_names=tuple(values.as_text(take(column)) for column in self._columns(place.names)),
            country=self._country(place, take),
            address=", ".join(
                text for column in self._columns(rule.address) if (text := values.as_text(take(column)))
            ),
            extra={key: text for key, address in rule.extra.items() if (text := self._text(address, take))},
        )

    def _text(self, address: Address | None, take: Take) -> str:
        """What the cell says, "" when it says nothing, an error or that nobody knows."""
        column = self._column(address)
        text = values.as_text(take(column)) if column is not None else ""
        return text if silence(text) is None else ""

    def _country(self, place: PlaceRule, take: Take) -> str:
        if isinstance(place.country, Fixed):
            return place.country.value
        return self._text(place.country, take)

    def _coordinates(
        self, rule: SiteRule, take: Take, flags: list[Flag], problems: list[Problem]
    ) -> tuple[float | None, float | None]:
        lat, lon, point = self._column(rule.lat), self._column(rule.lon), self._column(rule.geopoint)
        found: Place | Unknown | Missing | Problem = MISSING
        if lat is not None and lon is not None:
            found = values.place(take(lat), take(lon), rule.within)
        if isinstance(found, Missing) and point is not None:
            found = values.geopoint(take(point), rule.within)
        if isinstance(found, Problem):
            problems.append(replace(found, field="place"))
        if not isinstance(found, Place):
            return None, None
        flags.extend(found.flags)
        return found.lat, found.lon

    def _told(
        self, take: Take, received: dt.datetime | None, flags: list[Flag], problems: list[Problem]
    ) -> tuple[dt.datetime | dt.date | None, dt.datetime | None]:
        """The first of the mapping's columns that says when."""
        found: Told | Unknown | Missing | Problem = MISSING
        text = ""
        for column in self._columns(self.document.told_at):
            text = shortened(values.as_text(take(column)))
            found = values.told(take(column), self.document.order, self.document.offset)
            if isinstance(found, Told):
                break
        if isinstance(found, Problem):
            problems.append(replace(found, field="told_at"))
        if not isinstance(found, Told):
            return None, None
        when = found.when
        local = (
            when
            if isinstance(when, dt.datetime)
            else dt.datetime.combine(when, dt.time(12), self.document.offset)
        )
        moment = local.astimezone(dt.UTC)
        flags.extend(replace(flag, field="told_at") for flag in found.flags)
        if received is not None and moment > received + dt.timedelta(days=1):
            flags.append(Flag("date_in_future", "told_at", text))
        return when, moment


def _both_sexes(given: Answers[str, Observed]) -> Observed | None:
    """Everybody, added up from the women and the men of one row, where nobody told how many they are together.

    Without it an older total would stand beside these newer parts.
    """
    if PEOPLE in given or not given.keys() >= set(BOTH):
        return None
    parts = [given[key] for key in BOTH]
    return Observed(
        indicator=PEOPLE,
        low=sum(part.low for part in parts),
        high=sum(part.high for part in parts),
        column=" + ".join(part.column for part in parts),
        derived=True,
    )


def _advice(columns: Sequence[Column]) -> str:
    """What to do with a sheet or form that does not fit, and what it brings."""
    named = [f"«{column.name}»" for column in columns if column.name]
    more = len(named) - _NAMED
    told = ", ".join(named[:_NAMED]) + (" " + _("y %(count)d más") % {"count": more} if more > 0 else "")
    advice = _("No se cambió nada. Corrija los títulos o haga una guía de lectura para este archivo.")
    return f"{advice} {_('Trae: %(names)s.') % {'names': told}}" if told else advice


def _taker(row: Source) -> tuple[Take, int]:
    """How to take a column's cell out of a row, and the row's number (0 for a form)."""
    if isinstance(row, Answers):
        answers = row
        return lambda column: answers.get(column.name), 0
    cells = row.cells if isinstance(row, Row) else row
    width = len(cells)
    return lambda column: cells[column.index] if column.index < width else None, (
        row.number if isinstance(row, Row) else 0
    )


def _decided(
    rules: Sequence[_Choice | str], take: Take, code: str, field: str, flags: list[Flag]
) -> str | None:
    """The first rule that decides.

    An answer in no table is flagged, unless a later column's answer decides.
    """
    unlisted = ""
    decided: str | None = None
    for rule in rules:
        if isinstance(rule, str):
            decided = rule
            break
        text = values.as_text(take(rule.column))
        if silence(text) is not None and fold(text) not in rule.meanings:
            continue
        meaning = rule.meanings.get(fold(text))
        if meaning is None:
            unlisted = unlisted or text
        elif meaning != "next":
            return meaning
    if unlisted:
        flags.append(Flag(code, field, shortened(unlisted)))
    return decided


def reader(entry: Observe, document: Document) -> Callable[[Cell], Result]:
    """How one cell of this entry is read: its choices first, then by its kind, then the factor, then the
    check."""
    indicator = INDICATORS[entry.indicator]
    parse = _parser(entry, document, indicator)
    remembered: dict[str, Result] = {}

    def read(cell: Cell) -> Result:
        if not isinstance(cell, str):
            return named(fresh(cell))
        result = remembered.get(cell)
        if result is None:
            result = named(fresh(cell))
            if len(remembered) < _REMEMBERED and len(cell) < 200:
                remembered[cell] = result
        return result

    def named(result: Result) -> Result:
        """With the indicator as the field of its flags or its problem."""
        if isinstance(result, Parsed) and result.flags:
            return replace(result, flags=tuple(replace(flag, field=indicator.key) for flag in result.flags))
        return replace(result, field=indicator.key) if isinstance(result, Problem) else result

    def fresh(cell: Cell) -> Result:
        text = values.as_text(cell)
        said = fold(text) if text else ""
        if entry.contains:
            return _contains(text, entry.contains)
        if said in entry.choices:
            return _meant(entry.choices[said], text)
        if said and said in document.unknown:
            return Unknown(text)
        result = parse(cell)
        if isinstance(result, Problem) and entry.choices and result.code in _UNLISTED:
            return Problem("choice_not_listed", result.detail)
        if not isinstance(result, Parsed):
            return result
        if entry.factor != 1.0:
            result = replace(result, low=result.low * entry.factor, high=result.high * entry.factor)
        problem = indicator.problem_with(result.low, result.high)
        return Problem(problem, shortened(text)) if problem else result

    return read


_UNLISTED = {"not_a_number", "not_yes_or_no", "no_such_level", "words_after_number"}


def _parser(entry: Observe, document: Document, indicator: Indicator) -> Callable[[Cell], Result]:
    unit = " ".join(indicator.unit.values())
    mark = document.decimal
    if entry.kind is Kind.COUNT:
        return lambda cell: values.count(cell, unit=unit, decimal=mark)
    if entry.kind is Kind.QUANTITY:
        loose = "" if entry.factor != 1.0 else unit  # with a factor the sheet's unit is another one
        return lambda cell: values.quantity(cell, unit=loose, decimal=mark)
    if entry.kind is Kind.SHARE:
        return lambda cell: values.share(cell, scale=entry.scale, decimal=mark)
    if entry.kind is Kind.LEVEL:
        labels = [tuple(words.values()) for words in indicator.levels]
        return lambda cell: values.level(cell, labels)
    return values.yes_or_no


def _meant(meaning: Meaning, text: str) -> Result:
    if meaning == "unknown":
        return Unknown(text)
    if meaning == "skip":
        return MISSING
    low, high = meaning
    return Parsed(low, high)


def _contains(text: str, wanted: str) -> Result:
    """1 when a question of several answers has this one among them, 0 when it was answered without it."""
    quiet = silence(text)
    if quiet is not None:
        return quiet
    return Parsed(1.0, 1.0) if wanted in text.split() else Parsed(0.0, 0.0)


def _sum(reading: _Reading, results: list[Result]) -> Result:
    """The parts added up; with a part missing there is no sum, and with parts missing and others not, a
    problem."""
    for result in results:
        if isinstance(result, Problem):
            return result
    known = [result for result in results if isinstance(result, Parsed)]
    if len(known) == len(results):
        flags = tuple(flag for result in known for flag in result.flags)
        return Parsed(sum(result.low for result in known), sum(result.high for result in known), flags)
    if any(isinstance(result, Unknown) for result in results):
        return Unknown()
    if not known:
        return MISSING
    absent = [
        column.label
        for column, result in zip(reading.columns, results, strict=True)
        if isinstance(result, Missing)
    ]
    return Problem("sum_incomplete", shortened(", ".join(absent)), reading.indicator.key)


def _difference(check: Check, given: dict[str, Observed], waiting: set[str]) -> Flag | None:
    """A flag when the parts cannot add up to the total.

    A part that nobody filled in may be anything from zero up, so with one missing only parts that already
    exceed the total are flagged. A value that waits for a person says nothing yet.
    """
    total = given.get(check.total)
    if total is None or waiting & {*check.parts, check.total}:
        return None
    parts = [given[key] for key in check.parts if key in given]
    if not parts:
        return None
    low = sum(part.low for part in parts)
    high = sum(part.high for part in parts) if len(parts) == len(check.parts) else math.inf
    if low <= total.high and high >= total.low:
        return None
    figures = {"{sum}": _figure(low), "{total}": _figure(total.low)}
    words = []
    for language, text in check.message:
        for mark, figure in figures.items():
            text = text.replace(mark, figure)
        words.append((language, text))
    return Flag(check.name, check.total, f"{_figure(low)} / {_figure(total.low)}", tuple(words))


def _figure(number: float) -> str:
    return f"{number:.0f}" if number == int(number) else f"{number:g}"
