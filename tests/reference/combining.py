"""Generalised least squares as the textbook has it: the covariance of all loads written down, and inverted."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from wim.kernels import combining as kernels

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def swing(from_hz: float, to_hz: float, apart_s: float) -> float:
    """The mean of cos 2πfΔ over the band, which two looks at a swing of random phase have in common, while it lasts."""
    steps = (np.arange(4_000) + 0.5) / 4_000
    frequencies = from_hz + (to_hz - from_hz) * steps
    return float(np.cos(2.0 * np.pi * frequencies * apart_s).mean() * np.exp(-abs(apart_s) / kernels.FORGET_S))


def averaged(from_hz: float, to_hz: float, spread_s: float) -> float:
    """RMS over three frequencies of what a bell as wide as that leaves of a swing: its Fourier transform."""
    frequencies = from_hz + (to_hz - from_hz) * np.array([1, 3, 5]) / 6
    left = np.exp(-0.5 * (2.0 * np.pi * frequencies * spread_s) ** 2)
    return float(np.sqrt(np.mean(left**2)))


def units_of(places_m: Floats) -> list[int]:
    """The unit of each axle: groups 1 and 2 are the tractor or the whole truck, then two groups a trailer."""
    groups = [0]
    for before, behind in pairwise(places_m):
        groups.append(groups[-1] + (behind - before > kernels.GROUP_M))
    return [0 if groups[-1] < 2 or group < 2 else group // 2 for group in groups]


def covariance(load_kg: Floats, noise_kg: Floats, time_s: Floats, spread_s: Floats, places_m: Floats) -> Floats:
    """Of every load with every other, shape (axles, lines, axles, lines)."""
    axles, lines = load_kg.shape
    mean_kg = np.maximum(1.0, np.nanmean(load_kg, axis=1))
    unit = units_of(places_m)
    body = _left(spread_s, kernels.BODY_FROM_HZ, kernels.BODY_TO_HZ) * kernels.BODY * mean_kg[:, None]
    hop = _left(spread_s, kernels.HOP_FROM_HZ, kernels.HOP_TO_HZ) * kernels.HOP * mean_kg[:, None]
    found = np.zeros((axles, lines, axles, lines))
    for a, l, b, m in np.ndindex(found.shape):  # noqa: E741
        apart_s = time_s[a, l] - time_s[b, m]
        if unit[a] == unit[b]:
            found[a, l, b, m] += body[a, l] * body[b, m] * swing(kernels.BODY_FROM_HZ, kernels.BODY_TO_HZ, apart_s)
        if a == b:
            found[a, l, b, m] += hop[a, l] * hop[b, m] * swing(kernels.HOP_FROM_HZ, kernels.HOP_TO_HZ, apart_s)
        if l == m:
            found[a, l, b, m] += kernels.LINE**2 * mean_kg[a] * mean_kg[b]
        if (a, l) == (b, m):
            own = (kernels.STRIP * mean_kg[a], noise_kg[a, l], kernels.LEAST_KG)
            found[a, l, b, m] += sum(part**2 for part in own)
    return found


def _left(spread_s: Floats, from_hz: float, to_hz: float) -> Floats:
    return np.vectorize(lambda spread: averaged(from_hz, to_hz, spread))(spread_s)


class Together:
    """Loads of axles by all their lines. C is the covariance of what is there, X says of which axle each load is.

    axle_kg = (X' C⁻¹ X)⁻¹ X' C⁻¹ y, shape (axles,); the variance of their sum is 1' (X' C⁻¹ X)⁻¹ 1.
    """

    def __init__(self, load_kg: Floats, noise_kg: Floats, time_s: Floats, spread_s: Floats, places_m: Floats) -> None:
        self.there: Bools = ~np.isnan(load_kg)
        axles = len(load_kg)
        rows = np.flatnonzero(self.there.reshape(-1))
        whole = covariance(load_kg, noise_kg, time_s, spread_s, places_m)
        self.covariance = whole.reshape(load_kg.size, load_kg.size)[np.ix_(rows, rows)]
        self.design = (np.nonzero(self.there)[0][:, None] == np.arange(axles)).astype(np.float64)
        self.loads = load_kg[self.there]
        inverse = np.linalg.inv(self.covariance)
        self._gain = np.linalg.inv(self.design.T @ inverse @ self.design) @ self.design.T @ inverse
        self.axle_kg = self._gain @ self.loads
        ones = np.ones(axles)
        self.sigma_kg = float(np.sqrt(ones @ self._gain @ self.covariance @ self._gain.T @ ones))
        left = self.loads - self.design @ self.axle_kg
        self.free = len(self.loads) - axles
        self.misfit = float(left @ inverse @ left) / max(1, self.free)

    def shares(self) -> Floats:
        """What each line counts in its own axle, shape (axles, lines), 0 where it has none."""
        found = np.zeros(self.there.shape)
        for load, (axle, line) in enumerate(zip(*np.nonzero(self.there), strict=True)):
            found[axle, line] = self._gain[axle, load]
        return found
