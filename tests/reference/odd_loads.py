"""Loads of one axle that other lines contradict, told line by line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wim.kernels import odd_loads as kernels
from wim.records import Flag

Floats = npt.NDArray[np.float64]


def lingering(way_m: Floats, peak_n: Floats, part: Floats) -> list[int]:
    """Rows on which an axle stayed longer than a tyre is long, as its clear pulses show; all (rows,), NaN unseen."""
    clear = (part < kernels.CLEAR_PART) & (peak_n > kernels.THERE_PART * np.nanmax(peak_n))
    if not clear.any():
        return []
    return np.flatnonzero(way_m > kernels.LINGERS * way_m[clear].min()).tolist()


def missed(wheels_kg: Floats, noise_kg: Floats, sided: Sequence[int]) -> tuple[list[int], Flag]:
    """Lines that missed one axle, or half of it, beside the line that gave most; both (lines, 2), and the flags."""
    there = ~np.isnan(wheels_kg)
    whole = np.where(there.any(axis=1), np.nansum(wheels_kg, axis=1), -np.inf)
    most = int(np.argmax(whole))
    found, flags = [], Flag(0)
    for line, own_kg in enumerate(wheels_kg):
        if line == most or not there[line].any() or there[line].sum() != there[most].sum():
            continue
        far_kg = kernels.MISSED_NOISES * noise_kg[line].sum()
        apart = abs(own_kg[0] / whole[line] - wheels_kg[most, 0] / whole[most])
        if whole[line] < kernels.MISSED_PART * whole[most] and whole[most] - whole[line] > far_kg:
            found.append(line)
            flags |= Flag.AXLE_UNCERTAIN
        elif sided[line] and there[line].all() and apart > kernels.SHARE_APART and apart * whole[line] > far_kg:
            found.append(line)
            flags |= Flag.STRIP_FAULT
    return found, flags


def tamed(whole_kg: Floats, peak_n: Floats) -> Floats:
    """Loads of a vehicle that stood, (axles, rows), NaN unseen: none is far beyond what its height says.

    What a height says is the middle of the axles' own least loads over heights.
    """
    over = np.where(whole_kg > 0.0, whole_kg / peak_n, np.nan)
    least = sorted(np.nanmin(own) for own in over if not np.isnan(own).all())
    ratio = least[len(least) // 2]
    return np.where(whole_kg > kernels.TAME * ratio * peak_n, ratio * peak_n, whole_kg)
