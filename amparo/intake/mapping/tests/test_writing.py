"""A mapping written and read again says the same, whatever headers and answers hold."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.intake.mapping import catalogue, editing
from amparo.intake.mapping.address import Address
from amparo.intake.mapping.document import Check, Choice, Fixed, Observe, When, examine, read
from amparo.intake.mapping.writing import write
from amparo.standards import INDICATORS, Kind
from amparo.toolkit.sheets.names import fold

texts = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(lambda text: text.strip())
folded = texts.map(fold).filter(lambda text: text and fold(text) == text)


def addresses(depth: int = 1) -> st.SearchStrategy[Address]:
    named = st.one_of(
        st.builds(lambda names: {"columns": tuple(names)}, st.lists(texts, min_size=1, max_size=3)),
        st.builds(lambda code: {"code": code}, texts),
        st.builds(lambda path: {"path": path}, texts.map(lambda text: text.strip("/")).filter(str.strip)),
    )
    after = st.none() if not depth else st.one_of(st.none(), addresses(depth - 1))
    return st.builds(
        lambda way, ending, nth, after, optional: Address(
            **way, ending=ending, nth=nth, after=after, optional=optional
        ),
        named,
        st.one_of(st.just(""), texts),
        st.integers(0, 9),
        after,
        st.sampled_from([None, True, False]),
    )


@pytest.mark.parametrize("name", catalogue.shipped())
def test_every_shipped_mapping_is_written_and_read_back_the_same(name):
    document = catalogue.load(name).document
    assert read(write(document)) == document
    assert write(read(write(document))) == write(document)


MEANINGS = [(0.0, 7.5), (15.0, math.inf), (3.0, 3.0), "unknown", "skip"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(addresses(), min_size=3, max_size=3),
    texts,
    st.dictionaries(folded, st.sampled_from(MEANINGS), max_size=4),
    st.frozensets(folded, min_size=1, max_size=3),
    st.floats(0.001, 1e6),
)
def test_any_titles_and_answers_come_back_as_they_were(three, title, choices, answers, factor):
    observe = Observe(
        indicator="litres_person_day",
        addresses=tuple(dict.fromkeys(three[:2])),
        kind=Kind.QUANTITY,
        choices=choices,
        factor=factor,
        when=When(three[2], answers),
    )
    document = editing.empty("hoja", title)
    document = editing.bind(document, three[0], "site.name")
    document = editing.bind(document, three[1], "site.extra.institution")
    document = editing.bind(document, three[1], "site.kind")
    document = replace(document, observe=(observe,), told_at=(three[2],), unknown=answers)
    meanings = dict.fromkeys(answers, "open")
    document = replace(
        document, site=replace(document.site, status=(Choice(three[0], meanings), Fixed("candidate")))
    )
    assert read(write(document)) == document


@pytest.mark.parametrize(
    "label",
    [
        '", system = "otro',
        "dos\nlíneas",
        'fin"""\n[site]\nname = "x"',
        "\\",
        "=1+1",
        "]]\n[[observe]]",
        "a\tb",
    ],
)
def test_a_title_that_looks_like_the_file_is_only_a_title(label):
    document = editing.bind(editing.empty("hoja", label), Address(columns=(label,)), "site.name")
    document = editing.bind(document, Address(columns=("Gente",)), "observe persons")
    document = replace(document, site=replace(document.site, extra={label: Address(columns=(label,))}))
    again = read(write(document))
    assert again == document
    assert (again.site.system, len(again.observe)) == ("", 1)


def test_a_mapping_that_is_not_whole_yet_is_kept_as_it_is():
    document = editing.empty("hoja", "Hoja")
    again, troubles = examine(write(document))
    assert again == document
    assert "site_unnamed" in {trouble.code for trouble in troubles}
    with_check = replace(
        document,
        checks=(Check("sumas", ("men", "women"), "persons", (("es", "a"), ("en", "b"))),),
        observe=tuple(
            Observe(key, (Address(columns=(key,)),), INDICATORS[key].kind)
            for key in ("men", "women", "persons")
        ),
    )
    assert examine(write(with_check))[0] == with_check
