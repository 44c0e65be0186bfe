"""Which device speaks: Basic and Digest as phones say them, and everything that is almost right."""

import base64
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.openrosa.credentials import (
    NONCE_LIFE,
    Checked,
    challenge,
    check,
    new_secret,
    verifier_for,
)
from amparo.intake.openrosa.tests import phone

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
KEY = b"k" * 32
REALM = "Amparo"
SECRET = "k7qm-3xwd-9abc-defg-hjkm-npqr-stuv"
URI = "/openrosa/submission?deviceID=collect%3Aabc"
KEPT = {"telefono-07": verifier_for("telefono-07", REALM, SECRET)}


def checked(header: str, *, method="POST", uri=URI, realm=REALM, key=KEY, now=NOW) -> Checked:
    return check(header, method=method, uri=uri, lookup=KEPT.get, realm=realm, key=key, now=now)


def answered(
    *, secret=SECRET, username="telefono-07", method="POST", uri=URI, asked=NOW, key=KEY, realm=REALM
) -> str:
    return phone.digest_answer(
        challenge(realm, key, asked), username=username, secret=secret, method=method, uri=uri
    )


def basic(username: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


def test_a_secret_has_more_than_128_bits_and_is_easy_to_type():
    secret = new_secret()
    letters = secret.replace("-", "")

    assert len(letters) * math.log2(31) > 128
    assert not set(letters) & set("ilo01")
    assert secret == secret.lower()
    assert new_secret() != secret


def test_basic_names_the_device():
    assert checked(basic("telefono-07", SECRET)) == Checked("telefono-07")


@pytest.mark.parametrize(
    "header",
    [
        basic("telefono-07", "wrong"),
        basic("telefono-07", ""),
        basic("otro", SECRET),
        basic("", SECRET),
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Bearer abc",
        "",
        "Digest",
    ],
)
def test_what_proves_nothing_is_nobody(header):
    assert checked(header) == Checked()


# --- Digest.


def test_the_kept_hash_is_that_of_the_rfc():
    """RFC 2617 section 3.5: HA1 of Mufasa."""
    assert (
        verifier_for("Mufasa", "testrealm@host.com", "Circle Of Life").ha1
        == "939e7578ed9e3c518a452acee763bce9"
    )


@pytest.mark.parametrize(
    ("said", "secret", "cnonce", "response"),
    [
        (
            'Digest realm="testrealm@host.com", qop="auth", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
            "Circle Of Life",
            "0a4f113b",
            "6629fae49393a05397450978507c4ef1",  # RFC 2617 section 3.5
        ),
        (
            'Digest realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"',
            "Circle of Life",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "8ca523f5e9506fed4657c9700eebdbec",  # RFC 7616 section 3.9.1
        ),
    ],
)
def test_the_phone_of_these_tests_answers_as_the_rfc_does(said, secret, cnonce, response):
    header = phone.digest_answer(
        said, username="Mufasa", secret=secret, method="GET", uri="/dir/index.html", cnonce=cnonce
    )
    assert f'response="{response}"' in header


def test_digest_names_the_device():
    assert checked(answered()) == Checked("telefono-07")


def test_the_same_challenge_serves_the_next_requests():
    said = challenge(REALM, KEY, NOW)
    for count in (1, 2, 255):
        header = phone.digest_answer(
            said, username="telefono-07", secret=SECRET, method="POST", uri=URI, count=count
        )
        assert checked(header, now=NOW + timedelta(minutes=count % 10)) == Checked("telefono-07")


def test_an_answer_to_an_old_challenge_is_asked_again_without_typing():
    late = checked(answered(), now=NOW + NONCE_LIFE + timedelta(seconds=1))

    assert late == Checked(stale=True)
    assert challenge(REALM, KEY, NOW, stale=True).endswith("stale=true")
    assert "stale" not in challenge(REALM, KEY, NOW)


def test_a_challenge_from_after_the_clock_was_set_back_is_asked_again():
    assert checked(answered(asked=NOW + timedelta(hours=2))) == Checked(stale=True)


def test_a_wrong_secret_with_an_old_challenge_is_wrong_and_not_late():
    assert checked(answered(secret="wrong"), now=NOW + timedelta(days=1)) == Checked()


@pytest.mark.parametrize(
    "header",
    [
        answered(secret="wrong"),
        answered(username="otro"),
        answered(key=b"another key".ljust(32)),
        answered(realm="Otro"),
        answered(method="GET"),
        answered(uri="/openrosa/formList"),
        answered(uri="/openrosa/submission?deviceID=other"),
        answered().replace("qop=auth", "qop=auth-int"),
        answered().replace("qop=auth, ", ""),
        answered().replace("algorithm=MD5", "algorithm=SHA-256"),
        answered().replace("nc=00000001", "nc=1"),
        answered().replace("nc=00000001", "nc=00000002"),
        answered().replace('cnonce="0a4f113b"', 'cnonce=""'),
        answered().replace('nonce="', 'nonce="A'),
        answered().replace('response="', 'response="ñ'),
        answered() + "x" * 5_000,
    ],
)
def test_an_answer_that_is_almost_right_is_nobody(header):
    assert checked(header) == Checked()


def test_the_address_may_be_written_whole_or_escaped_otherwise():
    assert checked(answered(uri="https://10.0.0.4:8443" + URI)) == Checked("telefono-07")
    assert checked(answered(uri="/f/%7Ecasa?x=1"), uri="/f/~casa?x=1") == Checked("telefono-07")


def test_an_unknown_device_with_the_blank_hash_gets_nowhere():
    """The hash compared for unknown devices is public; whoever computes with it is still nobody."""
    said = challenge(REALM, KEY, NOW)
    nonce = said.partition('nonce="')[2].partition('"')[0]
    ha2 = phone._md5(f"POST:{URI}")
    proof = phone._md5(f"{'0' * 32}:{nonce}:00000001:aa:auth:{ha2}")
    header = (
        f'Digest username="nadie", realm="{REALM}", nonce="{nonce}", uri="{URI}", response="{proof}", '
        'qop=auth, nc=00000001, cnonce="aa"'
    )
    assert checked(header) == Checked()


@given(st.text(max_size=200))
def test_no_header_breaks_the_check(words):
    for header in (words, f"Basic {words}", f"Digest {words}", answered().replace("telefono", words)):
        assert checked(header).device in (None, "telefono-07")
