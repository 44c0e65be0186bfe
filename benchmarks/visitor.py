"""A person's browser as far as figures need it: signed in, counts bytes as they cross the wire."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.faults.live import LiveServer

SIGN_IN = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from amparo.kernel.models import Holding, Organisation, User
from amparo.parties.sessions import SessionStore

user, is_new = User.objects.get_or_create(
    username="benchmark", defaults={"name": "Benchmark", "organisation": Organisation.objects.first()}
)
if is_new:
    granted_by = User.objects.exclude(pk=user.pk).first()
    Holding.objects.create(user=user, role="national", scope="", granted_by=granted_by)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(json.dumps({"cookie": f"{settings.SESSION_COOKIE_NAME}={session.session_key}"}))
"""


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: bytes as they came (compressed where the server compresses), and the seconds it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def is_kept(self) -> bool:
        """Whether a browser takes it from its own store next time without asking."""
        return "immutable" in self.headers.get("cache-control", "")


@dataclass
class Visitor:
    """Signed in as a person who sees the whole country. One connection, as a browser keeps it."""

    server: LiveServer
    cookie: str = ""
    kept: set[str] = field(default_factory=set)
    link: http.client.HTTPConnection | None = None

    def sign_in(self) -> Visitor:
        self.cookie = self.server.ask(SIGN_IN)["cookie"]
        return self

    def get(self, path: str, encoding: str = "gzip") -> Page:
        self.link = self.link or http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        began = time.perf_counter()
        self.link.request(
            "GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": encoding, "Accept-Language": "es"}
        )
        answer = self.link.getresponse()
        body = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        page = Page(answer.status, headers, body, time.perf_counter() - began)
        assert answer.status == 200, f"{path}: {answer.status} {headers.get('location', '')}"
        return page

    def load(self, path: str) -> dict[str, int]:
        """Bytes of the page and of each part of it that is not kept from before."""
        page = self.get(path)
        sizes = {path: len(page.body)}
        for part in _parts(path, self.get(path, encoding="identity").body.decode()):
            if part in self.kept or part in sizes:
                continue
            answer = self.get(part)
            sizes[part] = len(answer.body)
            if answer.is_kept:
                self.kept.add(part)
        return sizes


class _Parts(HTMLParser):
    """What a browser fetches at once for a page: styles, scripts, pictures, icons."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        names = dict(attrs)
        if tag == "link" and set((names.get("rel") or "").split()) & {
            "stylesheet",
            "icon",
            "preload",
            "manifest",
        }:
            self.found.append(names.get("href") or "")
        if tag in {"script", "img"} and names.get("src"):
            self.found.append(names["src"])
        if tag == "use":
            self.found.append((names.get("href") or "").partition("#")[0])


def _parts(path: str, html: str) -> list[str]:
    parser = _Parts()
    parser.feed(html)
    addresses = [
        urlsplit(urljoin(path, part)) for part in parser.found if part and not part.startswith("data:")
    ]
    return list(dict.fromkeys(address.path for address in addresses if not address.netloc))
