"""What is known of a sheet's columns or a form's questions while somebody says what they mean.

Pure: plain values in and out, as JSON to be kept. Names of people and telephone numbers are recognised, so that no
page shows them.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from amparo.intake.mapping.address import Address
from amparo.intake.mapping.values.cells import as_text
from amparo.toolkit.sheets import Cell, Column, Row, Table, Uncomputed
from amparo.toolkit.sheets.names import fold

FIRST_ROWS = 10
MOST_ANSWERS, FEW_ANSWERS, MANY_COLUMNS = 40, 12, 400
LONGEST = 80

_PERSONAL = re.compile(
    r"\b(telefono|tel|celular|cel|movil|whatsapp|phone|mobile|correo|email|e-mail|cedula|dni|dpi|identidad|"
    r"pasaporte|passport|contacto|contact|encuestador|encuestadora|entrevistado|entrevistada|responsable|"
    r"encargado|encargada|coordinador|coordinadora|enumerator|respondent|interviewer|focal point|manager|"
    r"informante|informant|signature|firma|username|subscriberid|deviceid)\b"
)
_A_PERSONS_NAME = re.compile(
    r"\b(nombre|name)\b.*\b(de la persona|del jefe|de la jefa|de quien|completo|of (?:the )?(?:person|head))\b"
    r"|\bapellidos?\b"
)
_PHONE = re.compile(r"\+?[(]?\d[\d ().-]{6,18}\d")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


@dataclass(frozen=True, slots=True)
class Seen:
    """A column or question: how it is addressed (`name`, `nth`), what people read (`label`), and what was answered.

    `answers` are its different answers and how often each came, the first that came first; `whole` says that there are
    no others. `options` are the answers that a form offers, with their labels.
    """

    name: str
    label: str
    nth: int = 1
    section: str = ""
    kind: str = ""
    answers: tuple[tuple[str, int], ...] = ()
    whole: bool = True
    options: tuple[tuple[str, str], ...] = ()

    @property
    def personal(self) -> bool:
        """Whether the answers may be about a person: no page shows them."""
        if self.options:
            return False
        said = fold(f"{self.label} {self.name.rpartition('/')[2]}")
        if _PERSONAL.search(said) or _A_PERSONS_NAME.search(said):
            return True
        filled = [text for text, _count in self.answers if text]
        private = sum(bool(_EMAIL.fullmatch(text) or _is_phone(text)) for text in filled)
        return private > 0 and private * 2 >= len(filled)

    def shown(self, count: int = 3) -> tuple[str, ...]:
        """A few of its answers, masked where they may be about a person."""
        texts = [label for _name, label in self.options] or [text for text, _count in self.answers if text]
        return tuple(masked(text) if self.personal else text for text in texts[:count])


def _is_phone(text: str) -> bool:
    """Eight digits or more, parted as people write telephones; a long figure or a coordinate is none."""
    digits = sum(letter.isdigit() for letter in text)
    parted = text.startswith("+") or any(letter in " -()" for letter in text.strip())
    return 8 <= digits <= 15 and parted and _PHONE.fullmatch(text.strip()) is not None


def masked(text: str) -> str:
    """ "Ana López" as "A•• L••••": how long it is, and nothing else."""
    return " ".join(f"{word[0]}{'•' * min(len(word) - 1, 6)}" for word in text.split()) if text else ""


@dataclass(frozen=True)
class Sample:
    """The columns of a sheet, or the questions of a form (`by_path`), and their first rows."""

    seen: tuple[Seen, ...]
    rows: tuple[Row, ...] = ()
    total: int = 0
    by_path: bool = False
    notes: tuple[str, ...] = ()
    header_row: int = 0
    sheet: str = ""
    columns: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        columns = tuple(
            Column(index=at, name=one.name, section=one.section, nth=one.nth)
            for at, one in enumerate(self.seen)
        )
        object.__setattr__(self, "columns", columns)

    def address(self, at: int) -> Address | None:
        """How a mapping names this column; None for one without a title, which nothing could find again."""
        one = self.seen[at]
        if not one.name.strip():
            return None
        if self.by_path:
            return Address(path=one.name.strip("/"))
        again = any(other.nth > 1 and fold(other.name) == fold(one.name) for other in self.seen)
        return Address(columns=(one.name,), nth=one.nth if again else 0)

    def as_json(self) -> dict[str, Any]:
        return {
            "seen": [
                [one.name, one.label, one.nth, one.section, one.kind, one.answers, one.whole, one.options]
                for one in self.seen
            ],
            "rows": [[row.number, [_kept(cell) for cell in row.cells]] for row in self.rows],
            "total": self.total,
            "by_path": self.by_path,
            "notes": self.notes,
            "header_row": self.header_row,
            "sheet": self.sheet,
        }


def from_json(kept: Mapping[str, Any]) -> Sample:
    return Sample(
        seen=tuple(
            Seen(name, label, nth, section, kind, _pairs(answers), whole, _pairs(options))
            for name, label, nth, section, kind, answers, whole, options in kept["seen"]
        ),
        rows=tuple(Row(number, tuple(_cell(cell) for cell in cells)) for number, cells in kept["rows"]),
        total=kept["total"],
        by_path=kept["by_path"],
        notes=tuple(kept["notes"]),
        header_row=kept["header_row"],
        sheet=kept["sheet"],
    )


def of_table(table: Table) -> Sample:
    most = MOST_ANSWERS if len(table.columns) <= MANY_COLUMNS else FEW_ANSWERS
    seen = []
    for column in table.columns:
        answers, whole = _different((row.cells[column.index] for row in table.rows), most)
        seen.append(
            Seen(
                name=column.name,
                label=column.label,
                nth=column.nth,
                section=column.section,
                answers=answers,
                whole=whole,
            )
        )
    return Sample(
        seen=tuple(seen),
        rows=table.rows[:FIRST_ROWS],
        total=len(table.rows),
        notes=tuple(note.message for note in table.notes),
        header_row=table.header_row,
        sheet=table.sheet,
    )


def of_questions(
    questions: Sequence[Mapping[str, Any]], filled: Sequence[Mapping[str, str]], language: str
) -> Sample:
    """A form's questions, with what was answered in some of its messages ({path: text})."""
    seen, asked = [], [one for one in questions if one.get("kind") != "note"]
    for question in asked:
        path = str(question["path"])
        answers, whole = _different((answers.get(path, "") for answers in filled), MOST_ANSWERS)
        options = tuple(
            (str(choice["name"]), in_language(choice.get("labels") or {}, language) or str(choice["name"]))
            for choice in question.get("choices", ())
        )
        group, _slash, name = path.rpartition("/")
        seen.append(
            Seen(
                name=path,
                label=in_language(question.get("labels") or {}, language) or name,
                section=group,
                kind=str(question.get("kind", "")),
                answers=answers,
                whole=whole,
                options=options,
            )
        )
    rows = tuple(
        Row(number, tuple(answers.get(str(question["path"]), "") for question in asked))
        for number, answers in enumerate(filled[:FIRST_ROWS], start=1)
    )
    return Sample(tuple(seen), rows, total=len(filled), by_path=True)


