"""A front picture as a camera would take it: drawn, and saying so. No photograph, and no plate but an invented one.

picture = front(Shot(plate="苏Z1A2B3", plate_colour=1, caption="G104-K012 1 2026-11-23 21:34:05.123", paint=7))

A PNG of 640 × 360 and some 4 kB: grey road, a cab in one of a few paints, the plate in its colour, or a field of mud
where the camera could not read it. SIMULATED 模擬 stands across the top, the caption below.
"""

from __future__ import annotations

import functools
import struct
import tomllib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

#: Shape (height, width, 3): red, green, blue.
Canvas = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH: Final = 640
HEIGHT: Final = 360

_LETTER_ROWS = 24
#: What is no letter of ours is a box of this width.
_UNKNOWN = 24

_NIGHT, _ROAD, _LINE, _BLACK = (34, 38, 46), (62, 64, 68), (170, 170, 160), (16, 17, 19)
_GLASS, _LAMP, _STEEL, _MUD, _WHITE = (70, 92, 110), (255, 246, 205), (96, 99, 104), (96, 78, 58), (245, 245, 245)
_PAINTS: Final[tuple[Colour, ...]] = ((176, 42, 38), (38, 84, 150), (214, 214, 208), (206, 150, 38), (50, 112, 78))
#: Of a plate by its number in a record (contracts.md §1): ground and letters; unknown as yellow, which trucks have.
_PLATES: Final[dict[int, tuple[Colour, Colour]]] = {
    0: ((24, 62, 156), _WHITE),
    1: ((238, 186, 30), _BLACK),
    2: (_BLACK, _WHITE),
    3: (_WHITE, _BLACK),
    4: ((98, 190, 112), _BLACK),
    5: ((176, 200, 70), _BLACK),
}


@dataclass(frozen=True)
class Shot:
    """What is in a picture; `plate` empty: the camera could not read it. `paint` any number, the same cab each time."""

    plate: str
    plate_colour: int
    caption: str
    paint: int


def front(shot: Shot) -> bytes:
    """The picture as a PNG."""
    canvas: Canvas = np.full((HEIGHT, WIDTH, 3), _NIGHT, np.uint8)
    _road(canvas)
    _cab(canvas, _PAINTS[shot.paint % len(_PAINTS)])
    _plate(canvas, shot)
    _fill(canvas, 0, 0, WIDTH, 32, _BLACK)
    _write(canvas, "SIMULATED 模擬", 12, 4, _LAMP)
    _fill(canvas, 0, HEIGHT - 32, WIDTH, HEIGHT, _BLACK)
    _write(canvas, shot.caption, 12, HEIGHT - 28, _WHITE)
    return png(canvas)


def png(canvas: Canvas) -> bytes:
    """An image as a PNG file, losslessly."""
    height, width, _ = canvas.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), canvas.reshape(height, -1)], axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _road(canvas: Canvas) -> None:
    """The lane towards the camera, wider below."""
    for y in range(120, HEIGHT):
        half = 90 + (y - 120) * 3 // 2
        _fill(canvas, WIDTH // 2 - half, y, WIDTH // 2 + half, y + 1, _ROAD)
        for side in (-half, half - 8):
            _fill(canvas, WIDTH // 2 + side, y, WIDTH // 2 + side + 8, y + 1, _LINE)


def _cab(canvas: Canvas, paint: Colour) -> None:
    dark: Colour = (paint[0] // 2, paint[1] // 2, paint[2] // 2)
    _fill(canvas, 186, 44, 454, 250, _STEEL)
    _fill(canvas, 200, 296, 248, 326, _BLACK)
    _fill(canvas, 392, 296, 440, 326, _BLACK)
    _fill(canvas, 198, 70, 442, 304, paint)
    _fill(canvas, 198, 70, 442, 92, dark)
    _fill(canvas, 214, 100, 426, 176, _GLASS)
    _fill(canvas, 318, 100, 322, 176, dark)
    for x in (166, 454):
        _fill(canvas, x, 110, x + 20, 170, _BLACK)
    for y in range(188, 224, 9):
        _fill(canvas, 250, y, 390, y + 4, dark)
    for x in (206, 396):
        _fill(canvas, x, 196, x + 38, 222, _LAMP)
    _fill(canvas, 192, 232, 448, 304, dark)


def _plate(canvas: Canvas, shot: Shot) -> None:
    ground, letters = _PLATES.get(shot.plate_colour, _PLATES[1])
    half = max(100, _width(shot.plate) + 12)
    left, right = WIDTH // 2 - half, WIDTH // 2 + half
    _fill(canvas, left - 3, 237, right + 3, 299, _BLACK)
    _fill(canvas, left, 240, right, 296, ground if shot.plate else _MUD)
    _write(canvas, shot.plate, WIDTH // 2 - _width(shot.plate), 244, letters, scale=2)


def _fill(canvas: Canvas, left: int, top: int, right: int, bottom: int, colour: Colour) -> None:
    canvas[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = colour


def _write(canvas: Canvas, text: str, left: int, top: int, colour: Colour, scale: int = 1) -> None:
    """Letters from a place to the right; what is beyond the edge is left out."""
    for sign in text:
        letter = _letter(sign).repeat(scale, axis=0).repeat(scale, axis=1)
        there = canvas[top : top + letter.shape[0], left : left + letter.shape[1]]
        there[letter[: there.shape[0], : there.shape[1]]] = colour
        left += letter.shape[1]


def _width(text: str) -> int:
    return sum(_letter(sign).shape[1] for sign in text)


@functools.cache
def _letter(sign: str) -> npt.NDArray[np.bool_]:
    """The bits of a letter, shape (24, 12 or 24)."""
    if sign == " ":
        return np.zeros((_LETTER_ROWS, 12), np.bool_)
    drawn = _letters().get(sign)
    if drawn is None:
        box = np.zeros((_LETTER_ROWS, _UNKNOWN), np.bool_)
        box[2:22, 2:22] = True
        box[4:20, 4:20] = False
        return box
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(drawn), np.uint8))
    return bits.reshape(_LETTER_ROWS, -1).astype(np.bool_)


@functools.cache
def _letters() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("picture_letters.toml").read_text("utf-8"))
