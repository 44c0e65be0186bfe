"""Answers in words."""

import pytest

from amparo.intake.mapping import values
from amparo.intake.mapping.values import Flag, Parsed, Problem

LEVELS = [
    ("no hay", "none"),
    ("hay, no alcanza", "present, not adequate"),
    ("hay, alcanza", "present, adequate"),
]


@pytest.mark.parametrize(
    "written", ["Sí", "si", "S", "yes", "Y", "TRUE", "verdadero", "1", 1, 1.0, True, "x", "✓"]
)
def test_yes(written):
    assert values.yes_or_no(written) == Parsed(1, 1)


@pytest.mark.parametrize("written", ["No", "NO ", "n", "false", "Falso", "0", 0, 0.0, False])
def test_no(written):
    assert values.yes_or_no(written) == Parsed(0, 0)


@pytest.mark.parametrize("written", ["Yes, but no soap / water inside", "tal vez", "2", 7, "No lighting"])
def test_neither(written):
    assert isinstance(values.yes_or_no(written), Problem)


@pytest.mark.parametrize(
    ("written", "step"), [("No hay", 0), ("none", 0), ("HAY,  no alcanza", 1), ("2", 2), (2.0, 2)]
)
def test_a_step_is_known_by_its_label_in_either_language_or_its_number(written, step):
    assert values.level(written, LEVELS) == Parsed(step, step)


def test_a_step_that_is_not_there():
    assert values.level("3", LEVELS).code == "no_such_level"
    assert values.level("hay", LEVELS).code == "no_such_level"


def test_a_flag_speaks_in_the_language_of_whoever_looks(settings):
    from django.utils import translation

    flag = Flag("age_bins_differ", "persons", "", (("es", "No suman."), ("en", "They do not add up.")))
    with translation.override("en"):
        assert flag.message == "They do not add up."
    with translation.override("es"):
        assert flag.message == "No suman."
    with translation.override("fr"):
        assert flag.message == "No suman."
