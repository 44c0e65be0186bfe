"""Numbers as people write them."""

import datetime as dt
import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.mapping import values
from amparo.intake.mapping.values import Missing, Parsed, Problem, Unknown
from amparo.toolkit.sheets import Uncomputed

PEOPLE = "personas people"
LITRES = "litros por persona al día litres per person per day"


def flags(result):
    return [flag.code for flag in result.flags]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("12", 12),
        ("12.0", 12),
        (" 12 ", 12),
        ("0", 0),
        ("00", 0),
        ("1,234", 1234),
        ("1.234.567", 1_234_567),
        ("1'234", 1234),
        ("1 234", 1234),
        ("1 234 567", 1_234_567),
        ("12 personas", 12),
        ("12 hab.", 12),
        ("1,234 personas", 1234),
        ("12.", 12),
        ("１２", 12),
        ("1e3", 1000),
        ("ninguno", 0),
        ("Cero", 0),
        (12.0, 12),
        (7, 7),
    ],
)
def test_counts_are_read_however_they_are_written(written, meant):
    result = values.count(written, unit=PEOPLE)
    assert isinstance(result, Parsed)
    assert result.low == result.high == meant


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("10-15", 10, 15),
        ("10 - 15", 10, 15),
        ("10–15", 10, 15),
        ("10 a 15", 10, 15),
        ("de 10 a 15", 10, 15),
        ("entre 10 y 15", 10, 15),
        ("between 10 and 15", 10, 15),
        ("10 to 15", 10, 15),
        ("<5", 0, 5),
        ("< 5", 0, 5),
        ("≤5", 0, 5),
        ("menos de 5", 0, 5),
        ("hasta 5", 0, 5),
        ("less than 5", 0, 5),
        (">15", 15, math.inf),
        ("15+", 15, math.inf),
        ("más de 15", 15, math.inf),
        ("more than 15", 15, math.inf),
        ("al menos 15", 15, math.inf),
        ("15 o más", 15, math.inf),
        ("1,200-1,500", 1200, 1500),
        ("entre 10 y 15 personas", 10, 15),
    ],
)
def test_ranges_keep_both_ends(written, low, high):
    result = values.count(written, unit=PEOPLE)
    assert (result.low, result.high) == (low, high)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("7.5", 7.5, 7.5),
        ("7,5", 7.5, 7.5),
        ("0,500", 0.5, 0.5),
        ("1,234.5", 1234.5, 1234.5),
        ("1.234,5", 1234.5, 1234.5),
        ("10-15 liters", 10, 15),
        ("<5 liters", 0, 5),
        (">15 liters", 15, math.inf),
        ("10 litros a 15 litros", 10, 15),
        ("15 litros por persona al día", 15, 15),
        ("20 l", 20, 20),
        (".5", 0.5, 0.5),
        (",5", 0.5, 0.5),
    ],
)
def test_quantities_take_both_decimal_marks_and_their_unit(written, low, high):
    result = values.quantity(written, unit=LITRES)
    assert (result.low, result.high) == (low, high)


def test_one_mark_before_three_digits_is_a_doubt_that_is_flagged():
    assert values.count("1,234").flags == ()
    assert flags(values.count("1.234")) == ["number_ambiguous"]
    assert values.count("1.234").low == 1234
    assert (values.quantity("1,234").low, flags(values.quantity("1,234"))) == (1234, ["number_ambiguous"])
    assert (values.quantity("1.234").low, flags(values.quantity("1.234"))) == (1.234, ["number_ambiguous"])


def test_a_stated_decimal_mark_ends_the_doubt():
    assert values.quantity("1,234", decimal=",") == Parsed(1.234, 1.234)
    assert values.quantity("1.234", decimal=",") == Parsed(1234, 1234)
    assert values.quantity("1.234", decimal=".") == Parsed(1.234, 1.234)
    assert isinstance(values.quantity("1,23", decimal="."), Problem)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("-5", "negative"),
        ("(5)", "negative"),
        (-3, "negative"),
        (-0.5, "negative"),
        ("12,5", "not_whole"),
        (12.5, "not_whole"),
        ("doce", "not_a_number"),
        ("12 de 20", "not_a_number"),
        ("12/20", "not_a_number"),
        ("12 (8 mujeres)", "not_a_number"),
        ("½", "not_a_number"),
        ("1.23.4", "not_a_number"),
        ("None", "not_a_number"),
        ("15-10", "range_reversed"),
        ("5-oct", "date_in_number"),
        (dt.date(2026, 10, 5), "date_in_number"),
        (dt.datetime(2026, 10, 5), "date_in_number"),
        (dt.time(5), "date_in_number"),
        ("#REF!", "formula_error"),
        ("#DIV/0!", "formula_error"),
        ("=A1+B1", "formula_without_value"),
        (Uncomputed("=A1"), "formula_without_value"),
        ("9" * 110, "very_large"),
        ("9" * 400, "not_a_number"),
        ("1e999", "too_large"),
        (float("inf"), "too_large"),
        (10**400, "too_large"),
        (True, "not_a_number"),
        ("12 no funcionan", "words_after_number"),
        ("12 docenas", "words_after_number"),
        ("50 familias", "other_unit"),
        ("10 litros", "other_unit"),
    ],
)
def test_what_cannot_be_a_count_says_why(written, code):
    result = values.count(written, unit=PEOPLE)
    if code == "very_large":
        assert flags(result) == ["very_large"]
        return
    assert isinstance(result, Problem)
    assert result.code == code
    assert result.message


