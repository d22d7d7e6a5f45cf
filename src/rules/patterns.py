"""Axle patterns: the sizes of the axle groups from the front, "1-2-3" for people, one word for kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

#: Four bits a group; what does not fit is no construction that a table names.
_BITS = 4
_MOST = 15
_MOST_AXLES = 16
_SIZES = frozenset(str(size) for size in range(1, _MOST_AXLES + 1))


def parse_pattern(text: str) -> tuple[int, ...]:
    """The group sizes of "1-2-3". Raises ValueError."""
    parts = text.split("-")
    if len(parts) > _MOST_AXLES or not all(part in _SIZES for part in parts):
        raise ValueError(f"{text!r} is no axle pattern: write group sizes from the front, such as 1-2-3")
    return tuple(int(part) for part in parts)


def pattern_word(sizes: Sequence[int]) -> int:
    """The word that the kernel compares."""
    return sum(min(size, _MOST) << (_BITS * place) for place, size in enumerate(sizes))


def pattern_text(sizes: Sequence[int]) -> str:
    """Group sizes as people write them."""
    return "-".join(str(size) for size in sizes)


def pattern_texts(verdicts: npt.NDArray[np.void]) -> list[str]:
    """The pattern of each verdict, VERDICT shape (n,)."""
    return [
        pattern_text(sizes[:count])
        for sizes, count in zip(verdicts["group_axles"].tolist(), verdicts["group_count"].tolist(), strict=True)
    ]
