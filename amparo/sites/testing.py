"""Invented centres for tests, and the machine that runs them."""

import itertools
from datetime import datetime
from typing import Any

from django.utils import timezone

from amparo.kernel.actions import console
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.testing import here, organisation
from amparo.places.models import Place
from amparo.sites.actions.observing import observe
from amparo.sites.actions.site import add_site
from amparo.sites.models import ObservationBatch, Site

_number = itertools.count(1)


def machine() -> User:
    """The console account, as `amparo init` makes it."""
    here()
    if not User.objects.filter(kind=User.Kind.CONSOLE).exists():
        body = organisation("Esta instalación")
        user = User(username="consola", name="Consola", kind=User.Kind.CONSOLE, organisation=body)
        user.save()
        Holding.objects.create(user=user, role="console", scope="")
    return console()


def country() -> Place:
    """An invented country with one municipality; the municipality is returned."""
    root, _made = Place.objects.get_or_create(
        code="TST", defaults={"name": "País Inventado", "level": 0, "country": "TST", "path": "TST/"}
    )
    place, _made = Place.objects.get_or_create(
        code="TST0101",
        defaults={
            "name": "Municipio Inventado",
            "level": 2,
            "country": "TST",
            "path": "TST/TST0101/",
            "parent": root,
        },
    )
    Place.objects.get_or_create(
        code="XXX", defaults={"name": "País no indicado", "level": 0, "country": "XXX", "path": "XXX/"}
    )
    return place


def centre(*, holder: Organisation | None = None, place: Place | None = None, **facts: Any) -> Site:
    """An open centre in the invented municipality."""
    by = machine()
    name = facts.pop("name", f"Escuela Inventada {next(_number)}")
    return add_site(by=by, holder=holder or by.organisation, place=place or country(), name=name, **facts)


def tell(
    site: Site, *, at: datetime | None = None, **values: float | tuple[float, float]
) -> ObservationBatch:
    """Someone tells values of a centre: `tell(site, persons=143, litres_person_day=(10, 15))`."""
    rows = [
        (key, *value) if isinstance(value, tuple) else (key, value, value) for key, value in values.items()
    ]
    return observe(
        site, by=machine(), told_at=at or timezone.now(), values=rows, source=ObservationBatch.Source.SCREEN
    )
