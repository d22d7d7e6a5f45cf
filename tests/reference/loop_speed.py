"""Speed by two loops: every lag tried, the two courses compared as whole arrays."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from wim.kernels import loop_speed as kernels

Floats = npt.NDArray[np.float64]


def apart_by(near: Floats, far: Floats, first: float, end: float, lag: float) -> float:
    """Mean square of near − c · far(t + lag) over [first, end), where either has metal over it, with the best c.

    Infinite where less than a third of what the near one shows can be compared, or for a c beyond 3.
    """
    blocks = np.arange(len(near))
    last = len(near) - 1.0
    at = first + (end - first) * (np.arange(kernels.LOOKS) + 0.5) / kernels.LOOKS
    a = np.where(at < last, np.interp(at, blocks, near / near.max()), 0.0)
    both = at <= min(end, last - lag)
    b = np.interp(at + lag, blocks, far / far.max())
    looked = both & ((a > kernels.OVER) | (b > kernels.OVER))
    if 3 * looked.sum() <= (a > kernels.OVER).sum() or looked.sum() <= kernels.LOOKS // 50:
        return math.inf
    a, b = a[looked], b[looked]
    fit = float(a @ b / (b @ b)) if b.any() else math.inf
    # So sensitive may one be that the other's height would be thrice, or a third of, what it is.
    return float(np.mean((a - fit * b) ** 2)) if 1 / 3 < 1 / fit < 3 else math.inf


def best_lag(near: Floats, far: Floats, first: float, end: float, least_lag: float, most_lag: float) -> float:
    """Where they are least apart, of all lags in steps of a thousandth; NaN where that is at an end, or nowhere."""
    lags = np.geomspace(max(1.0, least_lag), most_lag, int(1_000 * math.log(most_lag / max(1.0, least_lag))) + 2)
    apart = np.array([apart_by(near, far, first, end, lag) for lag in lags])
    best = int(np.argmin(apart))
    outside = not kernels.STEP * least_lag < lags[best] < most_lag / kernels.STEP
    return math.nan if math.isinf(apart[best]) or outside else float(lags[best])
