"""No cell that leaves is a formula to anybody's program, and every text comes back as it was."""

import contextlib
import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.toolkit.exports.hostile import _SIGN, as_it_was, harmless, is_hostile, may_begin

# What the first-letter rule of ASVS 1.2.10 catches (6), and what hides from it.
PAYLOADS = {
    "equals": "=1+1",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "carriage return": "\r=1+1",
    "line feed": "\n=1+1",
    "space": " =1+1",
    "hard space": "\xa0=1+1",
    "full-width equals": "＝1+1",
    "full-width plus": "＋1+1",
    "full-width minus": "－1+1",
    "full-width at": "＠SUM(1+1)",
    "zero-width prefix": "\u200b=1+1",
    "byte order mark": "\ufeff=1+1",
    "semicolon": "x;=1+1",
    "comma": "x,=1+1",
    "quote": '"=1+1',
    "dde": "=cmd|'/C calc'!A0",
}
ORDINARY = [
    "+504 9999-1234",
    "-5",
    "-14.25",
    "00123",
    "99991234",
    "@mercado",
    "'Ndrangheta",
    "''",
    "'=x",
    "-",
    "a-b",
]


def as_a_program_parts_it(line: str) -> list[str]:
    """The cells that a program of another country could see: parted at any separator, quotes or not."""
    cells = re.split('[;,\t\r\n"|]', line)
    for separator in ",;\t":
        with contextlib.suppress(csv.Error):  # a bare carriage return: no program reads on
            cells += [cell for row in csv.reader(io.StringIO(line), delimiter=separator) for cell in row]
    return cells


def line_of(text: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["antes", harmless(text), "después"])
    return out.getvalue()


def evaluated(cell: str) -> bool:
    """Whether a careless program computes the cell: written anew, without the code under test."""
    seen = "".join(
        letter
        for letter in unicodedata.normalize("NFKC", cell)
        if unicodedata.category(letter) not in ("Cf", "Cc", "Zs", "Zl", "Zp")
    )
    return seen.startswith(("=", "+", "-", "@", "−"))


@pytest.mark.parametrize("text", [*PAYLOADS.values(), *ORDINARY], ids=repr)
def test_no_part_of_a_hostile_line_is_computed_and_it_comes_back(text):
    assert not [cell for cell in as_a_program_parts_it(line_of(text)) if evaluated(cell)]
    assert as_it_was(harmless(text)) == text


@pytest.mark.parametrize("text", PAYLOADS.values(), ids=PAYLOADS)
def test_the_payloads_would_be_computed_without_the_apostrophe(text):
    assert any(evaluated(cell) for cell in as_a_program_parts_it(text))


LETTERS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet="=+-@'\"\t\r\n ;,|＝\u200b\ufeffab1\x00", max_size=12),
)


@given(LETTERS)
def test_any_text_comes_back_as_it_was(text):
    assert as_it_was(harmless(text)) == text


@given(st.lists(LETTERS, min_size=1, max_size=4))
def test_a_row_in_which_nothing_may_begin_is_harmless_as_it_is(texts):
    if not may_begin(texts):
        assert [harmless(text) for text in texts] == texts


@given(LETTERS)
def test_no_text_is_computed(text):
    assert not evaluated(harmless(text))
    assert not is_hostile(harmless(text))
    # Parted at a separator of another country.
    assert not [cell for cell in re.split('[;,\t\r\n"|]', harmless(text)) if evaluated(cell)]


@pytest.mark.parametrize("text", ["00123", "0801", "1234567890123456", "'007", "''007"])
def test_digits_that_a_number_would_lose_stay_text_and_come_back(text):
    assert harmless(text) == f"'{text}"
    assert as_it_was(harmless(text)) == text
    assert may_begin(["antes", text])


@pytest.mark.parametrize("text", ["99991234", "0", "0.5", "123456789012345", "0801-1990"])
def test_digits_that_a_number_keeps_are_left_alone(text):
    assert harmless(text) == text


def test_telephones_and_negative_numbers_that_never_went_out_stay_as_they_are():
    for text in ORDINARY:
        if "'" not in text:
            assert as_it_was(text) == text


def test_every_letter_that_becomes_a_sign_is_known():
    signs = {
        chr(code)
        for code in range(0x110000)
        if unicodedata.normalize("NFKC", chr(code))[:1] in ("=", "+", "-", "@", "−")
        and unicodedata.category(chr(code)) != "Cs"
    }
    known = set(_SIGN.replace("\\", ""))
    assert signs - known == set()
