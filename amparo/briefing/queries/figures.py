"""Figures for machines: gaps over many centres, or of one, from the same function as every page.

Open and closed centres never share a total silently: each has its own block, and `covers` says what the figures
at the top are of. Candidates are never counted.
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.look import AGES, UNKNOWN, crisis_asked, narrowed, of_age, standards_named
from amparo.crises.models import Crisis
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places.models import Place
from amparo.places.queries.asking import place_asked, place_words
from amparo.places.queries.municipalities import unknown_municipality
from amparo.sites.models import Site
from amparo.sites.queries.gaps import (
    Assessed,
    Moment,
    Stood,
    assess,
    assess_one,
    confirmed_standards,
    measure_named,
    measure_summary,
    totals,
)
from amparo.sites.queries.sites import visible_to
from amparo.sites.queries.standing import closed_on, open_on
from amparo.standards import MEASURES, STANDARDS, Gap, Measure, Places, Reason, Verdict, headlines
from amparo.toolkit.asked import quoted


def gap_figures(
    user: User,
    *,
    indicator: str,
    include_closed: bool,
    moment: Moment,
    place: str,
    crisis: str = "",
    search: str = "",
    age: str = "",
    municipality: str = "",
) -> dict[str, Any]:
    """Gaps of the centres this person may see, in `place` (P-code or name; "" is everywhere), at a moment.

    `crisis` (its id), `search` (words of a name), `age` of the data and `municipality` ("unknown") narrow them as on
    the board; closed centres have no age. With `indicator` (a measure, an
    indicator or a standard by its key): that measure with its denominators, see `measure_summary`. Without, or with
    a group of standards ("water"): counts per standard under "standards". The blocks "open" and "closed" carry the
    figures of the board too, by the standards asked for. Raises `Refused` for an unknown indicator, place or
    emergency, naming the nearest, and for an age or a municipality that is none.
    """
    asked = _Judged(_measure(indicator), standards_named(indicator))
    where = place_named(place)
    day = timezone.localdate(moment.at) if moment.past and moment.at else None
    sites = narrowed(visible_to(user), place=where, crisis=crisis_named(user, crisis), search=search, day=day)
    if municipality:
        _refuse_unless(municipality, (UNKNOWN,), "unknown_municipality")
        sites = sites.filter(unknown_municipality("place__"))
    if age:
        _refuse_unless(age, AGES, "unknown_age")
    opened = of_age(assess(open_on(sites, day), moment), age)
    closed = assess(closed_on(sites, day), moment) if include_closed else []
    blocks = {"open": _of_one_status(opened, asked)}
    if include_closed:
        blocks["closed"] = _of_one_status(closed, asked)
    return {
        **_block([*opened, *closed], asked),
        "covers": list(blocks),
        "place": where.code if where else "",
        **_as_of([*opened, *closed], moment),
        **blocks,
    }


def _refuse_unless(asked: str, known: Sequence[str], code: str) -> None:
    if asked not in known:
        message = _("No se conoce el filtro «%(asked)s»") % {"asked": quoted(asked)}
        raise Refused(code, f"{message}. " + _("Hay: %(known)s.") % {"known": ", ".join(known)}, status=404)


@dataclass(frozen=True, slots=True)
class _Judged:
    """By what centres are looked at: one measure, if one was asked for, and some standards; None is all of them."""

    measure: Measure | None
    standards: frozenset[str] | None


def _measure(indicator: str) -> Measure | None:
    """The measure asked for; None for all of them or a group."""
    if not indicator or indicator in words.GROUP_NAMES:
        return None
    if indicator in STANDARDS:
        return MEASURES[STANDARDS[indicator].measure]
    measure = measure_named(indicator)
    if measure is None:
        names = [*MEASURES, *STANDARDS, *words.GROUP_NAMES]
        near = difflib.get_close_matches(indicator, names, n=5, cutoff=0.4)
        message = _("No existe el dato «%(key)s».") % {"key": indicator[:60]}
        if near:
            message += " " + _("Los más parecidos: %(names)s.") % {"names": ", ".join(near)}
        raise Refused("unknown_indicator", message, status=404)
    return measure


def place_named(text: str) -> Place | None:
    """The place of that code or name; "" is everywhere. Raises `Refused` (404) naming the nearest."""
    if not text:
        return None
    asked = place_asked(text)
    if asked.place is None:
        message = _("No se conoce el lugar «%(place)s».") % {"place": quoted(text)}
        if asked.nearest:
            near = "; ".join(place_words(place) for place in asked.nearest)
            message += " " + _("Los más parecidos: %(names)s.") % {"names": near}
        raise Refused("unknown_place", message, status=404)
    return asked.place


def crisis_named(user: User, uid: str) -> Crisis | None:
    """The emergency of that id; "" is all. Raises `Refused` (404)."""
    crisis = crisis_asked(user, uid)
    if uid and crisis is None:
        raise Refused("unknown_crisis", _("No se encuentra esa emergencia."), status=404)
    return crisis


def _as_of(assessed: Sequence[Assessed], moment: Moment) -> dict[str, Any]:
    """As of when; `oldest` and `newest` are the last reports of the centre heard from longest ago and most lately."""
    told = [one.told_at for one in assessed if one.told_at is not None]
    return {
        "as_of": moment.at if moment.at is not None else "last_report",
        "oldest": min(told, default=None),
        "newest": max(told, default=None),
    }


def _of_one_status(assessed: Sequence[Assessed], asked: _Judged) -> dict[str, Any]:
    """A block of open centres, or of closed ones: what the board says of them, then the gaps."""
    judged = assessed if asked.standards is None else [one.by(asked.standards) for one in assessed]
    return {**standing_figures(judged), **_block(assessed, asked)}


def standing_figures(assessed: Sequence[Stood]) -> dict[str, Any]:
    """The figures above the board, of centres of one status; None where nobody counted, never 0.

    `people_stale`: those whose headcount asks to be confirmed. `free_by_floor`: places as the floor alone has it.
    """
    counts = totals(assessed)
    return {
        "sites": counts.sites,
        "people": counts.people if counts.people_sites else None,
        "people_sites": counts.people_sites,
        "people_stale": sum(one.people() or 0 for one in assessed if one.count_faded),
        "free_places": counts.free_places if counts.free_sites else None,
        "free_by_floor": counts.free_by_floor if any(one.floor is not None for one in assessed) else None,
        "grave_sites": counts.grave_sites,
        "grave_people": counts.grave_people,
        "not_assessed_sites": counts.not_assessed_sites,
        "silent_sites": counts.silent_sites,
    }


def _block(assessed: Sequence[Assessed], asked: _Judged) -> dict[str, Any]:
    people = [count for one in assessed if (count := one.people()) is not None]
    counted = {"people": sum(people), "people_sites": len(people)}
    if asked.measure is not None:
        return {**measure_summary(assessed, asked.measure), **counted}
    return {"sites": len(assessed), **counted, "standards": standard_figures(assessed, asked.standards)}


def standard_figures(
    assessed: Sequence[Assessed], standards: frozenset[str] | None = None
) -> list[dict[str, Any]]:
    """How many centres meet each standard (of these, or of all), in the order of the standards file.

    `met`, `not_met` (of them `grave`), `not_assessed` and `unverified` (measured, but the threshold decides nothing)
    and `not_applicable` (another phase or type of centre, or nobody there) add up to the centres. `affected`: people
    beyond what there is, in the `affected_sites` where that is known.
    """
    confirmed = confirmed_standards()
    counts = {
        key: dict.fromkeys(
            ("met", "not_met", "grave", "not_assessed", "unverified", "affected", "affected_sites"), 0
        )
        for key in STANDARDS
    }
    for one in assessed:
        decided = {gap.standard.key: gap for gap in headlines(one.gaps)}
        for key, gap in decided.items():
            _count(counts[key], gap)
        for key, measured in _doubtful(one.gaps).items():
            counts[key]["unverified" if measured else "not_assessed"] += 1
    found = []
    for key, standard in STANDARDS.items():
        if standards is not None and key not in standards:
            continue
        count = counts[key]
        shown = count["met"] + count["not_met"] + count["not_assessed"] + count["unverified"]
        found.append(
            {
                "key": key,
                "name": words.said(standard.name),
                "measure": standard.measure,
                "source": words.source_of(standard),
                "verified": standard.verified or key in confirmed,
                **count,
                "not_applicable": len(assessed) - shown,
            }
        )
    return found


def _doubtful(gaps: Sequence[Gap]) -> dict[str, bool]:
    """The standards that decide nothing here, and whether any of their groups was measured."""
    found: dict[str, bool] = {}
    for gap in gaps:
        if not gap.decides and gap.reason is not Reason.NO_PEOPLE:
            key = gap.standard.key
            found[key] = found.get(key, False) or gap.verdict is not Verdict.NOT_ASSESSED
    return found


def _count(count: dict[str, int], gap: Gap) -> None:
    count[gap.verdict.value] += 1
    if gap.verdict is Verdict.NOT_MET:
        count["grave"] += gap.grave
        if gap.affected is not None:
            count["affected"] += gap.affected
            count["affected_sites"] += 1


# --- one centre


def site_figures(site: Site, moment: Moment) -> dict[str, Any]:
    """One centre: headcounts that still stand, both capacities, and each gap with its terms."""
    one = assess_one(site, moment)
    women, men = one.by_sex
    return {
        "site": str(site.uid),
        "code": site.code,
        "name": site.name,
        "status": one.status or None,
        "kind": site.kind,
        "place": site.place.code,
        "as_of": one.at,
        "told_at": one.told_at,
        "phase": one.phase.value,
        "people": one.people(),
        "women": women,
        "men": men,
        "summary": {
            "met": one.summary.met,
            "not_met": one.summary.not_met,
            "grave": one.summary.grave,
            "not_assessed": one.summary.not_assessed,
            "unverified": one.summary.unverified,
        },
        "capacity": {
            "tonight": _places(one.capacity.tonight),
            "to_standard": _places(one.capacity.to_standard),
        },
        "gaps": [_gap(gap) for gap in one.gaps],
    }


def _places(places: Places) -> dict[str, Any]:
    return {
        "total": places.total,
        "women": places.women,
        "men": places.men,
        "floor": places.floor,
        "served": places.served,
        "binds": places.binds.resource if places.binds else None,
        "not_assessed": list(places.not_assessed),
        "not_separated": list(places.not_separated),
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {
        "standard": gap.standard.key,
        "group": gap.group,
        "measure": gap.measure.key,
        "verdict": gap.verdict.value,
        "grave": gap.grave,
        "decides": gap.decides,
        "low": _number(gap.measured[0]) if gap.measured else None,
        "high": _number(gap.measured[1]) if gap.measured else None,
        "threshold": gap.threshold,
        "threshold_high": gap.threshold_high,
        "people": gap.people,
        "affected": gap.affected,
        "missing": gap.missing,
        "missing_unit": gap.missing_unit,
        "reason": gap.reason.value if gap.reason else None,
        "lacking": list(gap.lacking),
        "told_at": gap.told_at,
        "expires_at": gap.expires_at,
        "terms": [
            {
                "indicator": term.indicator,
                "role": term.role.value,
                "low": _number(term.measurement.low),
                "high": _number(term.measurement.high),
                "told_at": term.measurement.told_at,
            }
            for term in gap.terms
        ],
    }


def _number(value: float) -> float | None:
    """JSON has no endless number: "15 or more" is 15 to nothing."""
    return None if value == float("inf") else value
