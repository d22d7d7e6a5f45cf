"""Plates that belong to nobody.

Every invented plate is a province character, the letter Z, and five symbols (six on new energy vehicles). To our
knowledge none of the provinces used here hands out Z as a city's letter, so that the block stands for itself.
Misreadings stay in the block: they change a symbol behind the letter. Plates that a registry names are used as they
stand there.

A plate is a pure function of its number, and no two numbers below `NUMBERS` share one.

=====  ===========================================================
bytes  meaning (UTF-8 in 16 bytes, NUL padded)
=====  ===========================================================
0–2    province
3      Z
4–8    five symbols of 34 (no I, no O); the first is never 0, which is left to the plates of demo registries
9      on yellow-green plates a closing D; on green ones the D comes first and the symbols stand in 5–9
=====  ===========================================================
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Shape (n,): plates as a record carries them.
Plates = npt.NDArray[np.bytes_]

GREEN = 4
YELLOW_GREEN = 5

_SYMBOLS = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", np.uint8)
NUMBERS = 33 * len(_SYMBOLS) ** 4
# Coprime to 33 and 34, so that multiplying permutes the numbers: neighbours in a fleet do not get neighbouring plates.
_SCATTER = 28_999_021

# Home province of most, neighbours of the rest; hundredths of the vehicles.
_PROVINCES = "苏" * 62 + "皖" * 14 + "浙" * 9 + "鲁" * 7 + "豫" * 5 + "沪" * 3
_PROVINCE_BYTES = np.array([list(character.encode()) for character in _PROVINCES], np.uint8)

# What a camera takes a symbol for: its look-alike, or for want of one the next symbol; every misreading differs.
_LOOK_ALIKE = ("0D", "8B", "1T", "5S", "2Z", "6G", "MN", "VY", "CQ", "EF")


def _confusions() -> npt.NDArray[np.uint8]:
    table = np.arange(256, dtype=np.uint8)
    table[_SYMBOLS] = np.roll(_SYMBOLS, -1)
    for pair in _LOOK_ALIKE:
        one, other = pair.encode()
        table[one], table[other] = other, one
    return table


_TAKEN_FOR = _confusions()


def invented(number: npt.NDArray[np.int64], colour: npt.NDArray[np.uint8]) -> Plates:
    """The plates, shape (n,), of vehicles `number` (taken modulo `NUMBERS`) with plate colours `colour`."""
    letters = np.zeros((len(number), 16), np.uint8)
    rest = number * _SCATTER % NUMBERS
    letters[:, :3] = _PROVINCE_BYTES[rest % len(_PROVINCES)]
    letters[:, 3] = ord("Z")
    for place in range(8, 4, -1):
        rest, symbol = np.divmod(rest, len(_SYMBOLS))
        letters[:, place] = _SYMBOLS[symbol]
    letters[:, 4] = _SYMBOLS[1 + rest]
    _mark_new_energy(letters, colour)
    return _plates(letters)


def _mark_new_energy(letters: npt.NDArray[np.uint8], colour: npt.NDArray[np.uint8]) -> None:
    letters[colour == YELLOW_GREEN, 9] = ord("D")
    green = np.flatnonzero(colour == GREEN)
    letters[green, 5:10] = letters[green, 4:9]
    letters[green, 4] = ord("D")


def misread(plates: Plates, draw: npt.NDArray[np.float64]) -> Plates:
    """The same plates with one of the last four symbols taken for another; `draw`, uniform in [0, 1), chooses which."""
    letters = plates.astype("S16").view(np.uint8).reshape(-1, 16).copy()
    length = np.count_nonzero(letters, axis=1)
    place = length - 1 - (draw * 4).astype(np.intp)
    rows = np.arange(len(letters))
    letters[rows, place] = _TAKEN_FOR[letters[rows, place]]
    return _plates(letters)


def _plates(letters: npt.NDArray[np.uint8]) -> Plates:
    return np.ascontiguousarray(letters).view("S16")[:, 0]
