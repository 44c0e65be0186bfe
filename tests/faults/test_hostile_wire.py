"""Wrong input and stalling clients: a clear answer in OpenRosa's own XML, and the next phone is served."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from tests.faults import probe, wire
from tests.faults.live import PATH, LiveServer, Stored, phones_writing, wait_until

pytestmark = pytest.mark.xdist_group("faults")
# An answer is due within a second; a shared machine is given five.
PATIENCE = 5.0
RND = random.Random(5)


@pytest.fixture(scope="module")
def live(installation: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    server = installation.copy(tmp_path_factory.mktemp("hostile") / "home")
    server.start()
    yield server
    server.stop()
    print(server.end_of_log())


def good() -> bytes:
    return probe.multipart(probe.instance(probe.new_instance_id(), RND))


def assert_speaks_openrosa(body: bytes) -> None:
    """An OpenRosaResponse with words for the person who holds the phone."""
    root = ElementTree.fromstring(body)
    assert root.tag == "{http://openrosa.org/http/response}OpenRosaResponse", root.tag
    assert (root[0].text or "").strip(), "no words"
    assert "Traceback" not in (root[0].text or "")


def assert_answers(server: LiveServer, case: wire.Case) -> None:
    body = case.make()
    before = time.monotonic()
    status, answer = server.request("POST", PATH, body, case.headers)
    took = time.monotonic() - before
    assert status in case.right, f"{case.name}: {status} {answer[:300]!r}"
    assert_speaks_openrosa(answer)
    assert took < PATIENCE, f"{case.name}: {took:.1f} s"


@pytest.mark.parametrize("case", wire.cases(), ids=lambda case: case.name)
def test_wrong_input_gets_a_clear_answer_and_the_next_good_one_is_accepted(
    live: LiveServer, case: wire.Case
) -> None:
    assert_answers(live, case)
    assert live.send(good())[0] == 201


def test_the_same_submission_again_is_accepted_and_stored_once(live: LiveServer) -> None:
    name = probe.new_instance_id()
    body = probe.multipart(probe.instance(name, RND))
    assert [live.send(body)[0] for _ in range(2)] == [201, 201]
    assert Stored(live).instance_ids().count(name) == 1


def test_the_same_id_with_other_content_is_refused_and_the_first_one_stays(live: LiveServer) -> None:
    name = probe.new_instance_id()
    first = probe.instance(name, RND)
    assert live.send(probe.multipart(first))[0] == 201
    status, answer = live.send(probe.multipart(first.replace(b"Escuela", b"Iglesia")))
    assert status == 409
    assert_speaks_openrosa(answer)
    assert live.send(probe.multipart(first))[0] == 201
    assert Stored(live).instance_ids().count(name) >= 1


def test_sixteen_identical_posts_at_once_make_one_record(live: LiveServer) -> None:
    name = probe.new_instance_id()
    body = probe.multipart(probe.instance(name, RND))
    assert wire.posted_at_once(live.send, body, 16) == [201] * 16
    assert Stored(live).instance_ids().count(name) == 1


def test_a_wrong_secret_is_refused_in_words(live: LiveServer) -> None:
    status, _ = live.request("POST", PATH, good(), {"Authorization": "Basic YTpi"} | wire.CT)
    assert status == 401


def test_a_phone_that_hangs_up_mid_upload_leaves_nothing_and_disturbs_nobody(live: LiveServer) -> None:
    stored = len(Stored(live).instance_ids())
    body = good()
    half_sent(live, body, len(body) // 2).close()
    assert live.send(good())[0] == 201
    assert len(Stored(live).instance_ids()) == stored + 1


def test_forty_stalled_uploads_do_not_keep_others_waiting(live: LiveServer) -> None:
    body = good()
    stalled = [half_sent(live, body, 300 + 10 * n) for n in range(40)]
    try:
        before = time.monotonic()
        assert [live.send(good())[0] for _ in range(3)] == [201] * 3
        assert time.monotonic() - before < PATIENCE
    finally:
        for link in stalled:
            link.close()


def test_an_upload_that_comes_a_few_bytes_at_a_time_is_accepted(live: LiveServer) -> None:
    body = good()
    link = half_sent(live, body, 0)
    for at in range(0, len(body), len(body) // 20):
        link.sendall(body[at : at + len(body) // 20])
        time.sleep(0.02)
    assert link.recv(4096).split(b" ")[1] == b"201"
    link.close()


def test_what_is_not_http_does_not_end_the_server(live: LiveServer) -> None:
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET\r\n\r\n",
        b"\x00" * 4096,
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", live.port), timeout=PATIENCE) as link:
            link.sendall(noise)
    assert live.send(good())[0] == 201


def test_wrong_input_between_good_ones_costs_the_good_ones_nothing(live: LiveServer) -> None:
    hostile = [case for case in wire.cases() if "50 MB" not in case.name]
    with phones_writing(live, 2) as writing:
        wait_until(lambda: len(writing.acknowledged) > 3, 30, "the first acknowledgements")
        for case in RND.sample(hostile, 10):
            assert_answers(live, case)
    assert not writing.refused
    assert not writing.in_doubt
    assert writing.acknowledged <= set(Stored(live).instance_ids())


def half_sent(server: LiveServer, body: bytes, sent: int) -> socket.socket:
    """A connection on which the head and the first bytes of a post were sent."""
    link = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    head = [f"POST {PATH} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in (server.headers() | wire.CT).items()]
    link.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body[:sent])
    return link
