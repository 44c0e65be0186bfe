"""A mapping changed one thing at a time, as a person does on a screen. Pure: a document in, a document out.

A *target* is what a column becomes, named as in the file: "observe persons", "site.name", "place.names", "told_at". A
column may become several; `Use` is one of them.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import Choice, Document, Fixed, Observe, PlaceRule, SiteRule
from amparo.intake.mapping.targets import OBSERVE, WHEN
from amparo.intake.mapping.values.dates import Order
from amparo.standards import INDICATORS
from amparo.toolkit.sheets import Column
from amparo.toolkit.sheets.names import fold

Rule = Choice | Fixed


@dataclass(frozen=True, slots=True)
class Use:
    """A column becomes `target`, found by `address`. `at`: which of `document.observe`, for figures."""

    target: str
    address: Address
    at: int = -1


def empty(name: str, title: str, *, order: Order = "dmy", offset: dt.tzinfo = dt.UTC) -> Document:
    """A mapping that says nothing yet."""
    return Document(
        name=name,
        version=1,
        purpose="assessment",
        title=(("es", title), ("en", title)),
        order=order,
        offset=offset,
        decimal="auto",
        may_miss=True,
        unknown=frozenset(),
        site=SiteRule(),
        place=PlaceRule(),
        told_at=(),
        observe=(),
        checks=(),
    )


def uses(document: Document) -> list[Use]:
    """Everything the mapping reads, in the order of its file."""
    site, place = document.site, document.place
    single = (
        ("site.id", site.id),
        ("site.name", site.name),
        ("site.lat", site.lat),
        ("site.lon", site.lon),
        ("site.geopoint", site.geopoint),
        ("place.country", place.country),
    )
    found = [Use(target, address) for target, address in single if isinstance(address, Address)]
    for target, addresses in (
        ("site.identity", site.identity),
        ("site.address", site.address),
        ("place.pcode", place.pcode),
        ("place.names", place.names),
        ("told_at", document.told_at),
    ):
        found += [Use(target, address) for address in addresses]
    for target, rules in (("site.kind", site.kind), ("site.status", site.status)):
        found += [Use(target, rule.address) for rule in rules if isinstance(rule, Choice)]
    found += [Use(f"site.extra.{key}", address) for key, address in site.extra.items()]
    for at, entry in enumerate(document.observe):
        found += [Use(OBSERVE + entry.indicator, address, at) for address in entry.addresses]
        if entry.when is not None:
            found.append(Use(WHEN + entry.indicator, entry.when.address, at))
    return found


class Finder:
    """Finds columns by their addresses, fast enough for two thousand of them."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = columns
        self._names = {fold(column.name) for column in columns}
        self._names |= {fold(column.name.rpartition("/")[2]) for column in columns if "/" in column.name}
        self._coded = [column for column in columns if column.name.lstrip()[:1].isdigit()]
        self._kept: dict[Address, int | None] = {}

    def __call__(self, address: Address) -> int | None:
        """The index of the one column that the address names; None where it names none, or several."""
        if address not in self._kept:
            found = self._find(address)
            self._kept[address] = found[0].index if len(found) == 1 else None
        return self._kept[address]

    def _find(self, address: Address) -> list[Column]:
        if address.code and address.after is None:
            return address.find(self._coded)
        if not address.code and not any(fold(name) in self._names for name in address.names):
            return []
        return address.find(self.columns)


def by_column(
    document: Document, find: Finder
) -> tuple[dict[int, list[Use]], list[tuple[Address, list[Use]]]]:
    """What each column becomes, by its index; and what the mapping reads that no column of these says."""
    found: dict[int, list[Use]] = {}
    nowhere: dict[Address, list[Use]] = {}
    for use in uses(document):
        at = find(use.address)
        if at is None:
            nowhere.setdefault(use.address, []).append(use)
        else:
            found.setdefault(at, []).append(use)
    return found, list(nowhere.items())


def bind(document: Document, address: Address, target: str) -> Document:
    """The mapping with this column read as `target`; what one column alone may say is said by this one from now on."""
    site, place = document.site, document.place
    if target.startswith(OBSERVE):
        key = target.removeprefix(OBSERVE)
        entry = Observe(indicator=key, addresses=(address,), kind=INDICATORS[key].kind)
        return replace(document, observe=(*document.observe, entry))
    if target == "told_at":
        return replace(document, told_at=_with(document.told_at, address))
    area, _dot, key = target.partition(".")
    if area == "place":
        if key == "country":
            return with_place(document, country=address)
        return with_place(document, **{key: _with(getattr(place, key), address)})
    if key.startswith("extra."):
        return with_site(document, extra={**site.extra, key.removeprefix("extra."): address})
    if key in ("address", "identity"):
        return with_site(document, **{key: _with(getattr(site, key), address)})
    if key in ("kind", "status"):
        rules: tuple[Rule, ...] = getattr(site, key)
        new = (Choice(address, {}),)
        ends = rules[-1:] if rules and isinstance(rules[-1], Fixed) else ()
        return with_site(document, **{key: (*rules[: len(rules) - len(ends)], *new, *ends)})
    return with_site(document, **{key: address})


