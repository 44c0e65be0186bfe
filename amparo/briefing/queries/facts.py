"""What stands beside the figures of centres: rooms, fixed things, an ordered closure, flags, who said what."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from amparo.briefing import viewmodels as v
from amparo.briefing import words
from amparo.briefing.queries.lacking import hours, site_url
from amparo.sites.models import Closure, Facility, Flag, ObservationBatch, Site, Space
from amparo.sites.queries.gaps import Assessed
from amparo.standards import INDICATORS, MEASURES, Measurement, expires_at
from amparo.toolkit import formats
from amparo.toolkit.frames import Notice


@dataclass(slots=True)
class Facts:
    """Of one centre. `counted_at`: when its inventory was last written down."""

    spaces: list[Space] = field(default_factory=list)
    facilities: list[Facility] = field(default_factory=list)
    closures: list[Closure] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    counted_at: datetime | None = None

    @property
    def closure(self) -> Closure | None:
        """The ordered closure that stands, if any."""
        return next((one for one in self.closures if not one.withdrawn), None)


def facts_of(sites: Sequence[Site]) -> dict[int, Facts]:
    """The facts of these centres by their key. As many queries for one as for a hundred."""
    ids = [site.pk for site in sites]
    found: dict[int, Facts] = defaultdict(Facts, {pk: Facts() for pk in ids})
    for space in Space.objects.filter(site__in=ids):
        found[space.site_id].spaces.append(space)
    for facility in Facility.objects.filter(site__in=ids):
        found[facility.site_id].facilities.append(facility)
    for closure in Closure.objects.filter(site__in=ids):
        found[closure.site_id].closures.append(closure)
    for flag in Flag.objects.filter(site__in=ids, cleared_at=None):
        found[flag.site_id].flags.append(flag)
    inventories = ObservationBatch.objects.filter(site__in=ids, source=ObservationBatch.Source.INVENTORY)
    for site_id, told_at in inventories.order_by("told_at").values_list("site_id", "told_at"):
        found[site_id].counted_at = told_at
    return found


# --- people


def people(assessed: Assessed) -> v.People | None:
    """By sex and age; None where nobody has ever been counted."""
    told = [assessed.inputs.get(key) for key in ("persons", "women", "men")]
    if not any(told) and assessed.people("females_18_59") is None:
        return None
    rows = []
    for bin_key, label in age_bins():
        women, men = assessed.people(f"females_{bin_key}"), assessed.people(f"males_{bin_key}")
        both = women + men if women is not None and men is not None else None
        rows.append(v.AgeRow(label, women, men, both))
    counted = assessed.inputs.get("persons")
    women, men = assessed.by_sex
    return v.People(
        rows=tuple(rows) if any(row.women is not None or row.men is not None for row in rows) else (),
        women=women,
        men=men,
        total=assessed.people(),
        notes=tuple(_people_notes(assessed)),
        flag=_ages_flag(rows, assessed.people()),
        told_at=counted.told_at if counted else None,
        lasts_hours=hours(INDICATORS["persons"].half_life),
    )


def age_bins() -> tuple[tuple[str, str], ...]:
    """The age bins of the DTM site form, with their words."""
    return (
        ("0", _("Menos de 1 año")),
        ("1_5", _("1 a 5")),
        ("6_17", _("6 a 17")),
        ("18_59", _("18 a 59")),
        ("60", _("60 o más")),
    )


def _people_notes(assessed: Assessed) -> list[str]:
    notes = []
    for key in ("households", "persons_disability", "pregnant", "breastfeeding", "chronic"):
        count = assessed.people(key)
        if count is not None:
            notes.append(f"{words.indicator_name(key)}: {formats.number(count)}.")
    return notes


def _ages_flag(rows: Sequence[v.AgeRow], total: int | None) -> str:
    """Words when every age was told and the ages do not add up to the people counted."""
    parts = [row.total for row in rows]
    if total is None or not parts or any(not isinstance(part, int) for part in parts):
        return ""
    added = sum(part for part in parts if isinstance(part, int))
    if added == total:
        return ""
    return _("Las edades suman %(added)s, no %(total)s") % {
        "added": formats.number(added),
        "total": formats.number(total),
    }


# --- the building


def space_rows(facts: Facts) -> tuple[v.SpaceRow, ...]:
    return tuple(
        v.SpaceRow(
            name=space.name,
            use=f"{space.get_use_display()}. {space.get_serves_display()}",
            area=space.floor_m2,
            places=space.sleeping_places,
            blocked=space.blocked_places,
        )
        for space in facts.spaces
    )


_FACILITY_ICONS = {
    Facility.Kind.TOILET: "sanitario",
    Facility.Kind.SHOWER: "ducha",
    Facility.Kind.TAP: "agua",
    Facility.Kind.HANDWASHING_POINT: "manos",
    Facility.Kind.LAUNDRY_PLACE: "agua",
    Facility.Kind.KITCHEN: "cocina",
    Facility.Kind.RAMP: "acceso",
    Facility.Kind.BIN: "basura",
}


def facility_rows(assessed: Assessed, facts: Facts) -> tuple[v.FacilityRow, ...]:
    """The inventory; where there is none, what reports have said of working things."""
    if not facts.facilities:
        return tuple(_reported_things(assessed))
    return tuple(
        v.FacilityRow(
            name=f"{one.get_kind_display()}: {one.name}" if one.name else str(one.get_kind_display()),
            icon=_FACILITY_ICONS.get(Facility.Kind(one.kind), "info"),
            for_whom=f"{one.get_serves_display()}.",
            total=one.quantity,
            working=one.working,
            lit=None if one.lit is None else one.working * one.lit,
            lockable=None if one.lockable is None else one.working * one.lockable,
            accessible=one.accessible,
            told_at=facts.counted_at or one.recorded_at,
            lasts_hours=hours(INDICATORS["toilets"].half_life),
        )
        for one in facts.facilities
    )


_THINGS = (
    "toilets",
    "toilets_women",
    "toilets_men",
    "toilets_shared",
    "showers",
    "showers_women",
    "showers_men",
    "showers_shared",
    "taps",
    "hand_pumps",
    "open_wells",
    "handwashing_points",
    "laundry_places",
    "bins_100l",
)


def _reported_things(assessed: Assessed) -> list[v.FacilityRow]:
    rows = []
    for key in _THINGS:
        told = assessed.inputs.get(key)
        if told is None:
            continue
        rows.append(
            v.FacilityRow(
                name=words.indicator_name(key),
                icon=words.icon_of_indicator(key),
                working=_standing(key, told, assessed.at),
                told_at=told.told_at,
                lasts_hours=hours(INDICATORS[key].half_life),
            )
        )
    return rows


def _standing(key: str, told: Measurement, at: datetime) -> int | None:
    return None if expires_at(told, INDICATORS[key]) <= at else int(told.low)


# Said rather than counted, and shown even where nobody looked.
_ALWAYS = ("electricity", "lighting", "waste_removal", "sewage_overflow", "kitchen", "ramp")
_IF_TOLD = (
    "electricity_households",
    "kitchen_adequate",
    "toilet_condition",
    "water_potable",
    "security_onsite",
    "sleeping_separated",
    "health_access",
    "food_access",
    "education_access",
    "committee",
    "complaints",
    "site_accessible",
    "site_reachable",
    "travel_time_min",
    "access_road",
    "route_concern",
    "fenced",
    "staff_evacuation_routes",
    "weather_protection",
    "waiting_places",
    "use_permission",
)


def said_facts(assessed: Assessed) -> tuple[v.Fact, ...]:
    """Services that are said rather than counted."""
    found = []
    for key in (*_ALWAYS, *_IF_TOLD):
        told = assessed.inputs.get(key)
        expired = told is not None and expires_at(told, INDICATORS[key]) <= assessed.at
        if told is None and key in _IF_TOLD:
            continue
        value = None if told is None or expired else words.figure(MEASURES[key], told.low, told.high)
        found.append(
            v.Fact(
                name=words.indicator_name(key),
                value=value,
                icon=words.icon_of_indicator(key),
                told_at=told.told_at if told else None,
                lasts_hours=hours(INDICATORS[key].half_life),
            )
        )
    return tuple(found)


# --- what must be known before anything else


def closure_banner(site: Site, facts: Facts) -> v.Closure | None:
    closure = facts.closure
    if closure is None:
        return None
    if site.status == Site.Status.CLOSED:
        title = words.state_of(site)
    else:
        title = _("Cierre ordenado para el %(day)s") % {"day": formats.day(closure.closes_on)}
    said = [_("Lo ordena: %(who)s.") % {"who": closure.ordered_by}]
    said += [part for part in (closure.reason, closure.staying_note) if part]
    if site.status == Site.Status.OPEN:
        said.append(_("Las personas pueden seguir entrando."))
    return v.Closure(
        title=title,
        text=" ".join(said),
        notice_on=closure.notice_on,
        closes_on=closure.closes_on,
        still_there=closure.still_staying,
        handover=_handover(closure),
        url=site_url("site_closure", site),
    )


def _handover(closure: Closure) -> str:
    if closure.handed_over_on is None:
        return _("falta entregar el edificio")
    day = _("entregado el %(day)s") % {"day": formats.day(closure.handed_over_on)}
    return f"{day}. {closure.handover_note}" if closure.handover_note else day


def flag_notices(site: Site, facts: Facts, *, mend_url: str = "") -> tuple[Notice, ...]:
    """What is odd about a centre and waits for a person. It stops nothing."""
    found = []
    for flag in facts.flags:
        title = words.flag(flag.code, flag.detail)
        detail = flag.detail if flag.detail and flag.detail != title else ""
        text = ". ".join(part for part in (detail, flag.source) if part)
        mends = flag.code == "place_in_doubt" and mend_url
        found.append(
            Notice("bajo", title, text, mend_url if mends else "", _("Decir dónde está") if mends else "")
        )
    return tuple(found)
