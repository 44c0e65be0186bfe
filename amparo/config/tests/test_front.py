"""The door to the wire, with bodies and readers of the tests' own, in a process of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

PROGRAM = """
import asyncio, json, sys
from types import SimpleNamespace
from granian.rsgi import ProtocolClosed
from amparo.config.front import PARTS, Application

PART = b"x" * 4096


class Case:
    def __init__(self, parts, leaves_after):
        self.parts, self.leaves_after = parts, leaves_after
        self.read = self.sent = self.ahead = self.whole = self.closed = 0

    def __call__(self, environ, start_response):
        start_response("200 OK", [("content-length", str(self.parts * len(PART)))])
        return self

    def __iter__(self):
        for _ in range(self.parts):
            self.read += len(PART)
            self.ahead = max(self.ahead, self.read - self.sent)
            yield PART

    def close(self):
        self.closed += 1

    def response_bytes(self, status, headers, body):
        self.whole = len(body)

    def response_stream(self, status, headers):
        return self

    async def send_bytes(self, piece):
        self.sent += len(piece)
        if self.sent > self.leaves_after:
            raise ProtocolClosed


scope = SimpleNamespace(
    method="GET", server="127.0.0.1:1", client="127.0.0.1:2", path="/", query_string="", scheme="http",
    http_version="1.1", authority="127.0.0.1", headers={},
)
application = Application()
cases = dict(short=Case(3, 1e9), one=Case(PARTS, 1e9), long=Case(4096, 1e9), left=Case(4096, 1 << 20))
for case in cases.values():
    application.wsgi = case
    asyncio.run(application.__rsgi__(scope, case))
print(json.dumps({
    name: dict(size=case.parts * len(PART), ahead=case.ahead, sent=case.sent, whole=case.whole, closed=case.closed)
    for name, case in cases.items()
}))
"""


@dataclass(frozen=True)
class Came:
    """What came of a body of `size` bytes: sent in pieces, sent `whole`, most read and not yet sent, times closed."""

    size: int
    sent: int
    whole: int
    ahead: int
    closed: int


@pytest.fixture(scope="module")
def answered(tmp_path_factory) -> dict[str, Came]:
    home = {
        "AMPARO_HOME": str(tmp_path_factory.mktemp("home")),
        "DJANGO_SETTINGS_MODULE": "amparo.config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | home, capture_output=True, timeout=60, check=True
    )
    return {name: Came(**came) for name, came in json.loads(done.stdout).items()}


def test_a_long_file_leaves_whole_and_never_stands_whole_in_memory(answered):
    came = answered["long"]
    assert (came.sent, came.whole) == (came.size, 0)
    assert came.ahead <= 256 * 1024


def test_a_short_answer_leaves_at_once(answered):
    assert (answered["short"].sent, answered["short"].whole) == (0, answered["short"].size)


def test_an_answer_of_just_one_piece_is_sent_once(answered):
    assert answered["one"].sent + answered["one"].whole == answered["one"].size


def test_a_reader_who_goes_away_is_sent_no_more(answered):
    assert answered["left"].sent < 2 << 20


def test_every_answer_is_closed_once(answered):
    assert {came.closed for came in answered.values()} == {1}
