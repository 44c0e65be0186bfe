"""Our age files against pyrage, an independent implementation, in both directions."""

import io
import os

import pyrage
import pytest

from amparo.kernel import age

SIZES = [0, 1, age.CHUNK - 1, age.CHUNK, age.CHUNK + 1, 3 * age.CHUNK, 200_001]
EASY = 8  # a scrypt work factor for tests only


@pytest.fixture(scope="module")
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def sealed(content: bytes, lock: age.Lock) -> bytes:
    file = io.BytesIO()
    sealer = age.Sealer(file, lock)
    for start in range(0, len(content), 10_000):
        sealer.write(content[start : start + 10_000])
    sealer.close()
    return file.getvalue()


def opened(file: bytes, key: age.Key) -> bytes:
    return age.Opener(io.BytesIO(file), key).read()


@pytest.mark.parametrize("size", SIZES)
def test_what_we_close_for_a_key_the_other_opens(size, identity):
    content = os.urandom(size)
    assert pyrage.decrypt(sealed(content, age.Recipient(str(identity.to_public()))), [identity]) == content


@pytest.mark.parametrize("size", SIZES)
def test_what_the_other_closes_for_a_key_we_open(size, identity):
    content = os.urandom(size)
    assert opened(pyrage.encrypt(content, [identity.to_public()]), age.Identity(str(identity))) == content


def test_a_passphrase_with_accents_opens_on_both_sides():
    ours = sealed(b"albergue", age.Passphrase("peñón de la niña", EASY))
    assert pyrage.passphrase.decrypt(ours, "peñón de la niña") == b"albergue"
    assert (
        opened(ours, age.Passphrase("pen\u0303o\u0301n de la nin\u0303a")) == b"albergue"
    )  # typed decomposed


def test_a_file_for_several_keys_opens_with_each():
    first, second = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    file = pyrage.encrypt(b"albergue", [first.to_public(), second.to_public()])
    assert opened(file, age.Identity(str(first))) == opened(file, age.Identity(str(second))) == b"albergue"


def test_another_key_or_passphrase_does_not_open(identity):
    file = sealed(b"albergue", age.Recipient(str(identity.to_public())))
    with pytest.raises(age.WrongKey):
        opened(file, age.Identity(str(pyrage.x25519.Identity.generate())))
    with pytest.raises(age.WrongKey):
        opened(sealed(b"albergue", age.Passphrase("una frase", EASY)), age.Passphrase("otra frase"))


def test_a_key_where_a_passphrase_is_needed_is_told_apart(identity):
    with pytest.raises(age.OtherKey):
        opened(sealed(b"albergue", age.Passphrase("una frase", EASY)), age.Identity(str(identity)))
    with pytest.raises(age.OtherKey):
        opened(sealed(b"albergue", age.Recipient(str(identity.to_public()))), age.Passphrase("una frase"))


@pytest.mark.parametrize("size", SIZES[1:])
def test_a_cut_anywhere_is_noticed(size, identity):
    file = sealed(os.urandom(size), age.Recipient(str(identity.to_public())))
    whole_chunks = len(file) - (age.CHUNK + age.TAG) * ((size - 1) // age.CHUNK)
    for length in {0, 1, 30, 100, 150, whole_chunks, len(file) - age.TAG, len(file) - 1} - {len(file)}:
        with pytest.raises(age.AgeError):
            opened(file[:length], age.Identity(str(identity)))


def test_any_changed_byte_is_noticed(identity):
    file = sealed(b"albergue" * 20, age.Recipient(str(identity.to_public())))
    for position in range(len(file)):
        changed = bytearray(file)
        changed[position] ^= 1
        with pytest.raises(age.AgeError):
            opened(bytes(changed), age.Identity(str(identity)))


def test_two_chunks_cannot_change_places(identity):
    file = sealed(os.urandom(3 * age.CHUNK), age.Recipient(str(identity.to_public())))
    size = age.CHUNK + age.TAG
    start = len(file) - 3 * size
    swapped = file[:start] + file[start + size : start + 2 * size] + file[start : start + size] + file[-size:]
    with pytest.raises(age.Damaged):
        opened(swapped, age.Identity(str(identity)))


def test_a_writer_that_fails_leaves_a_file_that_is_seen_to_be_cut(identity):
    file = io.BytesIO()
    sealer = age.Sealer(file, age.Recipient(str(identity.to_public())))
    sealer.write(os.urandom(100_000))
    del sealer
    with pytest.raises(age.Damaged):
        opened(file.getvalue(), age.Identity(str(identity)))


def test_a_header_that_asks_for_hours_of_work_is_refused():
    file = sealed(b"albergue", age.Passphrase("una frase", EASY)).replace(b" 8\n", b" 40\n", 1)
    with pytest.raises(age.Damaged):
        opened(file, age.Passphrase("una frase"))


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (b"", age.NotAge),
        (b"PK\x03\x04" + bytes(100), age.NotAge),
        (b"age-encryption.org/v2\n-> X25519 a\n", age.NewerAge),
        (b"age-encryption.org/v1\n" + b"-> X25519 " + b"a" * 100_000, age.Damaged),
        (b"age-encryption.org/v1\n" + b"-> a b\n\n" * 100_000, age.Damaged),
        (b"age-encryption.org/v1\n--- AAAA\n", age.Damaged),
    ],
)
def test_what_is_not_an_age_file_is_said(file, error, identity):
    with pytest.raises(error):
        opened(file, age.Identity(str(identity)))


def test_a_mistyped_key_is_refused(identity):
    public, secret = str(identity.to_public()), str(identity)
    swapped = public[:10] + ("q" if public[10] != "q" else "p") + public[11:]
    for text in ("", "age1", swapped, public[:-1], public.replace("age1", "agf1"), secret, "age1" + "ñ" * 58):
        with pytest.raises(age.BadKey):
            age.Recipient(text)
    with pytest.raises(age.BadKey):
        age.Identity(public)
    assert age.Recipient(public.upper() + "\n")
