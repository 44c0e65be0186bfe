"""The report in one text message: written, typed badly, and read for sure or asked about."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.sms.replies import gsm, taken
from amparo.intake.sms.report import LONGEST, Fault, blank, key_of, read
from amparo.sites.daily import FIGURES, MEN, MOST

WHOLE = "ALB 12 P 143 M 78 E 12 S 4 LM 2 LH 4 A 1716 C 0 U 3 LUZ SI"
VALUES = {
    "persons": 143, "women": 78, "arrivals": 12, "departures": 4, "toilets_women": 2, "toilets_men": 4,
    "litres_day": 1716, "persons_unfed": 0, "urgent_health": 3, "electricity": 1,
}  # fmt: skip
reports = st.dictionaries(
    st.sampled_from([figure.indicator for figure in FIGURES]), st.integers(0, MOST), min_size=1
).map(lambda told: {key: float(value % 2 if key == "electricity" else value) for key, value in told.items()})
codes = st.tuples(
    st.text(string.ascii_uppercase, min_size=3, max_size=12).filter(
        lambda word: read(f"{word} 1").code == f"{word} 1"
    ),
    st.integers(0, 99_999_999),
).map(lambda parts: f"{parts[0]} {parts[1]}")


def write(code, values):
    """The message for these figures, in the order of the report."""
    parts = [code.upper()]
    for figure in FIGURES:
        value = values.get(figure.indicator)
        if value is not None:
            parts += [figure.letter, ("SI" if value else "NO") if figure.is_yes_or_no else f"{value:.0f}"]
    if MEN in values and not {"persons", "women"} <= set(values):
        parts += ["H", f"{values[MEN]:.0f}"]
    return " ".join(parts)


def test_the_message_to_fill_in_has_all_ten_letters_and_no_figure():
    text = blank("alb 12")
    assert text == "ALB 12 P __ M __ E __ S __ LM __ LH __ A __ C __ U __ LUZ __"
    assert read(text).values == {}


def test_the_message_of_the_ten_figures():
    assert write("ALB 12", VALUES) == WHOLE
    assert read(WHOLE).values == VALUES
    assert read(WHOLE).code == "ALB 12"


@given(codes, reports, st.randoms(use_true_random=False), st.sampled_from(["", " ", ", ", " ; ", "\n"]))
def test_what_is_written_is_read_however_it_is_typed(code, values, dice, between):
    text = write(code, values)
    assert len(text) <= LONGEST
    assert (read(text).code, read(text).values) == (code, values)
    assert read(text.lower().replace(" ", "")).values == values
    parts = [
        f"{figure.letter}{between if between.strip() else ' '}".strip(" ,;\n")
        + " "
        + (
            ("SI" if values[figure.indicator] else "NO")
            if figure.is_yes_or_no
            else f"{values[figure.indicator]:.0f}"
        )
        for figure in FIGURES
        if figure.indicator in values
    ]
    dice.shuffle(parts)
    assert read(f"{code}, " + (between or " ").join(parts)).values == values


@given(st.text(max_size=300))
def test_anything_may_come_and_nothing_breaks(text):
    told = read(text)
    assert all(0 <= value <= MOST for value in told.values.values())


@given(st.text("ALB12PMESCUHLZINO., ", max_size=60))
def test_near_misses_never_break_either(text):
    told = read(text)
    assert len(taken(told, "000123")) <= LONGEST


@pytest.mark.parametrize(
    ("text", "values", "faults"),
    [
        ("alb12p143m78luzno", {"persons": 143, "women": 78, "electricity": 0}, []),
        ("ALB-12; p:143, m=78", {"persons": 143, "women": 78}, []),
        ("Buenos días ALB 12 personas 143 mujeres 78 gracias", {"persons": 143, "women": 78}, []),
        ("M 78 P 143 ALB 12", {"persons": 143, "women": 78}, []),
        ("ALB 12 P 143 P 143", {"persons": 143}, []),
        ("ALB 12 P 143 P 134", {}, [Fault.TWICE]),
        ("ALB 12 A 1,716", {}, [Fault.NOT_WHOLE]),
        ("ALB 12 A 1.716", {}, [Fault.NOT_WHOLE]),
        ("ALB 12 P 143 Q 5", {"persons": 143}, [Fault.UNKNOWN]),
        ("ALB 12 P M 78", {"women": 78}, [Fault.NO_NUMBER]),
        ("ALB 12 143 M 78", {"women": 78}, [Fault.NO_LETTER]),
        ("ALB 12 LUZ 7", {}, [Fault.NOT_YES_OR_NO]),
        ("ALB 12 LUZ", {}, [Fault.NO_NUMBER]),
        ("ALB 12 P 99999999", {}, [Fault.TOO_BIG]),
    ],
)
def test_how_people_type(text, values, faults):
    told = read(text)
    assert told.code == "ALB 12"
    assert told.values == values
    assert [fault for fault, _what in told.faults] == faults


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("ALB 012", "ALB 12"),
        ("alb-12", "ALB 12"),
        ("Alb_0012 ", "ALB 12"),
        ("ÁLB.12", "ALB 12"),
        ("ALB 120", "ALB 120"),
        ("ALB 12 B", ""),
        ("HN-ALB 12", ""),
        ("0801", ""),
    ],
)
def test_a_code_is_compared_without_zeros_capitals_and_what_stands_between(code, key):
    assert key_of(code) == key
    if key:
        assert read(write(code, VALUES)).code == key


def test_ok_says_that_an_odd_figure_is_so():
    assert read("ALB 12 P 1430 OK").sure
    assert not read("ALB 12 P 1430").sure


def test_an_answer_fits_one_message_of_plain_letters():
    assert gsm("Recibió «algo» en Ñandú…") == 'Recibio "algo" en Ñandu...'
    assert len(gsm("á" * 400)) == LONGEST
    for text in ("ALB 12 P 1 Q 5 R 6 143 M", WHOLE):
        assert len(taken(read(text), "000123")) <= LONGEST


def test_the_answer_says_what_is_missing_and_what_was_not_understood():
    said = taken(read("ALB 12 P 143 Q 5"), "000123")
    assert said.startswith("Recibido ALB 12, folio 000123: 1 cifra.")
    assert 'No se conoce "Q 5"' in said
    assert "Falta: M E S" in said
