"""What someone typing means."""

import re
from datetime import date

from django.db.models import Q
from django.utils import timezone

from amparo.kernel.fields import subtree
from amparo.places import countries
from amparo.places.models import Place, PlaceName
from amparo.places.names import sound, spell_out
from amparo.places.queries.tree import during

NEAREST = 5  # places above that a comma may mean; candidates offered to a person
_LAST = "\U0010ffff"
_LIKE_A_CODE = re.compile(r"[A-Z]{1,3}[0-9]+")


def search(
    text: str,
    *,
    country: str | None = None,
    level: int | None = None,
    limit: int = 20,
    at: date | None = None,
) -> list[Place]:
    """What someone typing this may mean, best first: same name, beginning, beginning of a word, same sound.

    A code finds its place; after a comma comes the place above ("san lorenzo, valle"). Lakes come last within
    their rank. Each place carries its parent, so that `label` asks nothing more.
    """
    typed, _comma, above = text.partition(",")
    around: list[str] = []
    if spell_out(above):
        around = [place.path for place in search(above, country=country, limit=NEAREST, at=at)]
        if not around:
            return []

    def where(place: str) -> Q:
        """The conditions on a place; `place` leads to it from the model searched."""
        told = during(at or timezone.localdate(), place) & _inside(around, place)
        if country is not None:
            told &= Q(**{f"{place}country": countries.code_of(country)})
        return told if level is None else told & Q(**{f"{place}level": level})

    ranked: dict[int, None] = {}
    code = squeezed(typed)
    if _LIKE_A_CODE.fullmatch(code):
        coded = Place.objects.filter(_begins("code", code), where("")).order_by("code", "pk")
        ranked.update(dict.fromkeys(coded.values_list("pk", flat=True)[:limit]))
    for rank in _ranks(typed):
        if len(ranked) >= limit:
            break
        found = (
            PlaceName.objects.filter(rank, where("place__"))
            .order_by("name_key", "place_id")
            .values_list("place_id", "place__kind", "name_key", "place__level")[: 3 * limit]
        )
        ordered = sorted(found, key=lambda row: (row[1], row[2], row[3]))  # "land" before "water"
        ranked.update(dict.fromkeys(row[0] for row in ordered))
    places = Place.objects.select_related("parent").in_bulk(list(ranked)[:limit])
    return [places[pk] for pk in ranked if pk in places]


def _inside(paths: list[str], place: str) -> Q:
    inside = Q()
    for path in paths:
        low, high = subtree(path)
        inside |= Q(**{f"{place}path__gt": low, f"{place}path__lt": high})
    return inside


def _ranks(typed: str) -> list[Q]:
    """The ways in which a name may answer, best first."""
    wanted, heard = spell_out(typed), sound(typed)
    ranks = []
    if wanted:
        ranks += [Q(name_key=wanted), _begins("name_key", wanted), Q(name_key__contains=f" {wanted}")]
    if len(heard) > 2:
        ranks += [Q(sound_key=heard), _begins("sound_key", heard)]
    return ranks


def _begins(column: str, start: str) -> Q:
    """A beginning as a range: both databases answer it from the index."""
    return Q(**{f"{column}__gte": start, f"{column}__lt": start + _LAST})


def squeezed(code: str) -> str:
    """ "hn-0801 " -> "HN0801"; a spreadsheet's "801.0" -> "801"."""
    return re.sub(r"[^A-Z0-9~]", "", re.sub(r"^(\d+)\.0$", r"\1", code.strip()).upper())
