"""The questions of an XForm: what is asked, in which languages, with which answers.

Source: ODK XForms specification (bindings, itext, secondary instances, repeats). The document is read behind
the same limits as everything from outside; addresses in it are listed, never followed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder  # builds only: parsing is untrusted_xml's

from django.utils.translation import gettext as _

from amparo.intake.problems import FormProblem, WireProblem
from amparo.intake.untrusted_xml import Limits, hear

LIMITS = Limits(size=5 * 1024 * 1024, depth=80, elements=200_000, attributes=64, attribute_length=64 * 1024)
DEFAULT_LANGUAGE = "default"  # the name of a text that is in no language, as pyxform calls it

_XF = "{http://www.w3.org/2002/xforms}"
_H = "{http://www.w3.org/1999/xhtml}"
_JR = "{http://openrosa.org/javarosa}"
_CONTROLS = {"input", "select", "select1", "rank", "upload", "trigger", "range", "secret"}
_ITEXT = re.compile(r"jr:itext\(\s*['\"](.+?)['\"]\s*\)")
_INSTANCE = re.compile(r"instance\(\s*['\"](.+?)['\"]\s*\)")
_MEDIA_ADDRESS = re.compile(r"^jr://(?:file|file-csv|images|audio|video)/(.+)$")
_PULLED = re.compile(r"pulldata\(\s*['\"]([^'\"]+)['\"]")
_LANGUAGE_CODE = re.compile(r"\(([A-Za-z]{2,3})(?:-[A-Za-z0-9]+)*\)\s*$")
_NAMES = {"es": ("español", "espanol", "spanish", "castellano"), "en": ("english", "inglés", "ingles")}
_KINDS = {
    "int": "integer",
    "integer": "integer",
    "decimal": "decimal",
    "double": "decimal",
    "float": "decimal",
    "date": "date",
    "time": "time",
    "datetime": "datetime",
    "geopoint": "geopoint",
    "geotrace": "geotrace",
    "geoshape": "geoshape",
    "barcode": "barcode",
    "boolean": "boolean",
}

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer: the name that is stored and its label in each language."""

    name: str
    labels: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """One place in the form where an answer may stand.

    `path` is below the root and without repeat numbers, as `submission_xml.structural` gives it. `kind` is
    one of text, integer, decimal, date, time, datetime, boolean, barcode, geopoint, geotrace, geoshape,
    select_one, select_multiple, rank, range, acknowledge, note, image, audio, video, file, calculate,
    metadata.
    """

    path: str
    kind: str
    labels: Texts
    hints: Texts = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    appearance: str = ""
    required: bool = False
    relevant: str = ""
    constraint: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for storage; empty ones are left out."""
        values: dict[str, Any] = {
            "path": self.path,
            "kind": self.kind,
            "labels": dict(self.labels),
            "hints": dict(self.hints),
            "choices": [{"name": each.name, "labels": dict(each.labels)} for each in self.choices],
            "appearance": self.appearance,
            "required": self.required,
            "relevant": self.relevant,
            "constraint": self.constraint,
        }
        return {name: value for name, value in values.items() if value or name == "labels"}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Question":
        """The question that `as_json` wrote."""
        choices = tuple(Choice(each["name"], each["labels"]) for each in values.get("choices", ()))
        return cls(**{**values, "choices": choices})


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A form definition, understood. `languages` begins with the default one; `repeats` are paths of groups.

    `media` are the plain names of files a phone needs beside it. `encrypted`: phones seal the answers to a
    key that this installation does not hold, so that nothing of them could be applied.
    """

    form_id: str
    version: str
    title: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    repeats: frozenset[str]
    media: tuple[str, ...]
    encrypted: bool = False


def read_form(document: bytes) -> ReadForm:
    """Read an XForm. Raises FormProblem when it is none, is damaged or names no form."""
    root = _tree(document)
    model = _one(root, f"{_H}head/{_XF}model")
    body = _one(root, f"{_H}body")
    primary = model.find(f"{_XF}instance/*")
    if primary is None:
        raise _no_form()
    form_id = (primary.get("id") or _namespace(primary)).strip()
    if not form_id:
        raise FormProblem("form_without_id", _("El formulario no tiene identificador (form_id)."))
    texts = _Texts(model)
    submission = model.find(f"{_XF}submission")
    reader = _Reader(model, body, primary, texts)
    return ReadForm(
        form_id=form_id,
        version=(primary.get("version") or "").strip(),
        title=(root.findtext(f"{_H}head/{_H}title") or form_id).strip(),
        languages=texts.languages,
        questions=tuple(reader.questions()),
        repeats=reader.repeats(),
        media=tuple(sorted(texts.media | reader.files())),
        encrypted=submission is not None and bool(submission.get("base64RsaPublicKey")),
    )


