"""A stand-in for the real server, with faults on request: it proves that the fault tests can fail.

It speaks the same command line and the same wire as `amparo` as far as these tests go, in plain Python:

    python -m tests.faults.standin init | phones enrol NAME | forms publish FILE | serve --port N | worker

STANDIN_FAULT seeds one fault: acknowledges_early (201 before the commit), applies_twice, answers_500 (a stack
trace to wrong input), files_unsynced (attachments written without a sync). AMPARO_TEST_SYNCHRONOUS is
honoured as by the server.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import queue
import re
import sqlite3
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

HOME = Path(os.environ.get("AMPARO_HOME", "."))
FAULT = os.environ.get("STANDIN_FAULT", "")
SIZE_LIMIT, ELEMENT_LIMIT = 8 << 20, 20_000
SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    instance_id TEXT PRIMARY KEY, digest TEXT NOT NULL, body BLOB NOT NULL, applied_at REAL);
CREATE TABLE IF NOT EXISTS effect (instance_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS waiting ON message (applied_at) WHERE applied_at IS NULL;
"""


class Refused(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


def connect() -> sqlite3.Connection:
    link = sqlite3.connect(HOME / "amparo.sqlite3", isolation_level=None, timeout=30)
    link.execute("PRAGMA journal_mode=WAL")
    link.execute(f"PRAGMA synchronous={os.environ.get('AMPARO_TEST_SYNCHRONOUS', 'FULL')}")
    link.execute("PRAGMA busy_timeout=30000")
    return link


class Storing(threading.Thread):
    """One writer commits whatever waits."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.waiting: queue.Queue[tuple[str, str, bytes, queue.Queue]] = queue.Queue()

    def store(self, instance_id: str, digest: str, body: bytes) -> None:
        answer: queue.Queue = queue.Queue()
        self.waiting.put((instance_id, digest, body, answer))
        if FAULT == "acknowledges_early":
            return
        refusal = answer.get(timeout=60)
        if refusal:
            raise refusal

    def run(self) -> None:
        link = connect()
        while True:
            batch = [self.waiting.get()]
            while not self.waiting.empty():
                batch.append(self.waiting.get())
            if FAULT == "acknowledges_early":
                time.sleep(0.2)
            try:
                link.execute("BEGIN IMMEDIATE")
                answers = [self._store_one(link, *message[:3]) for message in batch]
                link.execute("COMMIT")
            except sqlite3.Error as fault:
                if link.in_transaction:
                    link.execute("ROLLBACK")
                answers = [Refused(507 if "full" in str(fault) else 503, "No queda espacio")] * len(batch)
            for message, refusal in zip(batch, answers, strict=True):
                message[3].put(refusal)

    @staticmethod
    def _store_one(link: sqlite3.Connection, instance_id: str, digest: str, body: bytes) -> Refused | None:
        link.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?, NULL)", (instance_id, digest, body))
        known = link.execute("SELECT digest FROM message WHERE instance_id = ?", (instance_id,)).fetchone()[0]
        return None if known == digest else Refused(409, "Ya existe con otro contenido")


STORING = Storing()


def parts_of(content_type: str, body: bytes) -> list[tuple[str, str, bytes]]:
    """Field name, file name and content of each part. Raises Refused."""
    found = re.fullmatch(r'multipart/form-data;\s*boundary="?([^";]+)"?', content_type)
    if not found:
        raise Refused(400, "No es un envío de formulario")
    pieces = body.split(b"--" + found[1].encode())
    if len(pieces) < 3 or not pieces[-1].startswith(b"--"):
        raise Refused(400, "El envío llegó cortado")
    parts = []
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        filename = re.search(rb'filename="([^"]*)"', head)
        if not name:
            raise Refused(400, "Parte sin nombre")
        parts.append((name[1].decode(), filename[1].decode() if filename else "", content[:-2]))
    return parts


def read_message(xml: bytes) -> str:
    """The instance id. Raises Refused."""
    if len(xml) > SIZE_LIMIT:
        raise Refused(413, "Demasiado grande")
    if xml.count(b"<") > ELEMENT_LIMIT:
        raise Refused(400, "Demasiados elementos")
    try:
        tree = defusedxml.ElementTree.fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        raise Refused(400, "El XML no se puede leer") from fault
    form = HOME / "forms" / tree.get("id", "").replace("/", "")
    if not form.is_file() or form.read_text() != tree.get("version"):
        raise Refused(404, "Formulario o versión desconocida")
    instance_id = next((e.text for e in tree.iter() if e.tag.endswith("instanceID") and e.text), None)
    if not instance_id:
        raise Refused(400, "Falta el identificador")
    return instance_id


def store_file(content: bytes) -> None:
    name = hashlib.sha256(content).hexdigest()
    part = HOME / "files" / f"{name}.{threading.get_ident()}.part"
    try:
        with part.open("wb") as out:
            out.write(content)
            out.flush()
            if FAULT != "files_unsynced":
                os.fsync(out.fileno())
        part.rename(HOME / "files" / name)
        folder = os.open(HOME / "files", os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise Refused(507, "No queda espacio para adjuntos") from fault


class Wire(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, words: str) -> None:
        body = (
            '<OpenRosaResponse xmlns="http://openrosa.org/http/response">'
            f"<message>{escape(words)}</message></OpenRosaResponse>"
        ).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("X-OpenRosa-Version", "1.0")
        self.send_header("Content-Length", str(len(body)))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="amparo"')
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.answer(200, "ok")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            self.receive(body)
        except Refused as refusal:
            self.answer(500 if FAULT == "answers_500" else refusal.status, refusal.words)
        except Exception as fault:
            self.answer(500, repr(fault))
        else:
            self.answer(201, "Recibido")

    def receive(self, body: bytes) -> None:
        said = base64.b64decode(self.headers.get("Authorization", "Basic Og==").split(" ")[1])
        if not any(hmac.compare_digest(said, phone.read_bytes()) for phone in (HOME / "phones").iterdir()):
            raise Refused(401, "Teléfono desconocido")
        parts = parts_of(self.headers.get("Content-Type", ""), body)
        forms = [content for name, _, content in parts if name == "xml_submission_file"]
        if len(forms) != 1:
            raise Refused(400, "Debe venir un formulario")
        instance_id = read_message(forms[0])
        for name, _, content in parts:
            if name != "xml_submission_file":
                store_file(content)
        STORING.store(instance_id, hashlib.sha256(forms[0]).hexdigest(), forms[0])


def serve(port: int) -> None:
    STORING.start()
    threading.Thread(target=mind_worker, daemon=True).start()
    ThreadingHTTPServer.request_queue_size = 64
    ThreadingHTTPServer(("127.0.0.1", port), Wire).serve_forever()


def mind_worker() -> None:
    while True:
        subprocess.run(
            [sys.executable, "-m", "tests.faults.standin", "worker", str(os.getpid())], check=False
        )
        time.sleep(0.2)


def work(parent: int) -> None:
    link = connect()
    while os.getppid() == parent:
        rows = link.execute("SELECT instance_id FROM message WHERE applied_at IS NULL LIMIT 25").fetchall()
        if not rows:
            time.sleep(0.05)
            continue
        link.execute("BEGIN IMMEDIATE")
        link.executemany("INSERT INTO effect VALUES (?)", rows * (2 if FAULT == "applies_twice" else 1))
        link.executemany("UPDATE message SET applied_at = unixepoch() WHERE instance_id = ?", rows)
        link.execute("COMMIT")


def main(arguments: list[str]) -> None:
    match arguments:
        case ["init", *_]:
            for folder in ("forms", "phones", "files"):
                (HOME / folder).mkdir(parents=True, exist_ok=True)
            connect().executescript(SCHEMA)
        case ["phones", "enrol", name, *_]:
            (HOME / "phones" / name).write_bytes(f"{name}:secret".encode())
            print(json.dumps({"username": name, "password": "secret"}))
        case ["forms", "publish", file, *_]:
            head = re.search(r'<(?:\w+:)?data [^>]*id="([^"]+)" version="([^"]+)"', Path(file).read_text())
            assert head, "no form id"
            (HOME / "forms" / head[1]).write_text(head[2])
            print(json.dumps({"form_id": head[1], "version": head[2]}))
        case ["serve", "--port", port, *_]:
            serve(int(port))
        case ["worker", parent]:
            work(int(parent))


if __name__ == "__main__":
    main(sys.argv[1:])
