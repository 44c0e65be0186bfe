"""Answers in words: yes and no, and steps of a scale."""

from collections.abc import Sequence
from functools import lru_cache

from amparo.intake.mapping.values.cells import as_text, shortened, silence
from amparo.intake.mapping.values.results import MISSING, Missing, Parsed, Problem, Unknown
from amparo.toolkit.sheets.names import fold
from amparo.toolkit.sheets.table import Cell, Uncomputed

_YES = "sí si s yes y true verdadero 1 1.0 x ✓ ✔ ok cierto afirmativo"
_NO = "no n false falso 0 0.0 ✗ ✘ negativo"
YES = frozenset(map(fold, _YES.split()))
NO = frozenset(map(fold, _NO.split()))

Result = Parsed | Unknown | Missing | Problem


def yes_or_no(cell: Cell) -> Result:
    """1 for yes, 0 for no, in Spanish or English.

    An "x" is a tick. "Yes, but ..." is not yes: a mapping must say.
    """
    if isinstance(cell, Uncomputed):
        return Problem("formula_without_value", shortened(cell.formula))
    if cell is None:
        return MISSING
    return _yes_or_no_text(cell if isinstance(cell, str) else as_text(cell))


@lru_cache(maxsize=4096)
def _yes_or_no_text(text: str) -> Result:
    quiet = silence(text)
    if quiet is not None:
        return quiet
    said = fold(text)
    if said in YES:
        return Parsed(1.0, 1.0)
    if said in NO:
        return Parsed(0.0, 0.0)
    return Problem("not_yes_or_no", shortened(text))


def level(cell: Cell, labels: Sequence[Sequence[str]]) -> Result:
    """The step of a scale, by its number from 0 or by any of its labels. `labels`: the words of each step."""
    if isinstance(cell, Uncomputed):
        return Problem("formula_without_value", shortened(cell.formula))
    if cell is None:
        return MISSING
    text = as_text(cell)
    quiet = silence(text)
    if quiet is not None:
        return quiet
    said = fold(text)
    for step, words in enumerate(labels):
        if said == str(step) or said in map(fold, words):
            return Parsed(float(step), float(step))
    return Problem("no_such_level", shortened(text))
