"""The disk fills while phones write: refused in words, photos before text, nothing lost, well again after.

The home lies on a small tmpfs, which only root may mount; without that right the tests fail and say so.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import probe
from tests.faults.live import LiveServer, Stored, phones_writing, wait_until
from tests.faults.test_hostile_wire import assert_speaks_openrosa

pytestmark = pytest.mark.xdist_group("faults")
RND = random.Random(3)
NO_ROOM = (507, 503)
BLOCK = b"x" * (1 << 20)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], check=True, timeout=20
    )
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, timeout=20)


@pytest.fixture
def cramped(installation: LiveServer, tmp_path: Path) -> Iterator[LiveServer]:
    """The real server on a disk of its own of 400 MB, filled and emptied in a moment because it is memory."""
    with small_disk(tmp_path / "disk", 400) as disk:
        server = installation.copy(disk / "home")
        server.log = tmp_path / "server.log"
        server.start()
        yield server
        server.stop()
        print(server.end_of_log())


def fill(server: LiveServer, leaving: int) -> None:
    """Other programs take the disk but for so many megabytes; the server is given time to look again."""
    disk = server.home.parent
    free = shutil.disk_usage(disk).free - (leaving << 20)
    with contextlib.suppress(OSError), (disk / "ballast").open("ab", buffering=0) as out:
        for _ in range(max(0, free) // len(BLOCK)):
            out.write(BLOCK)
        if leaving == 0:
            for _ in range(len(BLOCK) // 4096):
                out.write(BLOCK[:4096])
    time.sleep(1.2)


def make_room(server: LiveServer) -> None:
    (server.home.parent / "ballast").unlink()


def text() -> tuple[str, bytes]:
    name = probe.new_instance_id()
    return name, probe.multipart(probe.instance(name, RND))


def with_photo() -> tuple[str, bytes]:
    name = probe.new_instance_id()
    photo = f"{name[5:]}.jpg"
    return name, probe.multipart(probe.instance(name, RND, photo=photo), {photo: probe.picture(100_000)})


@dataclass
class Phone:
    """Whom the server told what, as a phone would remember it."""

    server: LiveServer
    acknowledged: set[str]

    def accepts(self, made: tuple[str, bytes]) -> bool:
        """Sends; a refusal must be for want of room, and in words."""
        name, body = made
        status, answer = self.server.send(body)
        assert_speaks_openrosa(answer)
        assert status in (201, *NO_ROOM), (status, answer[:300])
        if status == 201:
            self.acknowledged.add(name)
        return status == 201

    def assert_all_well_again(self) -> None:
        wait_until(lambda: self.accepts(text()), 30, "text is accepted when there is room again")
        wait_until(lambda: self.accepts(with_photo()), 30, "photos too")
        stored = Stored(self.server)
        assert stored.is_sound()
        assert self.acknowledged <= set(stored.instance_ids())
        wait_until(lambda: stored.waiting() == 0, 60, "what was accepted is applied")


def test_attachments_are_refused_first_text_last_and_nothing_acknowledged_is_lost(
    cramped: LiveServer,
) -> None:
    phone = Phone(cramped, set())
    assert phone.accepts(text())
    assert phone.accepts(with_photo())

    fill(cramped, leaving=100)
    assert not phone.accepts(with_photo())
    assert phone.accepts(text())

    fill(cramped, leaving=25)
    assert not phone.accepts(with_photo())
    assert all(phone.accepts(text()) for _ in range(20))

    for _ in range(3):  # what the server had in reserve is taken from it too
        fill(cramped, leaving=0)
        phone.accepts(text())
    # The write-ahead log has room that it took before; when that is used up too, text is refused at last.
    assert not all(phone.accepts(text()) for _ in range(1000))

    make_room(cramped)
    phone.assert_all_well_again()


@pytest.mark.long
def test_a_disk_without_a_free_byte_is_said_in_words_and_forgets_nothing(cramped: LiveServer) -> None:
    phone = Phone(cramped, set())
    with phones_writing(cramped, 2, with_attachments=1) as writing:
        wait_until(lambda: len(writing.acknowledged) > 3, 30, "the first acknowledgements")
        for _ in range(3):
            fill(cramped, leaving=0)
        answers = [phone.accepts(text()) for _ in range(20)]
        make_room(cramped)
        time.sleep(1.2)
    assert not answers[-1]
    assert set(writing.refused) <= set(NO_ROOM), writing.refused
    assert not writing.in_doubt
    phone.acknowledged |= writing.acknowledged
    phone.assert_all_well_again()


@pytest.mark.long
def test_a_server_can_be_started_when_the_disk_is_full_and_says_what_is_wrong(cramped: LiveServer) -> None:
    phone = Phone(cramped, set())
    assert phone.accepts(text())
    cramped.stop()
    fill(cramped, leaving=0)
    try:
        cramped.start()
    except AssertionError as refusal:
        assert "Traceback" not in str(refusal)
    else:
        phone.accepts(text())
        cramped.stop()
    make_room(cramped)
    cramped.start()
    phone.assert_all_well_again()
