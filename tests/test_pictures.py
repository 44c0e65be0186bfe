"""The pictures of the documents: small without a change that anybody sees, and all of them made by the exercise."""

import struct
import subprocess
import sys
import zlib

import pytest

from tests.installation import CHECKOUT
from tools import palette, pictures

WIDTH, HEIGHT = 5, 6


def colour(x: int, y: int) -> tuple[int, int, int]:
    return (40 * x, 200 - 30 * y, (x * y) % 7)


def filtered(kind: int, y: int) -> bytes:
    """One row as an encoder writes it under that filter (PNG specification, section 9)."""
    row = bytes(part for x in range(WIDTH) for part in colour(x, y))
    above = bytes(part for x in range(WIDTH) for part in colour(x, y - 1)) if y else bytes(len(row))
    written = bytearray([kind])
    for at, value in enumerate(row):
        left = row[at - 3] if at >= 3 else 0
        corner = above[at - 3] if at >= 3 else 0
        guess = left + above[at] - corner
        paeth = min((left, above[at], corner), key=lambda one: abs(guess - one))
        told = (0, left, above[at], (left + above[at]) // 2, paeth)[kind]
        written.append((value - told) % 256)
    return bytes(written)


def test_a_small_picture_keeps_its_colours_under_every_filter():
    rows = b"".join(filtered(y % 5, y) for y in range(HEIGHT))
    png = palette.SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)),
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        )
    )
    small = palette.shrink(png)
    colours = small[small.index(b"PLTE") + 4 :]
    at = small.index(b"IDAT")
    (length,) = struct.unpack(">I", small[at - 4 : at])
    lines = zlib.decompress(small[at + 4 : at + 4 + length])
    for y in range(HEIGHT):
        line = lines[y * (WIDTH + 1) :][1 : WIDTH + 1]  # 30 colours: a byte each
        assert [tuple(colours[3 * one : 3 * one + 3]) for one in line] == [colour(x, y) for x in range(WIDTH)]


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.timeout(900)
def test_every_picture_is_made_by_the_exercise(tmp_path):
    subprocess.run([sys.executable, "-m", "tools.pictures", tmp_path], cwd=CHECKOUT, check=True, timeout=800)
    assert sorted(path.name for path in tmp_path.iterdir()) == pictures.names()
