"""The XML of one filled form: whose it is, which one, whether it was seen before, and its answers.

Names are read without their prefix, since phones write `meta` and `orx:meta` alike. An answer has no limit
of its own beyond the size of the document. Sources: ODK XForms specification (primary instance, metadata,
repeats); OpenRosa metadata (instanceID, deprecatedID).
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from amparo.intake.problems import WireProblem
from amparo.intake.untrusted_xml import Limits, hear

LIMITS = Limits()
MAX_ID = 249  # OpenRosa: longer names do not survive on phones
MAX_PATH = 1_000

# Characters that XML cannot carry separate the tokens of the fingerprint, so that no two contents share one.
_OPEN, _ATTRIBUTE, _VALUE, _TEXT, _CLOSE = "\x01", "\x02", "\x03", "\x04", "\x05"
_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Identity:
    """What names a submission. Absent texts are empty.

    `fingerprint` is the SHA-256 (32 bytes) of the content: two documents share it when they differ only in
    white space between tags, order of attributes, comments or the XML declaration.
    """

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str
    instance_name: str
    fingerprint: bytes


class _Node:
    __slots__ = ("children", "key", "name", "parent", "path", "place", "seen", "texts")

    def __init__(self, name: str, parent: "_Node | None") -> None:
        self.name = name
        self.parent = parent
        self.texts: list[str] = []
        self.seen: dict[str, int] | None = None
        self.children = False
        self.key: str | None = None
        self.path = ""
        self.place = 1
        if parent is not None:
            self.path = f"{parent.path}/{name}" if parent.path else name
            parent.children = True
            if parent.seen is None:
                parent.seen = {}
            self.place = parent.seen[name] = parent.seen.get(name, 0) + 1


class _Submission:
    """Listens to the document and keeps its elements in order, and its canonical form."""

    def __init__(self) -> None:
        self.nodes: list[_Node] = []
        self.open: list[_Node] = []
        self.attributes: dict[str, str] = {}
        self.canonical: list[str] = []
        self.run: list[str] = []
        self.repeated: set[str] = set()

    def start(self, name: str, attributes: list[str]) -> None:
        self._end_of_text()
        parent = self.open[-1] if self.open else None
        node = _Node(name.rpartition(":")[2], parent)
        if len(node.path) > MAX_PATH:
            raise WireProblem("path_too_long", _("El formulario anida nombres demasiado largos."))
        if node.place == 2:
            self.repeated.add(node.path)
        self.nodes.append(node)
        self.open.append(node)
        self.canonical.append(_OPEN + name)
        if attributes:
            pairs = sorted(zip(attributes[::2], attributes[1::2], strict=True))
            self.canonical += [f"{_ATTRIBUTE}{key}{_VALUE}{value}" for key, value in pairs]
            if parent is None:
                self.attributes = dict(pairs)

    def end(self, name: str) -> None:
        self._end_of_text()
        self.open.pop()
        self.canonical.append(_CLOSE)

    def text(self, data: str) -> None:
        self.run.append(data)

    def _end_of_text(self) -> None:
        if not self.run:
            return
        text = "".join(self.run)
        self.run.clear()
        if self.open and not text.isspace():
            self.open[-1].texts.append(text)
            self.canonical.append(_TEXT + text)

    def fingerprint(self) -> bytes:
        return hashlib.sha256("".join(self.canonical).encode()).digest()


def identify(xml: bytes | memoryview) -> Identity:
    """Whose form this is and which filled copy.

    Raises WireProblem 400 (413 over 1 MB) when the XML cannot be read, or names no form or no instance.
    """
    submission = _read(xml)
    root, meta = submission.attributes, _first_texts(submission.nodes)
    form_id = root.get("id", "").strip() or root.get("xmlns", "").strip()
    instance_id = meta.get("meta/instanceID", "") or root.get("instanceID", "").strip()
    if not form_id:
        raise WireProblem("no_form_id", _("El envío no dice de qué formulario es (id)."))
    if not instance_id:
        raise WireProblem(
            "no_instance_id",
            _("El envío no trae su identificador (instanceID). Llene el formulario otra vez."),
        )
    identity = Identity(
        form_id=form_id,
        version=root.get("version", "").strip(),
        instance_id=instance_id,
        deprecated_id=meta.get("meta/deprecatedID", ""),
        instance_name=meta.get("meta/instanceName", "")[:MAX_ID],
        fingerprint=submission.fingerprint(),
    )
    if max(map(len, (form_id, identity.version, instance_id, identity.deprecated_id))) > MAX_ID:
        raise WireProblem(
            "id_too_long", _("Un identificador del envío pasa de %(limit)d letras.") % {"limit": MAX_ID}
        )
    return identity


def flatten(xml: bytes | memoryview, repeats: Collection[str] = ()) -> dict[str, str]:
    """Every answer by its path below the root, in the order of the document: {"wash/toilets": "4", ...}.

    A group that repeats, in this copy or because `repeats` names its path, is numbered: "family[2]/size".
    An empty answer is "". Raises WireProblem like `identify`, but asks for no identifiers.
    """
    submission = _read(xml)
    repeated = submission.repeated.union(repeats)
    answers: dict[str, str] = {}
    for node in submission.nodes[1:]:
        text = "".join(node.texts)
        if text or not node.children:
            answers[_key(node, repeated)] = text
    return answers


def structural(path: str) -> str:
    """The path of a question, without the numbers of its repeats: "family[2]/size" -> "family/size"."""
    return _PLACE.sub("", path)


def named_files(answers: Mapping[str, str], media_paths: Iterable[str]) -> tuple[str, ...]:
    """The files that the answers to media questions name: what must arrive beside the form."""
    wanted = frozenset(media_paths)
    names = (text.strip() for path, text in answers.items() if structural(path) in wanted)
    return tuple(dict.fromkeys(name for name in names if name))


def _read(xml: bytes | memoryview) -> _Submission:
    submission = _Submission()
    hear(xml, submission, LIMITS)
    return submission


def _first_texts(nodes: list[_Node]) -> dict[str, str]:
    """The first non-empty text of each element directly under a `meta` that is directly under the root."""
    texts: dict[str, str] = {}
    for node in nodes:
        if node.path.startswith("meta/") and node.texts:
            texts.setdefault(node.path, "".join(node.texts).strip())
    return texts


def _key(node: _Node, repeated: set[str]) -> str:
    if node.key is None:
        step = f"{node.name}[{node.place}]" if node.path in repeated else node.name
        parent = node.parent
        node.key = step if parent is None or parent.parent is None else f"{_key(parent, repeated)}/{step}"
    return node.key
