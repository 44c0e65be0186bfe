"""The form that the fault tests publish and fill, and its wire form as a phone sends it."""

from __future__ import annotations

import os
import random
import uuid
from pathlib import Path

FORM_ID, VERSION = "fault_probe", "1"
PUBLISH_OPTIONS = ("--mapping", str(Path(__file__).with_name("fault_probe.toml")))
FIELD = "xml_submission_file"
BOUNDARY = "----amparo-fault-probe-7MA4YWxk"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"

XFORM = f"""<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:orx="http://openrosa.org/xforms" xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>Prueba de fallos</h:title><model>
<instance><data id="{FORM_ID}" version="{VERSION}"><site_name/><people/><toilets/><comments/><photo/>
<orx:meta><orx:instanceID/></orx:meta></data></instance>
<bind nodeset="/data/site_name" type="string"/><bind nodeset="/data/people" type="int"/>
<bind nodeset="/data/toilets" type="int"/><bind nodeset="/data/comments" type="string"/>
<bind nodeset="/data/photo" type="binary"/>
<bind nodeset="/data/orx:meta/orx:instanceID" type="string" readonly="true()" jr:preload="uid"/>
</model></h:head>
<h:body>
<input ref="/data/site_name"><label>Albergue</label></input>
<input ref="/data/people"><label>Personas</label></input>
<input ref="/data/toilets"><label>Sanitarios</label></input>
<input ref="/data/comments"><label>Comentarios</label></input>
<upload ref="/data/photo" mediatype="image/*"><label>Foto</label></upload>
</h:body></h:html>
"""


def write_form(folder: Path) -> Path:
    path = folder / f"{FORM_ID}.xml"
    path.write_text(XFORM, encoding="utf-8")
    return path


def new_instance_id() -> str:
    return f"uuid:{uuid.uuid4()}"


def instance(instance_id: str, rnd: random.Random, *, photo: str = "") -> bytes:
    """A filled form of about 2 kB."""
    comments = "El agua llega dos veces por semana; faltan luces en los sanitarios de la planta baja. " * 18
    return (
        f'<data id="{FORM_ID}" version="{VERSION}" xmlns:orx="http://openrosa.org/xforms">'
        f"<site_name>Escuela {rnd.randint(1, 40)} José Cecilio del Valle</site_name>"
        f"<people>{rnd.randint(0, 400)}</people><toilets>{rnd.randint(0, 20)}</toilets>"
        f"<comments>{comments}</comments><photo>{photo}</photo>"
        f"<orx:meta><orx:instanceID>{instance_id}</orx:instanceID></orx:meta></data>"
    ).encode()


def picture(size: int) -> bytes:
    """Begins and ends like a JPEG, in between what no compressor makes smaller."""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + os.urandom(size) + b"\xff\xd9"


def multipart(xml: bytes, attachments: dict[str, bytes] | None = None, *, field: str = FIELD) -> bytes:
    """The body of a submission with BOUNDARY between its parts."""
    dashes = b"--" + BOUNDARY.encode()
    parts = [(field, f"{field}.xml", b"text/xml", xml)]
    parts += [(name, name, b"image/jpeg", content) for name, content in (attachments or {}).items()]
    out = b""
    for name, filename, kind, content in parts:
        disposition = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"'.encode()
        out += dashes + b"\r\n" + disposition + b"\r\nContent-Type: " + kind + b"\r\n\r\n" + content + b"\r\n"
    return out + dashes + b"--\r\n"
