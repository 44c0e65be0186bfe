"""What is done to a server and what must hold afterwards: for the real one and for the stand-in's mutants.

Each check returns its findings; the tests say what they must be.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil

from tests.faults.live import LiveServer, Stored, kill_all, phones_writing, wait_until
from tests.faults.powercut import PowerCut


@dataclass
class Findings:
    """Over all rounds: messages acknowledged and then not there, stored or applied more than once.

    `starts`: how often `serve` had to be started. `told`: what phones were told instead of 201.
    """

    rounds: int = 0
    acknowledged: int = 0
    lost: set[str] = field(default_factory=set)
    lost_photos: set[str] = field(default_factory=set)
    rounds_with_loss: int = 0
    stored_twice: set[str] = field(default_factory=set)
    applied_twice: set[str] = field(default_factory=set)
    unsound: int = 0
    slowest_start: float = 0.0
    slowest_resume: float = 0.0
    starts: int = 0
    told: Counter[int] = field(default_factory=Counter)

    def __str__(self) -> str:
        return (
            f"{self.rounds} rounds: {self.acknowledged} acknowledged, {len(self.lost)} lost"
            f" in {self.rounds_with_loss} rounds, {len(self.lost_photos)} photos lost,"
            f" {len(self.stored_twice)} stored twice,"
            f" {len(self.applied_twice)} applied twice, {self.unsound} unsound;"
            f" slowest start {self.slowest_start:.1f} s, resume {self.slowest_resume:.1f} s"
        )

    def look(self, server: LiveServer, promised: set[str]) -> None:
        """Compares all that was promised until the end of a round with what is there."""
        stored = Stored(server)
        ids = stored.instance_ids()
        lost = promised - set(ids) - self.lost
        self.rounds += 1
        self.acknowledged = len(promised)
        self.lost |= lost
        self.rounds_with_loss += bool(lost)
        self.stored_twice |= {name for name, times in Counter(ids).items() if times > 1}
        self.unsound += not stored.is_sound()


def cut_power(
    server: LiveServer,
    cuts: int,
    *,
    unsynced: str = "dropped",
    until_loss: bool = False,
    with_attachments: int = 1,
) -> Findings:
    """Phones write, the power fails at a random moment, the survivors are counted; again on what survived."""
    findings, rnd = Findings(), random.Random()
    # The reserve for a full disk is 64 MB of noise that each cut would copy twice, and of no matter here.
    (server.home / "reserve.bin").unlink(missing_ok=True)
    power = PowerCut(server.home, unsynced=unsynced)  # type: ignore[arg-type]
    promised: set[str] = set()
    photos: dict[str, str] = {}
    for _ in range(cuts):
        power.arm()
        findings.slowest_start = max(findings.slowest_start, server.start(power))
        uncovered = {process.pid for process in server.tree()} - set(power.processes())
        assert not uncovered, f"processes outside the instrument: {uncovered}"
        with phones_writing(server, 4, with_attachments=with_attachments) as writing:
            wait_until(lambda w=writing: len(w.acknowledged) > 3, 30, "the first acknowledgements")
            time.sleep(rnd.uniform(0.0, 1.5))
            power.cut()
            writing.stopping.set()
        server.stop()
        promised |= writing.acknowledged
        photos |= writing.photos
        findings.look(server, promised)
        if until_loss and findings.lost:
            break
    readable = Stored(server).photos()
    findings.lost_photos = {name for name, sha256 in photos.items() if (name, sha256) not in readable}
    return findings


def kill(server: LiveServer, rounds: int, victims: Callable[[LiveServer], list[psutil.Process]]) -> Findings:
    """kill -9 of whom `victims` names, again and again."""

    def strike() -> None:
        found = victims(server)
        assert found, "nobody to kill"
        kill_all(found)

    return interrupt(server, rounds, strike)


def interrupt(server: LiveServer, rounds: int, strike: Callable[[], None]) -> Findings:
    """Phones write while something is struck down; then the server runs again and catches up.

    Where `serve` itself died it is started again, as an operator's supervisor would. A worker alone is not:
    `serve` must notice. Phones send again what was never answered, as Collect does.
    """
    findings, rnd = Findings(), random.Random()
    promised: set[str] = set()
    server.start()
    findings.starts = 1
    for _ in range(rounds):
        with phones_writing(server, 4) as writing:
            wait_until(lambda w=writing: len(w.acknowledged) > 3, 30, "the first acknowledgements")
            time.sleep(rnd.uniform(0.0, 1.0))
            strike()
            time.sleep(0.3)
        is_up = server.process is not None and server.process.poll() is None
        took = server.until_it_answers() if is_up else server.start()
        findings.starts += not is_up
        findings.told += writing.refused
        findings.slowest_start = max(findings.slowest_start, took)
        for name, body in writing.in_doubt.items():
            status, answer = server.send(body)
            assert status == 201, (status, answer)
            writing.acknowledged.add(name)
        stored = Stored(server)
        findings.slowest_resume = max(
            findings.slowest_resume,
            wait_until(lambda s=stored: s.waiting() == 0, 60, "the waiting are applied"),
        )
        promised |= writing.acknowledged
        findings.look(server, promised)
        effects = stored.effects()
        findings.applied_twice |= {name for name, times in effects.items() if times > 1}
        never = promised - set(effects)
        assert not never, f"acknowledged and never applied: {len(never)}"
    return findings
