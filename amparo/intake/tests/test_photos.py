import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from amparo.intake.photos import bare

SECRET = b"15.5043 -88.0250 iPhone de Nadie"
PICTURE = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"\x12\x34\x56" + b"\xff\xd9"


def segment(marker, content):
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def exif(orientation, order=">"):
    mark = b"MM\x00\x2a" if order == ">" else b"II\x2a\x00"
    return (
        b"Exif\x00\x00"
        + mark
        + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
        + SECRET
    )


def jpeg(*segments):
    return b"\xff\xd8" + b"".join(segments) + PICTURE


def test_where_and_with_what_a_photo_was_taken_is_left_out():
    photo = jpeg(
        segment(0xE0, b"JFIF\x00"), segment(0xE1, exif(1)), segment(0xED, SECRET), segment(0xFE, SECRET)
    )
    clean = bare(photo)
    assert SECRET not in clean
    assert clean == jpeg(segment(0xE0, b"JFIF\x00"))


def test_which_way_up_it_was_held_is_kept_in_either_byte_order():
    for order in (">", "<"):
        clean = bare(jpeg(segment(0xE1, exif(6, order))))
        assert SECRET not in clean
        assert struct.pack(">HHIH", 0x0112, 3, 1, 6) in clean
        assert bare(clean) == clean


def test_a_png_loses_its_texts_and_keeps_its_picture():
    def chunk(name, content):
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    picture = [chunk(b"IHDR", b"x" * 13), chunk(b"IDAT", b"data"), chunk(b"IEND", b"")]
    photo = (
        b"\x89PNG\r\n\x1a\n"
        + picture[0]
        + chunk(b"eXIf", SECRET)
        + chunk(b"tEXt", SECRET)
        + b"".join(picture[1:])
    )
    assert bare(photo) == b"\x89PNG\r\n\x1a\n" + b"".join(picture)


def test_what_is_no_photo_passes_as_it_is():
    for content in (b"", b"audio", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\x00"):
        assert bare(content) == content


@given(st.binary(max_size=300))
def test_nothing_that_begins_like_a_photo_breaks_it(rest):
    for start in (b"\xff\xd8", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n"):
        bare(start + rest)
