"""Which centres someone may see."""

from django.db.models import Q, QuerySet

from amparo.kernel.access import limit
from amparo.kernel.fields import subtree
from amparo.kernel.models import User
from amparo.kernel.words import fold
from amparo.places.models import Place
from amparo.sites.models import Site
from amparo.sites.permissions import Sites


def visible_to(user: User) -> "QuerySet[Site]":
    """Every site within the user's scopes, candidates included."""
    return limit(Site.objects.select_related("place", "holder"), user, Sites.VIEW)


def open_ones(sites: "QuerySet[Site]") -> "QuerySet[Site]":
    return sites.filter(status=Site.Status.OPEN)


def closed_ones(sites: "QuerySet[Site]") -> "QuerySet[Site]":
    return sites.filter(status=Site.Status.CLOSED)


def candidates(sites: "QuerySet[Site]") -> "QuerySet[Site]":
    return sites.filter(status=Site.Status.CANDIDATE)


def within(sites: "QuerySet[Site]", place: Place) -> "QuerySet[Site]":
    """Those that lie in the place or below it."""
    low, high = subtree(place.path)
    return sites.filter(path__gte=low, path__lt=high)


def named(sites: "QuerySet[Site]", text: str) -> list[Site]:
    """Those whose name, code, address or place holds every word, whatever the accents."""
    words = fold(text).split()
    return [
        site
        for site in sites
        if all(word in fold(f"{site.name} {site.code} {site.address} {site.place.name}") for word in words)
    ]


def called(sites: "QuerySet[Site]", text: str) -> "QuerySet[Site]":
    """Those that bear just this code or this name, whatever the accents."""
    return sites.filter(Q(code__iexact=text.strip()) | Q(name_key=fold(text)[:200]))


def without_a_sure_place(sites: "QuerySet[Site]") -> "QuerySet[Site]":
    return sites.filter(~Q(place_doubt=""))
