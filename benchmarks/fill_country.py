"""Fills the installation named by AMPARO_HOME with an invented country: an emergency, centres, their daily reports.

    python -m benchmarks.fill_country --sites 1000 --days 365 --indicators 60

The emergency and the centres are opened by the product's own actions, one by one; their observations are written by
the database itself, in the order in which the table keeps them. 1,000 x 365 x 60 is 22 million rows. Every twentieth
centre last reported two days ago and is silent. Then the days gone by are kept to their end, as the worker does in an
installation that has run for a while. Prints {"rows": N, "seconds": S, "lines": N, "keeping": S}: the observations,
the days of centres kept, and how long each took.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time

import django
from django.db import connection, transaction
from django.db.models import Max, OuterRef, Subquery

CORNER, ACROSS = (13.5, -91.5), (3.0, 6.0)  # degrees: where the invented points begin, and how far they reach
# Seconds by which a centre is behind the others.
BEHIND = "CASE WHEN s.nth % 20 = 0 THEN 172800 ELSE 0 END"
BATCHES = """
INSERT INTO sites_observationbatch
    (id, uid, holder_id, site_id, source, source_name, by_id, told_at, told_offset, recorded_at, rows)
WITH RECURSIVE
    day (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM day WHERE number < {days} - 1)
SELECT {first} + s.nth * {days} + day.number, {uuid}, s.holder_id, s.id, 'exercise', '', {by},
       {moment}, 0, {moment}, {indicators}
FROM (SELECT id, holder_id, row_number() OVER (ORDER BY id) - 1 AS nth FROM sites_site) s CROSS JOIN day
"""
# A value that moves from day to day and differs between centres.
ROWS = """
INSERT INTO {table} (site_id, indicator_id, told_at, batch_id, low, high)
WITH RECURSIVE
    day (number) AS (
        SELECT {from_day} UNION ALL SELECT number + 1 FROM day WHERE number < {days} - 1
    )
SELECT v.site, v.indicator, v.told_at, v.batch, v.value, v.value FROM (
    SELECT s.id AS site, i.id AS indicator, {seconds} AS told_at,
           {first} + s.nth * {days} + day.number AS batch,
           (s.nth * 131 + i.id * 17 + day.number * (3 + s.nth % 5)) % 200 AS value
    FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM sites_site) s
    CROSS JOIN (SELECT id FROM sites_indicator ORDER BY id LIMIT {indicators}) i
    CROSS JOIN day) v
ORDER BY v.site, v.indicator, v.told_at
"""


def open_centres(count: int, days: int) -> None:
    """An emergency and so many centres, open for so many days, spread over the municipalities of the gazetteer."""
    from amparo.crises.actions import open_crisis
    from amparo.kernel.actions import console
    from amparo.places.models import Place
    from amparo.sites.actions.site import add_site

    by = console()
    opened_on = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days)
    places = list(Place.objects.filter(level=2).order_by("pk"))
    countries = list(Place.objects.filter(level=0, country__in={place.country for place in places}))
    with transaction.atomic():
        open_crisis(
            by=by, holder=by.organisation, name="Tormenta Inventada", kind="storm", places=countries,
            starts_on=opened_on,
        )  # fmt: skip
        for number in range(count):
            place = places[number * len(places) // count]
            name = f"Escuela {number + 1} de {place.name}"
            add_site(
                by=by, holder=by.organisation, place=place, name=name, opened_on=opened_on, **point(number)
            )


def point(number: int) -> dict[str, float]:
    """Somewhere of its own: steps of the golden section fill a surface evenly."""
    across = number * 0.754877666 % 1, number * 0.569840291 % 1
    lat, lon = (corner + width * at for corner, width, at in zip(CORNER, ACROSS, across, strict=True))
    return {"lat": round(lat, 5), "lon": round(lon, 5)}


def fill(days: int, indicators: int) -> int:
    """Daily reports of every centre, the last one an hour ago, or two days ago. Returns the rows written."""
    from amparo.kernel.actions import console
    from amparo.sites.models import ObservationBatch, Site

    last = ObservationBatch.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    start = int(time.time()) - 3600 - (days - 1) * 86400
    seconds = f"{start} + day.number * 86400 - {BEHIND}"
    is_sqlite = connection.vendor == "sqlite"
    words = {
        "days": days,
        "indicators": indicators,
        "first": last + 1,
        "seconds": seconds,
        "by": console().pk,
        "uuid": "lower(hex(randomblob(16)))" if is_sqlite else "gen_random_uuid()",
        "moment": f"datetime({seconds}, 'unixepoch')" if is_sqlite else f"to_timestamp({seconds})",
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BATCHES.format(**words))
        cursor.execute(ROWS.format(table="sites_observation", from_day=0, **words))
        cursor.execute(ROWS.format(table="sites_latestobservation", from_day=days - 1, **words))
        if not is_sqlite:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('sites_observationbatch', 'id'),"
                " (SELECT max(id) FROM sites_observationbatch))"
            )
    told = ObservationBatch.objects.filter(site=OuterRef("pk")).order_by().values("site")
    newest = Subquery(told.annotate(newest=Max("told_at")).values("newest"))
    Site.objects.update(last_told_at=newest, version=days)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Site.objects.count() * days * indicators


def keep() -> int:
    """Keep every day gone by, by the worker's own action. Returns the lines written: one per centre and day."""
    from amparo.sites.actions.keeping import keep_days

    return keep_days()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--sites", 1000), ("--days", 365), ("--indicators", 60)):
        options.add_argument(name, type=int, default=default)
    chosen = options.parse_args()
    began = time.monotonic()
    open_centres(chosen.sites, chosen.days)
    rows = fill(chosen.days, chosen.indicators)
    filled = time.monotonic()
    lines = keep()
    ended = time.monotonic()
    print(
        json.dumps(
            {
                "rows": rows,
                "seconds": round(filled - began, 1),
                "lines": lines,
                "keeping": round(ended - filled, 1),
            }
        )
    )


if __name__ == "__main__":
    django.setup()
    main()
