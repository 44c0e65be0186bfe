"""PNG pictures of a few kilobytes: the colours of a screen fit a palette. Standard library only."""

import struct
import zlib
from collections import Counter

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # colour types of the PNG specification: RGB, RGBA


def shrink(png: bytes, colours: int = 256) -> bytes:
    """The same picture with at most `colours` colours (256 at most): the commonest stay, others become the nearest.

    Takes what Chromium and Typst write: 8 bits a channel, RGB or RGBA (what is transparent is ignored), not interlaced.
    """
    width, height, rows, size = _rows(png)
    pixels = [row[at : at + 3] for row in rows for at in range(0, width * size, size)]
    counted = Counter(pixels)
    palette = [colour for colour, _times in counted.most_common(min(colours, 256))]
    index = {colour: at for at, colour in enumerate(palette)}
    for colour in counted:
        if colour not in index:
            index[colour] = min(range(len(palette)), key=lambda at: _apart(palette[at], colour))
    bits = next(bits for bits in (1, 2, 4, 8) if len(palette) <= 1 << bits)
    flat = bytes(index[pixel] for pixel in pixels)
    lines = b"".join(b"\0" + _packed(flat[at : at + width], bits) for at in range(0, width * height, width))
    return b"".join(
        (
            SIGNATURE,
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 3, 0, 0, 0)),
            _chunk(b"PLTE", b"".join(palette)),
            _chunk(b"IDAT", zlib.compress(lines, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _rows(png: bytes) -> tuple[int, int, list[bytes], int]:
    """Width, height, the rows without their filters, and bytes a pixel."""
    assert png.startswith(SIGNATURE), "not a PNG"
    at, data, width, height, size = len(SIGNATURE), b"", 0, 0, 0
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if name == b"IHDR":
            width, height, depth, colour, _compression, _filter, interlaced = struct.unpack(">IIBBBBB", body)
            assert depth == 8 and colour in CHANNELS and not interlaced, "not a PNG of a browser"
            size = CHANNELS[colour]
        elif name == b"IDAT":
            data += body
        at += 12 + length
    raw, rows, before = zlib.decompress(data), [], bytearray(width * size)
    for start in range(0, len(raw), width * size + 1):
        line = bytearray(raw[start + 1 : start + 1 + width * size])
        _unfilter(raw[start], line, before, size)
        rows.append(bytes(line))
        before = line
    return width, height, rows, size


def _unfilter(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    """Undo one row's filter, in place (PNG specification, section 9)."""
    for at in range(len(line)):
        left = line[at - size] if at >= size else 0
        corner = above[at - size] if at >= size else 0
        line[at] = (line[at] + _told(kind, left, above[at], corner)) & 255


def _told(kind: int, left: int, up: int, corner: int) -> int:
    if kind == 4:
        guess = left + up - corner
        return min((left, up, corner), key=lambda value: abs(guess - value))
    return (0, left, up, (left + up) // 2)[kind]


def _apart(one: bytes, other: bytes) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _packed(values: bytes, bits: int) -> bytes:
    """Several small numbers a byte, the first on the left."""
    if bits == 8:
        return values
    each = 8 // bits
    packed = bytearray()
    for start in range(0, len(values), each):
        byte = 0
        for value in values[start : start + each].ljust(each, b"\0"):
            byte = byte << bits | value
        packed.append(byte)
    return bytes(packed)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
