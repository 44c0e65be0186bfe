"""What the worker looks after beside its jobs."""

import pytest

from amparo.config.worker import Worker, imports, uploads
from amparo.sites.testing import machine

pytestmark = pytest.mark.django_db


def test_the_worker_takes_up_sheets_that_nobody_works_on(home, monkeypatch):
    home.keys.mkdir()
    machine()
    worker, taken = Worker(), []
    monkeypatch.setattr(imports, "take_up", lambda: taken.append("lists"))

    def last() -> None:
        taken.append("assessments")
        worker.ending.set()

    monkeypatch.setattr(uploads, "take_up", last)
    worker._run_messages()
    assert taken == ["lists", "assessments"]
