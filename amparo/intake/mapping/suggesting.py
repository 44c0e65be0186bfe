"""What columns and questions may mean: found, never applied without a person's press. Each says why.

Three ways to know: another mapping reads the same code, path or title; the title is the name of an indicator; several
columns together are the ages of women and men.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from django.utils.translation import gettext as _

from amparo.intake.mapping import editing
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.blocks import age_columns
from amparo.intake.mapping.catalogue import load
from amparo.intake.mapping.document import Check, Choice, Document, Fixed, Observe
from amparo.intake.mapping.sample import Sample
from amparo.intake.mapping.targets import OBSERVE, SEVERAL, bare, named_alike, said, synonyms, words_of
from amparo.standards import INDICATORS
from amparo.toolkit.sheets.names import fold

ENOUGH = 5  # that so many of a mapping's columns are here says that it speaks of this sheet
HALF = 0.3  # or that this part of them is
READING, SYSTEM, CHECK = "reading", "site.system", "check "


@dataclass(frozen=True, slots=True)
class Proposal:
    """`key` says what would be read, `fragment` is a document that reads just that, `columns` from which ones.

    `sure`: the press that accepts every sure one takes it too.
    """

    key: str
    fragment: Document
    columns: tuple[int, ...]
    why: str
    sure: bool

    @property
    def words(self) -> str:
        if self.key == READING:
            return _("Cómo se leen fechas y horas")
        if self.key == SYSTEM:
            return _("Quién dio los códigos: %(name)s") % {"name": self.fragment.site.system}
        if self.key.startswith(CHECK):
            return _("Revisar sumas: %(name)s") % {"name": words_of(OBSERVE + self.fragment.checks[0].total)}
        return words_of(self.key)


def proposals(document: Document, sample: Sample, library: Iterable[Document]) -> tuple[Proposal, ...]:
    """What could still be read of these columns: at most one proposal for each thing and each column."""
    find = editing.Finder(sample.columns)
    bound, _nowhere = editing.by_column(document, find)
    taken = {use.target for use in editing.uses(document)}
    busy = {at for at, uses in bound.items() if any(_fills(use.target) for use in uses)}
    found: dict[str, Proposal] = {}

    def offer(proposal: Proposal) -> None:
        """Kept, unless the thing is read already or the column is spoken for."""
        if proposal.key in found or proposal.key in taken:
            return
        if _fills(proposal.key):
            if any(at in busy for at in proposal.columns):
                return
            busy.update(proposal.columns)
        found[proposal.key] = proposal

    for other in _by_fit(library, find):
        for proposal in _from_mapping(other, document, sample, find):
            offer(proposal)
    for proposal in _from_ages(document, sample, busy):
        offer(proposal)
    for proposal in _from_names(document, sample, busy):
        offer(proposal)
    return (*found.values(), *_checks(document))


def taken(document: Document, proposal: Proposal) -> Document:
    """The document with what a proposal says."""
    fragment, key = proposal.fragment, proposal.key
    if key == READING:
        return replace(
            document,
            order=fragment.order,
            offset=fragment.offset,
            decimal=fragment.decimal,
            may_miss=fragment.may_miss,
            unknown=fragment.unknown,
        )
    if key.startswith(CHECK):
        return replace(document, checks=(*document.checks, *fragment.checks))
    if key.startswith(OBSERVE):
        return replace(document, observe=(*document.observe, *fragment.observe))
    if key == "told_at":
        return replace(document, told_at=fragment.told_at)
    area, _dot, name = key.partition(".")
    if area == "place":
        return editing.with_place(document, **{name: getattr(fragment.place, name)})
    if name.startswith("extra."):
        extra = {**document.site.extra, **fragment.site.extra}
        return editing.with_site(document, extra=extra)
    return editing.with_site(document, **{name: getattr(fragment.site, name)})


def all_sure(document: Document, sample: Sample, library: Sequence[Document]) -> tuple[Document, int]:
    """The document with every sure proposal, and how many; checks follow the figures that they add up."""
    count = 0
    for _time in range(2):
        for proposal in proposals(document, sample, library):
            if proposal.sure:
                document, count = taken(document, proposal), count + 1
    return document, count


def _fills(target: str) -> bool:
    """Whether a column that becomes this is spoken for. Kinds and further texts share theirs."""
    return not target.startswith(
        ("site.extra", "site.kind", "site.status", "site.identity", "when ")
    ) and target not in (
        READING,
        SYSTEM,
    )


# --- from other mappings


def _by_fit(library: Iterable[Document], find: editing.Finder) -> list[Document]:
    """The mappings that read something here, the one that reads most first."""
    fits = [(_fit(other, find), at, other) for at, other in enumerate(library)]
    return [other for fit, _at, other in sorted(fits, key=lambda one: (-one[0][0], one[1])) if fit[0]]


def _fit(other: Document, find: editing.Finder) -> tuple[int, float]:
    """How many of a mapping's columns are here, and which part of them that is."""
    addresses = list(dict.fromkeys(use.address for use in editing.uses(other)))
    there = sum(find(address) is not None for address in addresses)
    return there, there / len(addresses) if addresses else 0.0


