"""Lists of places: the shipped gazetteer and files of any country."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places import rows
from amparo.places.actions.moving import put_under, refuse_parent, require_manage
from amparo.places.actions.naming import write_names
from amparo.places.countries import country
from amparo.places.models import UNKNOWN_COUNTRY, Place
from amparo.places.names import spell_out
from amparo.places.queries.corrected import put_right
from amparo.places.rows import SHIPPED, PlaceRow

GAZETTEER_SOURCE = "Amparo, gazetteer (OCHA, CC BY-IGO)"
NO_COUNTRY_NAME = "País no indicado"
_AT_ONCE = 500
_FACTS = ("name", "level", "kind", "lat", "lon", "valid_from", "valid_to", "source", "source_name")


@dataclass
class Loaded:
    """What a list changed.

    `rows` = `added` + `changed` + `unchanged`; `moved` of the changed have a new parent.
    """

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    moved: int = 0
    sha256: str = ""


@transaction.atomic
def load_gazetteer(*, by: User, countries: Sequence[str] = SHIPPED) -> Loaded:
    """Bring the shipped places of these countries (ISO alpha-3) up to date. Twice changes nothing."""
    wanted = [PlaceRow(line=1, code=UNKNOWN_COUNTRY, name=NO_COUNTRY_NAME, level=0)]
    for code in countries:
        wanted += rows.shipped(code.upper())
    return _Writing(wanted, by=by, source=GAZETTEER_SOURCE).write("places.gazetteer_loaded")


@transaction.atomic
def import_places(*, by: User, path: Path | str, source: str = "") -> Loaded:
    """Add or bring up to date the places of a file: our columns, a P-code list (HXL or not), COD-AB table or map.

    What the file does not say stays as it is: other places, dates, coordinates. Raises `Refused`, and changes
    nothing, when a row cannot be read or its place cannot lie where it says.
    """
    path = Path(path)
    return _Writing(rows.read(path), by=by, source=source or path.name).write("places.imported")


class _Writing:
    """One list on its way into the tree."""

    def __init__(self, wanted: Sequence[PlaceRow], *, by: User, source: str) -> None:
        self.by = by
        self.source = source[:200]
        self.known = _known(wanted)
        self.put_right = put_right(place for same in self.known.values() for place in same)
        listed = [*self._missing_countries(wanted), *wanted]
        # What ended comes before what took its code.
        self.rows = sorted(listed, key=lambda row: (row.level, row.valid_from or date.min))
        self.by_code = {row.code: row for row in self.rows}
        self.changed: set[int] = set()
        self.moves: list[list[str]] = []

    def write(self, verb: str) -> Loaded:
        self._refuse_impossible()
        for code in sorted({self._country(row) for row in self.rows}):
            require_manage(self.by, f"{code}/")
        places = [place for level in range(10) for place in self._write_level(level)]
        fresh = {place.pk for place, added in places if added}
        self.changed |= write_names(
            (place for place, _added in places), {row.code: row.also for row in self.rows}
        )
        self._write_succession()
        self._refuse_upside_down([place.pk for place, _added in places])
        changed = len(self.changed - fresh)
        loaded = Loaded(
            rows=len(self.rows),
            added=len(fresh),
            changed=changed,
            unchanged=len(self.rows) - len(fresh) - changed,
            moved=len(self.moves),
            sha256=_digest(self.rows),
        )
        if fresh or changed:
            ledger.record(
                verb,
                by=self.by,
                organisation_id=self.by.organisation_id,
                data_class=Place.data_class,
                source=self.source,
                rows=loaded.rows,
                added=loaded.added,
                changed=loaded.changed,
                moved=self.moves,
                sha256=loaded.sha256,
            )
        return loaded

    def _missing_countries(self, wanted: Sequence[PlaceRow]) -> list[PlaceRow]:
        """P-code lists name the country only as a parent."""
        listed = {row.code for row in wanted}
        missing = {row.parent for row in wanted} - listed - set(self.known)
        roots = [found for code in sorted(missing) if (found := country(code)) and found.code == code]
        return [PlaceRow(line=0, code=root.code, name=root.name, level=0) for root in roots]

    def _country(self, row: PlaceRow) -> str:
        while row.parent in self.by_code:
            row = self.by_code[row.parent]
        return self._standing_parent(row).country if row.parent else row.code

    def _standing_parent(self, row: PlaceRow) -> Place:
        """The place of the parent's code that stands, else the newest."""
        return max(
            self.known[row.parent], key=lambda place: (place.valid_to is None, place.valid_to or date.min)
        )

    # What cannot be

    def _refuse_impossible(self) -> None:
        spans: dict[str, list[PlaceRow]] = {}
        for row in self.rows:
            if any(_meet(row, other) for other in spans.setdefault(row.code, [])):
                raise _refused(row, "repeated_code", _("el código está dos veces"))
            spans[row.code].append(row)
            self._refuse_position(row)
            if row.valid_from and row.valid_to and row.valid_to <= row.valid_from:
                raise _refused(row, "ends_before_start", _("termina antes de empezar"))
            for old in row.succeeds:
                if old not in self.known and old not in self.by_code:
                    raise _refused(
                        row, "unknown_predecessor", _("no se conoce el lugar %s que reemplaza") % old
                    )
        for row in self.rows:
            if row.country and row.country != self._country(row):
                raise _refused(row, "parent_elsewhere", _("su lugar superior es de otro país"))

    def _refuse_position(self, row: PlaceRow) -> None:
        if row.level == 0 and row.parent:
            raise _refused(row, "country_has_no_parent", _("un país no está dentro de otro lugar"))
        if row.level == 0 and country(row.code) is None and row.code != UNKNOWN_COUNTRY:
            raise _refused(row, "unknown_country", _("no es el código de un país"))
        if row.level > 0 and not row.parent:
            raise _refused(row, "no_parent", _("falta el lugar superior"))
        above, trail = row, {row.code}
        while above.parent in self.by_code:
            above = self.by_code[above.parent]
            if above.code in trail:
                raise _refused(row, "cycle", _("está dentro de sí mismo"))
            trail.add(above.code)
        if row.parent in self.by_code and self.by_code[row.parent].level >= row.level:
            raise _refused(row, "parent_not_above", _("su lugar superior no es de un nivel superior"))
        if row.parent and row.parent not in self.by_code and row.parent not in self.known:
            raise _refused(row, "unknown_parent", _("no se conoce su lugar superior, %s") % row.parent)

    def _refuse_upside_down(self, written: Sequence[int]) -> None:
        """Also what lies below, and was not in the list, must stay below."""
        for some in _chunks(written):
            wrong = Place.objects.filter(parent__in=some, level__lte=F("parent__level")).first()
            if wrong is not None:
                raise Refused(
                    "parent_not_above",
                    _("%(name)s (%(code)s) quedaría sobre su lugar superior. No se cambió nada.")
                    % {"name": wrong.name, "code": wrong.code},
                    status=422,
                )

    # What is written

    def _write_level(self, level: int) -> list[tuple[Place, bool]]:
        """The places of one level, each with whether it was added."""
        fresh, stood = [], []
        for row in self.rows:
            if row.level != level:
                continue
            place = _same(row, self.known.get(row.code, []))
            if place is None:
                fresh.append(self._new(row))
            else:
                self._bring_up_to_date(place, row)
                stood.append(place)
        Place.objects.bulk_create(fresh, batch_size=_AT_ONCE)
        for place in fresh:
            self.known.setdefault(place.code, []).append(place)
        return [(place, True) for place in fresh] + [(place, False) for place in stood]

    def _new(self, row: PlaceRow) -> Place:
        place = Place(code=row.code, country=row.code, path=f"{row.code}/", **self._facts(row, None))
        if row.parent:
            parent = self._standing_parent(row)
            refuse_parent(place, parent)
            place.lie_in(parent)
        return place

    def _facts(self, row: PlaceRow, place: Place | None) -> dict[str, Any]:
        """What the place shall say: the row's word, where it has one."""
        said = {name: getattr(row, name) for name in _FACTS if name != "source"}
        said |= {"source": self.source, "source_name": row.source_name or row.name, "kind": row.kind or None}
        if place is None:
            return {name: value for name, value in said.items() if value is not None}
        if not row.source_name and _only_a_spelling(row.name, place):
            said |= {"name": place.name, "source_name": place.source_name}
        slips = self.put_right.get(place.uid, {})
        said |= {name: getattr(place, name) for name in slips if said[name] in slips[name]}
        return {name: getattr(place, name) if value is None else value for name, value in said.items()}

    def _bring_up_to_date(self, place: Place, row: PlaceRow) -> None:
        facts = self._facts(row, place)
        source = facts.pop("source")
        differing = [name for name, value in facts.items() if getattr(place, name) != value]
        if differing:
            for name in differing:
                setattr(place, name, facts[name])
            place.source = source
            place.save(update_fields=[*differing, "source"])
            self.changed.add(place.pk)
        if not row.parent or place.parent_id == (parent := self._standing_parent(row)).pk:
            return
        before = put_under(place, parent, by=self.by)
        self.changed.add(place.pk)
        self.moves.append([place.code, before, place.path])
        for other in (other for same in self.known.values() for other in same):
            if other.path.startswith(before):
                other.path = place.path + other.path[len(before) :]
                other.country = place.country

    def _write_succession(self) -> None:
        for row in self.rows:
            if not row.succeeds:
                continue
            place = _same(row, self.known[row.code])
            old = {other.pk for code in row.succeeds for other in self.known[code] if other is not place}
            if place is not None and (missing := old - set(place.succeeds.values_list("pk", flat=True))):
                place.succeeds.add(*missing)
                self.changed.add(place.pk)