def in_language(labels: Mapping[str, str], language: str) -> str:
    """The label in this language, else the first one. Forms write their languages in many ways: "Español (es)"."""
    names = {"es": ("(es)", "español", "spanish"), "en": ("(en)", "english", "inglés")}.get(language, ())
    for name, text in labels.items():
        if name == language or any(mark in name.casefold() for mark in names):
            return text
    return next(iter(labels.values()), "")


def _different(cells: Iterable[Cell], most: int) -> tuple[tuple[tuple[str, int], ...], bool]:
    """The different things that stand in the cells, as text, with how often; and whether these are all."""
    counts: dict[str, int] = {}
    whole = True
    for cell in cells:
        text = as_text(cell)[:LONGEST]
        if not text:
            continue
        if text in counts:
            counts[text] += 1
        elif len(counts) < most:
            counts[text] = 1
        else:
            whole = False
    return tuple(counts.items()), whole


def _kept(cell: Cell) -> Any:
    if isinstance(cell, Uncomputed):
        return {"f": cell.formula}
    if isinstance(cell, dt.datetime):
        return {"m": cell.isoformat()}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return str(cell)
    return cell


def _cell(kept: Any) -> Cell:
    if isinstance(kept, dict):
        (kind, text), *_rest = kept.items()
        if kind == "m":
            return dt.datetime.fromisoformat(text)
        return dt.date.fromisoformat(text) if kind == "d" else Uncomputed(text)
    return kept


def _pairs(kept: Iterable[Sequence[Any]]) -> tuple[tuple[Any, Any], ...]:
    return tuple((one, other) for one, other in kept)
