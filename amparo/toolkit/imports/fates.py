"""What each row of a sheet would do, and why, in words. Nothing is written here.

A row with a `uid` is that record; without, it is the record whose identifying columns say the same, or the one that an
earlier sheet made of the very same row; else it is new. A new one that bears the name of a record in the same place
may be that record: a person says.

Against what the sheet had seen when it left (`visto`), each cell is one of four: nobody touched it; the sheet changed
it; somebody else did, and the sheet still has the old value, which then means nothing; or both did, which a person
decides. A sheet that never left from here changes what it says and leaves what it leaves empty.

Of a noun that is never corrected, new rows are added; a row with the `uid` of one that is there says the same or is a
problem.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from amparo.kernel.words import fold
from amparo.toolkit.imports.cells import mark, marks_in, said_in, text_of
from amparo.toolkit.imports.heads import Heads
from amparo.toolkit.models import Fate
from amparo.toolkit.resources import Column, Resource, meanwhile
from amparo.toolkit.sheets import Row, Table
from amparo.toolkit.sheets.table import Uncomputed, is_blank

TOGETHER = 500  # rows judged at once: as many records are fetched
_MOST_KEPT = 20_000

Pair = tuple[str, str]


@dataclass(slots=True)
class Judged:
    """A row and its fate. `texts`: what it says, by column; `changes`: [now, then]; `both`: two people changed it."""

    number: int
    fate: str
    name: str = ""
    why: str = ""
    uid: UUID | None = None
    texts: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Pair] = field(default_factory=dict)
    both: dict[str, Pair] = field(default_factory=dict)
    like: list[str] = field(default_factory=list)
    stands: str = ""
    imprint: str = ""


Made = Callable[[Sequence[str]], Mapping[str, UUID]]
"""Which records earlier sheets made of rows with these imprints."""


class Judge:
    """Judges the rows of one sheet for one person."""

    def __init__(self, resource: Resource, user: Any, table: Table, heads: Heads, made: Made) -> None:
        self.resource, self.user, self.table, self.heads, self.made = resource, user, table, heads, made
        self.escaped = table.format in ("csv", "tsv")
        self.columns = {key: column for key, (column, _at) in heads.columns.items()}
        self.all_columns = {column.key: column for column in resource.columns(user)}
        self.new_fields = set(resource.form_new.base_fields) if resource.form_new else set()
        self.edit_fields = set(resource.form_edit.base_fields) if resource.form_edit else set()
        self.added_fields = self.new_fields if resource.only_adds else set()
        self.forms = Forms(resource, user)
        self._taken: dict[Any, int] = {}  # what earlier rows of this sheet are, by row
        self._alike: dict[tuple[Any, ...], list[Any]] | None = None
        self._naming = self._naming_columns()

    def rows(self) -> Iterator[Judged]:
        """Every row with its fate, in order."""
        rows = self.table.rows
        for start in range(0, len(rows), TOGETHER):
            yield from self._judge_together(rows[start : start + TOGETHER])

    def _judge_together(self, rows: Sequence[Row]) -> Iterator[Judged]:
        read = [(row, *self._read(row)) for row in rows]
        records = self._records(uid for _row, uid, _texts, _wrong in read if isinstance(uid, UUID))
        named = self._identified([texts for _row, uid, texts, _wrong in read if uid is None])
        prints = [self._imprint(texts) for _row, _uid, texts, _wrong in read]
        made = self.made(
            [one for one, (_row, uid, _texts, _wrong) in zip(prints, read, strict=True) if uid is None]
        )
        remade = self._records(made.values())
        for (row, uid, texts, wrong), imprint in zip(read, prints, strict=True):
            judged = Judged(row.number, Fate.SAME, texts=texts, imprint=imprint, name=self._name(texts))
            if wrong:
                judged.fate, judged.why = Fate.PROBLEM, wrong
            elif isinstance(uid, UUID):
                self._judge_known(judged, records.get(uid), row, uid)
            elif uid is not None:
                judged.fate, judged.why = Fate.PROBLEM, _("El uid «%(uid)s» está dañado.") % {"uid": uid[:60]}
            else:
                there = named.get(self._identity(texts) or "", [])
                if not there and made.get(imprint) in remade:
                    there = [remade[made[imprint]]]
                self._judge_unnamed(judged, there, row)
            yield judged

    # --- what a row says

    def _read(self, row: Row) -> tuple[UUID | str | None, dict[str, str], str]:
        """The row's uid (a text where it is none), what it says by column, and what is wrong with it."""
        texts = {}
        for key, (column, at) in self.heads.columns.items():
            cell = row.cells[at]
            if isinstance(cell, Uncomputed):
                said = {"column": column.label, "formula": cell.formula[:60]}
                return None, {}, _("«%(column)s» trae una fórmula sin resultado: %(formula)s.") % said
            text = said_in(column, cell, escaped=self.escaped)
            texts[key] = self.forms.chosen(key, text) if column.kind == "choice" else text
        if self.heads.uid is None or is_blank(row.cells[self.heads.uid]):
            return None, texts, ""
        told = str(row.cells[self.heads.uid]).strip()
        try:
            return UUID(told), texts, ""
        except ValueError:
            return told, texts, ""

    def _naming_columns(self) -> tuple[str, ...]:
        """The columns by which two records look alike: the first, which names them, and their places.

        Where the new one is noted beside the old one, both bear one name: only what says the very same looks alike.
        """
        if self.resource.only_adds:
            asked = self.new_fields
            return tuple(key for key, one in self.all_columns.items() if one.required and key in asked)
        first = next(iter(self.all_columns), "")
        places = [key for key, column in self.all_columns.items() if column.kind == "place"]
        return tuple(dict.fromkeys([first, *places]))

    def _name(self, texts: Mapping[str, str]) -> str:
        """What the row is called: what its first column says; where that only tells what others say, those others."""
        if self.resource.only_adds:
            said = (self.all_columns[key].words(texts.get(key, "")) for key in self._naming[:2])
            return ", ".join(filter(None, said))[:200]
        return texts.get(self._naming[0], "")[:200] if self._naming else ""

    def _imprint(self, texts: Mapping[str, str]) -> str:
        said = json.dumps({key: text for key, text in sorted(texts.items()) if text}, ensure_ascii=False)
        return hashlib.sha256(f"{self.resource.noun}\n{said}".encode()).hexdigest()[:32]

    # --- whose row it is

    def _records(self, uids: Any) -> dict[UUID, Any]:
        wanted = list(dict.fromkeys(uids))
        there = self.resource.visible_to(self.user).filter(uid__in=wanted)
        return {record.uid: record for record in self._prepared(there)}

    def _prepared(self, records: "QuerySet[Any]") -> Iterator[Any]:
        remaining = records.iterator(2_000)
        while together := list(islice(remaining, TOGETHER)):
            self.resource.prepare_written(together, self.user)
            yield from together

    def _identity(self, texts: Mapping[str, str]) -> str | None:
        told = [fold(texts.get(key, "")) for key in self.resource.identify]
        return "\x1f".join(told) if told and all(told) else None

    def _identified(self, rows: Sequence[Mapping[str, str]]) -> dict[str, list[Any]]:
        """The records that the identifying columns of these rows name."""
        keys = self.resource.identify
        wanted = [texts for texts in rows if self._identity(texts) is not None]
        columns = [self.all_columns.get(key) for key in keys]
        if not wanted or not columns or columns[0] is None or not columns[0].sort:
            return {}
        there = self.resource.visible_to(self.user).filter(
            **{f"{columns[0].sort}__in": list({texts[keys[0]] for texts in wanted})}
        )
        found: dict[str, list[Any]] = {}
        for record in self._prepared(there):
            texts = {column.key: text_of(column, column.value(record)) for column in columns if column}
            found.setdefault(self._identity(texts) or "", []).append(record)
        return found

    def _lookalikes(self, texts: Mapping[str, str]) -> list[Any]:
        if self._alike is None:
            self._alike = {}
            columns = [self.all_columns[key] for key in self._naming]
            for record in self._prepared(self.resource.may_be_repeated(self.user)):
                look = self._look({column.key: text_of(column, column.value(record)) for column in columns})
                self._alike.setdefault(look, []).append((record.uid, self.resource.name_of(record)))
        look = self._look(texts)
        return self._alike.get(look, []) if look and look[0] else []

    def _look(self, texts: Mapping[str, str]) -> tuple[Any, ...]:
        """What a new record is known by; of a noun that only adds, what its form makes of it."""
        said = [(key, texts.get(key, "")) for key in self._naming]
        if self.resource.only_adds:
            return tuple(self.forms.meant(key, text) for key, text in said)
        places = {key for key, _text in said if self.all_columns[key].kind == "place"} & self.new_fields
        return tuple(self.forms.meant(key, text) if key in places else fold(text) for key, text in said)

    def _repeats(self, judged: Judged, key: Any) -> bool:
        """Whether an earlier row of this sheet is the same one; if not, this row is it from now on."""
        earlier = self._taken.setdefault(key, judged.number)
        if earlier == judged.number:
            return False
        judged.why = _("Repite la fila %(row)s de esta hoja.") % {"row": earlier}
        return True

    # --- its fate

    def _judge_known(self, judged: Judged, record: Any, row: Row, uid: UUID) -> None:
        judged.uid = uid
        if record is None:
            judged.fate = Fate.PROBLEM
            judged.why = _("Nada a su alcance tiene ese uid. Si es nuevo, deje la celda vacía.")
        elif self._repeats(judged, f"uid {uid}"):
            judged.fate = Fate.PROBLEM
        else:
            self._compare(judged, record, row)

    def _judge_unnamed(self, judged: Judged, there: list[Any], row: Row) -> None:
        texts = judged.texts
        if len(there) > 1:
            judged.fate, judged.like = Fate.UNCLEAR, [str(record.uid) for record in there]
            judged.why = _("Puede ser cualquiera de %(n)s. Ponga el uid de uno.") % {"n": len(there)}
        elif there:
            judged.uid = there[0].uid
            if self._repeats(judged, f"uid {there[0].uid}"):
                judged.fate = Fate.PROBLEM
            else:
                self._compare(judged, there[0], row)
        elif not any(texts.get(key) for key in self.new_fields):
            judged.fate = Fate.PROBLEM
            judged.why = _("La fila no dice nada que se pueda guardar.")
        else:
            self._judge_new(judged)

    def _judge_new(self, judged: Judged) -> None:
        if not self.resource.may_create(self.user) or self.resource.form_new is None:
            judged.fate, judged.why = Fate.PROBLEM, _("Su cargo no incluye agregar aquí.")
            return
        wrong = self.forms.wrong_with_new(judged.texts)
        if wrong:
            judged.fate, judged.why = Fate.PROBLEM, wrong
            return
        judged.uid, judged.fate = uuid4(), Fate.NEW
        alike = self._lookalikes(judged.texts)
        if alike:
            judged.fate, judged.like = Fate.UNCLEAR, [str(uid) for uid, _name in alike]
            judged.why = _("Puede ser «%(name)s», que ya está en ese lugar.") % {"name": alike[0][1]}
        elif self._repeats(judged, self._look(judged.texts)):
            judged.fate = Fate.UNCLEAR

    def _compare(self, judged: Judged, record: Any, row: Row) -> None:
        before = marks_in(row.cells[self.heads.seen]) if self.heads.seen is not None else {}
        fixed, theirs, again = [], [], False
        for key, text in judged.texts.items():
            column = self.columns[key]
            was = before.get(key)
            if key in self.added_fields:
                again = again or self._says_otherwise(key, text, was, record)
                continue
            if key not in self.edit_fields:
                if was is not None and mark(text) != was:
                    fixed.append(str(column.label))
                continue
            now = text_of(column, column.value(record))
            if text == now or (was is None and not text):
                continue
            if was is None or mark(now) == was:
                judged.changes[key] = (now, text)
            elif mark(text) == was:
                theirs.append(str(column.label))
            else:
                judged.both[key] = (now, text)
        judged.name = judged.name or self.resource.name_of(record)
        if judged.changes or judged.both:
            self._check(judged, record)
        judged.stands = standing(self.all_columns, self.edit_fields, record)
        self._conclude(judged, fixed, theirs)
        if again:
            judged.fate, judged.why = Fate.PROBLEM, str(self.resource.uncorrected)

    def _says_otherwise(self, key: str, text: str, was: str | None, record: Any) -> bool:
        """Whether a cell of what is never corrected was written over; left empty by a strange sheet, it was not."""
        column = self.columns[key]
        now = text_of(column, column.value(record))
        if text == now or (not text if was is None else mark(text) == was):
            return False
        return bool(self.forms.meant(key, text) != self.forms.meant(key, now))

    def _check(self, judged: Judged, record: Any) -> None:
        if not self.resource.may_edit(self.user, record):
            judged.fate, judged.why = Fate.PROBLEM, _("Su cargo no incluye cambiar esto.")
            return
        wanted = {key: then for key, (_now, then) in (judged.changes | judged.both).items()}
        wrong, same = self.forms.wrong_with_change(record, wanted)
        for key in same:
            judged.changes.pop(key, None)
            judged.both.pop(key, None)
        if wrong:
            judged.fate, judged.why = Fate.PROBLEM, wrong

    def _conclude(self, judged: Judged, fixed: list[str], theirs: list[str]) -> None:
        if judged.fate == Fate.PROBLEM:
            return
        said = []
        if judged.both:
            judged.fate = Fate.CONFLICT
            said.append(_("Otra persona lo cambió después de que usted bajó la hoja."))
        elif judged.changes:
            judged.fate = Fate.CHANGED
        if theirs:
            told = _("Otra persona cambió %(columns)s mientras tanto: queda lo suyo.")
            said.append(told % {"columns": ", ".join(theirs)})
        if fixed:
            said.append(_("No se cambia desde una hoja: %(columns)s.") % {"columns": ", ".join(fixed)})
            if judged.fate == Fate.SAME:
                judged.fate = Fate.PROBLEM
        judged.why = " ".join(said)


