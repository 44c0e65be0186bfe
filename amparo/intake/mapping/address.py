"""How a mapping names a column of a sheet or a question of a form, and how that name finds it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from amparo.toolkit.sheets import Column
from amparo.toolkit.sheets.names import fold, has_code


@dataclass(frozen=True, slots=True)
class Address:
    """One of `columns` (names, the first that is there wins), `code` (how the header begins) or `path` (of a
    form).

    `ending` narrows to headers that end in these words; `nth` to the nth of what is left, from 1; `after` to
    what stands to the right of another column. `optional` None leaves it to the mapping whether it may be
    missing.
    """

    columns: tuple[str, ...] = ()
    code: str = ""
    path: str = ""
    ending: str = ""
    nth: int = 0
    after: "Address | None" = None
    optional: bool | None = None

    @property
    def label(self) -> str:
        name = self.path or self.code or (self.columns[0] if self.columns else "")
        return f"{name} ... {self.ending}" if self.ending else name

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which a header row can be recognised."""
        last = (self.path.rpartition("/")[2],) if self.path else ()
        return (
            *self.columns,
            *((self.code,) if self.code else ()),
            *((self.path,) if self.path else ()),
            *last,
        )

    def find(self, columns: Sequence[Column]) -> list[Column]:
        """The columns this address names: one when all is well, none when missing, several when in doubt."""
        candidates = list(columns)
        if self.after is not None:
            anchor = self.after.find(columns)
            if len(anchor) != 1:
                return []
            candidates = [column for column in candidates if column.index > anchor[0].index]
        found: list[Column] = []
        for named in self._each_named(candidates):
            if self.ending:
                named = [column for column in named if _ends(column.name, self.ending)]
            if self.nth:
                named = named[self.nth - 1 : self.nth]
            elif self.after is not None:
                named = named[:1]
            if len(named) == 1:
                return named
            found = found or named
        return found

    def _each_named(self, columns: Sequence[Column]) -> list[list[Column]]:
        """What each alternative finds: by name as written, by the last step of a path, by code."""
        if self.code:
            return [[column for column in columns if has_code(column.name, self.code)]]
        if self.path:
            return [
                [column for column in columns if _is_path(column.name, self.path)],
                [column for column in columns if fold(column.name) == fold(self.path.rpartition("/")[2])],
            ]
        found = []
        for name in self.columns:
            folded = fold(name)
            found.append([column for column in columns if fold(column.name) == folded])
            found.append(
                [column for column in columns if "/" in column.name and _last_step(column.name) == folded]
            )
        return found


def _last_step(path: str) -> str:
    return fold(path.rpartition("/")[2])


def _is_path(name: str, path: str) -> bool:
    """Whether the question is this path, with or without the form's root before it."""
    steps, wanted = name.strip("/").split("/"), path.strip("/").split("/")
    return steps == wanted or (len(steps) == len(wanted) + 1 and steps[1:] == wanted)


def _ends(header: str, ending: str) -> bool:
    """Whether the header ends in these words: "... Female Individuals" does not end in "male individuals"."""
    header, ending = fold(header), fold(ending)
    return bool(re.search(rf"(?:^|[^\w]){re.escape(ending)}$", header))
