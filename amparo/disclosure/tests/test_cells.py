"""Small counts: what stays hidden cannot be worked out, tried as somebody would who has only what is shown."""

import itertools
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from amparo.disclosure import Counts, Published, coarsen, publish, suppress
from amparo.disclosure.cells import SMALL, WIDTH

TRIES = 20_000


def table(*cells: tuple[int, ...]) -> Counts:
    return Counts(tuple(range(len(cells))), tuple(range(len(cells[0]))), tuple(cells))


def possible(shown: Published, most: int) -> dict[object, set[int]]:
    """The attack, by trying: for every hidden value, all that it could be, each hidden cell from 0 to `most`.

    It knows nothing of how the table was made: it fills in every number and keeps what adds up to what is shown.
    """
    unknown = [
        (row, column)
        for row, cells in enumerate(shown.cells)
        for column, cell in enumerate(cells)
        if cell is None
    ]
    if (most + 1) ** len(unknown) > TRIES:
        return {}
    found: dict[object, set[int]] = {at: set() for at in unknown}
    for values in itertools.product(range(most + 1), repeat=len(unknown)):
        guess = dict(zip(unknown, values, strict=True))
        cells = [
            [guess.get((row, column), cell) for column, cell in enumerate(line)]
            for row, line in enumerate(shown.cells)
        ]
        totals = [
            *((("row", at), sum(line), shown.row_totals[at]) for at, line in enumerate(cells)),
            *(
                (("column", at), sum(line[at] for line in cells), shown.column_totals[at])
                for at in range(len(shown.columns))
            ),
            (("total",), sum(map(sum, cells)), shown.total),
        ]
        if any(told is not None and told != is_ for _name, is_, told in totals):
            continue
        for at, value in guess.items():
            found[at].add(value)  # type: ignore[arg-type]
        for name, is_, told in totals:
            if told is None:
                found.setdefault(name, set()).add(is_)
    return found


def everything(shown: Published) -> list[int | None]:
    return [
        *(cell for row in shown.cells for cell in row), *shown.row_totals, *shown.column_totals, shown.total
    ]  # fmt: skip


SMALL_TABLES = st.integers(2, 3).flatmap(
    lambda width: st.lists(st.tuples(*[st.integers(0, 9)] * width), min_size=2, max_size=3)
)


@settings(max_examples=150, deadline=None)
@given(SMALL_TABLES)
def test_a_hidden_count_can_always_be_at_least_four_different_numbers(rows):
    shown = suppress(table(*rows))
    assume(shown.hidden <= 5)
    most = max(itertools.chain(*rows)) + WIDTH
    for at, values in possible(shown, most).items():
        assert max(values) - min(values) >= WIDTH, (at, values, shown)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.tuples(*[st.integers(0, 40)] * width), min_size=1, max_size=8)
    )
)
def test_no_small_count_is_ever_shown_and_what_is_shown_is_true(rows):
    counts = table(*rows)
    shown = suppress(counts)
    assert not [value for value in everything(shown) if value is not None and 0 < value < SMALL]
    for told, true in zip(shown.cells, counts.cells, strict=True):
        assert all(cell in (None, is_) for cell, is_ in zip(told, true, strict=True))
    assert shown.total in (None, sum(map(sum, rows)))


@pytest.mark.parametrize("mean", [0.3, 1, 3, 8])
def test_the_attack_on_twelve_centres_and_four_kinds_of_incident_finds_nothing(mean):
    """The measured case: hiding 1 to 4 alone let 1 to 97 % of the hidden be worked out from the totals."""
    chance = random.Random(int(mean * 10))
    for _time in range(40):
        rows = [tuple(poisson(chance, mean) for _kind in range(4)) for _centre in range(12)]
        shown = suppress(table(*rows))
        assert recoverable(shown) == []


