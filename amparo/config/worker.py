"""The worker: applies messages, runs jobs, seals the ledger. Killed at any moment, the next one goes on."""

import gc
import logging
import os
import signal
import threading
import time

from django.conf import settings
from django.db import OperationalError, close_old_connections
from django_tasks_db.management.commands.db_worker import Worker as TaskWorker

from amparo.briefing.actions.schedules import write_due_reports
from amparo.config.processes import end_with_parent
from amparo.intake import jobs as uploads
from amparo.intake.actions.applying import BATCH, apply_received
from amparo.intake.actions.texts import take_texts
from amparo.intake.sms.gateways import gateway
from amparo.kernel import ledger
from amparo.kernel.actions import console
from amparo.kernel.disk import is_disk_full
from amparo.kernel.jobs import Lease, new_worker_name, reclaim
from amparo.parties.actions.sessions import forget_old_sessions
from amparo.sites.actions.keeping import keep_days
from amparo.toolkit.imports import jobs as imports

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
NICENESS = 5  # phones waiting for an answer come before what is applied a second later
RECLAIM_EVERY = 10.0
TAKE_UP_EVERY = 30.0
ANCHOR_EVERY = 3600.0
TEXTS_EVERY = 2.0
REPORTS_EVERY = 30.0
DAYS_AFTER, DAYS_EVERY = 20.0, 600.0


class Worker:
    """One loop for messages and seals, one thread for jobs."""

    def __init__(self) -> None:
        self.name = new_worker_name()
        self.ending = threading.Event()
        self.kept = False

    def run(self) -> None:
        end_with_parent()
        os.nice(NICENESS)
        gc.freeze()
        gc.set_threshold(50_000, 20, 100)  # as in the server: what stands need not be walked again
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ending.set())
        with Lease(self.name):
            jobs = threading.Thread(target=self._run_jobs, name="jobs", daemon=True)
            jobs.start()
            threading.Thread(target=self._keep_days, name="days", daemon=True).start()
            threading.Thread(target=self._write_reports, name="reports", daemon=True).start()
            self._run_messages()
            jobs.join(timeout=5)

    def _run_messages(self) -> None:
        actor = console()
        sealed = reclaimed = taken_up = anchored = looked = 0.0
        while not self.ending.is_set():
            applied = 0
            try:
                applied = apply_received(by=actor)
                now = time.monotonic()
                if now - looked >= TEXTS_EVERY:
                    take_texts(gateway(), by=actor)
                    looked = now
                if now - sealed >= 1:
                    ledger.seal_tail()
                    sealed = now
                if now - reclaimed >= RECLAIM_EVERY:
                    reclaim()
                    reclaimed = now
                if now - taken_up >= TAKE_UP_EVERY:
                    imports.take_up()
                    uploads.take_up()
                    taken_up = now
                if now - anchored >= ANCHOR_EVERY:
                    ledger.anchor(settings.HOME.path / ledger.ANCHORS, by=actor)
                    anchored = now
                    forget_old_sessions()
            except OperationalError as error:
                log.warning(
                    "%s; trying again", "the disk is full" if is_disk_full(error) else "the database is busy"
                )
                close_old_connections()
                self.ending.wait(2)
            except Exception:
                log.exception("the worker stumbled; trying again")
                close_old_connections()
                self.ending.wait(2)
            if applied < BATCH:  # let a handful gather: a transaction for each would keep phones waiting
                self.ending.wait(IDLE_SECONDS)

    def _keep_days(self) -> None:
        """Keep how centres stood on days gone by, a little after start and then now and again."""
        while not self.ending.wait(DAYS_EVERY if self.kept else DAYS_AFTER):
            try:
                keep_days(stop=self.ending.is_set)
                self.kept = True
            except Exception:
                log.exception("keeping the days stumbled; trying again")
                close_old_connections()

    def _write_reports(self) -> None:
        """Write the reports whose hour has come."""
        while not self.ending.wait(REPORTS_EVERY):
            try:
                write_due_reports()
            except Exception:
                log.exception("scheduled reports stumbled; trying again")
                close_old_connections()

    def _run_jobs(self) -> None:
        tasks = TaskWorker(
            queue_names=["*"],
            interval=1,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=self.name,
            excluded_queue_names=[],
        )
        while not self.ending.is_set():
            try:
                tasks.run()
            except Exception:
                log.exception("a job stumbled; trying again")
                close_old_connections()
            self.ending.wait(1)
