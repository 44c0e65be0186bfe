"""Which municipality something lies in, and when that is not known."""

from django.db.models import Q

from amparo.places.models import Place

MUNICIPALITY = 2  # the level of a municipality


def unknown_municipality(where: str = "") -> Q:
    """The condition of lying in no municipality of the lists: only a department or a country is known, or a name that
    nobody found. `where` leads to the place from another model ("place__")."""
    return (
        Q(**{f"{where}level__lt": MUNICIPALITY})
        | Q(**{f"{where}level": MUNICIPALITY, f"{where}provisional": True})
        | Q(
            **{
                f"{where}level__gt": MUNICIPALITY,
                f"{where}parent__level": MUNICIPALITY,
                f"{where}parent__provisional": True,
            }
        )
    )


def without_municipality() -> frozenset[int]:
    """The keys of the places that lie in no municipality of the lists. One query."""
    return frozenset(Place.objects.filter(unknown_municipality()).values_list("pk", flat=True))
