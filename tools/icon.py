"""Draws the app's icon: ``python -m tools.icon assets/icon.png``.

A telephone with the letters ID on it, in the colours of manifest.yaml. Each shape is given by the distance to its
edge, so that edges are smooth at any size. Slack takes squares of 512 to 2000 pixels.
"""

import struct
import sys
import zlib
from collections.abc import Iterator
from math import hypot
from pathlib import Path

SIDE = 512
"""Pixels."""

NAVY, WHITE, BLUE = (0x1D, 0x35, 0x57), (0xFF, 0xFF, 0xFF), (0x8E, 0xCA, 0xE6)

Colour = tuple[int, int, int]

_UNITS = 32.0
"""The side in the units in which the shapes are given."""


def _box(x: float, y: float, half: tuple[float, float], radius: float) -> float:
    """How far a point is outside a rounded box around the origin; inside, it is negative."""
    across, down = abs(x) - half[0] + radius, abs(y) - half[1] + radius
    return hypot(max(across, 0.0), max(down, 0.0)) + min(max(across, down), 0.0) - radius


def _letter_d(x: float, y: float, half: tuple[float, float]) -> float:
    return _box(x, y, half, 0.3 if x < 0 else min(half))


def _shapes(x: float, y: float) -> Iterator[tuple[float, Colour]]:
    """The distance to each shape and its colour, the lowest first. The origin is the middle."""
    yield _box(x, y, (8.2, 12.6), 2.8), WHITE
    yield _box(x, y, (6.6, 11.0), 1.4), NAVY
    yield _box(x, y + 9.2, (1.8, 0.45), 0.45), WHITE
    yield _box(x, y - 9.2, (2.8, 0.45), 0.45), WHITE
    yield _box(x + 3.5, y, (1.05, 4.2), 0.3), BLUE
    yield max(_letter_d(x - 1.9, y, (2.75, 4.2)), -_letter_d(x - 1.9, y, (0.85, 2.3))), BLUE


def _pixel(x: float, y: float, sharpness: float) -> Colour:
    red, green, blue = map(float, NAVY)
    for distance, colour in _shapes(x, y):
        if (cover := min(max(0.5 - distance * sharpness, 0.0), 1.0)) > 0.0:
            red += (colour[0] - red) * cover
            green += (colour[1] - green) * cover
            blue += (colour[2] - blue) * cover
    return round(red), round(green), round(blue)


def draw(side: int = SIDE) -> bytes:
    """The picture's rows from the top, three bytes a pixel, with PNG's filter byte (none) before each row."""
    sharpness = side / _UNITS
    middles = [(each + 0.5) / sharpness - _UNITS / 2 for each in range(side)]
    return b"".join(b"\0" + bytes(channel for x in middles for channel in _pixel(x, y, sharpness)) for y in middles)


def as_png(rows: bytes, side: int = SIDE) -> bytes:
    """The file: true colour, 8 bits a channel."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(as_png(draw()))
