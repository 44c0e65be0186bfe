"""Wrong input as it comes over the wire, each case with the answers that are right for it."""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults import probe
from tests.faults.probe import CONTENT_TYPE, multipart, new_instance_id

REFUSED = range(400, 500)
ACCEPTED = range(201, 202)
EITHER = (
    *ACCEPTED,
    *REFUSED,
)  # well-formed but odd: both are clear answers, what matters is that there is one
MEGABYTE = 1 << 20
RND = random.Random(11)


@dataclass(frozen=True)
class Case:
    """One post: what is sent, and the statuses that are a right answer."""

    name: str
    make: Callable[[], bytes]
    right: range | tuple[int, ...] = REFUSED
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": CONTENT_TYPE})


def form() -> bytes:
    return probe.instance(new_instance_id(), RND)


def with_value(value: bytes) -> Callable[[], bytes]:
    """A whole submission whose comments are these bytes."""
    return lambda: multipart(re.sub(rb"<comments>[^<]*", lambda _: b"<comments>" + value, form()))


def changed(pattern: bytes, by: bytes) -> Callable[[], bytes]:
    def make() -> bytes:
        xml = re.sub(pattern, lambda _: by, form())
        assert by in xml
        return multipart(xml)

    return make


def with_doctype(doctype: bytes, value: bytes) -> Callable[[], bytes]:
    return lambda: multipart(
        b'<?xml version="1.0"?>'
        + doctype
        + re.sub(rb"<comments>[^<]*", lambda _: b"<comments>" + value, form())
    )


LAUGHS = b'<!DOCTYPE z [<!ENTITY e0 "lol">'
LAUGHS += b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 10)) + b"]>"
QUADRATIC = b'<!DOCTYPE z [<!ENTITY a "' + b"a" * 50_000 + b'">]>'


def cases() -> list[Case]:
    whole = multipart(form())
    text = {"Content-Type": "text/xml"}
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    return [
        Case("cut in half", lambda: whole[: len(whole) // 2]),
        Case("no closing boundary", lambda: whole[: -len(probe.BOUNDARY) - 6]),
        Case("form cut in half in a whole envelope", lambda: multipart(form()[:900])),
        Case("empty body", lambda: b""),
        Case("empty form", lambda: multipart(b"")),
        Case("wrong field name", lambda: multipart(form(), field="file")),
        Case("no boundary named", lambda: whole, headers={"Content-Type": "multipart/form-data"}),
        Case("no content type", lambda: whole, headers={}),
        Case("form without envelope", form, headers=text),
        Case("JSON", lambda: b"{}", headers={"Content-Type": "application/json"}),
        Case("random bytes in an envelope", lambda: multipart(RND.randbytes(4000))),
        Case("billion laughs", with_doctype(LAUGHS, b"&e9;")),
        Case("quadratic entities", with_doctype(QUADRATIC, b"&a;" * 2000)),
        Case(
            "external entity",
            with_doctype(b'<!DOCTYPE z [<!ENTITY x SYSTEM "file:///etc/hostname">]>', b"&x;"),
        ),
        Case("100,000 deep", with_value(deep)),
        Case("200,000 elements side by side", with_value(b"<a/>" * 200_000)),
        Case("50 MB form", with_value(b"x" * (50 * MEGABYTE))),
        Case(
            "50 MB undeclared attachment",
            lambda: multipart(form(), {"p.jpg": b"\xff" * (50 * MEGABYTE)}),
            (*EITHER, 507),
        ),
        Case("gzip", lambda: zlib.compress(whole, wbits=31), EITHER, {"Content-Encoding": "gzip"} | CT),
        Case("two forms", lambda: multipart(form(), {}) + multipart(form(), {}), EITHER),
        Case("unknown form", changed(rb'id="fault_probe"', b'id="nope"')),
        Case("no form id", changed(rb'id="fault_probe" ', b" ")),
        Case("no instanceID", changed(rb"<orx:meta>.*</orx:meta>", b"<x/>"), EITHER),
        Case("empty instanceID", changed(rb"<orx:instanceID>[^<]*<", b"<orx:instanceID><"), EITHER),
        Case("instanceID of 100,000 characters", changed(rb"uuid:[^<]*", b"u" * 100_000), EITHER),
        Case("invalid UTF-8", with_value(b"\xff\xfe\xc3(")),
        Case("NUL byte", with_value(b"a\x00b")),
        Case("NUL as a character reference", with_value(b"a&#0;b")),
        Case("lone surrogate as a character reference", with_value(b"a&#xD800;b")),
        Case(
            "UTF-16 declared, UTF-8 sent",
            lambda: multipart(b'<?xml version="1.0" encoding="UTF-16"?>' + form()),
        ),
        Case(
            "path in an attachment's name",
            lambda: multipart(form(), {"../../etc/x.jpg": probe.picture(100)}),
            EITHER,
        ),
        Case("300 attachments", lambda: multipart(form(), {f"{n}.jpg": b"x" for n in range(300)}), EITHER),
        # Well-formed but odd: a refused form would stay on the phone.
        Case("a version never published", changed(rb'version="1"', b'version="1999"'), EITHER),
        Case("no version", changed(rb' version="1"', b" "), EITHER),
        Case("words where a number belongs", changed(rb"<people>\d+", b"<people>abc"), ACCEPTED),
        Case("a number of 30 digits", changed(rb"<people>\d+", b"<people>" + b"9" * 30), ACCEPTED),
        Case("a negative number", changed(rb"<people>\d+", b"<people>-5"), ACCEPTED),
        Case("a question the form has not", changed(rb"</site_name>", b"</site_name><zzz>1</zzz>"), ACCEPTED),
        Case("all answers missing", changed(rb"<site_name>.*<orx:meta>", b"<orx:meta>"), ACCEPTED),
        Case("emoji and a formula", with_value("=HYPERLINK(1) 😷 \u202e مياه".encode()), ACCEPTED),
    ]


CT = {"Content-Type": CONTENT_TYPE}


def posted_at_once(send: Callable[[bytes], tuple[int, bytes]], body: bytes, times: int) -> list[int]:
    """The statuses of so many identical posts at the same moment."""
    with ThreadPoolExecutor(times) as phones:
        return [status for status, _ in phones.map(send, [body] * times)]
