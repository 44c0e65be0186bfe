"""The raw answers of a form as a table: one row a message, one column a question."""

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from amparo.intake.models import Form, FormVersion, RawMessage
from amparo.intake.models.message import SEAL_CONTEXT, folio_of
from amparo.intake.openrosa.same_shape import SameShape, Shape, joined
from amparo.intake.openrosa.submission_xml import flatten, structural
from amparo.kernel.classes import DataClass
from amparo.kernel.refusals import Refused
from amparo.kernel.sealing import BrokenSeal, unseal
from amparo.toolkit.resources.columns import Column

AT_ONCE = 500  # messages fetched together: what leaves whole never stands whole in memory
TOGETHER = " | "  # between the answers of a question that was asked several times
FIGURES = {"integer": "whole", "decimal": "number"}


class AnswerTable:
    """The columns of a form's answers, and their rows for some of its messages.

    Answers of a question that repeats stand together in one cell. Answers to what no published version asks are kept
    in the last column, as JSON. `meta` answers are the phone's own and are left out, but for the id.
    """

    def __init__(self, form: Form, messages: "QuerySet[RawMessage]") -> None:
        self.messages = messages.filter(form_id=form.form_id, channel=RawMessage.Channel.PHONE)
        kinds = {path: kind for path, kind in _questions(form).items() if not path.startswith("meta/")}
        told_class = _class_of(form, self.messages)
        self.at = {path: place for place, path in enumerate(kinds)}
        self.columns = (
            *_of_the_message(),
            *(_column(path, path, told_class, FIGURES.get(kind, "text")) for path, kind in kinds.items()),
            _column("other", _("otras respuestas"), told_class),
        )

    def rows(self, columns: Sequence[Column]) -> Iterator[list[Any]]:
        """The cells of these of its columns, a message a row, the oldest first. Answers are text, as they came."""
        wanted = {id(column) for column in columns}
        places = [at for at, column in enumerate(self.columns) if id(column) in wanted]
        everything = len(places) == len(self.columns)
        for cells in self._rows():
            yield cells if everything else [cells[place] for place in places]

    def _rows(self) -> Iterator[list[Any]]:
        reader, states = (
            _Reader(self.at),
            {str(value): str(label) for value, label in RawMessage.State.choices},
        )
        fields = (
            "pk", "uid", "received_at", "state", "form_version__version", "by__username", "instance_id",
            "content_class", "content",
        )  # fmt: skip
        found = self.messages.order_by("pk").values_list(*fields)
        for pk, uid, received_at, state, version, sender, instance, data_class, content in found.iterator(
            AT_ONCE
        ):
            problem = ""
            try:
                clear = zlib.decompress(unseal(content, DataClass(data_class), context=SEAL_CONTEXT))
                said, other = reader.read(clear)
            except (Refused, BrokenSeal, zlib.error):
                said, other = [""] * len(self.at), ""
                problem = _("No se pudo leer. El mensaje está guardado.")
            yield [
                folio_of(pk), str(uid), received_at, states[state], version or "", sender, instance, problem,
                *said, other,
            ]  # fmt: skip


class _Plan(NamedTuple):
    """Where the answers of copies of one shape go: `taken` gives those that stand in one text, in the order of the
    columns; `between` the texts of what needs more thought, `rest`: what repeats, what nobody asked, groups."""

    shape: Shape
    taken: "Callable[[Sequence[str]], tuple[str, ...]]"
    between: "Callable[[Sequence[str]], tuple[str, ...]]"
    rest: Shape


def _taking(places: list[int]) -> "Callable[[Sequence[str]], tuple[str, ...]]":
    """Takes the texts at these places, at once."""
    return itemgetter(*places) if len(places) > 1 else lambda texts: tuple(texts[at] for at in places)


class _Reader:
    """Puts the answers of one copy after the other where their questions stand."""

    def __init__(self, at: Mapping[str, int]) -> None:
        self.at, self.copies = at, SameShape()
        self.plans: dict[int, _Plan] = {}

    def read(self, xml: bytes) -> tuple[list[str], str]:
        """The answer of each question, and as JSON what nobody asked."""
        parted = self.copies.parted(xml)
        if parted is None:
            said = [""] * len(self.at)
            return said, self._place(flatten(xml).items(), said)
        shape, texts = parted
        plan = self.plans.get(id(shape))
        if plan is None or plan.shape is not shape:
            plan = self.plans[id(shape)] = self._plan(shape, len(texts))
        texts.append("")
        said = list(plan.taken(texts))
        if any(map(str.isspace, said)):
            said = ["" if text.isspace() else text for text in said]
        if not "".join(plan.between(texts)).strip():
            return said, ""
        return said, self._place(((one.path, joined(texts, one.places)) for one in plan.rest), said)

    def _plan(self, shape: Shape, nothing: int) -> "_Plan":
        places = dict.fromkeys(self.at, nothing)
        rest = []
        for answer in shape:
            if answer.path in places and len(answer.places) == 1:
                places[answer.path] = answer.places[0]
            elif not answer.path.startswith("meta/") and answer.path != "meta":
                rest.append(answer)
        between = [place for answer in rest for place in answer.places]
        return _Plan(shape, _taking(list(places.values())), _taking(between), tuple(rest))

    def _place(self, answers: Iterable[tuple[str, str]], said: list[str]) -> str:
        """Put each answer where its question stands; the others as JSON."""
        other = {}
        for path, text in answers:
            if not text:
                continue
            place = self.at.get(path, self.at.get(structural(path)) if "[" in path else None)
            if place is not None:
                said[place] = f"{said[place]}{TOGETHER}{text}" if said[place] else text
            elif not path.startswith("meta/"):
                other[path] = text
        return json.dumps(other, ensure_ascii=False) if other else ""


def _questions(form: Form) -> dict[str, str]:
    """What every version asks: path -> kind; the newest version's order, then what only older ones ask."""
    asked: dict[str, str] = {}
    versions = FormVersion.objects.filter(form=form).order_by("-published_at", "-pk")
    for questions in versions.values_list("questions", flat=True):
        for question in questions or ():
            asked.setdefault(question["path"], str(question.get("kind", "")))
    return asked


def _class_of(form: Form, messages: "QuerySet[RawMessage]") -> DataClass:
    """The most sensitive class that the form or any of its messages has."""
    order = list(DataClass)
    classes = {form.answers_class, *messages.order_by().values_list("content_class", flat=True).distinct()}
    return max((DataClass(one) for one in classes), key=order.index)


def _column(key: str, label: str, data_class: DataClass, kind: Any = "text") -> Column:
    return Column(key, label, lambda row: row, kind, data_class=data_class)


def _of_the_message() -> tuple[Column, ...]:
    internal = DataClass.INTERNAL
    return (
        _column("folio", _("folio"), internal),
        _column("uid", "uid", internal),
        _column("received_at", _("recibido"), internal, "moment"),
        _column("state", _("estado"), internal),
        _column("version", _("versión"), internal),
        _column("phone", _("teléfono que lo envió"), internal),
        _column("instance", _("número de la copia"), internal),
        _column("problem", _("problema"), internal),
    )
