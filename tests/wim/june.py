"""The trucks of the June 2021 record, lane by lane, with the plain ceilings by axle count as their limits."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from wim.formats import open_passages
from wim.observations import Observations, of_passages
from wim.records import DAY_NS, HOUR_NS

#: By axle count, 6 and more together: a plain table, for `wim` knows no law.
CEILINGS_KG = (0, 0, 18_000, 25_000, 31_000, 43_000, 49_000)


@cache
def trucks(file: Path, lane: int) -> Observations:
    """OBSERVATION (n,) of one lane, in the order of the record. Not to be written to."""
    passages = np.concatenate([chunk.passages for chunk in open_passages(file)])
    passages = passages[passages["lane"] == lane]
    limits = np.array(CEILINGS_KG, np.int32)[np.minimum(passages["axle_count"], 6)]
    found, _ = of_passages(passages, np.column_stack([limits, limits]))
    found.flags.writeable = False
    return found


def shuffled(trucks: Observations, seed: int) -> Observations:
    """The same trucks; those of one hour in any order."""
    places = np.random.default_rng(seed).random(len(trucks))
    return trucks[np.lexsort([places, trucks["time_ns"] // HOUR_NS])]


def doubled(trucks: Observations) -> Observations:
    """The same fifteen days once more behind themselves: thirty days."""
    later = trucks.copy()
    later["time_ns"] += 15 * DAY_NS
    return np.concatenate([trucks, later])
