"""An invented form, its mapping and its filled copies, for tests."""

import zlib
from typing import Any
from uuid import uuid4

from django.utils import timezone

from amparo.intake.actions.devices import Enrolment, enrol_device
from amparo.intake.actions.mappings import keep_mapping
from amparo.intake.models import Form, FormVersion, MappingVersion, RawMessage
from amparo.intake.models.message import SEAL_CONTEXT
from amparo.kernel.classes import DataClass
from amparo.kernel.models import Organisation
from amparo.kernel.sealing import seal
from amparo.sites.testing import country, machine

MAPPING = """
name = "prueba"
version = 1
kind = "assessment"
title = { es = "Prueba", en = "Test" }
[reading]
dates = "ymd"
offset = "-06:00"
missing = "allowed"
[site]
system = "prueba"
id = { path = "code", required = true }
name = { path = "name" }
[place]
pcode = [{ path = "pcode" }]
[told_at]
path = "when"
[[observe]]
indicator = "persons"
path = "persons"
[[observe]]
indicator = "toilets"
path = "toilets"
"""


def mapping(text: str = MAPPING, name: str = "prueba") -> MappingVersion:
    return keep_mapping(by=machine(), name=name, text=text)


def form(form_id: str = "prueba", version: str = "1", *, bound: bool = True) -> Form:
    """A published form; with `bound`, one whose answers are understood."""
    made = Form.objects.create(
        holder=machine().organisation, form_id=form_id, title="Prueba", mapping=mapping() if bound else None
    )
    FormVersion.objects.create(
        form=made, version=version, xml=b"<h:html/>", md5="0" * 32, questions=[], published_at=timezone.now()
    )
    return made


def phone(
    label: str = "Brigada inventada", *, scope: str = "", holder: Organisation | None = None
) -> Enrolment:
    by = machine()
    return enrol_device(by=by, label=label, holder=holder or by.organisation, scope=scope)


def filled(
    instance: str = "", *, form_id: str = "prueba", version: str = "1", code: str = "E1", persons: object = 120,
    toilets: object = 4, pcode: str = "TST0101", when: str = "2026-11-20T08:00:00-06:00",
    name: str = "Escuela Inventada",
) -> bytes:  # fmt: skip
    """One filled copy, as a phone writes it."""
    instance = instance or f"uuid:{uuid4()}"
    return (
        f'<?xml version="1.0"?><data xmlns:orx="http://openrosa.org/xforms" id="{form_id}" version="{version}">'
        f"<code>{code}</code><name>{name}</name><pcode>{pcode}</pcode><when>{when}</when>"
        f"<persons>{persons}</persons><toilets>{toilets}</toilets>"
        f"<orx:meta><orx:instanceID>{instance}</orx:instanceID></orx:meta></data>"
    ).encode()


GROUPS = EACH = 8  # groups of a large form, and questions in each


def large_form(form_id: str = "prueba") -> Form:
    """A published form of 64 questions, every other one a number."""
    made = form(form_id, bound=False)
    asked: list[dict[str, Any]] = [
        {"path": f"g{group}/q{at}", "kind": "integer" if at % 2 else "text", "labels": {}}
        for group in range(GROUPS)
        for at in range(EACH)
    ]
    FormVersion.objects.filter(form=made).update(questions=asked)
    return made


def receive_copies(of: Form, count: int) -> None:
    """So many filled copies of a `large_form`, as if phones had sent them long ago: sealed, and nothing waiting."""
    by, now = machine(), timezone.now()
    for start in range(0, count, 5_000):
        RawMessage.objects.bulk_create(
            RawMessage(
                holder_id=by.organisation_id, form_id=of.form_id, instance_id=f"uuid:{number}", by=by, size=1,
                fingerprint=f"{of.form_id} {number}".encode(), received_at=now, state=RawMessage.State.APPLIED,
                content=seal(
                    zlib.compress(_large(of.form_id, number), 1), DataClass.INTERNAL, context=SEAL_CONTEXT
                ),
            )
            for number in range(start, min(start + 5_000, count))
        )  # fmt: skip


def _large(form_id: str, number: int) -> bytes:
    groups = "".join(
        f"<g{group}>"
        + "".join(
            f"<q{at}>{number if at % 2 else f'respuesta {number} de la mañana'}</q{at}>" for at in range(EACH)
        )
        + f"</g{group}>"
        for group in range(GROUPS)
    )
    return (
        f'<?xml version="1.0"?><data id="{form_id}" version="1">{groups}'
        f"<meta><instanceID>uuid:{number}</instanceID></meta></data>"
    ).encode()


def body(xml: bytes, *files: tuple[str, bytes], field: str = "xml_submission_file") -> tuple[bytes, str]:
    """A multipart body and its content type, laid out as Collect does."""
    boundary = "limite-inventado"
    parts = [
        (field, "submission.xml", "text/xml", xml),
        *((name, name, "image/jpeg", data) for name, data in files),
    ]
    out = b""
    for name, filename, kind, data in parts:
        out += (
            (
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
                f"Content-Type: {kind}\r\nContent-Transfer-Encoding: binary\r\n\r\n"
            ).encode()
            + data
            + b"\r\n"
        )
    return out + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


__all__ = [
    "body",
    "country",
    "filled",
    "form",
    "large_form",
    "machine",
    "mapping",
    "phone",
    "receive_copies",
]