def test_an_impossible_crowd_is_accepted_and_flagged():
    result = values.count("1000000000000", unit=PEOPLE)
    assert result.low == 1e12
    assert flags(result) == ["very_large"]
    assert "1000000000000" in result.flags[0].message


@pytest.mark.parametrize(
    "written", ["aprox. 12", "unas 12", "como 12 personas", "~12", "12 aprox", "about 12"]
)
def test_an_approximate_figure_is_taken_and_flagged(written):
    result = values.count(written, unit=PEOPLE)
    assert (result.low, flags(result)) == (12, ["approximate"])


def test_per_person_is_not_for_the_whole_site():
    assert values.quantity("500 litros por persona", unit="litros al día") == Problem(
        "other_unit", "litros por persona"
    )


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        ("50%", 0.5, 0.5),
        ("50 %", 0.5, 0.5),
        ("0.5", 0.5, 0.5),
        ("0,5", 0.5, 0.5),
        (0.5, 0.5, 0.5),
        ("< 50%", 0, 0.5),
        ("<25%", 0, 0.25),
        ("More than 75%", 0.75, 1),
        ("> 75%", 0.75, 1),
        ("25-50%", 0.25, 0.5),
        ("None", 0, 0),
        ("ninguno", 0, 0),
        ("todos", 1, 1),
        ("la mitad", 0.5, 0.5),
        ("75.00%", 0.75, 0.75),
        ("0.00%", 0, 0),
        ("100%", 1, 1),
    ],
)
def test_shares_are_parts_of_one(written, low, high):
    result = values.share(written)
    assert (result.low, result.high, result.flags) == (low, high, ())


def test_a_share_without_its_sign_is_guessed_aloud():
    assert flags(values.share("50")) == ["percent_assumed"]
    assert flags(values.share(">75")) == ["percent_assumed"]
    assert flags(values.share("1")) == ["share_ambiguous"]
    assert values.share("1", scale="percent") == Parsed(0.01, 0.01)
    assert values.share("1", scale="fraction") == Parsed(1, 1)


@pytest.mark.parametrize("written", ["120%", "300", 1.5e3])
def test_more_than_everybody_is_no_share(written):
    assert values.share(written).code == "share_out_of_range"


UNKNOWNS = [
    "Unknown",
    "unkown",
    "No answer",
    "NA",
    "N/A",
    "n/a",
    "-",
    "--",
    "–",
    "?",
    "No sabe",
    "NO SABE",
    "No quiso decir",
    "don't know",
    "Don’t know",
    "s/d",
    "ND",
    "ns/nr",
    "no se ha medido",
    "Desconocido",
]
BLANKS = ["", " ", "\t\n", "\u00a0", None, float("nan"), "nan", "NULL", "(blank)"]
READERS = [
    values.count,
    values.quantity,
    values.share,
    values.yes_or_no,
    lambda cell: values.level(cell, [("no hay",), ("hay",)]),
    values.told,
    lambda cell: values.place(cell, cell),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("written", UNKNOWNS)
def test_nobody_knows_is_an_answer_and_never_zero(read, written):
    assert isinstance(read(written), Unknown)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("written", BLANKS)
def test_nothing_written_is_never_zero(read, written):
    assert isinstance(read(written), Missing)


CELLS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.,-<>+% aeprsonlitm/:()'=#°NSWO\"", max_size=40),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
    st.builds(Uncomputed, st.text(max_size=20)),
)


@given(cell=CELLS)
def test_no_cell_whatever_raises_and_no_blank_becomes_a_number(cell):
    for read in READERS:
        result = read(cell)
        if cell is None or (isinstance(cell, str) and not cell.strip()):
            assert isinstance(result, Missing)
        if isinstance(result, Parsed):
            assert 0 <= result.low <= result.high
            assert math.isfinite(result.low)
        if isinstance(result, Problem):
            assert result.message


@given(number=st.integers(0, 10**12))
def test_a_count_survives_being_written_in_any_usual_way(number):
    for written in (
        str(number),
        f"{number:,}",
        f"{number:,}".replace(",", "."),
        f"{number:,}".replace(",", " "),
        f"{number}.0",
        f"{number} personas",
        f"  {number}",
    ):
        result = values.count(written, unit=PEOPLE)
        assert isinstance(result, Parsed)
        assert result.low == result.high == number


@given(number=st.decimals(0, 10**8, places=2))
def test_a_quantity_survives_both_decimal_marks(number):
    for written in (f"{number:,.2f}", f"{number:.2f}", f"{number:.2f}".replace(".", ",")):
        assert values.quantity(written).low == float(number)


@given(low=st.integers(0, 9999), more=st.integers(0, 9999))
def test_a_range_survives_being_written(low, more):
    for written in (f"{low}-{low + more}", f"{low} a {low + more}", f"entre {low} y {low + more} personas"):
        result = values.count(written, unit=PEOPLE)
        assert (result.low, result.high) == (low, low + more)


@pytest.mark.parametrize(
    "piece", ["1", "1 ", "1,", "1.", "a ", "1 a", "<", "(", "1-", "aprox ", "1 234 ", "/", "1'234"]
)
def test_a_long_nonsense_is_answered_at_once(piece):
    started = time.monotonic()
    for reader in READERS:
        reader(piece * 119)
        reader((piece * 119)[:119])
        reader((piece * 119)[:58] + "!")
    assert time.monotonic() - started < 1


def test_a_capacity_is_counted_in_places_or_in_persons():
    for written in ("50", "50 personas", "50 lugares"):
        assert values.count(written, unit="lugares places").low == 50
    assert values.count("50 familias", unit="lugares places").code == "other_unit"
