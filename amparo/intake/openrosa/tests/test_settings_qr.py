"""The QR that sets a phone up: Collect's own keys, readable by Collect's own steps."""

import base64
import json
import zlib

import pytest

from amparo.intake.openrosa.settings_qr import (
    decode,
    encode,
    leads_to_itself,
    phone_settings,
    qr_png,
    qr_svg,
)

SETTINGS = phone_settings(
    server_url="https://192.168.10.4:8443/openrosa",
    device="telefono-07",
    secret="k7qm-3xwd-9abc-defg-hjkm-npqr-stuv",
    project="Albergues de Choloma",
)

# Of Collect's client-settings.schema.json: the keys we use and the values they may take.
GENERAL = {
    "server_url": str,
    "username": str,
    "password": str,
    "form_update_mode": {"manual", "previously_downloaded", "match_exactly"},
    "autosend": {"off", "wifi_only", "cellular_only", "wifi_and_cellular"},
    "app_language": {"es", "en"},
    "image_size": {"original_image_size", "small", "very_small", "medium", "large"},
    "guidance_hint": {"no", "yes", "yes_collapsed"},
    "metadata_username": str,
    "analytics": bool,
}


def test_the_code_is_read_by_the_steps_the_documentation_gives():
    assert json.loads(zlib.decompress(base64.b64decode(encode(SETTINGS)))) == SETTINGS


def test_the_code_is_read_back():
    assert decode(encode(SETTINGS)) == SETTINGS


@pytest.mark.parametrize("text", ["", "hola", "====", base64.b64encode(b"x").decode()])
def test_another_text_is_no_settings_code(text):
    with pytest.raises(ValueError, match="settings code"):
        decode(text)


def test_every_key_is_one_that_collect_knows_with_a_value_it_takes():
    for key, value in SETTINGS["general"].items():
        allowed = GENERAL[key]
        assert value in allowed if isinstance(allowed, set) else isinstance(value, allowed)
    assert SETTINGS["admin"] == {"change_server": False}
    assert SETTINGS["project"]["name"] == "Albergues de Choloma"
    assert SETTINGS["project"]["icon"] == "A"


def test_the_phone_speaks_spanish_mirrors_the_forms_and_sends_by_itself():
    general = SETTINGS["general"]
    assert (general["app_language"], general["form_update_mode"], general["autosend"]) == (
        "es",
        "match_exactly",
        "wifi_and_cellular",
    )


def test_the_code_is_drawn_small_enough_for_a_cheap_camera():
    assert len(encode(SETTINGS)) < 600
    assert qr_svg(SETTINGS).startswith(b"<svg")
    assert qr_png(SETTINGS).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "https://127.0.0.2/openrosa",
        "http://localhost:8000",
        "http://LOCALHOST.",
        "http://amparo.localhost",
        "http://[::1]:8000",
        "http://0.0.0.0:8000",
        "127.0.0.1:8000",
    ],
)
def test_an_address_that_a_phone_would_look_for_in_itself_is_known(url):
    assert leads_to_itself(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://192.168.1.10:8000",
        "https://albergues.example",
        "http://local",
        "",
        "http://[x",
        "127.1.example",
    ],
)
def test_an_address_that_leads_elsewhere_is_not_suspected(url):
    assert not leads_to_itself(url)
