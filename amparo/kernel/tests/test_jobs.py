"""Leases: a worker that lives keeps its jobs, whatever becomes of the database for a while."""

import threading

import pytest
from django.db import OperationalError

from amparo.kernel import jobs
from amparo.kernel.models import WorkerLease


@pytest.mark.django_db(transaction=True)
def test_a_lease_is_renewed_again_after_the_database_was_away(monkeypatch):
    real, tries, renewed = jobs.renew, [], threading.Event()

    def away_at_first(worker: str) -> None:
        tries.append(worker)
        if len(tries) in (2, 3):
            raise OperationalError("server closed the connection unexpectedly")
        real(worker)
        if len(tries) > 3:
            renewed.set()

    monkeypatch.setattr(jobs, "RENEW_SECONDS", 0.02)
    monkeypatch.setattr(jobs, "renew", away_at_first)
    with jobs.Lease("worker-1"):
        assert renewed.wait(5)
        assert WorkerLease.objects.filter(worker="worker-1").exists()
    assert not WorkerLease.objects.exists()
