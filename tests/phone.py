"""A phone with ODK Collect in front of a real server: okhttp's connections, okhttp-digest's answers, its steps.

What Collect does was read in its source (OkHttpConnection, OpenRosaHttpInterface, FormListDownloader, 2026.2).
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from amparo.intake.openrosa.tests.phone import CONTENT_TYPE, body, digest_answer

XFORMS = "{http://www.w3.org/2002/xforms}"
ORX = "{http://openrosa.org/xforms}"
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
ElementTree.register_namespace("orx", ORX.strip("{}"))


@dataclass
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Form:
    """A form as the phone holds it."""

    form_id: str
    name: str
    version: str
    hash: str
    xml: bytes
    media: dict[str, bytes] = field(default_factory=dict)

    def filled(self, answers: Mapping[str, str], *, left_out: tuple[str, ...] = ()) -> bytes:
        """The form's own instance with these answers by path, written as JavaRosa does: without what was not asked.

        Raises KeyError for a path the form does not have.
        """
        model = ElementTree.fromstring(self.xml).find(f".//{XFORMS}model/{XFORMS}instance")
        assert model is not None
        root = model[0]
        for element in root.iter():
            element.tag = element.tag.replace(XFORMS, "")
        for path, text in answers.items():
            element = root.find(path)
            if element is None:
                raise KeyError(path)
            element.text = text
        for path in left_out:
            above, _slash, name = path.rpartition("/")
            inside = root.find(above) if above else root
            assert inside is not None
            inside.remove(inside.find(name))  # type: ignore[arg-type]
        name = next(one for one in root.iter() if one.tag.endswith("instanceID"))
        name.text = f"uuid:{uuid.uuid4()}"
        return b"<?xml version='1.0' ?>" + ElementTree.tostring(root)


class Collect:
    """One phone, set up with a server's address and its own name and secret."""

    def __init__(
        self, server_url: str, username: str, password: str, tls: ssl.SSLContext | None = None
    ) -> None:
        self.server, self.username, self.password, self.tls = urlsplit(server_url), username, password, tls
        self.link: http.client.HTTPConnection | None = None
        self.challenge = ""
        self.count = 0
        self.spoken: list[tuple[str, str, int]] = []

    # --- HTTP as okhttp speaks it

    def request(self, method: str, url: str, content: bytes = b"", kind: str = "") -> Answer:
        """One request; a challenge is answered once, and its nonce is used again until it goes stale."""
        answer = self._once(method, url, content, kind)
        if answer.status == 401 and answer.headers.get("www-authenticate", "").startswith("Digest"):
            self.challenge, self.count = answer.headers["www-authenticate"], 0
            answer = self._once(method, url, content, kind)
        return answer

    def _once(self, method: str, url: str, content: bytes, kind: str) -> Answer:
        parts = urlsplit(url)
        assert parts.netloc in ("", self.server.netloc), f"Collect does not send its secret to {parts.netloc}"
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = {
            "X-OpenRosa-Version": "1.0",
            "Date": formatdate(usegmt=True),
            "User-Agent": "org.odk.collect.android/v2026.2.0 Dalvik/2.1.0 (Linux; U; Android 11; prueba)",
            "Accept-Encoding": "gzip",
            "Connection": "Keep-Alive",
        }
        if kind:
            headers["Content-Type"] = kind
        if self.challenge:
            self.count += 1
            headers["Authorization"] = digest_answer(
                self.challenge,
                username=self.username,
                secret=self.password,
                method=method,
                uri=path,
                count=self.count,
            )
        answer = self._exchange(method, path, content, headers)
        self.spoken.append((method, parts.path, answer.status))
        return answer

    def _exchange(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Answer:
        for attempt in (1, 2):  # a kept connection may have been closed meanwhile: okhttp tries once more
            if self.link is None:
                self.link = self._connected()
            try:
                self.link.request(method, path, content or None, headers)
                said = self.link.getresponse()
                read = said.read()
                break
            except (ConnectionError, http.client.RemoteDisconnected):
                self.close()
                if attempt == 2:
                    raise
        told = {name.lower(): value for name, value in said.headers.items()}
        return Answer(
            said.status, told, gzip.decompress(read) if told.get("content-encoding") == "gzip" else read
        )

    def _connected(self) -> http.client.HTTPConnection:
        host, port = self.server.hostname or "", self.server.port
        if self.server.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=30, context=self.tls)
        return http.client.HTTPConnection(host, port, timeout=30)

    def close(self) -> None:
        if self.link is not None:
            self.link.close()
            self.link = None

    def address(self, path: str) -> str:
        return f"{self.server.geturl().rstrip('/')}/{path}"

    # --- what a person does with Collect

    def blank_forms(self) -> dict[str, Form]:
        """Download every form of the list with its media, and check each against the hash the list gave."""
        listed = self.request("GET", self.address("formList"))
        assert listed.status == 200
        assert listed.headers["x-openrosa-version"] == "1.0"
        assert listed.headers["content-type"].startswith("text/xml")
        return {form.form_id: form for form in map(self._download, ElementTree.fromstring(listed.body))}

    def _download(self, listed: ElementTree.Element) -> Form:
        said = {one.tag.replace(LIST, ""): one.text or "" for one in listed}
        assert said["hash"].startswith("md5:")
        xml = self.request("GET", said["downloadUrl"])
        assert xml.status == 200
        assert md5(xml.body) == said["hash"]
        form = Form(said["formID"], said["name"], said.get("version", ""), said["hash"], xml.body)
        if said.get("manifestUrl"):
            for one in ElementTree.fromstring(self.request("GET", said["manifestUrl"]).body):
                file = {part.tag.replace(MANIFEST, ""): part.text or "" for part in one}
                form.media[file["filename"]] = self.request("GET", file["downloadUrl"]).body
                assert md5(form.media[file["filename"]]) == file["hash"]
        return form

    def send(self, xml: bytes, files: list[tuple[str, str, bytes]] | None = None) -> list[Answer]:
        """HEAD, then one POST or several: no more than the server said it takes, `*isIncomplete*` on all but the last.

        Stops at the first answer that is not 201 or 202.
        """
        head = self.request("HEAD", self.address(f"submission?deviceID={quote('collect:prueba', safe='')}"))
        assert head.status == 204, head
        url = head.headers.get("location", self.address("submission"))
        most = int(head.headers.get("x-openrosa-accept-content-length", 10_000_000))
        rest, answers = list(files or []), []
        while True:
            now: list[tuple[str, str, bytes]] = []
            while (
                rest
                and len(now) < 100
                and (not now or len(xml) + sum(len(f[2]) for f in [*now, rest[0]]) <= most)
            ):
                now.append(rest.pop(0))
            content = body(xml, now, more="yes" if rest else "")
            answers.append(self.request("POST", url, content, CONTENT_TYPE))
            if not rest or answers[-1].status not in (201, 202):
                return answers


def md5(content: bytes) -> str:
    return "md5:" + hashlib.md5(content).hexdigest()


def words(answer: Answer) -> str:
    """The message of an OpenRosa answer, as the phone shows it."""
    found = re.search(rb"<message[^>]*>([^<]*)</message>", answer.body)
    return found[1].decode() if found else ""
