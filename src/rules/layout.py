"""How tables with texts and lists become arrays that a kernel can walk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rules.kernels.lookup import fill

TEXT_BYTES = 16


def text_words(text: str) -> tuple[int, int]:
    """A text of up to 16 bytes as the two words that kernels compare. Raises ValueError when it is longer."""
    raw = text.encode()
    if len(raw) > TEXT_BYTES:
        raise ValueError(f"{text!r} has {len(raw)} bytes, a record holds {TEXT_BYTES}: write a shorter one")
    padded = raw.ljust(TEXT_BYTES, b"\0")
    return int.from_bytes(padded[:8], "little"), int.from_bytes(padded[8:], "little")


def slots_for(rows: npt.NDArray[np.void]) -> npt.NDArray[np.int32]:
    """An open-addressing table, at most half full, of rows (n,) with fields word0 and word1."""
    slots = np.full(1 << (2 * len(rows) + 1).bit_length(), -1, np.int32)
    fill(slots, rows)
    return slots


def ranges(
    rows: npt.NDArray[np.void], name: str, lists: Sequence[Sequence[Any]], dtype: np.dtype[Any]
) -> npt.NDArray[Any]:
    """Join the list of each row, and note where it lies in the row's `<name>_begin` and `<name>_end`."""
    ends = np.cumsum([len(items) for items in lists], dtype=np.int64)
    rows[f"{name}_end"] = ends
    rows[f"{name}_begin"] = ends - [len(items) for items in lists]
    return np.array([item for items in lists for item in items], dtype)
