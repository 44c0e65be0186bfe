"""The body a phone posts: whole ones are opened without copying, broken ones are refused in words."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.intake.openrosa.multipart import MAX_PARTS, Envelope, open_envelope
from amparo.intake.openrosa.submission_xml import flatten, identify
from amparo.intake.openrosa.tests import phone
from amparo.intake.problems import WireProblem

XML = phone.filled(instance="uuid:1")
PHOTO = ("1763814761123.jpg", "image/jpeg", bytes(range(256)) * 20)


def opened(body: bytes, content_type: str = phone.CONTENT_TYPE, **more: str) -> Envelope:
    return open_envelope(body, content_type=content_type, **more)


def refused(body: bytes, content_type: str = phone.CONTENT_TYPE, **more: str) -> WireProblem:
    with pytest.raises(WireProblem) as caught:
        opened(body, content_type, **more)
    assert caught.value.message
    return caught.value


def test_a_form_and_its_photos_are_found_where_they_lie_in_the_body():
    body = phone.body(XML, [PHOTO, ("audit.csv", "text/csv", b"event,node\r\n\r\n")])

    envelope = opened(body)

    assert envelope.xml == XML
    assert envelope.xml.obj is body
    assert [each.name for each in envelope.attachments] == ["1763814761123.jpg", "audit.csv"]
    assert envelope.attachments[0].content == PHOTO[2]
    assert envelope.attachments[0].content_type == "image/jpeg"
    assert envelope.attachments[1].content.tobytes().endswith(b"\r\n\r\n")
    assert not envelope.more_follow


def test_a_split_submission_says_that_more_follows():
    assert opened(phone.body(XML, [PHOTO], more="yes")).more_follow


def test_bare_newlines_are_understood_as_some_clients_write_them():
    envelope = opened(phone.body(XML, [PHOTO], newline=b"\n"))

    assert envelope.xml == XML
    assert envelope.attachments[0].content == PHOTO[2]


def test_what_stands_before_the_first_boundary_and_after_the_last_is_ignored():
    assert opened(b"preamble\r\n" + phone.body(XML) + b"epilogue").xml == XML


def test_a_quoted_boundary_and_other_parameters_are_understood():
    kind = f'Multipart/Form-Data; charset=utf-8; boundary="{phone.BOUNDARY}"; x=y'
    assert opened(phone.body(XML), kind).xml == XML


def test_a_line_that_only_begins_like_the_boundary_belongs_to_the_file():
    content = b"\r\n--" + phone.BOUNDARY.encode() + b"Z\r\nrest"
    assert (
        opened(phone.body(XML, [("a.bin", "application/octet-stream", content)])).attachments[0].content
        == content
    )


def test_an_empty_attachment_is_an_attachment():
    assert opened(phone.body(XML, [("a.txt", "text/plain", b"")])).attachments[0].content == b""


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ('filename="foto ñandú.jpg"'.encode(), "foto ñandú.jpg"),
        ('filename="foto ñandú.jpg"'.encode("latin-1"), "foto ñandú.jpg"),
        (b"filename=\"x.jpg\"; filename*=UTF-8''foto%20%C3%B1.jpg", "foto ñ.jpg"),
        (b"filename=\"x.jpg\"; filename*=UTF-8''%ff", "x.jpg"),
        (b"filename=photo.jpg", "photo.jpg"),
        (rb'filename="say \"hi\".jpg"', 'say "hi".jpg'),
    ],
)
def test_names_of_files_are_read_in_each_way_they_are_written(raw, name):
    body = phone.body(XML, [("FOTO", "image/jpeg", b"1")]).replace(b'filename="FOTO"', raw)
    assert opened(body).attachments[0].name == name


def test_the_same_file_twice_is_one_file():
    assert len(opened(phone.body(XML, [PHOTO, PHOTO])).attachments) == 1


def test_two_different_files_of_one_name_are_refused():
    assert refused(phone.body(XML, [PHOTO, (PHOTO[0], "image/jpeg", b"other")])).code == "attachment_twice"


WHOLE = phone.body(XML)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (WHOLE[: len(WHOLE) // 2], 400, "truncated"),
        (WHOLE[: -len(phone.BOUNDARY) - 6], 400, "truncated"),
        (WHOLE[:-4], 400, "truncated"),
        (WHOLE.replace(phone.BOUNDARY.encode(), b"another"), 400, "truncated"),
        (b"--" + phone.BOUNDARY.encode(), 400, "truncated"),
        (b"--" + phone.BOUNDARY.encode() + b"--\r\n", 400, "wrong_field"),
        (b"", 400, "empty_body"),
        (WHOLE.replace(b'name="xml_submission_file"', b'name="file"'), 400, "wrong_field"),
        (WHOLE.replace(b'; name="xml_submission_file"', b""), 400, "part_without_name"),
        (WHOLE.replace(b"Content-Disposition", b"X-Other"), 400, "part_without_name"),
        (WHOLE.replace(b"form-data", b"attachment"), 400, "part_without_name"),
        (phone.body(b""), 400, "empty_form"),
        (phone.body(XML, [("xml_submission_file", "text/xml", XML)]), 400, "two_forms"),
        (phone.body(b"<a>" + b"x" * 2_000_000 + b"</a>"), 413, "form_too_large"),
        (phone.body(XML, [("../../etc/x.jpg", "image/jpeg", b"abc")]), 400, "attachment_name"),
        (phone.body(XML, [("C:\\fotos\\x.jpg", "image/jpeg", b"abc")]), 400, "attachment_name"),
        (phone.body(XML, [("..", "image/jpeg", b"abc")]), 400, "attachment_name"),
        (phone.body(XML, [("a\x00b.jpg", "image/jpeg", b"abc")]), 400, "attachment_name"),
        (phone.body(XML, [("a" * 251, "image/jpeg", b"abc")]), 400, "attachment_name"),
        (phone.body(XML, [("a" * 9_000, "image/jpeg", b"abc")]), 400, "header_too_long"),
        (phone.body(XML, [(f"{n}.jpg", "image/jpeg", b"") for n in range(MAX_PARTS)]), 400, "too_many_parts"),
        (WHOLE.replace(b"Content-Length", b"Content-Transfer-Encoding: base64\r\nX"), 415, "part_encoded"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused_with_its_reason(body, status, code):
    problem = refused(body)
    assert (problem.status, problem.code) == (status, code)


def test_the_refusal_of_a_wrong_field_says_which_one_is_expected_and_which_came():
    message = refused(WHOLE.replace(b'name="xml_submission_file"', b'name="file"')).message
    assert "xml_submission_file" in message
    assert "file." in message


@pytest.mark.parametrize("kind", ["text/xml", "application/json", "", "application/x-www-form-urlencoded"])
def test_what_is_no_multipart_is_an_unsupported_type(kind):
    assert refused(XML, kind).status == 415


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="ñ"']
)
def test_a_multipart_without_a_usable_boundary_is_refused(kind):
    assert refused(WHOLE, kind).code == "no_boundary"


def test_a_compressed_body_is_refused_in_words():
    problem = refused(zlib.compress(WHOLE, wbits=31), content_encoding="gzip")
    assert (problem.status, problem.code) == (415, "compressed")


def test_a_header_folded_over_two_lines_is_one_header():
    assert opened(WHOLE.replace(b"form-data; name", b"form-data;\r\n name")).xml == XML


def test_a_body_made_of_lookalike_boundaries_is_given_up_early():
    mark = b"--" + phone.BOUNDARY.encode()
    assert refused(mark + b"\r\n" + (b"\r\n" + mark + b"Z") * 200_000).code == "truncated"


GOOD = phone.body(XML, [PHOTO])
edits = st.lists(
    st.tuples(
        st.integers(0, len(GOOD)),
        st.integers(0, 40),
        st.binary(max_size=12) | st.sampled_from([b"\r\n", b"--", b'"']),
    ),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(edits)
def test_however_a_body_is_broken_it_is_read_or_refused(changes):
    body = GOOD
    for at, length, new in changes:
        body = body[:at] + new + body[at + length :]
    try:
        envelope = opened(body)
        identify(envelope.xml)
        flatten(envelope.xml)
    except WireProblem as problem:
        assert 400 <= problem.status < 500


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=80))
def test_any_bytes_under_any_content_type_are_read_or_refused(body, kind):
    for content_type in (kind, phone.CONTENT_TYPE, f"multipart/form-data; boundary={kind}"):
        try:
            opened(body, content_type)
        except WireProblem as problem:
            assert 400 <= problem.status < 500