def standing(columns: Mapping[str, Column], fields: set[str], record: Any) -> str:
    """A digest of what a record says now in the columns that may be changed: 32 hex digits."""
    texts = {key: text_of(column, column.value(record)) for key, column in columns.items() if key in fields}
    return hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest()[:32]


class Forms:
    """The forms of a noun, asked row after row. What one field makes of one text is worked out once."""

    def __init__(self, resource: Resource, user: Any) -> None:
        self.resource, self.user = resource, user
        self._kept: dict[tuple[str, str, str], Any] = {}
        self._new: forms.Form | None = None
        self._empty: dict[str, str] = {}
        self._choices: dict[str, dict[str, str]] = {}  # by field: the code that each of its words means

    def new(self, texts: Mapping[str, str]) -> forms.Form:
        """The form of a new record, filled and checked. One object for every row: use it before the next."""
        if self._new is None:
            self._empty = meanwhile.shown(self.resource.new_form(self.user)) | dict(self.resource.answered)
            self._new = self.resource.new_form(self.user, {})
            self._remember("new", self._new)
        said = {key: text for key, text in texts.items() if text and key in self._new.fields}
        self._new.data = self._empty | _sent(self._new, said)
        self._new.full_clean()
        return self._new

    def wrong_with_new(self, texts: Mapping[str, str]) -> str:
        """What the form says against a new record, in words; "" where it may be made."""
        return _words(self.new(texts))

    def meant(self, key: str, text: str) -> Any:
        """What the form of a new record makes of one text; the text itself, folded, where it makes nothing of it."""
        if self._new is None:
            self.new({})
        assert self._new is not None
        try:
            return self._new.fields[key].clean(text)
        except ValidationError:
            return fold(text)

    def chosen(self, key: str, text: str) -> str:
        """The code of the choice that a form offers under these words, in either language; else the text itself.

        What stands after a colon explains the choice and may be left out; so may all but the first word where no other
        choice begins with it.
        """
        if key not in self._choices:
            self._choices[key] = self._words_of_choices(key)
        return self._choices[key].get(fold(text), text)

    def _words_of_choices(self, key: str) -> dict[str, str]:
        offering = (self.resource.form_new, self.resource.form_edit)
        fields = [form.base_fields[key] for form in offering if form and key in form.base_fields]
        exact: dict[str, str] = {}
        begins: dict[str, set[str]] = {}
        for one in fields:
            if not isinstance(one, forms.ChoiceField):
                continue
            for language in ("es", "en"):
                with translation.override(language):
                    for code, label in _flat(one.choices):
                        words = fold(label)
                        if not words:
                            continue
                        for known in (words, fold(label.partition(":")[0]), fold(code)):
                            exact.setdefault(known, code)
                        begins.setdefault(words.split()[0], set()).add(code)
        alone = {word: codes.pop() for word, codes in begins.items() if len(codes) == 1}
        return alone | exact

    def change(self, record: Any, wanted: Mapping[str, str]) -> forms.Form:
        """The form of a record with these values instead of its own, filled and checked."""
        shown = meanwhile.shown(self.resource.edit_form(self.user, record))
        form = self.resource.edit_form(self.user, record, {})
        self._remember("edit", form)
        form.data = shown | _sent(form, wanted)
        form.full_clean()
        return form

    def wrong_with_change(self, record: Any, wanted: Mapping[str, str]) -> tuple[str, list[str]]:
        """What the form says against the change, and which of the values are no change at all: "14,50" for 14.5."""
        fresh = self.resource.edit_form(self.user, record)
        self._remember("edit", fresh)
        shown = meanwhile.shown(fresh)
        same = [
            key
            for key, text in wanted.items()
            if key in fresh.fields and meanwhile.same(fresh.fields[key], text, shown[key])
        ]
        left = {key: text for key, text in wanted.items() if key not in same}
        gone = [key for key in left if key not in fresh.fields]
        if gone:
            label = (self.resource.column(gone[0], self.user) or fresh).label  # type: ignore[union-attr]
            return _("«%(column)s» no se puede cambiar aquí.") % {"column": label}, same
        return (_words(self.change(record, left)) if left else ""), same

    def _remember(self, kind: str, form: forms.Form) -> None:
        """Let each text field keep what it made of a text: the same municipality stands in many rows."""
        for name, one in form.fields.items():
            if type(one.widget).value_from_datadict is not forms.Widget.value_from_datadict:
                continue
            setattr(one, "clean", self._remembering((kind, name), one.clean))  # noqa: B010 - on this object alone

    def _remembering(self, where: Pair, clean: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def remembered(value: Any) -> Any:
            if not isinstance(value, str):
                return clean(value)
            key = (*where, value)
            if key not in self._kept:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                try:
                    self._kept[key] = (clean(value), None)
                except ValidationError as wrong:
                    self._kept[key] = (None, wrong)
            cleaned, refused = self._kept[key]
            if refused is not None:
                raise refused
            return cleaned

        return remembered


def _sent(form: forms.Form, texts: Mapping[str, str]) -> dict[str, str]:
    """The texts as a browser sends them: a box that is not ticked sends nothing."""
    sent = {}
    for key, text in texts.items():
        boxed = key in form.fields and isinstance(form.fields[key].widget, forms.CheckboxInput)
        sent[key] = ("on" if text == "1" else "") if boxed else text
    return sent


def _words(form: forms.Form) -> str:
    """Everything the form complains about, in one sentence after the other."""
    said = []
    for name, errors in form.errors.items():
        label = f"{form.fields[name].label}: " if name in form.fields else ""
        said += [f"{label}{error}" for error in errors]
        field = form.fields.get(name)
        if isinstance(field, forms.ChoiceField) and form.has_error(name, "invalid_choice"):
            offered = [label.partition(":")[0] for code, label in _flat(field.choices) if code]
            said.append(_("Vale: %(choices)s.") % {"choices": "; ".join(offered)})
    return " ".join(said)


def _flat(choices: Any) -> Iterator[Pair]:
    """Codes and labels of a field's choices, groups opened."""
    for code, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(code), str(label)