def release(document: Document, use: Use) -> Document:
    """The mapping without this use. A figure that was added up from several columns is added up from the others."""
    site, place, target = document.site, document.place, use.target
    if target.startswith(WHEN):
        return with_observe(document, use.at, replace(document.observe[use.at], when=None))
    if target.startswith(OBSERVE):
        entry = document.observe[use.at]
        left = tuple(address for address in entry.addresses if address != use.address)
        if left:
            return with_observe(document, use.at, replace(entry, addresses=left))
        return _without_lost_checks(
            replace(document, observe=(*document.observe[: use.at], *document.observe[use.at + 1 :]))
        )
    if target == "told_at":
        return replace(document, told_at=_without(document.told_at, use.address))
    area, _dot, key = target.partition(".")
    if area == "place":
        if key == "country":
            return with_place(document, country=None)
        return with_place(document, **{key: _without(getattr(place, key), use.address)})
    if key.startswith("extra."):
        extra = {name: address for name, address in site.extra.items() if f"extra.{name}" != key}
        return with_site(document, extra=extra)
    if key in ("address", "identity"):
        return with_site(document, **{key: _without(getattr(site, key), use.address)})
    if key in ("kind", "status"):
        rules = tuple(
            rule for rule in getattr(site, key) if not isinstance(rule, Choice) or rule.address != use.address
        )
        return with_site(document, **{key: rules})
    return with_site(document, **{key: None})


def with_site(document: Document, **said: Any) -> Document:
    """The document with these parts of what it says of the centre."""
    return replace(document, site=replace(document.site, **said))


def with_place(document: Document, **said: Any) -> Document:
    """The document with these parts of what it says of the place."""
    return replace(document, place=replace(document.place, **said))


def with_observe(document: Document, at: int, entry: Observe) -> Document:
    return replace(document, observe=(*document.observe[:at], entry, *document.observe[at + 1 :]))


def added_up(document: Document, key: str) -> Document:
    """The columns that give this figure added up in one entry, which reads them as the first one did."""
    entries = [entry for entry in document.observe if entry.indicator == key]
    if len(entries) < 2:
        return document
    addresses = tuple(dict.fromkeys(address for entry in entries for address in entry.addresses))
    one = replace(entries[0], addresses=addresses)
    kept = [entry for entry in document.observe if entry.indicator != key or entry is entries[0]]
    return replace(document, observe=tuple(one if entry is entries[0] else entry for entry in kept))


def with_meanings(document: Document, key: str, address: Address, meanings: dict[str, str]) -> Document:
    """What the answers of a column say of the centre's kind or status. `key` is "kind" or "status"."""
    rules = tuple(
        Choice(address, {fold(answer): word for answer, word in meanings.items()})
        if isinstance(rule, Choice) and rule.address == address
        else rule
        for rule in getattr(document.site, key)
    )
    return with_site(document, **{key: rules})


def with_otherwise(document: Document, key: str, word: str) -> Document:
    """What holds for the centre's kind or status where no column decides; "" leaves it undecided."""
    rules = [rule for rule in getattr(document.site, key) if isinstance(rule, Choice)]
    ends: list[Rule] = [Fixed(word)] if word else []
    return with_site(document, **{key: (*rules, *ends)})


def otherwise(document: Document, key: str) -> str:
    rules = getattr(document.site, key)
    return rules[-1].value if rules and isinstance(rules[-1], Fixed) else ""


def moved(document: Document, address: Address, place: int) -> Document:
    """The names of places with this one in another place, from 0: the largest area first."""
    names = [one for one in document.place.names if one != address]
    names.insert(place, address)
    return with_place(document, names=tuple(names))


def _with(addresses: tuple[Address, ...], address: Address) -> tuple[Address, ...]:
    return addresses if address in addresses else (*addresses, address)


def _without(addresses: Iterable[Address], address: Address) -> tuple[Address, ...]:
    return tuple(one for one in addresses if one != address)


def _without_lost_checks(document: Document) -> Document:
    """Checks of figures that are no longer read go with them."""
    observed = {entry.indicator for entry in document.observe}
    checks = tuple(check for check in document.checks if {*check.parts, check.total} <= observed)
    return replace(document, checks=checks)
