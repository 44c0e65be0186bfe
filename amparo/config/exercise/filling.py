"""Filling an empty exercise, and telling what has come due since."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from amparo.config.exercise.people import add_elsewhere, add_people
from amparo.config.exercise.story import (
    CANDIDATES,
    CENTRES,
    CLOSED,
    DAYS,
    SECOND_STORM,
    TELLINGS,
    Centre,
    Telling,
    day_of,
    told,
)
from amparo.crises.actions import open_crisis, set_phase, withdraw_damage
from amparo.crises.actions.damage import Told, record_damage
from amparo.crises.damage import FIGURES
from amparo.crises.models import Crisis
from amparo.kernel.actions import console
from amparo.kernel.models import Organisation, User
from amparo.places.models import Place
from amparo.places.queries import resolve
from amparo.sites.actions.building import write_facilities, write_spaces
from amparo.sites.actions.closing import close_site, order_closure
from amparo.sites.actions.observing import Report, observe_many
from amparo.sites.actions.site import add_site
from amparo.sites.models import Facility, ObservationBatch, Site, Space
from amparo.standards import Phase

HOURS = ZoneInfo(settings.TIME_ZONE)
PHONE = "0000 0000"
DAMAGE = UUID("6b1f0f1e-5d1c-4d6e-9a6e-1d5a3c0e7a11")  # of the ids of its figures of damage
CLOSING = "Jardín de Niños Colibrí Imaginario"
WALKED_AGO = (
    9  # days since those who report daily counted toilets and taps again; what others counted has expired
)
AT_ONCE = 100


def fill_exercise() -> None:
    """Fill an empty exercise, or tell what has come due since."""
    by = console()
    if not Crisis.objects.exists():
        with transaction.atomic():
            _begin(by)
    reports = list(_due(timezone.now()))
    for start in range(0, len(reports), AT_ONCE):
        observe_many(reports[start : start + AT_ONCE], by=by)


def _place(code: str) -> Place:
    place = resolve(code=code).place
    assert place is not None, code
    return place


def _begin(by: User) -> None:
    today = timezone.localdate()
    holders = {"HND": by.organisation, "GTM": add_elsewhere(by=by)}
    countries = {code: _place(code) for code in holders}
    storms = {}
    for code, departments in _departments().items():
        storm = storms[code] = open_crisis(
            by=by,
            holder=holders[code],
            name={"es": "Dos Tormentas Inventadas (práctica)", "en": "Two Invented Storms (practice)"},
            kind="storm",
            starts_on=today - timedelta(days=DAYS),
            phase=Phase.SURVIVAL,
            places=departments,
        )
        set_phase(storm, by=by, phase=Phase.ACUTE, starts_on=today - timedelta(days=DAYS - SECOND_STORM + 4))
    for number, telling in enumerate(TELLINGS):
        _tell_damage(telling, number, by=by, crisis=storms[_country(telling.place)])
    sites = [
        _open(centre, number, by=by, holder=holders[centre.country])
        for number, centre in enumerate(CENTRES, start=1)
    ]
    for said in CANDIDATES:
        add_site(
            by=by, holder=holders[_country(said["place"])], place=_place(said["place"]), name=said["name"],
            lat=said["point"][0], lon=said["point"][1],
            kind=Site.Kind.CANDIDATE_SITE, status=Site.Status.CANDIDATE,
        )  # fmt: skip
    for said in CLOSED:
        shut = add_site(
            by=by, holder=holders[_country(said["place"])], place=_place(said["place"]), name=said["name"],
            lat=said["point"][0], lon=said["point"][1], opened_on=today - timedelta(days=DAYS),
        )  # fmt: skip
        close_site(shut, by=by, closed_on=today - timedelta(days=said["days_ago"]), still_staying=0)
    order_closure(
        next(site for site in sites if site.name == CLOSING),
        by=by,
        notice_on=today - timedelta(days=1),
        closes_on=today + timedelta(days=6),
        ordered_by="Dirección escolar inventada",
        reason="Regreso a clases",
        still_staying=49,
    )
    add_people(by=by, holders=holders, countries=countries, first=sites[0].path)


def _tell_damage(telling: Telling, number: int, *, by: User, crisis: Crisis) -> None:
    """In the afternoon of its day, which has gone by. The ids follow from the story: the same in every exercise."""
    day = crisis.starts_on + timedelta(days=telling.day)
    figures = record_damage(
        by=by,
        holder=crisis.holder,
        crisis=crisis,
        place=_place(telling.place),
        told_at=datetime(day.year, day.month, day.day, 16, (number * 7) % 60, tzinfo=HOURS),
        source=telling.source,
        figures=[
            Told(
                figure,
                low,
                high,
                unit or FIGURES[figure].units[0].value,
                uuid5(DAMAGE, f"{telling.place} {telling.day} {figure} {unit}"),
            )
            for figure, unit, low, high in telling.figures
        ],
    )
    if telling.withdrawn:
        for figure in figures:
            withdraw_damage(figure, by=by, why=telling.withdrawn)


def _country(code: str) -> str:
    return {"HN": "HND", "GT": "GTM"}[code[:2]]


def _departments() -> dict[str, list[Place]]:
    """By country, the departments that the storms reached."""
    found: dict[str, list[Place]] = {}
    for code in sorted({centre.place[:4] for centre in CENTRES}):
        found.setdefault(_country(code), []).append(_place(code))
    return found


def _open(centre: Centre, number: int, *, by: User, holder: Organisation) -> Site:
    site = add_site(
        by=by,
        holder=holder,
        place=_place(centre.place),
        name=centre.name,
        kind=centre.kind,
        code=f"ALB {number}",
        lat=centre.point[0],
        lon=centre.point[1],
        phone=PHONE,
        opened_on=timezone.localdate() - timedelta(days=DAYS - centre.opened),
    )
    _furnish(site, centre, by=by)
    return site


def _furnish(site: Site, centre: Centre, *, by: User) -> None:
    opened_ago = DAYS - 1 - centre.opened
    ago = min(opened_ago, WALKED_AGO) if centre.reports == "daily" else opened_ago
    seen_at = timezone.now() - timedelta(days=ago)
    if centre.reports == "never":
        return
    if centre.rooms:
        write_spaces(
            site,
            by=by,
            seen_at=seen_at,
            lines=[
                {"name": name, "use": Space.Use.SLEEPING, "serves": Space.Serves.ALL, "floor_m2": m2,
                 "sleeping_places": places, "blocked_places": 0}
                for name, m2, places in centre.rooms
            ],
        )  # fmt: skip
    lines = [*_sanitary(centre)]
    lines.append(_facility(Facility.Kind.TAP, "Patio", Space.Serves.ALL, centre.taps, centre.taps, centre))
    if centre.ramp:
        lines.append(_facility(Facility.Kind.RAMP, "Entrada", Space.Serves.ALL, 1, 1, centre))
    write_facilities(site, by=by, lines=lines, seen_at=seen_at)


def _sanitary(centre: Centre) -> Iterator[dict]:
    """Toilets, each kind with one that fails, and showers."""
    for kind, counts in (
        (Facility.Kind.TOILET, centre.toilets),
        (Facility.Kind.SHOWER, (*centre.showers, 0)),
    ):
        for serves, name, working in zip(
            (Space.Serves.WOMEN, Space.Serves.MEN, Space.Serves.ALL),
            ("Patio, mujeres", "Patio, hombres", "Entrada"),
            counts,
            strict=True,
        ):
            if working or (serves == Space.Serves.ALL and not sum(counts)):
                broken = 1 if kind == Facility.Kind.TOILET else 0
                yield _facility(kind, name, serves, working + broken, working, centre)


def _facility(kind: str, name: str, serves: str, quantity: int, working: int, centre: Centre) -> dict:
    toilet = kind == Facility.Kind.TOILET
    return {
        "name": name, "kind": kind, "serves": serves, "quantity": quantity, "working": working,
        "lit": centre.lit if toilet else None, "lockable": centre.lit if toilet else None,
        "accessible": (1 if centre.ramp and working else 0) if toilet else None,
    }  # fmt: skip


def _due(now: datetime) -> Iterator[Report]:
    """The daily report of each centre, at about five in the morning of every day until now, that is not told yet.

    Whoever opens the exercise before that hour, or the first time, finds a report of the last minutes.
    """
    sites = {site.name: site for site in Site.objects.filter(status=Site.Status.OPEN)}
    before = dict(
        ObservationBatch.objects.filter(source=ObservationBatch.Source.EXERCISE)
        .order_by()
        .values_list("site")
        .annotate(last=Max("told_at"))
    )
    for number, centre in enumerate(CENTRES):
        site = sites.get(centre.name)
        if site is None:
            continue
        last = before.get(site.pk)
        newest = last
        for told_at in _mornings(number, now):
            dice = random.Random(f"{centre.name}{told_at.date()}tells")
            if (last is None or told_at > last) and centre.tells(day_of(told_at, now), dice):
                newest = told_at
                yield _report(site, centre, told_at, now)
        heard = newest is not None and now - newest < timedelta(hours=20)
        if centre.reports == "daily" and not heard:
            yield _report(site, centre, now - timedelta(minutes=3 * (number + 1)), now)


def _mornings(number: int, now: datetime) -> Iterator[datetime]:
    today = timezone.localtime(now, HOURS).date()
    for ago in range(DAYS, -1, -1):
        day = today - timedelta(days=ago)
        told_at = datetime(day.year, day.month, day.day, 5, (number * 7) % 60, tzinfo=HOURS)
        if told_at <= now:
            yield told_at


def _report(site: Site, centre: Centre, told_at: datetime, now: datetime) -> Report:
    return Report(
        site=site,
        told_at=told_at,
        values=[(key, float(value), float(value)) for key, value in told(centre, told_at, now)],
        source=ObservationBatch.Source.EXERCISE,
        source_name="Reporte inventado del día",
    )