def _known(wanted: Iterable[PlaceRow]) -> dict[str, list[Place]]:
    """The places that already bear the codes a list speaks of."""
    codes = sorted({code for row in wanted for code in (row.code, row.parent, *row.succeeds) if code})
    known: dict[str, list[Place]] = {}
    for some in _chunks(codes):
        for place in Place.objects.select_for_update().filter(code__in=some).order_by("pk"):
            known.setdefault(place.code, []).append(place)
    return known


def _same(row: PlaceRow, places: Sequence[Place]) -> Place | None:
    """The place a row speaks of: of the same first or last day, else one that could have stood with it.

    A row without dates means the place that stands, or the last that did.
    """
    for place in places:
        if row.valid_from is not None and place.valid_from == row.valid_from:
            return place
    for place in places:
        if row.valid_to is not None and place.valid_to == row.valid_to:
            return place
    able = [place for place in places if _meet(row, place)]
    return max(able, key=lambda place: (place.valid_to is None, place.valid_to or date.min), default=None)


def _meet(row: PlaceRow, other: PlaceRow | Place) -> bool:
    """Whether there may be a day on which both stand."""
    after = row.valid_from and other.valid_to and row.valid_from >= other.valid_to
    before = row.valid_to and other.valid_from and row.valid_to <= other.valid_from
    return not after and not before


def _only_a_spelling(name: str, place: Place) -> bool:
    """Whether a list only writes our name without its accents, or as the source whose slip we put right."""
    return name == place.source_name or (name.isascii() and spell_out(name) == spell_out(place.name))


def _chunks(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def _digest(listed: Iterable[PlaceRow]) -> str:
    """One number for what the rows say, whatever their order."""
    lines = sorted(json.dumps(row.facts(), cls=DjangoJSONEncoder, sort_keys=True) for row in listed)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _refused(row: PlaceRow, code: str, words: str) -> Refused:
    return Refused(
        code,
        _("Línea %(line)s (%(code)s): %(words)s. No se cambió nada.")
        % {"line": row.line, "code": row.code, "words": words},
        status=422,
    )
