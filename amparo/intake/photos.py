"""A photo without what it says besides the picture: where, when and with which phone it was taken.

Segments of JPEG and chunks of PNG that carry metadata are left out; the picture itself is not touched. The one
thing kept is which way up the phone was held, or the picture would lie on its side. Anything else passes as it is.
Sources: ITU-T T.81 (JPEG segments), Exif 2.3 (tag 0x0112), the PNG specification.
"""

import struct

JPEG, PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
# What a JPEG needs besides its picture: JFIF, colour profile, Adobe's colour transform.
KEPT_SEGMENTS = frozenset({0xE0, 0xE2, 0xEE})
METADATA_SEGMENTS = frozenset({*range(0xE0, 0xF0), 0xFE})
METADATA_CHUNKS = frozenset({b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"})
START_OF_SCAN, EXIF = 0xDA, b"Exif\x00\x00"
ORIENTATION = 0x0112


def bare(content: bytes) -> bytes:
    """The photo without its metadata; content that is no whole JPEG or PNG comes back as it was."""
    try:
        if content.startswith(JPEG):
            return _bare_jpeg(content)
        if content.startswith(PNG):
            return _bare_png(content)
    except (struct.error, IndexError):
        pass
    return content


def _bare_jpeg(content: bytes) -> bytes:
    out = [JPEG]
    at = 2
    while content[at] == 0xFF:
        marker = content[at + 1]
        if marker == START_OF_SCAN:
            return b"".join([*out, content[at:]])
        (length,) = struct.unpack_from(">H", content, at + 2)
        segment = content[at : at + 2 + length]
        if marker == 0xE1 and segment[4:10] == EXIF:
            turned = _orientation(segment[10:])
            if turned not in (None, 1):
                out.append(_only_orientation(turned))
        elif marker not in METADATA_SEGMENTS or marker in KEPT_SEGMENTS:
            out.append(segment)
        at += 2 + length
    return content


def _orientation(tiff: bytes) -> int | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    for number in range(min(count, 200)):
        tag, _kind, _count, value = struct.unpack_from(f"{order}HHIH", tiff, offset + 2 + 12 * number)
        if tag == ORIENTATION:
            return value if 1 <= value <= 8 else None
    return None


def _only_orientation(turned: int | None) -> bytes:
    tiff = b"MM\x00\x2a" + struct.pack(">IHHHIHHI", 8, 1, ORIENTATION, 3, 1, turned, 0, 0)
    return b"\xff\xe1" + struct.pack(">H", 2 + len(EXIF) + len(tiff)) + EXIF + tiff


def _bare_png(content: bytes) -> bytes:
    out = [PNG]
    at = len(PNG)
    while at < len(content):
        length, name = struct.unpack_from(">I4s", content, at)
        chunk = content[at : at + 12 + length]
        if len(chunk) < 12 + length:
            return content
        if name not in METADATA_CHUNKS:
            out.append(chunk)
        at += 12 + length
    return b"".join(out)
