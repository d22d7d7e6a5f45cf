"""Which pulses of the rows are one axle, told with lists of times, and what is no axle."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wim.kernels import gathering as kernels
from wim.kernels import trains
from wim.records import Flag

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axle:
    """Of each row that saw it its area and the part of its height at which it begins."""

    areas_ns: tuple[float, ...]
    parts: tuple[float, ...]


def same_everywhere(times_s: Sequence[Floats], row_m: Floats) -> bool:
    """As many pulses on every row, each later on the next by what some speed explains; times_s by row."""
    if len({len(row) for row in times_s}) > 1 or not len(times_s[0]):
        return False
    passed = np.diff(np.array(times_s), axis=0)
    speeds = np.diff(row_m)[:, None] / np.where(passed > 0.0, passed, np.nan)
    return bool(((speeds >= trains.SLOWEST_MS) & (speeds <= trains.FASTEST_MS)).all())


def heaps(places_m: Sequence[Floats]) -> list[list[tuple[int, int]]]:
    """Row and index of the pulses of each axle: sorted by their places, cut wherever two are far apart."""
    laid = sorted((place, row, index) for row, own in enumerate(places_m) for index, place in enumerate(own))
    found: list[list[tuple[int, int]]] = []
    before_m = -np.inf
    for place, row, index in laid:
        if place - before_m > trains.HEAP_M:
            found.append([])
        found[-1].append((row, index))
        before_m = place
    return found


def doubted(axles: Sequence[Axle], working: int) -> tuple[list[int], int]:
    """The axles that stay, of those that `working` rows told, and flags.

    More than half of the rows decide; of a half, only what is heavy and clear enough to be a wheel.
    """
    by_most = [max(axle.areas_ns) for axle in axles if 2 * len(axle.areas_ns) > working]
    heaviest = max(by_most, default=0.0)
    sure = [
        max(axle.areas_ns) > kernels.GHOST_PART * heaviest and min(axle.parts) < kernels.SURE_PART for axle in axles
    ]
    disputed = sum(len(axle.areas_ns) < working and is_sure for axle, is_sure in zip(axles, sure, strict=True))
    kept = [
        index
        for index, axle in enumerate(axles)
        if 2 * len(axle.areas_ns) > working or (2 * len(axle.areas_ns) == working and sure[index])
    ]
    flags = Flag.AXLE_UNCERTAIN if disputed else Flag(0)
    return kept, flags | (Flag.STOPPED if disputed >= kernels.RETURNS else Flag(0))


def lone_row(parts: Sequence[Sequence[float]]) -> int | None:
    """The only row that has felt something surely; -1 where none has, None where several have."""
    felt = [row for row, own in enumerate(parts) if any(part < kernels.SURE_PART for part in own)]
    return None if len(felt) > 1 else felt[0] if felt else -1


def put_in_order(times_s: Sequence[Floats]) -> list[int]:
    """The rank of each row by when it fired, where every axle says the same; else as they lie."""
    as_they_lie = list(range(len(times_s)))
    if len({len(row) for row in times_s}) > 1 or not len(times_s[0]):
        return as_they_lie
    earlier = np.array([[(other < row).sum() for other in times_s] for row in times_s])
    if ((earlier > 0) & (earlier < len(times_s[0]))).any():
        return as_they_lie
    return [int((row > 0).sum()) for row in earlier]


def reversed_rows(times_s: Floats) -> bool:
    """Whether most axles were on some row before the one ahead of it; times_s (axles, rows), NaN unseen."""
    early = [
        np.diff(times_s[:, [before, behind]], axis=1) for before, behind in itertools.pairwise(range(times_s.shape[1]))
    ]
    return any(2 * (passed < 0.0).sum() > (~np.isnan(passed)).sum() for passed in early)
