"""An invented form, its mapping and its filled copies, for tests."""

from uuid import uuid4

from django.utils import timezone

from amparo.intake.actions.devices import Enrolment, enrol_device
from amparo.intake.actions.mappings import keep_mapping
from amparo.intake.models import Form, FormVersion, MappingVersion
from amparo.kernel.models import Organisation
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


__all__ = ["body", "country", "filled", "form", "machine", "mapping", "phone"]
