"""Copies read fast are read as they are read one by one."""

from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.openrosa.same_shape import SameShape
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.problems import WireProblem
from amparo.intake.testing import filled

NAMES = st.sampled_from(["a", "b", "grupo", "orx:meta", "x-1"])
TEXTS = st.text(alphabet="ab 1<>&'\"\n\tñ", max_size=6).map(escape)
ELEMENTS = st.recursive(
    st.builds(lambda name, text: f"<{name}>{text}</{name}>" if text else f"<{name}/>", NAMES, TEXTS),
    lambda inner: st.builds(
        lambda name, before, inside: f"<{name}>{before}{''.join(inside)}</{name}>",
        NAMES, TEXTS, st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip
DOCUMENTS = st.lists(ELEMENTS, max_size=4).map(
    lambda inside: f'<?xml version="1.0"?>\n<data id="f" version="1">{"".join(inside)}</data>\n'.encode()
)


@given(st.lists(DOCUMENTS, min_size=1, max_size=4))
def test_many_copies_are_read_as_one_by_one(documents):
    fast = SameShape()
    for document in documents * 2:
        assert list(fast.answers(document).items()) == list(flatten(document).items())


@pytest.mark.parametrize(
    "document",
    [
        b'<data id="f"><a><![CDATA[<b>1</b>]]></a></data>',
        b'<data id="f"><!-- <a>1</a> --><a>2</a></data>',
        b'<data id="f"><a t="x>y">1</a></data>',
        '<?xml version="1.0" encoding="ISO-8859-1"?><data id="f"><a>ñ</a></data>'.encode("latin-1"),
        b'<data id="f"><a>1 &lt; 2</a><a>&#x41;</a></data>',
        b'<data id="f"><a>1\r\n2</a></data>',
        b"<data id='f'>\n<g>mezclado<a>1</a>mas</g></data>",
    ],
)
def test_what_is_odd_is_read_the_long_way(document):
    assert dict(SameShape().answers(document)) == flatten(document)


def test_what_the_long_way_refuses_is_refused():
    for document in (b"", b"<data>", b"<data><a></data>", b"texto"):
        with pytest.raises(WireProblem):
            SameShape().answers(document)


def test_a_space_is_an_answer_of_nothing_and_the_next_copy_tells_its_own():
    fast = SameShape()
    assert fast.answers(b"<data><a> </a><b>1</b></data>") == {"a": "", "b": "1"}
    assert fast.answers(b"<data><a>2</a><b></b></data>") == {"a": "2", "b": ""}
    assert dict(fast.answers(filled(instance="uuid:1")))["meta/instanceID"] == "uuid:1"
