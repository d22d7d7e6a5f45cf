"""What the watch over a lane keeps of a truck: 48 bytes, made from a batch of passages without a loop in Python.

A stream lane keeps these rows in its transaction and lets `wim.drift` and `wim.authenticity` see them later, lane by
lane: a state of ten kilobytes a lane could not be written with every batch of a province.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wim.kernels.observe import OBSERVATION, observe
from wim.records import PASSAGE_WORDS, Passages

#: A structured array of `OBSERVATION`.
Observations = npt.NDArray[np.void]

#: From this gross weight on a vehicle is a truck (decision.md §1).
TRUCK_FROM_KG = 4_500

__all__ = ["OBSERVATION", "TRUCK_FROM_KG", "Observations", "of_passages"]


def of_passages(
    passages: Passages,
    limits_kg: npt.NDArray[np.int32] | None = None,
    truck_from_kg: int = TRUCK_FROM_KG,
) -> tuple[Observations, npt.NDArray[np.int64]]:
    """The trucks among PASSAGE (n,) that can be watched, and the index of each in `passages`, in the same order.

    limits_kg: the two ends of each passage's limit interval, shape (n, 2), 0 where there is none. Trucks have two axles
    or more and a load on the first.
    """
    limits = np.zeros((len(passages), 2), np.int32) if limits_kg is None else np.ascontiguousarray(limits_kg, np.int32)
    found = np.zeros(len(passages), OBSERVATION)
    index = np.empty(len(passages), np.int64)
    owned = np.require(passages, requirements=["C", "W"])
    count = observe(owned.view(PASSAGE_WORDS), limits, truck_from_kg, found, index)
    return found[:count], index[:count]
