"""Jobs run from the database, at least once, under a lease (ADR 0007).

django-tasks keeps and runs them; alone it leaves a killed worker's job running for ever. So a worker renews its
lease every ten seconds, and a job whose worker stopped renewing for thirty is taken back.
"""

import logging
import secrets
import threading
from datetime import timedelta
from typing import Any, TypeVar

from django.db import close_old_connections, connection, transaction
from django.db.models import Model, Q, QuerySet
from django.utils import timezone
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from amparo.kernel.models import WorkerLease

log = logging.getLogger(__name__)
M = TypeVar("M", bound=Model)

RENEW_SECONDS = 10
RECLAIM_SECONDS = 30
STILL_SECONDS = 120  # without a step: whoever worked on it is gone
REST_SECONDS = 300  # after a job failed, before what it was about is tried again


def new_worker_name() -> str:
    return f"worker-{secrets.token_hex(6)}"


def renew(worker: str) -> None:
    WorkerLease.objects.update_or_create(worker=worker, defaults={"renewed_at": timezone.now()})


@transaction.atomic
def reclaim() -> int:
    """Put back the jobs of workers that no longer renew their lease; return how many."""
    alive_since = timezone.now() - timedelta(seconds=RECLAIM_SECONDS)
    alive = set(WorkerLease.objects.filter(renewed_at__gt=alive_since).values_list("worker", flat=True))
    taken_back = 0
    for job in DBTaskResult.objects.select_for_update().filter(status=TaskResultStatus.RUNNING):
        if not job.worker_ids or job.worker_ids[-1] not in alive:
            job.status = TaskResultStatus.READY
            job.started_at = None
            job.save(update_fields=["status", "started_at"])
            taken_back += 1
    WorkerLease.objects.filter(renewed_at__lt=timezone.now() - timedelta(days=1)).delete()
    return taken_back


def left_alone(working: "QuerySet[M]", *tasks: Any) -> "list[M]":
    """Those records in a working state that nobody works on: no step (`moved_at`) for two minutes, and no job of these
    tasks about them. From now on they are the caller's, in whose transaction this runs and who gives each a job there.
    """
    now = timezone.now()
    still = working.select_for_update().filter(moved_at__lt=now - timedelta(seconds=STILL_SECONDS))
    left = list(still.exclude(pk__in=in_hand(*tasks)))
    working.model._default_manager.filter(pk__in=[one.pk for one in left]).update(moved_at=now)
    return left


def in_hand(*tasks: Any) -> set[Any]:
    """What these tasks are about, by their first argument, wherever a job waits, runs, or failed a moment ago."""
    rested = timezone.now() - timedelta(seconds=REST_SECONDS)
    pending = Q(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
    jobs = DBTaskResult.objects.filter(
        pending | Q(status=TaskResultStatus.FAILED, finished_at__gt=rested),
        task_path__in=[task.module_path for task in tasks],
    )
    return {said["args"][0] for said in jobs.order_by().values_list("args_kwargs", flat=True) if said["args"]}


class Lease:
    """Keeps a worker's lease renewed from a thread of its own while the block runs."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> "Lease":
        renew(self.worker)
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join(timeout=RENEW_SECONDS)
        WorkerLease.objects.filter(worker=self.worker).delete()

    def _keep(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                renew(self.worker)
            except Exception:  # a database that is busy or gone for a while: else others would take the jobs
                log.warning("the lease could not be renewed; trying again", exc_info=True)
                close_old_connections()
        connection.close()
