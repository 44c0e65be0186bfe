"""The XML of one filled form: named, recognised, unfolded into answers; hostile documents given up early."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.intake.openrosa.submission_xml import flatten, identify, named_files, structural
from amparo.intake.openrosa.tests import phone
from amparo.intake.problems import WireProblem

GOOD = phone.filled(instance="uuid:a")


def refused(xml: bytes) -> WireProblem:
    with pytest.raises(WireProblem) as caught:
        identify(xml)
    assert caught.value.message
    return caught.value


def test_a_submission_says_its_form_its_version_and_its_own_name():
    identity = identify(phone.filled(instance=" uuid:a\n"))

    assert identity.form_id == "evaluacion"
    assert identity.version == "3"
    assert identity.instance_id == "uuid:a"
    assert identity.instance_name == "Escuela Lempira"
    assert identity.deprecated_id == ""


def test_a_meta_block_without_prefix_is_read_the_same():
    plain = GOOD.replace(b"orx:meta", b"meta").replace(b"orx:instance", b"instance")
    assert identify(plain).instance_id == "uuid:a"


def test_a_form_without_id_is_named_by_its_namespace():
    xml = GOOD.replace(b'id="evaluacion"', b'xmlns="http://ejemplo.org/forma"')
    assert identify(xml).form_id == "http://ejemplo.org/forma"


def test_a_version_may_be_absent():
    assert identify(GOOD.replace(b' version="3"', b"")).version == ""


def test_an_edited_submission_says_what_it_replaces():
    xml = GOOD.replace(
        b"<orx:instanceName>", b"<orx:deprecatedID>uuid:old</orx:deprecatedID><orx:instanceName>"
    )
    assert identify(xml).deprecated_id == "uuid:old"


def test_an_instance_named_on_the_root_is_named():
    xml = re.sub(rb"<orx:meta>.*</orx:meta>", b"", GOOD).replace(
        b'version="3"', b'version="3" instanceID="uuid:r"'
    )
    assert identify(xml).instance_id == "uuid:r"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (re.sub(rb"<orx:meta>.*</orx:meta>", b"", GOOD), "no_instance_id"),
        (GOOD.replace(b"uuid:a", b"  "), "no_instance_id"),
        (GOOD.replace(b'id="evaluacion"', b""), "no_form_id"),
        (GOOD.replace(b"uuid:a", b"u" * 250), "id_too_long"),
        (GOOD.replace(b'version="3"', b'version="' + b"3" * 250 + b'"'), "id_too_long"),
        (GOOD[: len(GOOD) // 2], "xml_truncated"),
        (GOOD + b"<more/>", "xml_damaged"),
        (GOOD.replace(b"</start>", b"</end>"), "xml_damaged"),
        (GOOD.replace(b"<toilets>4", b"<toilets>&nbsp;"), "xml_damaged"),
        (GOOD.replace(b"<toilets>4", b"<toilets>\xff\xfe\xc3("), "xml_encoding"),
        (GOOD.replace(b"<toilets>4", b"<toilets>a\x00b"), "xml_character"),
        (GOOD.replace(b"<toilets>4", b"<toilets>a&#0;b"), "xml_character"),
        (b"", "xml_empty"),
        (b" \r\n ", "xml_empty"),
        (b"{}", "xml_damaged"),
        (GOOD.decode().encode("utf-16"), "xml_encoding"),
        (GOOD.replace(b"'1.0'", b"'1.0' encoding='UTF-16'"), "xml_encoding"),
        (GOOD.replace(b"'1.0'", b"'1.0' encoding='cp037'"), "xml_encoding"),
        (GOOD.replace(b"'1.0'", b"'1.0' encoding='nonsense'"), "xml_encoding"),
    ],
)
def test_what_cannot_be_identified_is_refused_with_its_reason(xml, code):
    problem = refused(xml)
    assert (problem.status, problem.code) == (400, code)


def test_a_latin_1_document_that_says_so_is_read():
    xml = (
        phone.filled(answers="<q>ñ</q>")
        .decode()
        .replace("'1.0'", "'1.0' encoding='ISO-8859-1'")
        .encode("latin-1")
    )
    assert flatten(xml)["wash/q"] == "ñ"


@pytest.mark.parametrize(
    "answers",
    [
        "<hh_total>abc</hh_total>",
        "<hh_total>999999999999999999999999999999</hh_total>",
        "<zzz>1</zzz>",
        "",
        "<q>&lt;!DOCTYPE x&gt;</q>",
        "<q><![CDATA[<!DOCTYPE x>]]></q>",
    ],
)
def test_odd_answers_are_accepted(answers):
    assert identify(phone.filled(instance="uuid:odd", answers=answers)).instance_id == "uuid:odd"


# --- Hostile documents. Each would take seconds or gigabytes if it were read whole; the code of the refusal
# --- proves that it was not.


def with_doctype(inside: bytes, use: bytes) -> bytes:
    doctype = b"<?xml version='1.0'?><!DOCTYPE d [" + inside + b"]>"
    return GOOD.replace(b"<?xml version='1.0' ?>", doctype).replace(b"<toilets>4", b"<toilets>" + use)


def test_an_entity_bomb_is_refused_before_it_is_lit():
    levels = b"".join(b'<!ENTITY l%d "%s">' % (n, (b"&l%d;" % (n - 1)) * 10) for n in range(1, 10))
    assert refused(with_doctype(b'<!ENTITY l0 "lol">' + levels, b"&l9;")).code == "xml_doctype"


def test_a_quadratic_bomb_is_refused():
    assert (
        refused(with_doctype(b'<!ENTITY q "' + b"x" * 50_000 + b'">', b"&q;" * 10_000)).code == "xml_doctype"
    )


def test_an_outside_entity_is_not_fetched():
    assert refused(with_doctype(b'<!ENTITY x SYSTEM "file:///etc/hostname">', b"&x;")).code == "xml_doctype"


def test_a_document_type_after_a_comment_is_refused_too():
    assert refused(b"<!-- -->" + with_doctype(b"", b"4").partition(b"?>")[2]).code == "xml_doctype"


@pytest.mark.parametrize(
    ("answers", "status", "code"),
    [
        ("<a>" * 100_000 + "</a>" * 100_000, 400, "xml_too_deep"),
        ("<a>" * 51 + "</a>" * 51, 400, "xml_too_deep"),
        ("<q/>" * 20_001, 400, "xml_too_many_elements"),
        ("<q " + " ".join(f'a{n}="1"' for n in range(50_000)) + "/>", 400, "xml_attributes"),
        (f'<q a="{"x" * 5_000}"/>', 400, "xml_attributes"),
        ("".join(f"<{'n' * 300}{n}>" for n in range(40)), 400, "path_too_long"),
        ("<q>" + "x" * 1_100_000 + "</q>", 413, "xml_too_large"),
    ],
)
def test_a_document_beyond_the_limits_is_given_up(answers, status, code):
    problem = refused(phone.filled(answers=answers))
    assert (problem.status, problem.code) == (status, code)


def test_a_long_comment_within_the_size_is_accepted():
    assert flatten(phone.filled(answers=f"<q>{'x' * 900_000}</q>"))["wash/q"] == "x" * 900_000


# --- The same content, and another.


@pytest.mark.parametrize(
    "same",
    [
        GOOD.replace(b"</start>", b"</start>\n  "),
        GOOD.replace(b"<?xml version='1.0' ?>", b'<?xml version="1.0" encoding="UTF-8"?>\n'),
        GOOD.replace(b'id="evaluacion" version="3"', b"version='3'  id='evaluacion'"),
        GOOD.replace(b"</start>", b"</start><!-- again -->"),
        GOOD.replace(b"<toilets>4", b"<toilets><![CDATA[4]]>"),
        GOOD.replace(b"</wash>", b"\r\n</wash>\r\n"),
    ],
)
def test_a_resend_that_only_looks_different_has_the_same_fingerprint(same):
    assert same != GOOD
    assert identify(same).fingerprint == identify(GOOD).fingerprint


@pytest.mark.parametrize(
    "other",
    [
        GOOD.replace(b"<toilets>4", b"<toilets>5"),
        GOOD.replace(b"<toilets>4", b"<toilets> 4"),
        GOOD.replace(b'version="3"', b'version="4"'),
        GOOD.replace(b"toilets", b"showers"),
        GOOD.replace(b"<toilets>4</toilets>", b"<toilets><n>4</n></toilets>"),
        GOOD.replace(b"</wash>", b"<zzz/></wash>"),
        GOOD.replace(b"Escuela", b"Escuela "),
    ],
)
def test_other_content_has_another_fingerprint(other):
    assert identify(other).fingerprint != identify(GOOD).fingerprint


def test_text_moved_between_neighbours_changes_the_fingerprint():
    one = phone.filled(instance="u", answers="<a>12</a><b>3</b>")
    other = phone.filled(instance="u", answers="<a>1</a><b>23</b>")
    assert identify(one).fingerprint != identify(other).fingerprint


# --- Answers.


def test_answers_stand_under_the_path_of_their_groups():
    answers = flatten(phone.filled(answers="<t><women>3</women><men/></t><q> sí </q>"))

    assert answers["wash/t/women"] == "3"
    assert answers["wash/t/men"] == ""
    assert answers["wash/q"] == " sí "
    assert list(answers)[:3] == ["start", "wash/t/women", "wash/t/men"]


def test_a_group_that_repeats_is_numbered():
    answers = flatten(phone.filled(answers="<room><m2>40</m2></room><room><m2>25</m2></room>"))
    assert (answers["wash/room[1]/m2"], answers["wash/room[2]/m2"]) == ("40", "25")


def test_a_repeat_known_from_the_form_is_numbered_though_it_came_once():
    answers = flatten(phone.filled(answers="<room><m2>40</m2></room>"), repeats={"wash/room"})
    assert answers["wash/room[1]/m2"] == "40"


def test_repeats_inside_repeats_are_numbered_from_one_each_time():
    room = "<room><bed><n>1</n></bed><bed><n>2</n></bed></room>"
    answers = flatten(phone.filled(answers=room + room))
    assert answers["wash/room[2]/bed[1]/n"] == "1"
    assert structural("wash/room[2]/bed[1]/n") == "wash/room/bed/n"


def test_text_beside_child_elements_is_kept():
    assert flatten(phone.filled(answers="<g>loose<q>1</q></g>"))["wash/g"] == "loose"


def test_files_are_named_by_the_answers_to_media_questions():
    answers = flatten(
        phone.filled(
            answers="<room><photo>1.jpg</photo></room><room><photo/></room><room><photo>2.jpg</photo></room>"
        )
    )
    assert named_files(answers, ["wash/room/photo", "meta/audit"]) == ("1.jpg", "2.jpg")


names = st.sampled_from(["a", "b", "orx:meta", "instanceID", "x"])
trees = st.recursive(
    st.text("ab <>&\n", max_size=4),
    lambda inner: st.lists(st.tuples(names, inner), max_size=4),
    max_leaves=12,
)


def told(tree) -> str:
    if isinstance(tree, str):
        return tree.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"<{name}>{told(inner)}</{name}>" for name, inner in tree)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_every_leaf_of_any_tree_is_an_answer_of_its_own(tree):
    xml = phone.filled(answers=told(tree))
    leaves = len(re.findall(r"<[^/][^>]*>[^<]*</", xml.decode()))
    assert len(flatten(xml)) >= leaves


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD)), st.integers(0, 30), st.binary(max_size=10))
def test_however_a_document_is_broken_it_is_read_or_refused(at, length, new):
    try:
        identify(GOOD[:at] + new + GOOD[at + length :])
    except WireProblem as problem:
        assert 400 <= problem.status < 500
