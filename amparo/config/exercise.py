"""The exercise: a flood in real municipalities with invented centres, people counts and accounts.

Everything is told through the same actions as real data, in an installation of its own. Running it again only
adds the reports that time has made due, so that the board is always of today.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from amparo.crises.actions import open_crisis
from amparo.crises.models import Crisis
from amparo.kernel.actions import add_user, console, grant
from amparo.kernel.models import User
from amparo.places.models import Place
from amparo.places.queries import resolve
from amparo.sites.actions.building import write_facilities, write_spaces
from amparo.sites.actions.closing import close_site, order_closure
from amparo.sites.actions.observing import Report, observe_many
from amparo.sites.actions.site import add_site
from amparo.sites.models import Facility, ObservationBatch, Site, Space
from amparo.standards import Phase

ORGANISATION = "Comité de Emergencia de Práctica"
PASSWORD = "practica-de-amparo"  # noqa: S105 - of the exercise alone, and shown on its door
DAYS = 14
HOURS = ZoneInfo(settings.TIME_ZONE)


@dataclass(frozen=True)
class Centre:
    """An invented centre: people on the worst day, rooms, and how its services stand."""

    name: str
    place: str
    lat: float
    lon: float
    people: int
    women_share: float
    rooms: tuple[tuple[str, float, int], ...]
    toilets: tuple[int, int, int]  # women, men, shared: working
    showers: tuple[int, int]
    litres: float
    taps: int
    lit: bool
    ramp: bool
    reports: str = "daily"  # daily | silent (stopped two days ago) | never
    kind: str = Site.Kind.COLLECTIVE_CENTRE
    phone: str = "0000 0000"


def _rooms(count: int, m2: float, places: int) -> tuple[tuple[str, float, int], ...]:
    return tuple((f"Aula {number}", m2, places) for number in range(1, count + 1))


CENTRES = (
    Centre(
        "Escuela La Esperanza Inventada",
        "HN0506",
        15.61,
        -87.95,
        143,
        0.55,
        _rooms(9, 62, 16),
        (2, 4, 0),
        (1, 1),
        12,
        2,
        False,
        False,
    ),
    Centre(
        "Gimnasio Municipal El Ensayo",
        "HN0511",
        15.43,
        -87.90,
        243,
        0.54,
        (("Cancha", 620, 150), ("Gradas", 140, 30)),
        (3, 5, 0),
        (2, 3),
        9,
        3,
        True,
        True,
    ),
    Centre(
        "Instituto Los Almendros de Prueba",
        "HN0511",
        15.42,
        -87.91,
        176,
        0.50,
        _rooms(12, 56, 15),
        (8, 7, 0),
        (3, 3),
        7.1,
        4,
        True,
        False,
    ),
    Centre(
        "Iglesia Luz de la Práctica",
        "HN0501",
        15.50,
        -88.02,
        88,
        0.58,
        (("Salón", 330, 80),),
        (0, 0, 3),
        (0, 0),
        15.5,
        2,
        True,
        True,
    ),
    Centre(
        "Centro Comunal Río Imaginario",
        "HN0501",
        15.47,
        -87.98,
        64,
        0.52,
        (("Salón", 210, 60), ("Corredor", 60, 12)),
        (2, 2, 0),
        (1, 1),
        18,
        2,
        True,
        True,
    ),
    Centre(
        "Escuela Vista al Cerro Inventado",
        "HN0501",
        15.53,
        -88.05,
        38,
        0.53,
        _rooms(4, 54, 14),
        (2, 1, 0),
        (1, 1),
        21,
        2,
        True,
        False,
    ),
    Centre(
        "Polideportivo El Roble de Práctica",
        "HN0510",
        15.28,
        -87.99,
        205,
        0.51,
        (("Duela", 980, 260),),
        (7, 6, 0),
        (5, 5),
        16.2,
        6,
        True,
        True,
    ),
    Centre(
        "Escuela Las Palmas Ficticias",
        "HN0511",
        15.40,
        -87.88,
        112,
        0.57,
        _rooms(7, 60, 16),
        (3, 3, 0),
        (2, 2),
        11,
        2,
        False,
        False,
        "silent",
    ),
    Centre(
        "Salón Comunal Cerro de Mentira",
        "HN0101",
        15.77,
        -86.79,
        96,
        0.49,
        (("Salón", 260, 70),),
        (1, 2, 0),
        (1, 0),
        8.5,
        1,
        False,
        False,
        "silent",
    ),
    Centre(
        "Jardín de Niños Colibrí Imaginario",
        "HN0101",
        15.76,
        -86.78,
        49,
        0.56,
        _rooms(5, 45, 12),
        (3, 3, 0),
        (1, 1),
        17,
        3,
        True,
        True,
    ),
    Centre(
        "Escuela Brisas del Simulacro",
        "HN1804",
        15.40,
        -87.81,
        131,
        0.55,
        _rooms(8, 58, 15),
        (3, 4, 0),
        (2, 2),
        13.5,
        3,
        True,
        True,
    ),
    Centre(
        "Iglesia Puerta Abierta de Ensayo",
        "HN1804",
        15.41,
        -87.80,
        72,
        0.60,
        (("Nave", 300, 70),),
        (2, 1, 1),
        (1, 1),
        14,
        2,
        True,
        False,
    ),
    Centre(
        "Centro de Paso El Puente Ficticio",
        "HN0502",
        15.57,
        -88.15,
        57,
        0.35,
        (("Galera", 260, 60),),
        (2, 3, 0),
        (2, 2),
        19,
        4,
        True,
        True,
        "daily",
        Site.Kind.TRANSIT_CENTRE,
    ),
    Centre(
        "Predio El Bordo de Práctica",
        "HN0506",
        15.60,
        -87.93,
        118,
        0.54,
        (),
        (0, 0, 2),
        (0, 0),
        5.5,
        1,
        False,
        False,
        "daily",
        Site.Kind.SELF_SETTLED_SITE,
    ),
)
CANDIDATES = (
    ("Escuela Nueva Suposición", "HN0501", 15.49, -88.00),
    ("Instituto Técnico Hipotético", "HN0510", 15.27, -88.00),
    ("Salón de Usos Múltiples Posible", "HN0101", 15.78, -86.80),
)
ACCOUNTS = (
    ("encargada", "Delmira Inventada", "site_manager"),
    ("comite", "Comité de Práctica", "committee"),
    ("nacional", "Ulises Ficticio", "national"),
    ("analista", "Evelia de Ensayo", "analyst"),
    ("auditoria", "Auditora Imaginaria", "auditor"),
    ("administracion", "Isaías de Prueba", "administrator"),
)
BINS = (("0", 0.03), ("1_5", 0.14), ("6_17", 0.31), ("18_59", 0.43), ("60", 0.09))


def fill_exercise() -> None:
    """Fill an empty exercise, or tell what has come due since."""
    by = console()
    if not Crisis.objects.exists():
        with transaction.atomic():
            _begin(by)
    _tell_what_is_due(by)


def _place(code: str) -> Place:
    place = resolve(code=code).place
    assert place is not None, code
    return place


def _begin(by: User) -> None:
    holder = by.organisation
    country = _place("HND")
    open_crisis(
        by=by,
        holder=holder,
        name={"es": "Tormenta Inventada (práctica)", "en": "Invented Storm (practice)"},
        kind="storm",
        starts_on=timezone.localdate() - timedelta(days=DAYS),
        phase=Phase.ACUTE,
        places=[_place(code) for code in sorted({centre.place[:4] for centre in CENTRES})],
    )
    sites = {}
    for number, centre in enumerate(CENTRES, start=1):
        sites[centre.name] = add_site(
            by=by,
            holder=holder,
            place=_place(centre.place),
            name=centre.name,
            kind=centre.kind,
            code=f"ALB {number}",
            lat=centre.lat,
            lon=centre.lon,
            phone=centre.phone,
            opened_on=timezone.localdate() - timedelta(days=DAYS),
        )
        _furnish(sites[centre.name], centre, by=by)
    for name, code, lat, lon in CANDIDATES:
        add_site(
            by=by, holder=holder, place=_place(code), name=name, lat=lat, lon=lon,
            kind=Site.Kind.CANDIDATE_SITE, status=Site.Status.CANDIDATE,
        )  # fmt: skip
    closing = sites["Jardín de Niños Colibrí Imaginario"]
    order_closure(
        closing,
        by=by,
        notice_on=timezone.localdate() - timedelta(days=1),
        closes_on=timezone.localdate() + timedelta(days=6),
        ordered_by="Dirección escolar inventada",
        reason="Regreso a clases",
        still_staying=49,
    )
    shut = add_site(
        by=by, holder=holder, place=_place("HN0501"), name="Escuela Ya Cerrada de Ejemplo",
        lat=15.51, lon=-88.03, opened_on=timezone.localdate() - timedelta(days=DAYS),
    )  # fmt: skip
    close_site(shut, by=by, closed_on=timezone.localdate() - timedelta(days=2), still_staying=0)
    for username, name, role in ACCOUNTS:
        user = add_user(by=by, username=username, name=name, organisation=holder, password=PASSWORD)
        scope = sites[CENTRES[0].name].path if role == "site_manager" else country.path
        grant(by=by, user=user, role=role, scope="" if role == "administrator" else scope)
        if role == "administrator":  # as the first account of a real installation: one gives what one holds
            grant(by=by, user=user, role="national", scope=scope)


def _furnish(site: Site, centre: Centre, *, by: User) -> None:
    seen_at = timezone.now() - timedelta(days=DAYS - 1)
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
    lines = []
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
                lines.append(
                    _facility(
                        kind,
                        name,
                        serves,
                        working + (1 if kind == Facility.Kind.TOILET else 0),
                        working,
                        centre,
                    )
                )
    lines.append(_facility(Facility.Kind.TAP, "Patio", Space.Serves.ALL, centre.taps, centre.taps, centre))
    if centre.ramp:
        lines.append(_facility(Facility.Kind.RAMP, "Entrada", Space.Serves.ALL, 1, 1, centre))
    write_facilities(site, by=by, lines=lines, seen_at=seen_at)


def _facility(kind: str, name: str, serves: str, quantity: int, working: int, centre: Centre) -> dict:
    toilet = kind == Facility.Kind.TOILET
    return {
        "name": name, "kind": kind, "serves": serves, "quantity": quantity, "working": working,
        "lit": centre.lit if toilet else None, "lockable": centre.lit if toilet else None,
        "accessible": (1 if centre.ramp and working else 0) if toilet else None,
    }  # fmt: skip


def _tell_what_is_due(by: User) -> None:
    """The daily report of each centre, at about six in the morning of every day until now."""
    now = timezone.now()
    reports = []
    for number, centre in enumerate(CENTRES):
        site = Site.objects.filter(name=centre.name).first()
        if site is None or site.status != Site.Status.OPEN:
            continue
        told = (
            ObservationBatch.objects.filter(site=site, source=ObservationBatch.Source.EXERCISE)
            .order_by("-told_at")
            .first()
        )
        last = told.told_at if told else now - timedelta(days=DAYS)
        until = now - timedelta(days=2) if centre.reports == "silent" else now
        day = timezone.localtime(last, HOURS).date() + timedelta(days=1)
        while True:
            told_at = datetime(day.year, day.month, day.day, 5, (number * 7) % 60, tzinfo=HOURS)
            if told_at > until:
                break
            if told_at > now - timedelta(days=DAYS):
                reports.append(_daily(site, centre, told_at))
            day += timedelta(days=1)
        if (
            centre.reports != "silent"
            and now - last > timedelta(hours=6)
            and (not reports or now - reports[-1].told_at > timedelta(hours=20))
        ):
            reports.append(_daily(site, centre, now - timedelta(minutes=15 * (number + 1))))
    for start in range(0, len(reports), 100):
        observe_many(reports[start : start + 100], by=by)


def _daily(site: Site, centre: Centre, told_at: datetime) -> Report:
    dice = random.Random(f"{centre.name}{told_at.date()}")
    days_ago = (timezone.now() - told_at).days
    people = (
        max(round(centre.people * (1 - 0.015 * days_ago) + dice.randint(-4, 4)), 5)
        if days_ago
        else centre.people
    )
    women = round(people * centre.women_share)
    values: list[tuple[str, float]] = [
        ("persons", people), ("women", women), ("men", people - women), ("households", round(people / 4.3)),
        ("litres_person_day", round(centre.litres * dice.uniform(0.92, 1.06), 1) if days_ago else centre.litres),
        ("arrivals", dice.randint(0, 9)), ("departures", dice.randint(0, 5)),
        ("persons_disability", round(people * 0.06)), ("pregnant", round(people * 0.02)),
        ("electricity", float(centre.lit)), ("lighting", 2.0 if centre.lit else 1.0),
        ("complaints", float(centre.lit)), ("committee", float(centre.ramp)),
        ("handwashing", 2.0 if centre.litres > 12 else 1.0), ("water_potable", float(centre.litres > 8)),
        ("women_friendly_spaces", 0), ("child_friendly_spaces", 1.0 if centre.ramp else 0.0),
    ]  # fmt: skip
    for prefix, total in (("females", women), ("males", people - women)):
        left = total
        for name, share in BINS[:-1]:
            part = round(total * share)
            values.append((f"{prefix}_{name}", part))
            left -= part
        values.append((f"{prefix}_60", left))
    return Report(
        site=site,
        told_at=told_at,
        values=[(key, float(value), float(value)) for key, value in values],
        source=ObservationBatch.Source.EXERCISE,
        source_name="Reporte inventado del día",
    )
