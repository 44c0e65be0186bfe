"""The processes of one installation: server and worker, started together and restarted when one falls."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

SUPERVISED = "AMPARO_SUPERVISED"
PR_SET_PDEATHSIG = 1
RENEW_EVERY = 3600.0
OVERLAP_SECONDS = 3.0  # the one with the new certificate gets ready; the one before still answers


def end_with_parent() -> None:
    """Ask the system to end this process when the one that started it falls, so that no port stays taken."""
    if os.environ.get(SUPERVISED) == "1" and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class KeptAlive(threading.Thread):
    """Runs a command and starts it again, a second later, whenever it ends."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(name="keep-worker", daemon=True)
        self.command = command
        self.process: subprocess.Popen | None = None
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.is_set():
            self.process = subprocess.Popen(self.command, env={**os.environ, SUPERVISED: "1"})
            code = self.process.wait()
            if not self._ending.is_set():
                log.warning("the worker ended (%s); starting it again", code)
                time.sleep(1)

    def end(self) -> None:
        self._ending.set()
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()


class Renewal(threading.Thread):
    """Asks each hour for the certificate to be renewed where it must be, and has the server take it up."""

    def __init__(self, renew: Callable[[], bool], take_up: Callable[[], None]) -> None:
        super().__init__(name="renew-certificate", daemon=True)
        self.renew, self.take_up = renew, take_up
        self._ending = threading.Event()

    def run(self) -> None:
        while not self._ending.wait(RENEW_EVERY):
            try:
                if self.renew():
                    self.take_up()
            except Exception:
                log.exception("the certificate could not be renewed; trying again in an hour")

    def end(self) -> None:
        self._ending.set()


def worker_command() -> list[str]:
    return [sys.executable, "-m", "amparo.config.cli", "worker"]


def never() -> bool:
    """For a certificate that is not ours to renew."""
    return False


def serve(
    *,
    host: str,
    port: int,
    certificate: Path | None = None,
    key: Path | None = None,
    renew: Callable[[], bool] = never,
) -> None:
    """Serve until told to stop. The port is held by one process with many threads; a fallen one is replaced.

    `renew` is asked each hour whether it changed the certificate's files: the process is then replaced by one
    that reads them, while the port stays open. Granian gives up when its process falls twice in a few seconds; a
    centre cannot, so it is started again.
    """
    from granian.constants import Interfaces, Loops
    from granian.server import Server

    os.environ[SUPERVISED] = "1"
    while True:
        server = Server(
            "amparo.config.front:application",
            address=host,
            port=port,
            interface=Interfaces.RSGI,
            loop=Loops.asyncio,
            workers=1,
            backlog=1024,
            websockets=False,
            respawn_failed_workers=True,
            respawn_interval=OVERLAP_SECONDS,
            workers_kill_timeout=5,
            log_enabled=False,
            ssl_cert=certificate,
            ssl_key=key,
        )
        renewal = Renewal(renew, server.signal_handler_reload)
        renewal.start()
        try:
            server.serve()
        except SystemExit as end:
            if not end.code:
                return
            log.warning("the server fell; starting it again")
            time.sleep(1)
        else:
            return
        finally:
            renewal.end()