def in_language(labels: Texts, language: str) -> str:
    """The label in a language given by its code ("es"), else in the first there is.

    XLSForms name languages freely: "Español (es)", "Spanish", "es".
    """
    for name, text in labels.items():
        code = _LANGUAGE_CODE.search(name)
        plain = name.strip().lower()
        spoken = code[1].lower() if code else plain
        if spoken == language or plain.startswith(_NAMES.get(language, "\0")):
            return text
    return next(iter(labels.values()), "")


class _Tree:
    """Builds the element tree that a document tells."""

    def __init__(self) -> None:
        self.builder = TreeBuilder()

    def start(self, name: str, attributes: list[str]) -> None:
        keys = map(_braced, attributes[::2])
        self.builder.start(_braced(name), dict(zip(keys, attributes[1::2], strict=True)))

    def end(self, name: str) -> None:
        self.builder.end(_braced(name))

    def text(self, data: str) -> None:
        self.builder.data(data)


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name


def _tree(document: bytes) -> Element:
    tree = _Tree()
    try:
        hear(document, tree, LIMITS, namespace_separator="}")
    except WireProblem as problem:
        raise FormProblem(
            problem.code, _("El formulario no se pudo leer: %(why)s") % {"why": problem.message}
        ) from None
    return tree.builder.close()


def _one(parent: Element, path: str) -> Element:
    found = parent.find(path)
    if found is None:
        raise _no_form()
    return found


def _no_form() -> FormProblem:
    return FormProblem("not_an_xform", _("El archivo no es un formulario (XForm)."))


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _namespace(element: Element) -> str:
    namespace = element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""
    return "" if "{" + namespace + "}" == _XF else namespace


def _said(element: Element | None) -> str:
    """Text with its embedded values as "[...]"."""
    if element is None:
        return ""
    parts = [element.text or ""]
    for child in element:
        parts.append("[...]" if _local(child) == "output" else _said(child))
        parts.append(child.tail or "")
    return "".join(parts).strip()


class _Texts:
    """The itext of a form: labels by language, and the media they name."""

    def __init__(self, model: Element) -> None:
        self.by_id: dict[str, dict[str, str]] = {}
        self.media: set[str] = set()
        languages: list[str] = []
        default = ""
        for translation in model.findall(f"{_XF}itext/{_XF}translation"):
            language = translation.get("lang", DEFAULT_LANGUAGE)
            languages.append(language)
            if translation.get("default") is not None:
                default = language
            for text in translation.findall(f"{_XF}text"):
                self._keep(text, language)
        if default:
            languages.remove(default)
            languages.insert(0, default)
        self.languages = tuple(dict.fromkeys(languages)) or (DEFAULT_LANGUAGE,)

    def _keep(self, text: Element, language: str) -> None:
        for value in text.findall(f"{_XF}value"):
            form = value.get("form")
            if form is None or form == "long":
                self.by_id.setdefault(text.get("id", ""), {}).setdefault(language, _said(value))
            else:
                self.media |= _media_name(_said(value))

    def of(self, element: Element | None) -> dict[str, str]:
        """The label a control or item carries, by language."""
        if element is None:
            return {}
        reference = _ITEXT.search(element.get("ref", ""))
        if reference:
            return self._in_order(self.by_id.get(reference[1], {}))
        text = _said(element)
        return {DEFAULT_LANGUAGE: text} if text else {}

    def of_id(self, text_id: str) -> dict[str, str]:
        return self._in_order(self.by_id.get(text_id, {}))

    def _in_order(self, texts: dict[str, str]) -> dict[str, str]:
        return {language: texts[language] for language in self.languages if texts.get(language, "-") != "-"}


def _media_name(address: str) -> set[str]:
    found = _MEDIA_ADDRESS.match(address.strip())
    return {found[1]} if found else set()