def _from_mapping(
    other: Document, document: Document, sample: Sample, find: editing.Finder
) -> Iterable[Proposal]:
    there, part = _fit(other, find)
    speaks = there >= ENOUGH and part >= HALF
    title = said(dict(other.title)) or other.name
    for key, fragment, addresses in _pieces(other, find, sample):
        titled = _is_title(addresses, sample, find)
        if sample.by_path or titled or not any(address.columns for address in addresses):
            columns = tuple(dict.fromkeys(at for address in addresses if (at := find(address)) is not None))
            yield Proposal(key, fragment, columns, _why(addresses[0], title), speaks or titled)
    if not speaks or not any(
        address.code or address.path for address in (use.address for use in editing.uses(other))
    ):
        return
    why = _("Así lo dice la guía «%(title)s».") % {"title": title}
    if _reading(other) != _reading(document):
        yield Proposal(READING, other, (), why, not document.observe)
    if other.site.system and not document.site.system:
        yield Proposal(SYSTEM, other, (), why, sure=True)


def _reading(document: Document) -> tuple[object, ...]:
    return document.order, document.offset, document.decimal, document.may_miss, document.unknown


def _why(address: Address, title: str) -> str:
    if address.code:
        return _("Código %(code)s de la guía «%(title)s».") % {"code": address.code, "title": title}
    if address.path:
        return _("La misma pregunta en la guía «%(title)s».") % {"title": title}
    return _("El mismo título en la guía «%(title)s».") % {"title": title}


def _is_title(addresses: Sequence[Address], sample: Sample, find: editing.Finder) -> bool:
    """Whether each column bears, whole, a title that the mapping names."""
    columns = [find(address) for address in addresses]
    return not sample.by_path and all(
        at is not None and fold(sample.seen[at].name) in {fold(name) for name in address.columns}
        for at, address in zip(columns, addresses, strict=True)
    )


def _pieces(
    other: Document, find: editing.Finder, sample: Sample
) -> Iterable[tuple[str, Document, list[Address]]]:
    """What of a mapping can be read here: (key, document that reads just that, its addresses).

    A title is taken as it stands here, so that the new mapping names one column and no list of possible ones.
    """
    blank = editing.empty("", "")

    def here(address: Address) -> Address:
        at = find(address)
        own = sample.address(at) if at is not None and address.columns else None
        return own or address

    def there(addresses: Iterable[Address]) -> list[Address]:
        return [address for address in addresses if find(address) is not None]

    site = other.site
    for key, one in (
        ("id", site.id),
        ("name", site.name),
        ("lat", site.lat),
        ("lon", site.lon),
        ("geopoint", site.geopoint),
    ):
        if one is not None and find(one) is not None:
            yield f"site.{key}", editing.with_site(blank, **{key: here(one)}), [one]
    if found := there(site.address):
        yield "site.address", editing.with_site(blank, address=tuple(map(here, found))), found
    for key in ("kind", "status"):
        rules = [
            rule for rule in getattr(site, key) if isinstance(rule, Choice) and find(rule.address) is not None
        ]
        if rules:
            ends = [
                rule
                for rule in getattr(site, key)[-1:]
                if isinstance(rule, Fixed) and other.purpose == "assessment"
            ]
            local = tuple(Choice(here(rule.address), rule.meanings) for rule in rules)
            fragment = editing.with_site(blank, **{key: (*local, *ends)})
            yield f"site.{key}", fragment, [rule.address for rule in rules]
    for name, address in site.extra.items():
        if find(address) is not None:
            yield (
                f"site.extra.{name}",
                editing.with_site(blank, extra={name: here(address)}),
                [address],
            )
    for key in ("pcode", "names"):
        if found := there(getattr(other.place, key)):
            local_names = {key: tuple(map(here, found))}
            yield f"place.{key}", editing.with_place(blank, **local_names), found
    if isinstance(other.place.country, Address) and find(other.place.country) is not None:
        country = other.place.country
        yield "place.country", editing.with_place(blank, country=here(country)), [country]
    if found := there(other.told_at):
        yield "told_at", replace(blank, told_at=tuple(map(here, found))), found
    yield from _figures(other, find, here, blank)


