"""Wheel loads: the formula for one wheel, and what is done about those that are missing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wim.kernels import wheel_loads as kernels

Floats = npt.NDArray[np.float64]
Table = Sequence[tuple[float, float]]


def factor_at(table: Table, speed_kmh: float) -> float:
    """Linear between the points, constant outside."""
    return float(np.interp(speed_kmh, [point for point, _ in table], [factor for _, factor in table]))


def wheel_kg(area_ns: float, speed_ms: float, width_m: float, gravity_ms2: float, warmth: float, table: Table) -> float:
    """v / (w g) · ∫ F dt, with the strip's temperature and the calibration's speed taken out."""
    return area_ns * speed_ms / (width_m * gravity_ms2) / warmth / factor_at(table, speed_ms * 3.6)


def dead(wheels_kg: Floats, sided: Sequence[int]) -> list[tuple[int, int]]:
    """Line and side of strips that gave nearly nothing, while another line had a fair part of that side.

    wheels_kg: (axles, lines, 2).
    """
    sums = np.nansum(np.maximum(wheels_kg, 0.0), axis=0)
    total = sums.sum(axis=1)
    found = []
    for line, side in np.argwhere(sums < kernels.DEAD_PART * total[:, None]).tolist():
        fair = [
            other
            for other in range(len(sums))
            if other != line and sided[other] and sums[other, side] > 3.0 * kernels.DEAD_PART * total[other]
        ]
        if sided[line] and fair:
            found.append((line, side))
    return found


def whole_axles(wheels_kg: Floats, noise_kg: Floats, sided: Sequence[int]) -> tuple[Floats, Floats, bool]:
    """Loads and noise of whole axles by each line, shape (axles, lines), and whether a side was never weighed.

    Half an axle is completed by the left part that lines with both halves tell; where none has both, by the means of
    all lefts and all rights; where one side is missing everywhere, it is taken for as heavy as the other.
    """
    axles, lines, _ = wheels_kg.shape
    loads, noises = np.full((axles, lines), np.nan), np.zeros((axles, lines))
    one_sided = False
    for axle, line in np.ndindex(axles, lines):
        there = ~np.isnan(wheels_kg[axle, line])
        noise = float(np.sum(noise_kg[axle, line][there] ** 2))
        if not sided[line]:
            loads[axle, line] = wheels_kg[axle, line, 0]
        elif there.all():
            loads[axle, line] = wheels_kg[axle, line].sum()
        elif there.any():
            part, unknown = _part(wheels_kg[axle], sided, int(np.argmax(there)))
            one_sided |= unknown == kernels.ONE_SIDE
            loads[axle, line] = np.nansum(wheels_kg[axle, line]) / part
            noise = noise / part**2 + (unknown * loads[axle, line]) ** 2
        noises[axle, line] = np.sqrt(noise)
    return loads, noises, one_sided


def _part(wheels_kg: Floats, sided: Sequence[int], side: int) -> tuple[float, float]:
    """What part of an axle lies on a side, and how uncertain that is; wheels_kg (lines, 2)."""
    left = left_part(wheels_kg, sided)
    part = left if side == 0 else 1.0 - left
    return (0.5, kernels.ONE_SIDE) if np.isnan(left) or part < 0.1 else (part, kernels.UNEVEN)


def left_part(wheels_kg: Floats, sided: Sequence[int]) -> float:
    """By the sums of lines that have both halves, else by the means of what is there; NaN where a side is nowhere."""
    halves = wheels_kg[np.array(sided, np.bool_)]
    both = np.maximum(halves[~np.isnan(halves).any(axis=1)], 0.0)
    if both.sum() > 0.0:
        return float(both[:, 0].sum() / both.sum())
    lefts, rights = halves[:, 0][~np.isnan(halves[:, 0])], halves[:, 1][~np.isnan(halves[:, 1])]
    if not len(lefts) or not len(rights) or lefts.mean() <= 0.0 or rights.mean() <= 0.0:
        return float("nan")
    return float(lefts.mean() / (lefts.mean() + rights.mean()))
