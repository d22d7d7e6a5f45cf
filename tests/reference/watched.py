"""What the watch is told of verdicts, once more in plain Python: what `rules.kernels.watched` is checked against."""

from __future__ import annotations

from collections import Counter

import numpy as np

from wim.records import Flag


def mark(verdict: np.void) -> int:
    """Over the limit 1, beyond the tolerance 2, 百噸王 4, with a plate 8."""
    read = not int(verdict["flags"]) & Flag.NO_PLATE
    truths = (verdict["over"], verdict["beyond_tolerance"], verdict["hundred_tonne"], read)
    return sum(2**place for place, true in enumerate(truths) if true)


def flags(verdicts: np.ndarray, hours: list[int]) -> dict[int, Counter[str]]:
    """How many verdicts of each hour have each flag."""
    found: dict[int, Counter[str]] = {}
    for verdict, hour in zip(verdicts, hours, strict=True):
        names = [flag.name for flag in Flag if flag & int(verdict["flags"])]
        found.setdefault(hour, Counter()).update(names)
    return found