def poisson(chance: random.Random, mean: float) -> int:
    count, product, limit = 0, chance.random(), 2.718281828459045**-mean
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def recoverable(shown: Published) -> list[object]:
    """The hidden cells that lie on no circle of hidden ones: each equals a sum of what is shown.

    Another way than the one that hid them: rows and columns as dots, hidden cells (totals too) as lines, and a line
    whose removal leaves two pieces can be computed.
    """
    height, width = len(shown.rows), len(shown.columns)
    lines = [
        (row, height + 1 + column)
        for row, cells in enumerate([*shown.cells, shown.column_totals])
        for column, cell in enumerate(cells)
        if cell is None
    ]
    lines += [(row, height + 1 + width) for row, cell in enumerate(shown.row_totals) if cell is None]
    lines += [(height, height + 1 + width)] if shown.total is None else []
    return [line for line in lines if not joined(line, [other for other in lines if other != line])]


def joined(ends: tuple[int, int], lines: list[tuple[int, int]]) -> bool:
    reached, grew = {ends[0]}, True
    while grew:
        grew = False
        for one, other in lines:
            if (one in reached) != (other in reached):
                reached |= {one, other}
                grew = True
    return ends[1] in reached


def test_the_attack_itself_works_on_a_table_that_only_hides_small_counts():
    naive = Published(
        rows=(0, 1), columns=(0, 1), cells=((None, 20), (30, 40)), row_totals=(23, 70), column_totals=(33, 60),
        total=93,
    )  # fmt: skip
    assert possible(naive, 9) == {(0, 0): {3}}
    assert recoverable(naive) == [(0, 3)]


def test_a_second_cell_is_hidden_beside_one_small_count():
    shown = suppress(table((3, 20, 50), (30, 40, 60)))
    assert shown.cells[0][0] is None
    assert shown.hidden >= 4
    assert shown.total == 203


def test_where_nothing_can_protect_a_count_nothing_is_shown():
    shown = suppress(table((3,)))
    assert not shown.says_something
    assert set(everything(shown)) == {None}


def test_a_table_without_small_counts_is_shown_whole():
    shown = suppress(table((0, 20), (30, 40)))
    assert shown.cells == ((0, 20), (30, 40))
    assert (shown.row_totals, shown.column_totals, shown.total) == ((20, 70), (30, 60), 90)


def test_it_is_made_coarser_before_it_is_hidden():
    counts = Counts(
        ("Choloma", "La Lima", "Danlí", "Yuscarán"), ("f", "m"), ((2, 9), (8, 1), (30, 4), (3, 40))
    )
    departments = {"Choloma": "Cortés", "La Lima": "Cortés", "Danlí": "El Paraíso", "Yuscarán": "El Paraíso"}
    shown = publish(counts, departments)
    assert (shown.level, shown.rows, shown.cells) == (1, ("Cortés", "El Paraíso"), ((10, 10), (33, 44)))


def test_a_table_that_says_enough_is_not_made_coarser():
    counts = Counts(tuple("abcd"), (0, 1), ((10, 20), (30, 40), (50, 60), (0, 8)))
    assert publish(counts, dict.fromkeys("abcd", "todo")).level == 0


def test_the_coarsest_table_is_taken_or_nothing():
    assert publish(table((1,), (1,)), {0: "todo", 1: "todo"}).says_something is False


def test_coarser_groups_hold_the_same_people():
    counts = table((1, 2), (3, 4), (5, 6))
    assert coarsen(counts, {0: "a", 2: "a"}).cells == ((6, 8), (3, 4))


@pytest.mark.parametrize("cells", [((1, 2), (3,)), ((-1, 2), (3, 4))])
def test_what_is_no_table_of_people_is_refused(cells):
    with pytest.raises(ValueError, match=r"people|count"):
        Counts((0, 1), (0, 1), cells)


def test_a_country_of_municipalities_is_done_at_once():
    chance = random.Random(1)
    rows = [tuple(int(chance.paretovariate(0.6)) for _age in range(10)) for _place in range(298)]
    shown = suppress(table(*rows))
    assert shown.says_something
    assert recoverable_sample(shown, chance) == []


def recoverable_sample(shown: Published, chance: random.Random) -> list[object]:
    """The attack on thirty of its hidden cells: all would take long."""
    height = len(shown.rows)
    lines = [
        (row, height + column)
        for row, cells in enumerate(shown.cells)
        for column, cell in enumerate(cells)
        if cell is None
    ]
    sample = chance.sample(lines, 30)
    totals_shown = None not in (*shown.row_totals, *shown.column_totals)
    return [line for line in sample if totals_shown and not joined(line, [o for o in lines if o != line])]
