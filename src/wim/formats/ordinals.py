"""The sequence of passages whose file has none: the ordinal among the rows of a lane with the same time stamp.

Read again, a file gives every crossing the same identity, wherever the chunks begin. To know the ordinal of a row, the
rows before it must be remembered; memory is bounded by forgetting the older half of a lane's time stamps whenever they
are more than `REMEMBERED`. A row from a time that is forgotten has no certain ordinal and is reported, not guessed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wim.forms import RowErrors
from wim.records import Passages

#: Distinct time stamps of a lane: 4 MB, seven weeks of a lane with a vehicle every 15 s.
REMEMBERED = 1 << 18


class Ordinals:
    """Counts the rows of each site, lane and `origin_ns`. Not thread-safe; one for one file."""

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._remembered = remembered
        self._lanes: dict[tuple[bytes, int], _Lane] = {}

    def number(self, passages: Passages, errors: RowErrors) -> None:
        """Set `sequence` of passages, shape (n,), that `errors`, of as many rows, does not hold wrong."""
        right = np.flatnonzero(~errors.wrong)
        keys, index = np.unique(passages[["site", "lane"]][right], return_inverse=True)
        for lane, (site, number) in enumerate(keys.tolist()):
            rows = right[index == lane]
            counter = self._lanes.setdefault((site, number), _Lane(self._remembered))
            ordinals, known = counter.count(passages["origin_ns"][rows])
            passages["sequence"][rows] = ordinals
            forgotten = np.zeros(len(passages), np.bool_)
            forgotten[rows[~known]] = True
            errors.mark(
                forgotten,
                "time",
                lambda row: "it lies too far before the rows above to tell this crossing from theirs",
                "sort the file by time",
            )


class _Lane:
    """The time stamps of one lane, ascending, and how often each has occurred."""

    def __init__(self, remembered: int) -> None:
        self.remembered = remembered
        self.stamps = np.empty(0, np.int64)
        self.counts = np.empty(0, np.int64)
        self.forgotten_ns = -1

    def count(self, stamps: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """The ordinal of each of `stamps`, shape (n,), from 0, and whether it is known."""
        known = stamps > self.forgotten_ns
        distinct, index, counts = np.unique(stamps, return_inverse=True, return_counts=True)
        ordinals = self._before(distinct)[index] + _ordinals_within(index, counts)
        self._remember(distinct[distinct > self.forgotten_ns], counts[distinct > self.forgotten_ns])
        return ordinals, known

    def _before(self, distinct: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How often each of ascending time stamps occurred in earlier calls."""
        place = np.searchsorted(self.stamps, distinct)
        found = np.zeros(len(distinct), np.bool_)
        inside = place < len(self.stamps)
        found[inside] = self.stamps[place[inside]] == distinct[inside]
        before = np.zeros(len(distinct), np.int64)
        before[found] = self.counts[place[found]]
        return before

    def _remember(self, distinct: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> None:
        in_order = len(distinct) == 0 or len(self.stamps) == 0 or distinct[0] > self.stamps[-1]
        self.stamps = np.concatenate((self.stamps, distinct))
        self.counts = np.concatenate((self.counts, counts))
        if not in_order:
            self.stamps, index = np.unique(self.stamps, return_inverse=True)
            self.counts = np.bincount(index, self.counts, len(self.stamps)).astype(np.int64)
        if len(self.stamps) > self.remembered:
            half = len(self.stamps) // 2
            self.forgotten_ns = int(self.stamps[half - 1])
            self.stamps, self.counts = self.stamps[half:].copy(), self.counts[half:].copy()


def _ordinals_within(index: npt.NDArray[np.intp], counts: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """How many earlier elements are in the same group as each, for group numbers, shape (n,), with `counts` members."""
    order = np.argsort(index, kind="stable")
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    ordinals = np.empty(len(index), np.int64)
    ordinals[order] = np.arange(len(index)) - starts
    return ordinals