class _Reader:
    """Puts instance, bindings and body together."""

    def __init__(self, model: Element, body: Element, primary: Element, texts: _Texts) -> None:
        self.model = model
        self.body = body
        self.primary = primary
        self.texts = texts
        self.root_name = _local(primary)
        self.binds = {self._below(bind.get("nodeset", "")): bind for bind in model.findall(f"{_XF}bind")}
        self.controls = {path: control for path, control in self._controls() if path}
        self.lists: dict[str, tuple[Choice, ...]] = {}

    def questions(self) -> Iterator[Question]:
        """Every leaf of the primary instance, in its order."""
        for path in dict.fromkeys(self._leaves(self.primary, "")):
            yield self._question(path)

    def repeats(self) -> frozenset[str]:
        paths = (self._below(each.get("nodeset", "")) for each in self.body.iter(f"{_XF}repeat"))
        return frozenset(path for path in paths if path)

    def files(self) -> set[str]:
        """Names of outside files: secondary instances, and tables looked up by name."""
        found: set[str] = set()
        for instance in self.model.findall(f"{_XF}instance"):
            found |= _media_name(instance.get("src", ""))
        for bind in self.binds.values():
            for table in _PULLED.findall(" ".join(bind.attrib.values())):
                found.add(table if table.endswith(".csv") else f"{table}.csv")
        return found

    def _leaves(self, element: Element, path: str) -> Iterator[str]:
        for child in element:
            here = f"{path}/{_local(child)}" if path else _local(child)
            if len(child):
                yield from self._leaves(child, here)
            else:
                yield here

    def _below(self, nodeset: str) -> str:
        """Of "/data/wash/orx:toilets" -> "wash/toilets": prefixes are dropped, as in the paths of answers."""
        steps = [step.rpartition(":")[2] for step in nodeset.strip().split("/") if step]
        return "/".join(steps[1:]) if steps[:1] == [self.root_name] else ""

    def _controls(self) -> Iterator[tuple[str, Element]]:
        named = {bind.get("id"): bind.get("nodeset", "") for bind in self.model.findall(f"{_XF}bind")}
        for element in self.body.iter():
            if isinstance(element.tag, str) and _local(element) in _CONTROLS:
                reference = element.get("ref") or named.get(element.get("bind"), "")
                yield self._below(reference), element

    def _question(self, path: str) -> Question:
        bind = self.binds.get(path)
        control = self.controls.get(path)
        said = bind.attrib if bind is not None else {}
        return Question(
            path=path,
            kind=_kind(control, bind, path),
            labels=self.texts.of(_child(control, "label")),
            hints=self.texts.of(_child(control, "hint")),
            choices=self._choices(control),
            appearance=control.get("appearance", "") if control is not None else "",
            required=said.get("required", "").strip() in ("true()", "yes"),
            relevant=said.get("relevant", "").strip(),
            constraint=said.get("constraint", "").strip(),
        )

    def _choices(self, control: Element | None) -> tuple[Choice, ...]:
        if control is None:
            return ()
        itemset = control.find(f"{_XF}itemset")
        if itemset is None:
            return tuple(
                Choice(_said(item.find(f"{_XF}value")), self.texts.of(item.find(f"{_XF}label")))
                for item in control.findall(f"{_XF}item")
            )
        found = _INSTANCE.search(itemset.get("nodeset", ""))
        return self._list(found[1]) if found else ()

    def _list(self, name: str) -> tuple[Choice, ...]:
        """The items of a secondary instance, which many questions may share."""
        if name not in self.lists:
            self.lists[name] = tuple(
                self._item(item)
                for instance in self.model.findall(f"{_XF}instance")
                if instance.get("id") == name
                for item in instance.findall("*/*")
            )
        return self.lists[name]

    def _item(self, item: Element) -> Choice:
        said = {_local(child): _said(child) for child in item}
        labels = self.texts.of_id(said["itextId"]) if "itextId" in said else {}
        if not labels and said.get("label"):
            labels = {DEFAULT_LANGUAGE: said["label"]}
        return Choice(said.get("name", ""), labels)


def _child(control: Element | None, name: str) -> Element | None:
    return None if control is None else control.find(f"{_XF}{name}")


def _kind(control: Element | None, bind: Element | None, path: str) -> str:
    bound = (bind.get("type", "string") if bind is not None else "string").rpartition(":")[2].lower()
    if control is None and bound == "binary":
        return "file"  # the audit of how the form was filled; sound recorded meanwhile
    if control is None:
        preloaded = bind is not None and bind.get(f"{_JR}preload") is not None
        return "metadata" if preloaded or path.startswith("meta/") else "calculate"
    return _control_kind(control, bind, bound)


def _control_kind(control: Element, bind: Element | None, bound: str) -> str:
    name = _local(control)
    simple = {"select1": "select_one", "select": "select_multiple", "rank": "rank", "range": "range"}
    if name in simple:
        return simple[name]
    if name == "trigger":
        return "acknowledge"
    if name == "upload":
        medium = control.get("mediatype", "").partition("/")[0]
        return medium if medium in ("image", "audio", "video") else "file"
    if name == "input" and bound == "string" and bind is not None and bind.get("readonly") == "true()":
        return "note"
    return _KINDS.get(bound, "text")
