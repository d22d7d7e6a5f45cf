"""Motion as one big least-squares problem in which every axle's place is an unknown of its own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wim.kernels.motion import PLACE_M, USUAL_MS2, USUAL_MS3

Floats = npt.NDArray[np.float64]


def fit_motion(times_s: Floats, row_m: Floats) -> tuple[Floats, float, Floats]:
    """t₀, v, a, j, the RMS of what is left in m, and where the axles lie; times_s (axles, rows), NaN where unseen.

    One equation for each time, v τ + a τ²/2 + j τ³/6 − o = p, and two more that say that a and j are usually small.
    Only axles that two rows have seen tell anything of v, but all their times make t₀.
    """
    middle_s = float(np.nanmean(times_s))
    axles = len(times_s)
    rows: list[Floats] = []
    right: list[float] = []
    for axle, row in zip(*np.nonzero(~np.isnan(times_s)), strict=True):
        after = times_s[axle, row] - middle_s
        rows.append(np.concatenate([[after, after**2 / 2, after**3 / 6], -np.eye(axles)[axle]]))
        right.append(row_m[row])
    for column, scale in ((1, PLACE_M / USUAL_MS2), (2, PLACE_M / USUAL_MS3)):
        rows.append(scale * np.eye(3 + axles)[column])
        right.append(0.0)
    solved = np.linalg.lstsq(np.array(rows), np.array(right), rcond=None)[0]
    motion = np.array([middle_s, *solved[:3]])
    return motion, misfit(times_s, row_m, motion), offsets_of(times_s, row_m, motion)


def place_at(motion: Floats, time_s: Floats | float) -> Floats:
    """x(t)."""
    return np.asarray(np.polyval([motion[3] / 6, motion[2] / 2, motion[1], 0.0], np.asarray(time_s) - motion[0]))


def speed_at(motion: Floats, time_s: float) -> float:
    """x'(t)."""
    return float(np.polyval([motion[3] / 2, motion[2], motion[1]], time_s - motion[0]))


def time_at(motion: Floats, place_m: float, guess_s: float) -> float:
    """The root of x(t) = place nearest to the guess."""
    roots = np.roots([motion[3] / 6, motion[2] / 2, motion[1], -place_m])
    real = roots[np.abs(roots.imag) < 1e-9].real + motion[0]
    return float(real[np.argmin(np.abs(real - guess_s))])


def offsets_of(times_s: Floats, row_m: Floats, motion: Floats) -> Floats:
    """Where each axle lies, by the mean of the rows that saw it."""
    return np.asarray(np.nanmean(place_at(motion, times_s) - row_m, axis=1))


def misfit(times_s: Floats, row_m: Floats, motion: Floats) -> float:
    """RMS of the rows about that mean, for each degree of freedom."""
    left = place_at(motion, times_s) - row_m - offsets_of(times_s, row_m, motion)[:, None]
    free = (~np.isnan(left)).sum() - len(times_s)
    return float(np.sqrt(np.nansum(left**2) / max(1, free)))


def local_speed(times_s: Floats, axle: int, row: int, row_m: Floats, motion: Floats) -> float:
    """From the nearest rows on either side that saw the axle, or from the row itself to the only one."""
    seen = np.flatnonzero(~np.isnan(times_s[axle]))
    before, behind = seen[seen < row], seen[seen > row]
    first = before[-1] if len(before) else row
    last = behind[0] if len(behind) else row
    passed = times_s[axle, last] - times_s[axle, first]
    return abs(float((row_m[last] - row_m[first]) / passed)) if first < last else abs(float(motion[1]))
