"""Whether lines agree: each against the others by a contrast that is written down, and its variance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tests.reference.combining import Together
from wim.kernels.line_checks import HALF_LINE, HALF_STRIP

Floats = npt.NDArray[np.float64]


def side_of_line(wheel_kg: Floats, noise_kg: Floats) -> tuple[float, float]:
    """ln left/right of a vehicle on one line, by the weight of its axles, and its variance; wheel_kg (axles, 2)."""
    whole = (wheel_kg > 0.0).all(axis=1)
    if not whole.any():
        return np.nan, 0.0
    wheels, noise = wheel_kg[whole], noise_kg[whole]
    part = wheels.sum(axis=1) / wheels.sum()
    value = float(part @ np.log(wheels[:, 0] / wheels[:, 1]))
    # Two halves, each with an error for the vehicle and one for each axle beside the noise.
    own = (noise / wheels) ** 2 + HALF_STRIP**2
    return value, float(part**2 @ own.sum(axis=1)) + 2.0 * HALF_LINE**2


def sides_disagree(wheel_kg: Floats, noise_kg: Floats, sided: list[int]) -> dict[int, tuple[float, float]]:
    """How far each line is from the mean of the others by their certainty: in deviations, and in logarithms."""
    told = {line: side_of_line(wheel_kg[:, line], noise_kg[:, line]) for line, is_ in enumerate(sided) if is_}
    told = {line: one for line, one in told.items() if not np.isnan(one[0])}
    found = {}
    for line, (value, variance) in told.items():
        others = [one for other, one in told.items() if other != line]
        if not others:
            continue
        weights = np.array([1.0 / one[1] for one in others])
        off = abs(value - float(np.average([one[0] for one in others], weights=weights)))
        found[line] = off / float(np.sqrt(variance + 1.0 / weights.sum())), off
    return found


def worst_line(load_kg: Floats, together: Together) -> dict[int, tuple[float, float]]:
    """Likewise with whole vehicles: Σ over axles of own load − mean of the other lines', in deviations and in kg."""
    found = {}
    for line in range(load_kg.shape[1]):
        contrast = np.zeros(load_kg.shape)
        for axle, there in enumerate(together.there):
            if there[line] and there.sum() > 1:
                contrast[axle] = np.where(there, -1.0 / (there.sum() - 1), 0.0)
                contrast[axle, line] = 1.0
        row = contrast[together.there]
        if not row.any():
            continue
        apart_kg = abs(float(row @ together.loads))
        found[line] = apart_kg / float(np.sqrt(row @ together.covariance @ row)), apart_kg
    return found
