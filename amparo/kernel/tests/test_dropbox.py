"""A write-only drop box: only this installation opens it, with today's key or an older one."""

import pytest

from amparo.kernel import dropbox
from amparo.kernel.actions import rotate_drop_key
from amparo.kernel.dropbox import (
    UnknownKey,
    current_key,
    drop_key_files,
    made_at,
    put_in,
    take_out,
    write_drop_key,
)
from amparo.kernel.permissions import Kernel
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal, keys_are_private, write_new_keys
from amparo.kernel.selfcheck import check_drop_key, check_keys
from amparo.kernel.testing import person

CONTENT = b"una familia de cinco"


@pytest.fixture
def keys(home):
    write_new_keys(home.keys)
    write_drop_key(home.keys)
    return home.keys


def test_what_is_put_in_comes_out(keys):
    sealed = put_in(CONTENT, current_key().public)
    assert CONTENT not in sealed
    assert take_out(sealed) == CONTENT
    assert put_in(CONTENT, current_key().public) != sealed


def test_what_was_sealed_to_an_older_key_is_still_taken_out(keys):
    old = current_key()
    sealed = put_in(CONTENT, old.public)
    write_drop_key(keys)
    assert current_key().name != old.name
    assert take_out(sealed) == CONTENT
    assert take_out(put_in(CONTENT, current_key().public)) == CONTENT


def test_a_new_key_is_the_one_handed_out_though_the_clock_was_put_back(keys):
    (path,) = drop_key_files(keys)
    later = "drop-20990101T000000000000-" + path.name.rpartition("-")[2]
    path.rename(path.with_name(later))
    old = current_key()
    made = write_drop_key(keys)
    assert drop_key_files(keys)[-1] == made
    assert current_key().name != old.name
    assert made_at(made) > made_at(drop_key_files(keys)[0])


@pytest.mark.django_db
def test_who_may_not_look_after_the_installation_rotates_no_key(keys):
    before = drop_key_files(keys)
    with pytest.raises(Refused):
        rotate_drop_key(by=person(Kernel.SEE_HEALTH))
    assert drop_key_files(keys) == before


def test_a_key_of_another_installation_is_said(keys):
    sealed = put_in(CONTENT, current_key().public)
    for path in drop_key_files(keys):
        path.unlink()
    write_drop_key(keys)
    with pytest.raises(UnknownKey):
        take_out(sealed)


def test_any_changed_byte_breaks_the_seal(keys):
    sealed = put_in(CONTENT, current_key().public)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(BrokenSeal):
            take_out(changed)


@pytest.mark.parametrize("junk", [b"", b"AMP1", b"x" * 500, b"AMP1" + b"\0" * 200])
def test_what_is_no_envelope_is_refused(keys, junk):
    with pytest.raises(BrokenSeal):
        take_out(junk)


def test_the_key_file_is_its_owners_alone_and_the_self_check_reads_that(keys):
    assert keys_are_private(keys)
    assert check_keys(keys).ok
    drop_key_files(keys)[0].chmod(0o640)
    assert not check_keys(keys).ok
    assert drop_key_files(keys)[0].name in check_keys(keys).message


def test_an_installation_without_a_drop_key_says_so(home):
    write_new_keys(home.keys)
    assert not check_drop_key(home.keys).ok
    write_drop_key(home.keys)
    assert check_drop_key(home.keys).ok


def test_a_stored_envelope_of_the_first_format_still_opens(home):
    """The bytes that browsers write must not change under them: sealed by hand to a key that is known here."""
    key = dropbox._for_tests()
    sealed = bytes.fromhex(
        "414d5031b33e4d1c20df278904ebca0e2cb398886a525d16772c2bb619b4e797fc9188b16b24df5cc0a88acb6408381a"
        "69aeee11f8af4a6174f20d21fc253eb2e5f8a374b77ad26da2f384abebabcedd292f9add202369457d0e8725e635b9a5"
        "349f71b1231cf875bf1c372bdc0cd3e31834c9a90c557772d7919559b9"
    )
    assert key.name == sealed[4:12]
    assert take_out(sealed) == CONTENT