def _figures(
    other: Document, find: editing.Finder, here: object, blank: Document
) -> Iterable[tuple[str, Document, list[Address]]]:
    assert callable(here)
    by_key: dict[str, list[Observe]] = {}
    for entry in other.observe:
        needed = [*entry.addresses, *([entry.when.address] if entry.when else [])]
        if all(find(address) is not None for address in needed):
            by_key.setdefault(entry.indicator, []).append(entry)
    for key, entries in by_key.items():
        local = tuple(
            replace(
                entry,
                addresses=tuple(here(address) for address in entry.addresses),
                when=replace(entry.when, address=here(entry.when.address)) if entry.when else None,
            )
            for entry in entries
        )
        addresses = [address for entry in entries for address in entry.addresses]
        yield OBSERVE + key, replace(blank, observe=local), addresses


# --- from blocks of ages, from names


def _from_ages(document: Document, sample: Sample, busy: set[int]) -> Iterable[Proposal]:
    """The ages of women and men: each bin from its column, or from several that are parts of it."""
    blank = editing.empty("", "")
    bins = age_columns(sample)
    both = len({key.partition("_")[0] for key in bins}) == 2
    for key, columns in bins.items():
        addresses = [sample.address(at) for at in columns]
        if any(address is None for address in addresses) or any(at in busy for at in columns):
            continue
        entry = Observe(
            indicator=key,
            addresses=tuple(address for address in addresses if address is not None),
            kind=INDICATORS[key].kind,
        )
        why = (
            _("Parte de un bloque de sexo y edad.")
            if len(columns) == 1
            else _("Parte de un bloque de sexo y edad: %(count)d columnas que se suman.")
            % {"count": len(columns)}
        )
        yield Proposal(OBSERVE + key, replace(blank, observe=(entry,)), tuple(columns), why, sure=both)


def _from_names(document: Document, sample: Sample, busy: set[int]) -> Iterable[Proposal]:
    blank = editing.empty("", "")
    exact: dict[str, list[tuple[int, Address, str]]] = {}
    alike: dict[str, list[tuple[int, Address, str]]] = {}
    for at, seen in enumerate(sample.seen):
        address = sample.address(at)
        if address is None or at in busy:
            continue
        titles = dict.fromkeys(
            [bare(seen.label), *([bare(seen.name.rpartition("/")[2])] if sample.by_path else [])]
        )
        whole = next((target for title in titles if (target := named_alike(title))), "")
        if whole:
            exact.setdefault(whole, []).append((at, address, seen.label))
            continue
        within = next((one for title in titles if (one := _inside(title))), None)
        if within is not None:
            alike.setdefault(within[0], []).append((at, address, within[1]))
    for sure, found in ((True, exact), (False, alike)):
        for target, columns in found.items():
            one_alone = target not in SEVERAL or target in ("told_at", "site.kind", "site.status")
            document_of = blank
            for _at, address, _name in columns[:1] if one_alone else columns:
                document_of = editing.bind(document_of, address, target)
            name = columns[0][2]
            why = (
                _("El título es el nombre de este dato.")
                if sure
                else _("El título dice «%(name)s».") % {"name": name}
            )
            used = tuple(at for at, *_rest in (columns[:1] if one_alone else columns))
            yield Proposal(
                target, document_of, used, why, sure=(sure and len(columns) == 1) or (sure and not one_alone)
            )


def _checks(document: Document) -> Iterable[Proposal]:
    """Sums that the figures read so far allow to be looked at."""
    observed = {entry.indicator for entry in document.observe}
    there = {(check.total, frozenset(check.parts)) for check in document.checks}
    names = {check.name for check in document.checks}
    for check in usual_checks():
        if {*check.parts, check.total} <= observed and (check.total, frozenset(check.parts)) not in there:
            if check.name in names:
                continue
            fragment = replace(editing.empty("", ""), checks=(check,))
            why = _("Si las partes no suman el total, el dato se señala; nada se corrige.")
            yield Proposal(CHECK + check.name, fragment, (), why, sure=True)


@lru_cache(maxsize=1)
def usual_checks() -> tuple[Check, ...]:
    """The sums of ages and sexes that the shipped mapping of the site assessment looks at."""
    return load("dtm-b3").document.checks


def _inside(title: str) -> tuple[str, str] | None:
    """The longest known name that stands, whole words, inside a title: (target, name)."""
    padded = f" {title} "
    best: tuple[str, str] | None = None
    for name, target in synonyms().items():
        if len(name) >= 4 and f" {name} " in padded and (best is None or len(name) > len(best[1])):
            best = (target, name)
    return best
