"""What a country at work has beside reports of its centres: damage told, and a sheet that waits for a yes.

Run with the server's code, keys and database; what is written goes through the product's own actions.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

EVERY = 3  # of so many municipalities, one told its damage
TOLD = {"affected": 900, "severely_affected": 300, "evacuated": 200, "missing": 2}
CHANGED, NEW = 50, 10


def tell_damage() -> int:
    """Figures of damage, told of every third municipality. Returns how many."""
    from django.db import transaction
    from django.utils import timezone

    from amparo.crises.actions import Told, record_damage
    from amparo.crises.models import Crisis
    from amparo.kernel.actions import console
    from amparo.places.models import Place

    by, crisis, now = console(), Crisis.objects.get(), timezone.now()
    places = list(Place.objects.filter(level=2).order_by("pk")[::EVERY])
    with transaction.atomic():
        for number, place in enumerate(places):
            figures = [Told(key, most + number, most + number) for key, most in TOLD.items()]
            record_damage(
                by=by, holder=by.organisation, crisis=crisis, place=place, told_at=now, source="Comité inventado",
                figures=figures,
            )  # fmt: skip
    return len(places) * len(TOLD)


def bring_sheet(exported: Path, username: str) -> str:
    """The list of centres as it left, with 50 changed and 10 new ones, judged and not yet applied: its page."""
    from django.urls import reverse

    from amparo.config.resources import RESOURCES
    from amparo.kernel.models import User
    from amparo.toolkit.imports import actions
    from amparo.toolkit.imports.returning import UID_LABEL

    resource = next(one for one in RESOURCES if one.noun == "site")
    by = User.objects.select_related("organisation").get(username=username)
    names, *rows = list(csv.reader(io.StringIO(exported.read_text(encoding="utf-8-sig"))))[:-1]
    labels = {column.key: str(column.label) for column in resource.columns(by)}
    uid, code, name = (names.index(title) for title in (str(UID_LABEL), labels["code"], labels["name"]))
    for row in rows[:CHANGED]:
        row[name] += " Anexo"
    for number in range(NEW):
        rows.append([*rows[number]])
        rows[-1][uid] = rows[-1][code] = ""
        rows[-1][name] = f"Salón Inventado {number + 1}"
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    run = actions.receive_sheet(
        by=by, resource=resource, content=text.getvalue().encode(), filename="lista.csv"
    )
    run = actions.read_run(run)
    assert run.counts.get("changed") == min(CHANGED, len(rows) - NEW), run.counts
    return reverse("site_import_run", args=[run.uid])
