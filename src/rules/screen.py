"""Screening: a batch of passages in, a batch of verdicts out, through one kernel."""

from __future__ import annotations

import enum
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rules.kernels.arrays import VERDICT, Law, Plates, Terms
from rules.kernels.judge import judge
from wim.records import PASSAGE_WORDS, Passages

#: A structured array of `VERDICT`.
Verdicts = npt.NDArray[np.void]


class Zone(enum.IntEnum):
    """What is to be done about a crossing (decision §6)."""

    SILENT = 0
    WATCH = 1
    INTERCEPT = 2


#: Names of the bands of nominal excess, by `VERDICT.band`; trucks that are not over have no band.
BANDS = ("", "0-10", "10-20", "20-30", "30-50", "50-100", "100+", "hundred_tonne")


@dataclass(frozen=True, slots=True)
class Screen:
    """Everything that a verdict depends on besides the passage itself."""

    law: Law
    terms: Terms
    plates: Plates

    def judge(self, passages: Passages, out: Verdicts | None = None) -> Verdicts:
        """The verdicts of `passages`, shape (n,), into `out`, shape (>= n,), or into a new array."""
        verdicts = np.zeros(len(passages), VERDICT) if out is None else out[: len(passages)]
        # One compiled kernel serves every caller only if the memory is of one kind: its own, contiguous, writable.
        owned = np.require(passages, requirements=["C", "W"])
        judge(owned.view(PASSAGE_WORDS), self.law, self.terms, self.plates, verdicts)
        return verdicts
