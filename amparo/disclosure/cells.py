"""Counts of people in a table with totals: no cell may be worked out that tells of one, two or three people.

Coarsen first, suppress second. A small count (1 to 4) is hidden; then so many others that no hidden one can be
narrowed to fewer than four values from what is shown; and where that cannot be done nothing is shown. Hiding small
counts alone does not help: of 300 tables with a few small counts among large ones, 97 % of the hidden were worked out
exactly from the totals (measured; see `tests/test_cells.py` for the attack).

The unknowns of such a table are a flow in a network of rows and columns: one more in a cell is one less in another
of its row and of its column. How far a cell can go up or down is a greatest flow between its row and its column
(Gusfield, "A graph theoretic approach to statistical data security", SIAM J. Comput. 17, 1988). A total is a cell of
that network too, turned around.

What this does not do: compare two releases. Totals that grow week by week give away each small week; a table that was
published once is not published again with one category more.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

SMALL = 5  # counts below it are hidden, but for none at all
WIDTH = 3  # the least distance between the lowest and the highest value that a hidden count may have
MOST_HIDDEN = 0.25  # a table with more than this share hidden is worse than a coarser one

At = tuple[int, int]  # row, column; one past the last is the total
Node = tuple[str, int]  # "row" or "column", its number


@dataclass(frozen=True, slots=True)
class Counts:
    """People by row and column; `cells[row][column]`. Totals are computed, never given."""

    rows: tuple[Hashable, ...]
    columns: tuple[Hashable, ...]
    cells: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.cells) != len(self.rows) or any(len(row) != len(self.columns) for row in self.cells):
            raise ValueError("a count for each row and column")
        if any(cell < 0 for row in self.cells for cell in row):
            raise ValueError("people are not fewer than none")


@dataclass(frozen=True, slots=True)
class Published:
    """What may be shown. None is hidden: in the cells and in the totals alike, with the same mark for all.

    `level` says how many times it was made coarser.
    """

    rows: tuple[Hashable, ...]
    columns: tuple[Hashable, ...]
    cells: tuple[tuple[int | None, ...], ...]
    row_totals: tuple[int | None, ...]
    column_totals: tuple[int | None, ...]
    total: int | None
    level: int = 0

    @property
    def hidden(self) -> int:
        """How many cells are hidden, totals not counted."""
        return sum(cell is None for row in self.cells for cell in row)

    @property
    def says_something(self) -> bool:
        """False where nothing at all may be shown."""
        told = (*itertools.chain(*self.cells), *self.row_totals, *self.column_totals, self.total)
        return any(value is not None for value in told)


def coarsen(counts: Counts, groups: Mapping[Hashable, Hashable]) -> Counts:
    """The same people by larger groups of rows: municipality -> department. A row that no group names stays alone."""
    sums: dict[Hashable, list[int]] = {}
    for name, cells in zip(counts.rows, counts.cells, strict=True):
        into = sums.setdefault(groups.get(name, name), [0] * len(counts.columns))
        for at, cell in enumerate(cells):
            into[at] += cell
    return Counts(tuple(sums), counts.columns, tuple(tuple(row) for row in sums.values()))


def publish(counts: Counts, *coarser: Mapping[Hashable, Hashable]) -> Published:
    """The finest table that may be shown and still says something.

    Each of `coarser` groups the rows of the table before it. The first table of which at most a quarter must be
    hidden is taken; the last one is taken as it is, or not at all.
    """
    for level in range(len(coarser) + 1):
        shown = suppress(counts)
        if shown.hidden <= MOST_HIDDEN * len(counts.rows) * len(counts.columns) or level == len(coarser):
            return replace(shown, level=level)
        counts = coarsen(counts, coarser[level])
    raise AssertionError("the last level is always taken")


def suppress(counts: Counts) -> Published:
    """The table with its small counts, and what would give them away, hidden; nothing shown where that fails."""
    net = _Network(counts)
    waiting = deque(net.hide(at for at, value in net.values.items() if 0 < value < SMALL))
    while waiting:
        at = waiting[0]
        if net.span(at) >= WIDTH:
            waiting.popleft()  # more hidden cells can only widen it
            continue
        more = net.hide(net.cover(at))
        if not more:
            return _nothing(counts)
        waiting.extend(more)
    return _shown(counts, net)


class _Network:
    """The table as rows and columns joined by its cells, the totals among them.

    Row `len(rows)` and column `len(columns)` hold the totals. A total counts the other way round: it may grow without
    end where a cell may shrink to nothing, so that every row and every column adds up to something known.
    """

    def __init__(self, counts: Counts) -> None:
        self.height, self.width = len(counts.rows), len(counts.columns)
        self.values: dict[At, int] = {
            (row, column): cell for row, cells in enumerate(counts.cells) for column, cell in enumerate(cells)
        }
        for row, cells in enumerate(counts.cells):
            self.values[row, self.width] = sum(cells)
        for column in range(self.width):
            self.values[self.height, column] = sum(cells[column] for cells in counts.cells)
        self.values[self.height, self.width] = sum(map(sum, counts.cells))
        self.hidden: set[At] = set()
        self._near: dict[Node, list[At]] = {}  # the hidden cells of each row and column

    def hide(self, cells: Iterable[At]) -> list[At]:
        """Hide these; return those that were not hidden yet, in order."""
        fresh = sorted(set(cells) - self.hidden)
        self.hidden.update(fresh)
        for row, column in fresh:
            self._near.setdefault(("row", row), []).append((row, column))
            self._near.setdefault(("column", column), []).append((row, column))
        return fresh

    def _turned(self, at: At) -> bool:
        return (at[0] == self.height) != (at[1] == self.width)

    def room(self, at: At, *, more: bool) -> float:
        """How far this cell alone may grow (`more`) or shrink, seen from the network: no count is below none."""
        return self.values[at] if self._turned(at) == more else float("inf")

    def span(self, at: At) -> float:
        """How many values apart the hidden cell may be from what is shown, as far as `WIDTH`."""
        up = self._flow(at, more=True)
        return up if up >= WIDTH else up + self._flow(at, more=False)

    def _flow(self, at: At, *, more: bool) -> int:
        """How far the cell can move when the other hidden cells make up for it, as far as `WIDTH`."""
        used: dict[At, int] = {}  # by how much each was moved, as seen from the network
        moved = 0
        limit = min(WIDTH, self.room(at, more=more))
        while moved < limit:
            path = self._path(at, used, more=more)
            if path is None:
                break
            for cell, step in path:
                used[cell] = used.get(cell, 0) + step
            moved += 1
        return moved

    def _path(self, at: At, used: Mapping[At, int], *, more: bool) -> list[tuple[At, int]] | None:
        """A way to make up for one more (or one less) in the cell: other cells of its row and column, in turn."""
        start, goal = self._ends(at, more=more)
        came: dict[Node, tuple[Node, At, int]] = {}
        queue, seen = deque([start]), {start}
        while queue:
            node = queue.popleft()
            if node == goal:
                steps = []
                while node != start:
                    node, cell, step = came[node]
                    steps.append((cell, step))
                return steps
            step = self._step(node)
            for cell in self._near.get(node, ()):
                to = ("row", cell[0]) if node[0] == "column" else ("column", cell[1])
                if to not in seen and cell != at and self._can(cell, used.get(cell, 0) + step):
                    seen.add(to)
                    came[to] = (node, cell, step)
                    queue.append(to)
        return None

    @staticmethod
    def _ends(at: At, *, more: bool) -> tuple[Node, Node]:
        row, column = ("row", at[0]), ("column", at[1])
        return (column, row) if more else (row, column)

    @staticmethod
    def _step(node: Node) -> int:
        """From a column one goes to a row by one less in their cell, from a row to a column by one more."""
        return -1 if node[0] == "column" else 1

    def _can(self, cell: At, moved: int) -> bool:
        return moved <= self.room(cell, more=True) and -moved <= self.room(cell, more=False)

    def cover(self, at: At) -> set[At]:
        """The cells to hide as well so that this one can move by `WIDTH`: as few people as can be; none: impossible."""
        for more in (True, False):
            if self.room(at, more=more) >= WIDTH:
                found = self._cheapest(at, more=more)
                if found:
                    return found
        return set()

    def _cheapest(self, at: At, *, more: bool) -> set[At]:
        start, goal = self._ends(at, more=more)
        heap: list[tuple[int, Node]] = [(0, start)]
        cost: dict[Node, int] = {start: 0}
        came: dict[Node, tuple[Node, At]] = {}
        while heap:
            spent, node = heapq.heappop(heap)
            if node == goal:
                chosen = set()
                while node != start:
                    node, cell = came[node]
                    chosen.add(cell)
                return chosen - self.hidden
            if spent > cost[node]:
                continue
            step = self._step(node) * WIDTH
            for cell, to in self._around(node):
                if cell == at or not self._can(cell, step):
                    continue
                total = spent + (0 if cell in self.hidden else 1 + self.values[cell])
                if total < cost.get(to, total + 1):
                    cost[to], came[to] = total, (node, cell)
                    heapq.heappush(heap, (total, to))
        return set()

    def _around(self, node: Node) -> Iterator[tuple[At, Node]]:
        side, number = node
        if side == "row":
            for column in range(self.width + 1):
                yield (number, column), ("column", column)
        else:
            for row in range(self.height + 1):
                yield (row, number), ("row", row)


def _shown(counts: Counts, net: _Network) -> Published:
    def value(row: int, column: int) -> int | None:
        return None if (row, column) in net.hidden else net.values[row, column]

    height, width = net.height, net.width
    return Published(
        rows=counts.rows,
        columns=counts.columns,
        cells=tuple(tuple(value(row, column) for column in range(width)) for row in range(height)),
        row_totals=tuple(value(row, width) for row in range(height)),
        column_totals=tuple(value(height, column) for column in range(width)),
        total=value(height, width),
    )


def _nothing(counts: Counts) -> Published:
    none: Sequence[None] = [None] * len(counts.columns)
    return Published(
        rows=counts.rows,
        columns=counts.columns,
        cells=tuple(tuple(none) for _row in counts.rows),
        row_totals=(None,) * len(counts.rows),
        column_totals=tuple(none),
        total=None,
    )
