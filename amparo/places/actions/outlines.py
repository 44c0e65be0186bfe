"""Boundaries of places, from COD-AB and other maps."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from amparo.kernel import ledger
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places import geometry, rows
from amparo.places.actions.moving import require_manage
from amparo.places.models import Boundary, Place
from amparo.places.queries import resolve


@dataclass
class Outlined:
    """What a map changed.

    `places` = `added` + `changed` + `unchanged`; `unmatched` names areas with no place.
    """

    areas: int = 0
    places: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    unmatched: list[str] = field(default_factory=list)


@transaction.atomic
def import_boundaries(
    *, by: User, path: Path | str, country: str | None = None, source: str = ""
) -> Outlined:
    """Keep the outlines of places from a GeoJSON or TopoJSON file, thinned for drawing.

    An area finds its place by code, else by exact names; one that says neither, in a file about one
    `country`, is the country. Places without a central point get one. Areas without a place are named in the
    result.
    """
    path = Path(path)
    features = rows.read_map(path)
    told = Outlined(areas=len(features))
    areas = _areas(features, country, told)
    if not areas:
        raise Refused(
            "no_place_matches", _("Ningún área del mapa corresponde a un lugar conocido."), status=422
        )
    for code in sorted({place.country for place in areas}):
        require_manage(by, f"{code}/")
    known = Boundary.objects.in_bulk([place.pk for place in areas])
    digest = hashlib.sha256()
    for place, polygons in sorted(areas.items(), key=lambda area: area[0].path):
        outline = json.dumps(geometry.simplify(polygons), separators=(",", ":"))
        digest.update(f"{place.code} {outline}\n".encode())
        boundary = Boundary(place=place, outline=outline, source=(source or path.name)[:200])
        before = known.get(place.pk)
        if before is None:
            told.added += 1
        elif (before.outline, before.source) != (boundary.outline, boundary.source):
            told.changed += 1
        else:
            told.unchanged += 1
            continue
        boundary.save(force_insert=before is None)
        _give_centre(place, polygons)
    told.places = len(areas)
    if told.added or told.changed:
        ledger.record(
            "places.boundaries_imported",
            by=by,
            organisation_id=by.organisation_id,
            data_class=Boundary.data_class,
            source=source or path.name,
            areas=told.areas,
            added=told.added,
            changed=told.changed,
            unmatched=len(told.unmatched),
            sha256=digest.hexdigest(),
        )
    return told


def _areas(
    features: Iterable[geometry.Feature], country: str | None, told: Outlined
) -> dict[Place, list[geometry.Polygon]]:
    """The polygons of each place; a place may be drawn in several areas."""
    areas: dict[Place, list[geometry.Polygon]] = {}
    for number, feature in enumerate(features, start=1):
        code, names = rows.pointers(feature)
        if not code and not any(names):
            code = country or ""
        match = resolve(code=code or None, names=names, country=country)
        if match.place is None or match.how != "exact" or not geometry.simplify(feature.polygons):
            told.unmatched.append(", ".join(name for name in (code, *names) if name) or str(number))
            continue
        areas.setdefault(match.place, []).extend(feature.polygons)
    return areas


def _give_centre(place: Place, polygons: list[geometry.Polygon]) -> None:
    middle = geometry.centre(polygons)
    if middle is not None and place.lat is None:
        place.lon, place.lat = middle
        place.save(update_fields=["lat", "lon"])
