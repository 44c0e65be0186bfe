"""Many filled copies of one form, read fast: what `flatten` gives, without listening to each document anew.

Copies of a form differ in what stands between their tags and hardly in the tags. So a document is parted into tags and
texts; which text answers which question is worked out once per sequence of tags, by `flatten` itself, on the same
tags with a number in place of each text. Whatever could make the two differ (entities, comments, CDATA, other
encodings) goes to `flatten`.

Only for messages that were taken in: they were read within the limits of `untrusted_xml` on arrival.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.problems import WireProblem

_ODD = ("&", "\r", "<!")  # entities, line ends that a parser changes, comments and CDATA
_DECLARED = re.compile(
    r"""<\?xml version=["']1\.0["'](?: encoding=["'](?i:utf-8)["'])?(?: standalone=["']\w+["'])? ?\?>"""
)
_MOST_SHAPES = 2_000  # as many ways of leaving questions out as one export remembers


class Answer(NamedTuple):
    """Where an answer stands in a copy: its path, the places of its text (most often one), and whether it is told
    when it is empty, as a question is and a group is not."""

    path: str
    places: tuple[int, ...]
    always: bool


Shape = tuple[Answer, ...]


class SameShape:
    """Reads copies one after the other and remembers their shapes. Not for several threads."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], Shape | None] = {}

    def parted(self, xml: bytes) -> tuple[Shape, list[str]] | None:
        """The shape of the copy and the texts that its places name; None where it must be read by `flatten`.

        A text of nothing but spaces is none. Copies of one shape share one object.
        """
        try:
            text = xml.decode()
        except UnicodeDecodeError:
            return None
        if any(odd in text for odd in _ODD) or text.count("<") != text.count(">"):
            return None  # the last: a ">" in a text or an attribute
        if "<?" in _DECLARED.sub("", text[:100], count=1) + text[100:]:
            return None
        parts = text.replace(">", "<").split("<")  # what stands before, tag, text, tag, text
        tags = tuple(parts[1::2])
        shape = self._shapes.get(tags)
        if shape is None:
            if tags not in self._shapes:
                if len(self._shapes) >= _MOST_SHAPES:
                    self._shapes.clear()
                shape = self._shapes[tags] = _shape([f"<{tag}>" for tag in tags])
            if shape is None:
                return None
        return shape, parts[2::2]

    def answers(self, xml: bytes) -> Mapping[str, str]:
        """Every answer by its path, as `flatten` gives them. Raises WireProblem as it does."""
        parted = self.parted(xml)
        if parted is None:
            return flatten(xml)
        shape, texts = parted
        told = ((answer, joined(texts, answer.places)) for answer in shape)
        return {answer.path: text for answer, text in told if text or answer.always}


def joined(texts: Sequence[str], places: Iterable[int]) -> str:
    """The text of an answer."""
    return "".join(texts[place] for place in places if not texts[place].isspace())


def _shape(tags: list[str]) -> Shape | None:
    """Which texts answer which question; None where the tags alone are no document."""
    depth, numbered = 0, []
    for place, tag in enumerate(tags):
        if tag.startswith("</"):
            depth -= 1
        elif not tag.startswith("<?") and not tag.endswith("/>"):
            depth += 1
        numbered.append(f"{tag}{place} " if depth > 0 else tag)
    try:
        places = flatten("".join(numbered).encode())
        leaves = flatten("".join(tags).encode())
    except WireProblem:
        return None
    return tuple(
        Answer(path, tuple(int(number) for number in told.split()), path in leaves)
        for path, told in places.items()
    )
