"""The door to the wire: a request's body is awaited without a thread, then Django answers in one.

A WSGI server gives a thread to each upload from its first byte. Forty phones on a bad network, or one hostile
client, then hold all threads and nobody is served. Here bodies arrive on the event loop; a thread works only on
whole ones. A body over the limit is read to its end and forgotten, since a client that is answered while it still
sends sees a broken connection and not the answer.

What is longer than one piece, a file that leaves, goes out piece by piece and is never joined in memory. A slow reader
holds no thread; what it has not taken yet waits in Granian.
"""

import asyncio
import gc
import io
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any
from urllib.parse import unquote

from amparo.config.processes import end_with_parent

end_with_parent()

import django  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from granian.rsgi import ProtocolClosed  # noqa: E402

django.setup(set_prefix=False)

THREADS = 32
IDLE_SECONDS = 30.0
FORGOTTEN_BYTES = 64 * 1024 * 1024
PARTS = 64  # Django reads a file in parts of 4 KiB; so many make a piece
WITH_BODY = {"POST", "PUT", "PATCH", "DELETE"}
PLAIN = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class BrokenUpload(Exception):
    """The client stopped sending, or sent less or more than it may."""


class Application:
    """Granian's RSGI interface over Django's WSGI application."""

    def __init__(self) -> None:
        self.wsgi = get_wsgi_application()
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="web")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        try:
            body = await _body(scope, protocol) if scope.method in WITH_BODY else b""
        except BrokenUpload:
            protocol.response_empty(408, [("connection", "close")])
            return
        loop = asyncio.get_running_loop()
        status, headers, first, more = await loop.run_in_executor(
            self.threads, self._answer, _environ(scope, body)
        )
        if more is None:
            protocol.response_bytes(status, headers, first)
            return
        stream = protocol.response_stream(status, headers)
        try:
            piece = first
            while piece:
                await stream.send_bytes(piece)
                piece = await loop.run_in_executor(self.threads, more.piece)
        except ProtocolClosed:
            pass  # the reader went away
        finally:
            await loop.run_in_executor(self.threads, more.close)

    def _answer(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes, "More | None"]:
        """Status, headers, the first piece of the body, and where there is more of it, the rest."""
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exception: Any = None, /) -> Any:
            started[:] = [int(status[:3]), headers]

        more = More(self.wsgi(environ, start_response))
        try:
            first = more.piece()
        except BaseException:
            more.close()
            raise
        if more.ended:
            more.close()
        return started[0], started[1], first, None if more.ended else more


class More:
    """The body of an answer, a piece at a time."""

    def __init__(self, response: Any) -> None:
        self.response, self.parts = response, iter(response)
        self.ended = False

    def piece(self) -> bytes:
        """The next piece, b"" after the last one."""
        parts = list(islice(self.parts, PARTS))
        self.ended = len(parts) < PARTS
        return b"".join(parts)

    def close(self) -> None:
        if hasattr(self.response, "close"):
            self.response.close()


async def _body(scope: Any, protocol: Any) -> bytes:
    """The whole body, or b"" of one over the limit (Django says so from its length). Raises BrokenUpload."""
    declared = int(scope.headers.get("content-length") or 0)
    wanted = declared <= settings.SUBMISSION_LIMIT
    received, kept = 0, []
    chunks = aiter(protocol)
    while True:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                chunk = await anext(chunks)
        except StopAsyncIteration:
            break
        except Exception as error:  # granian raises plain errors when the client is gone
            raise BrokenUpload from error
        received += len(chunk)
        if received > (settings.SUBMISSION_LIMIT if wanted else FORGOTTEN_BYTES):
            raise BrokenUpload
        if wanted:
            kept.append(bytes(chunk))
    if wanted and declared and received < declared:
        raise BrokenUpload
    return b"".join(kept)


def _environ(scope: Any, body: bytes) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(scope.path, "latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        key = name.upper().replace("-", "_")
        key = key if key in PLAIN else f"HTTP_{key}"
        joint = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value
    if scope.authority and "HTTP_HOST" not in environ:
        environ["HTTP_HOST"] = scope.authority
    return environ


application = Application()
# What stands now stands for good: the collector need not walk it again, nor run at every few hundred objects.
gc.freeze()
gc.set_threshold(50_000, 20, 100)
