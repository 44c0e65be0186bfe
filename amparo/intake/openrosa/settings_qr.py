"""The QR that sets a phone up: Collect's settings as JSON, compressed, in base64.

The code carries the device's secret: it is shown once, to one phone, and the device can be revoked.
Sources: docs.getodk.org/collect-import-export; Collect's client-settings.schema.json (the keys and their
values).
"""

import base64
import io
import ipaddress
import json
import zlib
from typing import Any
from urllib.parse import urlsplit

import segno

_LIMIT = 64 * 1024


def phone_settings(
    *, server_url: str, device: str, secret: str, project: str, color: str = "#1b4f8a", language: str = "es"
) -> dict[str, dict[str, Any]]:
    """Settings of a phone that mirrors the server's forms and sends by itself; `server_url` ends in no slash.

    What is left out takes Collect's own default when the code is scanned.
    """
    return {
        "general": {
            "server_url": server_url,
            "username": device,
            "password": secret,
            "form_update_mode": "match_exactly",
            "autosend": "wifi_and_cellular",
            "app_language": language,
            "image_size": "small",
            "guidance_hint": "yes_collapsed",
            "metadata_username": device,
            "analytics": False,
        },
        "admin": {"change_server": False},
        "project": {"name": project, "icon": project[:1].upper() or "A", "color": color},
    }


def leads_to_itself(server_url: str) -> bool:
    """Whether the address means whoever asks it (127.0.0.1, localhost): to a phone, the phone."""
    try:
        host = (urlsplit(server_url if "//" in server_url else f"//{server_url}").hostname or "").rstrip(".")
    except ValueError:  # brackets that do not match
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def encode(settings: dict[str, dict[str, Any]]) -> str:
    """The text inside the QR."""
    compact = json.dumps(settings, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(compact.encode(), 9)).decode("ascii")


def decode(text: str) -> dict[str, dict[str, Any]]:
    """The settings inside a QR's text. Raises ValueError when it is no such text."""
    try:
        inflate = zlib.decompressobj()
        return json.loads(inflate.decompress(base64.b64decode(text, validate=True), _LIMIT))
    except (ValueError, zlib.error) as error:
        raise ValueError("not a settings code") from error


def qr_svg(settings: dict[str, dict[str, Any]]) -> bytes:
    """The QR as an SVG drawing that scales to its box, with a quiet zone of four modules."""
    out = io.BytesIO()
    _code(settings).save(out, kind="svg", border=4, omitsize=True, xmldecl=False, svgns=True, light="#fff")
    return out.getvalue()


def qr_png(settings: dict[str, dict[str, Any]], module: int = 6) -> bytes:
    """The QR as a PNG picture; `module` is the side of one square in pixels."""
    out = io.BytesIO()
    _code(settings).save(out, kind="png", border=4, scale=module)
    return out.getvalue()


def _code(settings: dict[str, dict[str, Any]]) -> segno.QRCode:
    return segno.make(encode(settings), error="l", micro=False)
