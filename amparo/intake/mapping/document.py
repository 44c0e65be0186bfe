"""The mapping file: TOML read into a `Mapping`, with every mistake found named in plain words."""

import datetime as dt
import math
import re
import tomllib
from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from django.utils.translation import gettext as _

from amparo.intake.mapping.address import Address
from amparo.intake.mapping.problems import MappingProblem, Trouble
from amparo.intake.mapping.values.coordinates import Box
from amparo.intake.mapping.values.dates import Order, zone
from amparo.intake.mapping.values.numbers import DecimalMark, Scale
from amparo.intake.mapping.values.results import Words
from amparo.standards import INDICATORS, Kind
from amparo.toolkit.sheets.names import fold, nearest

SITE_KINDS = ("collective_centre", "transit_centre", "planned_site", "self_settled_site")
STATUSES = ("open", "closed", "candidate")
PURPOSES = ("assessment", "sites")

Silence = Literal["unknown", "skip"]
Meaning = tuple[float, float] | Silence
"""What an answer means: a range (exact when both are equal), that nobody knows, or that it does not apply."""

_ADDRESS = ("column", "code", "path", "ending", "nth", "after", "optional", "required")
_LONGEST_FILE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Choice:
    """A column of words and what each means for the site.

    `meanings` are folded; "next" tries the next column.
    """

    address: Address
    meanings: Table[str, str]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same for every row."""

    value: str


@dataclass(frozen=True, slots=True)
class SiteRule:
    """How the site is recognised."""

    system: str = ""
    id: Address | None = None
    identity: tuple[Address, ...] = ()
    name: Address | None = None
    lat: Address | None = None
    lon: Address | None = None
    geopoint: Address | None = None
    within: Box | None = None
    address: tuple[Address, ...] = ()
    kind: tuple[Choice | Fixed, ...] = ()
    status: tuple[Choice | Fixed, ...] = ()
    extra: Table[str, Address] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlaceRule:
    """Where it lies: P-codes, the most precise first; names of areas, the largest first."""

    pcode: tuple[Address, ...] = ()
    names: tuple[Address, ...] = ()
    country: Address | Fixed | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A condition: the cell is one of these answers (folded)."""

    address: Address
    answers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Observe:
    """One indicator and where its value stands. Several `addresses` are added up."""

    indicator: str
    addresses: tuple[Address, ...]
    kind: Kind
    choices: Table[str, Meaning] = field(default_factory=dict)
    contains: str = ""
    factor: float = 1.0
    scale: Scale = "auto"
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """Indicators that should add up to another one. A difference is flagged, never refused."""

    name: str
    parts: tuple[str, ...]
    total: str
    message: Words


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping file, read and found whole."""

    name: str
    version: int
    purpose: str
    title: Words
    order: Order
    offset: dt.tzinfo
    decimal: DecimalMark
    may_miss: bool
    unknown: frozenset[str]
    site: SiteRule
    place: PlaceRule
    told_at: tuple[Address, ...]
    observe: tuple[Observe, ...]
    checks: tuple[Check, ...]

    def addresses(self) -> list[tuple[str, Address]]:
        """Every address with the entry that uses it."""
        found: list[tuple[str, Address]] = []

        def add(where: str, *addresses: object) -> None:
            found.extend((where, each) for each in addresses if isinstance(each, Address))

        site, place = self.site, self.place
        add("site.id", site.id)
        add("site.identity", *site.identity)
        add("site.name", site.name)
        add("site.lat", site.lat)
        add("site.lon", site.lon)
        add("site.geopoint", site.geopoint)
        add("site.address", *site.address)
        for choice in site.kind:
            add("site.kind", getattr(choice, "address", None))
        for choice in site.status:
            add("site.status", getattr(choice, "address", None))
        for key, address in site.extra.items():
            add(f"site.extra.{key}", address)
        add("place.pcode", *place.pcode)
        add("place.names", *place.names)
        add("place.country", place.country)
        add("told_at", *self.told_at)
        for entry in self.observe:
            add(f"observe {entry.indicator}", *entry.addresses, entry.when.address if entry.when else None)
        return found


def read(text: str, name: str = "") -> Document:
    """Reads one mapping file.

    `name` is used while its own is not known. Raises `MappingProblem` with every mistake.
    """
    document, troubles = examine(text, name)
    if troubles:
        raise MappingProblem(list(troubles))
    return document


def examine(text: str, name: str = "") -> tuple[Document, tuple[Trouble, ...]]:
    """What can be made of a file that may not be whole yet, and everything that is wrong with it.

    What is wrong is left out of the document. Raises `MappingProblem` for what is no TOML at all.
    """
    if len(text) > _LONGEST_FILE:
        raise MappingProblem([Trouble("too_large", name, _("La guía de lectura es demasiado grande."))])
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = _("El archivo no es TOML válido: %(detail)s") % {"detail": error}
        raise MappingProblem([Trouble("bad_toml", name or "TOML", message)]) from None
    reader = _Reader()
    document = reader.document(content)
    return document, tuple(reader.troubles)


class _Reader:
    """Takes a parsed file apart and remembers what is wrong with it."""

    def __init__(self) -> None:
        self.troubles: list[Trouble] = []

    def wrong(self, code: str, where: str, message: str) -> None:
        self.troubles.append(Trouble(code, where, message))

    def document(self, content: dict[str, Any]) -> Document:
        top = self.table(
            content,
            "",
            ("name", "version", "kind", "title", "reading", "site", "place", "told_at", "observe", "check"),
        )
        name = self.text(top, "name", "", pattern=r"[a-z0-9][a-z0-9._-]{0,99}")
        version = self.whole(top, "version", "")
        purpose = self.one_of(top, "kind", "", PURPOSES)
        reading = self.table(
            top.get("reading", {}), "reading", ("dates", "offset", "decimal", "missing", "unknown")
        )
        observe = tuple(
            entry
            for at, each in enumerate(self.tables(top, "observe"), start=1)
            if (entry := self.observe(each, f"observe {at}")) is not None
        )
        self.no_indicator_twice(observe)
        if purpose == "assessment" and not observe and not self.troubles:
            self.wrong("nothing_observed", "observe", _("La guía no dice qué datos leer."))
        return Document(
            name=name,
            version=version,
            purpose=purpose,
            title=self.words(top.get("title"), "title"),
            order=cast(Order, self.one_of(reading, "dates", "reading", ("dmy", "mdy", "ymd"), "dmy")),
            offset=self.offset(reading),
            decimal=cast(DecimalMark, self.one_of(reading, "decimal", "reading", ("auto", ".", ","), "auto")),
            may_miss=self.one_of(reading, "missing", "reading", ("refused", "allowed"), "refused")
            == "allowed",
            unknown=frozenset(map(fold, self.texts(reading, "unknown", "reading"))),
            site=self.site(top.get("site", {})),
            place=self.place(top.get("place", {})),
            told_at=self.addresses(top, "told_at", ""),
            observe=observe,
            checks=tuple(
                self.check(each, {entry.indicator for entry in observe}) for each in self.tables(top, "check")
            ),
        )

    def site(self, content: Any) -> SiteRule:
        keys = (
            "system",
            "id",
            "identity",
            "name",
            "lat",
            "lon",
            "geopoint",
            "within",
            "address",
            "kind",
            "status",
            "extra",
        )
        site = self.table(content, "site", keys)
        if "name" not in site and "id" not in site:
            self.wrong("site_unnamed", "site", _("Falta la columna del nombre o del código del albergue."))
        if ("lat" in site) != ("lon" in site):
            self.wrong("half_coordinates", "site", _("La latitud y la longitud van juntas."))
        extra = self.table(site.get("extra", {}), "site.extra", None)
        return SiteRule(
            system=self.text(site, "system", "site", default=""),
            id=self.optional_address(site, "id", "site"),
            identity=self.addresses(site, "identity", "site"),
            name=self.optional_address(site, "name", "site"),
            lat=self.optional_address(site, "lat", "site"),
            lon=self.optional_address(site, "lon", "site"),
            geopoint=self.optional_address(site, "geopoint", "site"),
            within=self.box(site),
            address=self.addresses(site, "address", "site"),
            kind=self.choices_of_site(site, "kind", SITE_KINDS),
            status=self.choices_of_site(site, "status", STATUSES),
            extra={key: self.address(value, f"site.extra.{key}") for key, value in extra.items()},
        )

    def place(self, content: Any) -> PlaceRule:
        place = self.table(content, "place", ("pcode", "names", "country"))
        country: Address | Fixed | None = None
        if isinstance(place.get("country"), str):
            country = Fixed(self.text(place, "country", "place", pattern=r"[A-Z]{2}"))
        elif "country" in place:
            country = self.address(place["country"], "place.country")
        return PlaceRule(
            pcode=self.addresses(place, "pcode", "place"),
            names=self.addresses(place, "names", "place"),
            country=country,
        )

    def choices_of_site(
        self, site: dict[str, Any], key: str, allowed: tuple[str, ...]
    ) -> tuple[Choice | Fixed, ...]:
        """A fixed word, one column with its choices, or several columns tried in turn; `otherwise` ends the
        doubt."""
        value = site.get(key)
        where = f"site.{key}"
        found: list[Choice | Fixed] = []
        for each in value if isinstance(value, list) else [value] if value is not None else []:
            if isinstance(each, str):
                found.append(Fixed(self.known(each, where, allowed)))
                continue
            entry = self.table(each, where, (*_ADDRESS, "choices", "otherwise"))
            meanings = {}
            for answer, meaning in self.table(entry.get("choices", {}), f"{where}.choices", None).items():
                word = str(meaning)
                meanings[fold(answer)] = (
                    word if word == "next" else self.known(word, f"{where}.choices", allowed)
                )
            found.append(Choice(self.inline_address(entry, where), meanings))
            if "otherwise" in entry:
                found.append(Fixed(self.known(entry["otherwise"], f"{where}.otherwise", allowed)))
        return tuple(found)

    def observe(self, content: Any, where: str) -> Observe | None:
        keys = (*_ADDRESS, "indicator", "sum", "kind", "choices", "contains", "factor", "scale", "when")
        entry = self.table(content, where, keys)
        indicator = entry.get("indicator")
        if not isinstance(indicator, str) or indicator not in INDICATORS:
            self.unknown_indicator(indicator, where)
            return None
        where = f"observe {indicator}"
        kind = Kind(self.one_of(entry, "kind", where, tuple(Kind), INDICATORS[indicator].kind))
        if "sum" in entry:
            addresses = self.addresses(entry, "sum", where)
            if any(key in entry for key in ("column", "code", "path")):
                self.wrong("two_addresses", where, _("Use «sum» o una columna, no las dos."))
        else:
            addresses = (self.inline_address(entry, where),)
        factor = entry.get("factor", 1.0)
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < math.inf:
            self.wrong("wrong_value", where, _("«factor» es un número mayor que cero."))
            factor = 1.0
        return Observe(
            indicator=indicator,
            addresses=addresses,
            kind=kind,
            choices=self.choices(entry.get("choices", {}), indicator, where),
            contains=self.text(entry, "contains", where, default=""),
            factor=float(factor),
            scale=cast(Scale, self.one_of(entry, "scale", where, ("auto", "percent", "fraction"), "auto")),
            when=self.when(entry["when"], where) if "when" in entry else None,
        )

    def choices(self, content: Any, indicator: str, where: str) -> dict[str, Meaning]:
        found: dict[str, Meaning] = {}
        for answer, value in self.table(content, f"{where}.choices", None).items():
            meaning = self.meaning(value, answer, where)
            if meaning is None:
                continue
            if found.get(fold(answer), meaning) != meaning:
                message = _("La respuesta «%(answer)s» tiene dos significados.") % {"answer": answer}
                self.wrong("choice_twice", where, message)
            found[fold(answer)] = meaning
            code = None if isinstance(meaning, str) else INDICATORS[indicator].problem_with(*meaning)
            if code is not None:
                message = _("«%(answer)s» = %(value)s no es un valor de este dato.") % {
                    "answer": answer,
                    "value": value,
                }
                self.wrong(code, where, message)
        return found

    def meaning(self, value: Any, answer: str, where: str) -> Meaning | None:
        if value in ("unknown", "skip"):
            return cast(Silence, value)
        ends = value if isinstance(value, list) else [value, value]
        numbers = [end for end in ends if isinstance(end, int | float) and not isinstance(end, bool)]
        if len(numbers) == len(ends) == 2 and 0 <= numbers[0] <= numbers[1] and numbers[0] < math.inf:
            return float(numbers[0]), float(numbers[1])
        message = _('«%(answer)s» necesita un número, [mínimo, máximo], "unknown" o "skip".') % {
            "answer": answer
        }
        self.wrong("wrong_choice", where, message)
        return None

    def when(self, content: Any, where: str) -> When:
        entry = self.table(content, f"{where}.when", (*_ADDRESS, "is"))
        answers = entry.get("is")
        words = answers if isinstance(answers, list) else [answers]
        if not words or not all(isinstance(word, str) for word in words):
            self.wrong("wrong_value", f"{where}.when", _("«is» es una respuesta o una lista de respuestas."))
            words = []
        return When(self.inline_address(entry, f"{where}.when"), frozenset(map(fold, words)))

    def check(self, content: Any, observed: set[str]) -> Check:
        entry = self.table(content, "check", ("name", "sum", "equals", "message"))
        name = self.text(entry, "name", "check", pattern=r"[a-z0-9_]{1,60}")
        where = f"check {name}"
        parts = self.texts(entry, "sum", where)
        total = self.text(entry, "equals", where)
        for indicator in (*parts, total):
            if indicator not in INDICATORS:
                self.unknown_indicator(indicator, where)
            elif indicator not in observed:
                message = _("«%(name)s» no se lee en esta guía.") % {"name": indicator}
                self.wrong("not_observed", where, message)
        return Check(name, parts, total, self.words(entry.get("message"), where))

    def no_indicator_twice(self, observe: tuple[Observe, ...]) -> None:
        """The same indicator from two columns is one too many, unless each has its own condition."""
        seen: dict[str, Observe] = {}
        for entry in observe:
            first = seen.setdefault(entry.indicator, entry)
            if first is not entry and (entry.when is None or first.when is None or entry.when == first.when):
                message = _("Dos columnas dan el mismo dato: «%(first)s» y «%(second)s».") % {
                    "first": first.addresses[0].label if first.addresses else "",
                    "second": entry.addresses[0].label if entry.addresses else "",
                }
                self.wrong("indicator_twice", f"observe {entry.indicator}", message)

    def unknown_indicator(self, indicator: Any, where: str) -> None:
        close = nearest(str(indicator), INDICATORS)
        message = _("No existe el dato «%(name)s».") % {"name": indicator}
        if close:
            message += " " + _("¿Será «%(close)s»?") % {"close": _("» o «").join(close)}
        self.wrong("unknown_indicator", where, message)

    # Small values.

    def table(self, value: Any, where: str, keys: tuple[str, ...] | None) -> dict[str, Any]:
        """A table with only these keys; {} when it is none."""
        if not isinstance(value, dict):
            self.wrong("wrong_value", where, _("Aquí va una tabla."))
            return {}
        for key in value if keys is not None else ():
            if key not in cast(tuple[str, ...], keys):
                close = nearest(key, cast(tuple[str, ...], keys))
                message = _("No se conoce «%(key)s».") % {"key": key}
                if close:
                    message += " " + _("¿Será «%(close)s»?") % {"close": close[0]}
                self.wrong("unknown_key", where or key, message)
        return value

    def tables(self, top: dict[str, Any], key: str) -> list[Any]:
        value = top.get(key, [])
        if not isinstance(value, list):
            self.wrong("wrong_value", key, _("Se escribe con dobles corchetes: [[%(key)s]].") % {"key": key})
            return []
        return value

    def text(
        self, table: dict[str, Any], key: str, where: str, *, pattern: str = "", default: str | None = None
    ) -> str:
        value = table.get(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default) or "\0" in value:
            self.wrong("wrong_value", where or key, _("«%(key)s» necesita un texto.") % {"key": key})
            return ""
        if pattern and not re.fullmatch(pattern, value):
            message = _("«%(value)s» no vale para «%(key)s».") % {"value": value, "key": key}
            self.wrong("wrong_value", where or key, message)
        return value

    def texts(self, table: dict[str, Any], key: str, where: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            self.wrong("wrong_value", where, _("«%(key)s» es una lista de textos.") % {"key": key})
            return ()
        return tuple(value)

    def whole(self, table: dict[str, Any], key: str, where: str) -> int:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
            self.wrong(
                "wrong_value", where or key, _("«%(key)s» es un número entero desde 1.") % {"key": key}
            )
            return 1
        return value

    def one_of(
        self,
        table: dict[str, Any],
        key: str,
        where: str,
        allowed: tuple[str, ...],
        default: str | None = None,
    ) -> str:
        value = table.get(key, default)
        if value is None:
            message = _("Falta «%(key)s»: %(allowed)s.") % {"key": key, "allowed": ", ".join(allowed)}
            self.wrong("wrong_value", where or key, message)
            return allowed[0]
        return self.known(value, where or key, allowed)

    def known(self, value: Any, where: str, allowed: tuple[str, ...]) -> str:
        if value in allowed:
            return str(value)
        message = _("«%(value)s» no es uno de estos: %(allowed)s.") % {
            "value": value,
            "allowed": ", ".join(allowed),
        }
        self.wrong("wrong_value", where, message)
        return allowed[0]

    def words(self, value: Any, where: str) -> Words:
        if not isinstance(value, dict) or not {"es", "en"} <= set(value):
            self.wrong("wrong_value", where, _("Se necesita el texto en español (es) y en inglés (en)."))
            return (("es", ""),)
        return tuple((str(language), str(text)) for language, text in value.items())

    def offset(self, reading: dict[str, Any]) -> dt.tzinfo:
        try:
            return zone(self.text(reading, "offset", "reading", default="Z"))
        except ValueError:
            self.wrong("wrong_value", "reading", _("«offset» se escribe así: -06:00."))
            return dt.UTC

    def box(self, site: dict[str, Any]) -> Box | None:
        value = site.get("within")
        if value is None:
            return None
        numbers = [n for n in value if isinstance(n, int | float)] if isinstance(value, list) else []
        if len(numbers) != 4 or not (
            -180 <= numbers[0] < numbers[2] <= 180 and -90 <= numbers[1] < numbers[3] <= 90
        ):
            self.wrong("wrong_value", "site.within", _("«within» es [oeste, sur, este, norte] en grados."))
            return None
        west, south, east, north = map(float, numbers)
        return west, south, east, north

    # Addresses.

    def optional_address(self, table: dict[str, Any], key: str, where: str) -> Address | None:
        return self.address(table[key], f"{where}.{key}") if key in table else None

    def addresses(self, table: dict[str, Any], key: str, where: str) -> tuple[Address, ...]:
        value = table.get(key, [])
        return tuple(
            self.address(each, f"{where}.{key}".lstrip("."))
            for each in (value if isinstance(value, list) else [value])
        )

    def address(self, value: Any, where: str) -> Address:
        if isinstance(value, str) and value.strip():
            return Address(columns=(value,))
        return self.inline_address(self.table(value, where, _ADDRESS), where)

    def inline_address(self, entry: dict[str, Any], where: str) -> Address:
        ways = [key for key in ("column", "code", "path") if key in entry]
        if len(ways) != 1:
            message = _("Falta una de estas: «column», «code» o «path».")
            self.wrong("no_address", where, message)
            return Address()
        column = entry.get("column", [])
        columns = column if isinstance(column, list) else [column]
        if not all(isinstance(name, str) and name.strip() for name in columns) or (
            ways == ["column"] and not columns
        ):
            self.wrong("no_address", where, _("«column» es un nombre o una lista de nombres."))
            columns = []
        nth = entry.get("nth", 0)
        if isinstance(nth, bool) or not isinstance(nth, int) or nth < 0:
            self.wrong("wrong_value", where, _("«%(key)s» es un número entero desde 1.") % {"key": "nth"})
            nth = 0
        optional = True if entry.get("optional") is True else False if entry.get("required") is True else None
        return Address(
            columns=tuple(columns),
            code=self.text(entry, "code", where, default=""),
            path=self.text(entry, "path", where, default="").strip("/"),
            ending=self.text(entry, "ending", where, default=""),
            nth=nth,
            after=self.address(entry["after"], f"{where}.after") if "after" in entry else None,
            optional=optional,
        )
