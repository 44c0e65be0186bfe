"""The map: every open centre of the filter as a list, and the same as GeoJSON with the outlines around them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels_committee as v
from amparo.briefing import words
from amparo.briefing.queries.board import board_filters, kind_of
from amparo.briefing.queries.judged import figure_params, opened, outline, scope_words, thinned, with_places
from amparo.briefing.queries.look import UNKNOWN, Look, look
from amparo.kernel.models import User
from amparo.places.models import Boundary
from amparo.places.queries import label, steps
from amparo.places.queries.municipalities import without_municipality
from amparo.sites.queries.gaps import Stood, longest_silent, rank
from amparo.toolkit import formats
from amparo.toolkit.asked import Params, address, page_not_understood, paged
from amparo.toolkit.drawings import MapPoint
from amparo.toolkit.templatetags.toolkit import verdict_word

PER_PAGE = 50
MOST_OUTLINES = 60
POINTS_OF_OUTLINES = 12_000


def in_order(assessed: Iterable[Stood]) -> list[Stood]:
    """As the board has them: the silent first, in the order to ask after them, then the worst."""
    ones = list(assessed)
    silent = sorted((one for one in ones if one.silent), key=longest_silent)
    return [*silent, *rank([one for one in ones if not one.silent])]


def mark_of(one: Stood) -> str:
    return "mudo" if one.silent else kind_of(one)


def map_page(user: User, params: Params) -> v.MapPage:
    """The list that is there without any script, with a sketch of the page of it."""
    asked = look(user, params)
    here = reverse("map")
    found = in_order(opened(user, asked))
    shown, pages = paged(found, asked.params, here, per_page=PER_PAGE)
    with_places(one.site for one in shown)
    nowhere = without_municipality()
    first = pages.first if pages is not None else 1
    kept = figure_params(asked)
    return v.MapPage(
        filters=board_filters(user, asked, here),
        rows=tuple(
            v.MapRow(
                name=one.site.name,
                url=address(reverse("site_page", args=[one.site.uid]), asked.as_of.params),
                place=words.place_of(one.site) if one.site.place_id not in nowhere else _unknown_place(one),
                kind=mark_of(one),
                people=one.last_count if one.silent else one.people(),
                told_at=one.told_at,
                placed=one.site.lat is not None,
                marker=str(number),
            )
            for number, one in enumerate(shown, start=first)
        ),
        pages=pages,
        sites=len(found),
        points=tuple(
            MapPoint(one.site.lat, one.site.lon, mark_of(one), str(number), one.last_count)
            for number, one in enumerate(shown, start=first)
            if one.site.lat is not None and one.site.lon is not None
        ),
        outline=outline(asked, [one.site for one in shown]),
        without_place=sum(one.site.lat is None for one in found),
        unknown=sum(one.site.place_id in nowhere for one in found),
        unknown_url=address(here, {**asked.others, "municipality": UNKNOWN}),
        points_url=address(reverse("map_points"), kept),
        scope=scope_words(asked),
        board_url=address(reverse("board"), kept),
        not_understood=(
            *asked.not_understood,
            *page_not_understood(len(found), params, per_page=PER_PAGE),
        ),
    )


def _unknown_place(one: Stood) -> str:
    return f"{_('Municipio desconocido')}, {label(one.site.place)}"


def map_data(user: User, params: Params) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the centres (points) and of the places around them (lines), WGS 84.

    A centre carries `name`, `url`, `kind`, `word` (the verdict), `people` (None: nobody knows), `told`, `place` and
    `size` (0 to 1). A centre without a point is counted in `without_place`, never put somewhere.
    """
    asked = look(user, params)
    found = in_order(opened(user, asked))
    with_places(one.site for one in found)
    most = max((one.last_count or 0 for one in found), default=0)
    nowhere = without_municipality()
    outlines, drawn_by = _outlines(asked, found)
    return {
        "type": "FeatureCollection",
        "features": [
            *outlines,
            *(
                _feature(one, asked, most, unknown=one.site.place_id in nowhere)
                for one in reversed(found)  # the worst is drawn last, above the others
                if one.site.lat is not None
            ),
        ],
        "sites": len(found),
        "without_place": sum(one.site.lat is None for one in found),
        "unknown_municipality": sum(one.site.place_id in nowhere for one in found),
        "sources": drawn_by,
    }


def _feature(one: Stood, asked: Look, most: int, *, unknown: bool) -> dict[str, Any]:
    people = one.last_count if one.silent else one.people()
    kind = mark_of(one)
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [one.site.lon, one.site.lat]},
        "properties": {
            "name": one.site.name,
            "url": address(reverse("site_page", args=[one.site.uid]), asked.as_of.params),
            "kind": kind,
            "word": verdict_word(kind),
            "people": people,
            "told": formats.moment(one.told_at),
            "place": _unknown_place(one) if unknown else words.place_of(one.site),
            "size": round(((one.last_count or 0) / most) ** 0.5, 2) if most else 0,
        },
    }


def _outlines(asked: Look, found: Sequence[Stood]) -> tuple[list[dict[str, Any]], list[str]]:
    """The outlines of the places that hold these centres and of the place asked for, the widest first, and by whom
    they were drawn."""
    paths = {step for one in found for step in steps(one.site.path)[:-1]}
    if asked.place is not None and asked.place.place is not None:
        paths |= set(steps(asked.place.place.path))
    around = Boundary.objects.filter(Q(place__path__in=paths), place__valid_to=None).select_related("place")
    rows = list(around.order_by("place__level", "place__path")[:MOST_OUTLINES])
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [
                    list(map(list, ring)) for ring in thinned(row.polygons, POINTS_OF_OUTLINES // len(rows))
                ],
            },
            "properties": {"outline": row.place.level, "name": row.place.name},
        }
        for row in rows
    ]
    return features, sorted({row.source for row in rows})
