"""Questions about crises. Nothing here writes.

A phase is a fact of a place and a day, the same for everybody: who may see a centre may know by which phase
it is judged, and sees the crisis that says so, because the crisis covers the centre.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from amparo.crises.models import PHASE_NAMES, Crisis, CrisisPlace, PhasePeriod
from amparo.crises.permissions import Crises
from amparo.kernel.access import Scope, covers, scopes
from amparo.kernel.fields import subtree
from amparo.places.models import Place
from amparo.places.queries import steps
from amparo.standards import Phase

DEFAULT_PHASE = Phase.ACUTE  # where no crisis says otherwise
# The most severe first: it holds where several crises meet.
SEVERITY = {Phase.SURVIVAL: 0, Phase.ACUTE: 1, Phase.LONGER: 2}


@dataclass(frozen=True)
class Reason:
    """Why a place is in a phase: the crisis that says so, and since when; no crisis means the usual phase."""

    phase: Phase
    crisis: Crisis | None = None
    since: date | None = None

    @property
    def words(self) -> str:
        """ "Primeros días, por Tormenta Julieta": for the screen."""
        name = str(PHASE_NAMES[self.phase])
        if self.crisis is None:
            return _("%(phase)s: aquí no hay una emergencia abierta") % {"phase": name}
        return _("%(phase)s, por %(crisis)s") % {"phase": name, "crisis": self.crisis}


def visible_to(user: Any) -> "QuerySet[Crisis]":
    """The crises that touch where the user may look, whoever holds them, and those of their own organisation.

    An emergency is everybody's who works where it is, so the organisation of a holding limits records, not
    crises. A crisis touches a scope when a place of it lies within the scope or around it.
    """
    held = scopes(user, Crises.VIEW)
    if not held:
        return Crisis.objects.none()
    if any(scope.path == "" for scope in held):
        return Crisis.objects.all()
    touched = CrisisPlace.objects.filter(_touching(held), crisis=OuterRef("pk"))
    own = {user.organisation_id, *(scope.organisation_id for scope in held)} - {None}
    return Crisis.objects.filter(Q(Exists(touched)) | Q(holder__in=own))


def manages(user: Any, crisis: Crisis) -> bool:
    """Whether the user holds MANAGE over every place that the crisis affects now, for its holder."""
    held = scopes(user, Crises.MANAGE)
    paths = CrisisPlace.objects.filter(crisis=crisis, ends_on=None).values_list("place__path", flat=True)
    return bool(held) and all(covers(held, path, crisis.holder_id) for path in paths)


def _touching(held: Iterable[Scope]) -> Q:
    """Places within a scope, or around it: the steps of the scope's own path."""
    where = Q()
    for scope in held:
        low, high = subtree(scope.path)
        where |= Q(place__path__gte=low, place__path__lt=high) | Q(place__path__in=steps(scope.path))
    return where


def open_on(crises: "QuerySet[Crisis]", day: date | None = None) -> "QuerySet[Crisis]":
    """Those that have begun and not ended on that day (today by default)."""
    return crises.filter(_during(day or timezone.localdate()))


def _during(day: date, where: str = "") -> Q:
    return Q(**{f"{where}starts_on__lte": day}) & (
        Q(**{f"{where}ends_on": None}) | Q(**{f"{where}ends_on__gt": day})
    )


def open_today() -> Q:
    """The condition of having begun and not ended today."""
    return _during(timezone.localdate())


def now_of(crises: Sequence[Crisis]) -> dict[int, tuple[Phase, list[Place]]]:
    """By the key of each: its phase today and the places it affects, with the place above. Two queries for all."""
    today = timezone.localdate()
    keys = [crisis.pk for crisis in crises]
    phases: dict[int, str] = {}
    periods = PhasePeriod.objects.filter(crisis__in=keys, starts_on__lte=today).order_by("starts_on", "pk")
    for crisis, phase in periods.values_list("crisis", "phase"):
        phases[crisis] = phase
    places: dict[int, list[Place]] = {key: [] for key in keys}
    affected = CrisisPlace.objects.filter(_during(today), crisis__in=keys).select_related("place__parent")
    for one in affected.order_by("pk"):
        places[one.crisis_id].append(one.place)
    return {key: (Phase(phases[key]) if key in phases else DEFAULT_PHASE, places[key]) for key in keys}


def places_of(crisis: Crisis, day: date | None = None) -> "QuerySet[CrisisPlace]":
    """The places a crisis affects on that day (today by default), each with its place and the one above."""
    affected = CrisisPlace.objects.filter(_during(day or timezone.localdate()), crisis=crisis)
    return affected.select_related("place__parent")


def phase_of(crisis: Crisis, day: date | None = None) -> Phase:
    """The phase of a crisis on that day (today by default)."""
    periods = PhasePeriod.objects.filter(crisis=crisis, starts_on__lte=day or timezone.localdate())
    newest = periods.order_by("-starts_on").values_list("phase", flat=True).first()
    return Phase(newest) if newest else DEFAULT_PHASE


def phase_at(path: str, day: date | None = None) -> Phase:
    """The phase by which what lies at `path` is judged that day: the most severe of the open crises there."""
    return reasons_for([path], day)[path].phase


def phases_for(paths: Iterable[str], day: date | None = None) -> dict[str, Phase]:
    """`phase_at` of many paths at once. One query however many."""
    return {path: reason.phase for path, reason in reasons_for(paths, day).items()}


def why_phase(path: str, day: date | None = None) -> Reason:
    """The phase at `path` on that day, with the crisis that says so."""
    return reasons_for([path], day)[path]


def reasons_for(paths: Iterable[str], day: date | None = None) -> dict[str, Reason]:
    """`why_phase` of many paths at once. One query however many."""
    by_place = _by_place(day or timezone.localdate())
    usual = Reason(DEFAULT_PHASE)
    found = {}
    for path in paths:
        covering = [by_place[step] for step in steps(path) if step in by_place]
        found[path] = min(covering, key=_severity, default=usual)
    return found


def _severity(reason: Reason) -> tuple[int, date, int]:
    """The most severe phase first; among equals the one that lasts longest, then the crisis opened first."""
    assert reason.crisis is not None and reason.since is not None
    return SEVERITY[reason.phase], reason.since, reason.crisis.pk


def _by_place(day: date) -> dict[str, Reason]:
    """What the open crises say of each place they name, by the place's path."""
    newest = PhasePeriod.objects.filter(crisis=OuterRef("crisis"), starts_on__lte=day).order_by("-starts_on")
    affected = (
        CrisisPlace.objects.filter(_during(day), _during(day, "crisis__"))
        .annotate(phase=Subquery(newest.values("phase")[:1]), since=Subquery(newest.values("starts_on")[:1]))
        .annotate(path=F("place__path"))
        .select_related("crisis")
    )
    by_place: dict[str, Reason] = {}
    for row in affected:
        reason = Reason(Phase(row.phase or DEFAULT_PHASE), row.crisis, row.since or row.crisis.starts_on)
        before = by_place.get(row.path)
        by_place[row.path] = reason if before is None else min(before, reason, key=_severity)
    return by_place
