"""Every centre one may see, whatever its situation: the list to find one in."""

from collections.abc import Iterable, Sequence

from django.db.models import Count, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.asked import PER_PAGE, Params, PlaceAsked, address, pages_of, place_asked, plain
from amparo.briefing.queries.lacking import hours, site_url
from amparo.kernel.access import may
from amparo.kernel.models import User
from amparo.places.queries import label
from amparo.sites.models import Flag, Site
from amparo.sites.permissions import Sites
from amparo.sites.queries.gaps import Assessed, Moment, assess
from amparo.sites.queries.sites import named, visible_to, within, without_a_sure_place
from amparo.standards import INDICATORS
from amparo.toolkit.frames import Filters, Option, Pages, Select

DOUBT = "doubt"


def sites_page(user: User, params: Params) -> v.SitesPage:
    """A page of centres with people and age of the figure; counts by situation, never added up."""
    here = reverse("sites_list")
    situation = params.get("status", "")
    place = place_asked(params["place"]) if plain(params.get("place", "")) else None
    search = plain(params.get("q", ""))
    kept = {
        "status": situation if situation in (*Site.Status.values, DOUBT) else "",
        "place": place.text if place else "",
        "q": search,
        "page": params.get("page", ""),
    }
    sites = visible_to(user).select_related("place__parent")
    if place is not None:
        sites = within(sites, place.place) if place.place else sites.none()
    counts = sites.aggregate(
        **{status: Count("pk", filter=Q(status=status)) for status in Site.Status.values},
        doubt=Count("pk", filter=~Q(place_doubt="")),
        total=Count("pk"),
    )
    shown, pages = _shown(_in_situation(sites, kept["status"]), search, kept, here)
    return v.SitesPage(
        filters=_filters(here, place, kept),
        chips=_chips(here, kept, counts),
        rows=tuple(_rows(assess(shown, Moment.now()))),
        open_sites=counts[Site.Status.OPEN],
        closed_sites=counts[Site.Status.CLOSED],
        pages=pages,
        new_url=reverse("site_new") if may(user, Sites.MANAGE) else "",
    )


def _in_situation(sites: "QuerySet[Site]", situation: str) -> "QuerySet[Site]":
    if situation == DOUBT:
        return without_a_sure_place(sites)
    return sites.filter(status=situation) if situation else sites


def _shown(
    sites: "QuerySet[Site]", search: str, params: dict[str, str], here: str
) -> tuple[Sequence[Site], Pages | None]:
    """The centres of the page asked for."""
    found: Sequence[Site] | QuerySet[Site] = named(sites, search) if search else sites
    total = len(found) if isinstance(found, list) else sites.count()
    pages = pages_of(total, params, here)
    first, last = (pages.first - 1, pages.last) if pages else (0, PER_PAGE)
    return list(found[first:last]), pages


def _rows(assessed: Iterable[Assessed]) -> Iterable[v.SiteRow]:
    listed = list(assessed)
    flags: dict[int, dict[str, None]] = {one.site.pk: {} for one in listed}
    for flag in Flag.objects.filter(site__in=list(flags), cleared_at=None):
        flags[flag.site_id][words.flag(flag.code, flag.detail)] = None
    for one in listed:
        site = one.site
        yield v.SiteRow(
            name=site.name,
            url=site_url("site_page", site),
            type_label=words.kind_label(site),
            state=words.state_of(site),
            is_open=site.status == Site.Status.OPEN,
            place=words.place_of(site),
            people=one.people(),
            told_at=one.told_at,
            lasts_hours=hours(INDICATORS["persons"].half_life),
            flags=tuple(flags[site.pk]),
        )


def _chips(here: str, params: dict[str, str], counts: dict[str, int]) -> tuple[v.Chip, ...]:
    labels = {
        "": _("Todos"),
        Site.Status.OPEN.value: _("Abiertos"),
        Site.Status.CLOSED.value: _("Cerrados"),
        Site.Status.CANDIDATE.value: _("Lugares posibles"),
        DOUBT: _("Lugar por confirmar"),
    }
    others = {name: value for name, value in params.items() if name != "page"}
    return tuple(
        v.Chip(
            name, address(here, {**others, "status": key}), params["status"] == key, counts[key or "total"]
        )
        for key, name in labels.items()
    )


def _filters(here: str, place: PlaceAsked | None, params: dict[str, str]) -> Filters:
    selects: tuple[Select, ...] = ()
    if place is not None:
        name = label(place.place) if place.place else place.text
        options = (Option("", _("Todos los lugares")), Option(place.text, name, True))
        selects = (Select("place", _("Lugar"), options),)
    return Filters(
        url=here,
        search_label=_("Buscar albergue o aldea"),
        search=params["q"],
        selects=selects,
        hidden=(("status", params["status"]),) if params["status"] else (),
        clear_url=here if params["q"] or params["place"] else "",
    )
