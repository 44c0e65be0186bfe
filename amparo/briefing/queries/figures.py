"""Figures for machines: gaps over many centres, or of one, from the same function as every page.

Open and closed centres never share a total silently: each has its own block, and `covers` says what the figures
at the top are of. Candidates are never counted.
"""

import difflib
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.briefing import words
from amparo.briefing.queries.asked import place_asked, place_words
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.sites.models import Site
from amparo.sites.queries.gaps import (
    Assessed,
    Moment,
    assess,
    assess_one,
    confirmed_standards,
    measure_named,
    measure_summary,
)
from amparo.sites.queries.sites import visible_to, within
from amparo.sites.queries.standing import closed_on, open_on
from amparo.standards import MEASURES, STANDARDS, Gap, Measure, Places, Reason, Verdict, headlines


def gap_figures(
    user: User, *, indicator: str, include_closed: bool, moment: Moment, place: str
) -> dict[str, Any]:
    """Gaps of the centres this person may see, in `place` (P-code or name; "" is everywhere), at a moment.

    With `indicator` (a measure, an indicator or a standard by its key): that measure with its denominators, see
    `measure_summary`. Without: counts per standard under "standards". Raises `Refused` for an unknown indicator or
    place, naming the nearest.
    """
    measure = _measure(indicator) if indicator else None
    sites = visible_to(user).select_related(None)
    where = None
    if place:
        where = place_asked(place)
        if where.place is None:
            raise _unknown_place(place, [place_words(near) for near in where.nearest])
        sites = within(sites, where.place)
    day = timezone.localdate(moment.at) if moment.past and moment.at else None
    opened = assess(open_on(sites, day), moment)
    closed = assess(closed_on(sites, day), moment) if include_closed else []
    blocks = {"open": _block(opened, measure)}
    if include_closed:
        blocks["closed"] = _block(closed, measure)
    return {
        **_block([*opened, *closed], measure),
        "covers": list(blocks),
        "place": where.place.code if where and where.place else "",
        **_as_of([*opened, *closed], moment),
        **blocks,
    }


def _measure(indicator: str) -> Measure:
    if indicator in STANDARDS:
        return MEASURES[STANDARDS[indicator].measure]
    measure = measure_named(indicator)
    if measure is None:
        near = difflib.get_close_matches(indicator, [*MEASURES, *STANDARDS], n=5, cutoff=0.4)
        message = _("No existe el dato «%(key)s».") % {"key": indicator[:60]}
        if near:
            message += " " + _("Los más parecidos: %(names)s.") % {"names": ", ".join(near)}
        raise Refused("unknown_indicator", message, status=404)
    return measure


def _unknown_place(place: str, near: Sequence[str]) -> Refused:
    message = _("No se conoce el lugar «%(place)s».") % {"place": place[:60]}
    if near:
        message += " " + _("Los más parecidos: %(names)s.") % {"names": "; ".join(near)}
    return Refused("unknown_place", message, status=404)


def _as_of(assessed: Sequence[Assessed], moment: Moment) -> dict[str, Any]:
    """As of when; `oldest` and `newest` are the last reports of the centre heard from longest ago and most lately."""
    told = [one.told_at for one in assessed if one.told_at is not None]
    return {
        "as_of": moment.at if moment.at is not None else "last_report",
        "oldest": min(told, default=None),
        "newest": max(told, default=None),
    }


def _block(assessed: Sequence[Assessed], measure: Measure | None) -> dict[str, Any]:
    people = [count for one in assessed if (count := one.people()) is not None]
    counted = {"people": sum(people), "people_sites": len(people)}
    if measure is not None:
        return {**measure_summary(assessed, measure), **counted}
    return {"sites": len(assessed), **counted, "standards": standard_figures(assessed)}


def standard_figures(assessed: Sequence[Assessed]) -> list[dict[str, Any]]:
    """How many centres meet each standard, in the order of the standards file.

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
    return {
        "site": str(site.uid),
        "code": site.code,
        "name": site.name,
        "status": site.status,
        "kind": site.kind,
        "place": site.place.code,
        "as_of": one.at,
        "told_at": one.told_at,
        "phase": one.phase.value,
        "people": one.people(),
        "women": one.people("women"),
        "men": one.people("men"),
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
