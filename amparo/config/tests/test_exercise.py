"""The exercise: sixty centres and thirty days, invented throughout, and the way from it to a system of one's own."""

import json
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import F
from django.test import Client
from django.utils import timezone

from amparo.config.beginning import real_home
from amparo.config.exercise import ACCOUNTS, CENTRES, DAYS, fill_exercise
from amparo.config.exercise.story import TELLINGS, share_of_today
from amparo.config.roles import ROLES
from amparo.crises.models import Crisis, DamageFigure
from amparo.kernel.models import User
from amparo.places.actions import load_gazetteer
from amparo.sites.models import ObservationBatch, Site
from amparo.sites.queries.gaps import Moment, assess
from amparo.sites.testing import machine

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.mark.django_db
def test_sixty_centres_thirty_days_and_all_roles(home):
    home.exercise.write_text("práctica")
    load_gazetteer(by=machine())
    fill_exercise()
    opened = Site.objects.filter(status=Site.Status.OPEN)
    assert opened.count() == 60
    assert ObservationBatch.objects.order_by("told_at").first().told_at < timezone.now() - timedelta(days=29)
    real = {name for name in ROLES if not name.startswith("test-")}  # tests make roles of their own
    assert {account.role for account in ACCOUNTS} == real - {"console", "device"}
    assert User.objects.filter(kind=User.Kind.PERSON).count() == len(ACCOUNTS)
    stood = assess(list(opened), Moment.now())
    assert 5 <= sum(one.silent for one in stood) <= 20
    assert sum(bool(one.summary.grave) for one in stood) >= 8
    assert any(not one.summary.grave and one.summary.met for one in stood)
    batches = ObservationBatch.objects.count()
    damage = DamageFigure.objects.count()
    fill_exercise()
    assert ObservationBatch.objects.count() == batches, "told again, nothing is added"
    assert DamageFigure.objects.count() == damage
    assert Crisis.objects.count() == 2


@pytest.mark.django_db
def test_damage_is_told_of_some_municipalities_and_is_the_same_in_every_exercise(home):
    home.exercise.write_text("práctica")
    load_gazetteer(by=machine())
    fill_exercise()
    told = DamageFigure.objects.all()
    assert told.count() == sum(len(telling.figures) for telling in TELLINGS)
    assert {str(one.uid) for one in told} >= {"ae2589f0-7d84-5791-ad54-a60edf26734b"}
    assert told.exclude(low=F("high")).count() == 1
    assert told.filter(withdrawn_at__isnull=False).count() == 1
    assert {one.unit for one in told} == {"people", "families", "houses"}
    places = {centre.place for centre in CENTRES}
    assert 10 < len(places - set(told.values_list("place__code", flat=True))) < len(places)
    first = told.order_by("told_at").first()
    assert first.told_at < timezone.now() - timedelta(days=28)
    assert told.filter(told_at__gt=timezone.now()).count() == 0
    assert all("invent" in one.source.lower() for one in told)


def test_people_rise_with_each_storm_and_end_at_todays():
    assert share_of_today(0) < share_of_today(5) > share_of_today(12) < share_of_today(18)
    assert share_of_today(DAYS) == 1.0
    assert len({centre.name for centre in CENTRES}) == 60


def test_there_is_no_door_to_begin_outside_an_exercise(db):
    assert Client().get("/begin/").status_code == 404


@pytest.mark.django_db
def test_another_machine_is_told_to_go_to_this_one(home):
    home.exercise.write_text("práctica")
    page = Client(REMOTE_ADDR="192.168.1.7").post("/begin/", {"organisation": "Otra", "admin": "ana"})
    assert "amparo begin" in page.content.decode()
    assert not (real_home(settings.HOME.path) / "keys").exists()


def test_beginning_makes_an_empty_system_and_leaves_the_exercise_as_it_was(tmp_path):
    home = tmp_path / "exercise"
    home.mkdir()
    (home / "EXERCISE").write_text("práctica")
    environment = {**os.environ, "AMPARO_HOME": str(home), "AMPARO_TESTING": "1"}
    environment.pop("PYTEST_VERSION", None)
    environment.pop("AMPARO_DATABASE_URL", None)

    def amparo(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "amparo.config.cli", *arguments]
        return subprocess.run(
            command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )

    assert amparo("init", "--quiet").returncode == 0
    asked = ("begin", "--organisation", "Municipalidad de Ejemplo", "--admin", "ana", "--json")
    done = amparo(*asked)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    assert said["password"]
    assert Path(said["home"]) == tmp_path
    assert not (tmp_path / "EXERCISE").exists()
    assert amparo(*asked).returncode != 0, "begun twice"
    with sqlite3.connect(tmp_path / "amparo.sqlite3") as database:
        people = database.execute("SELECT username FROM kernel_user WHERE kind = 'person'").fetchall()
        assert people == [("ana",)]
        assert database.execute("SELECT count(*) FROM sites_site").fetchone() == (0,)
