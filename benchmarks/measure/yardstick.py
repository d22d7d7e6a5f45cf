"""The yardstick of the measure kernels: what no estimate can do without, one look at every sample in its order."""

import numpy as np
import numpy.typing as npt

from wim.kernels.jit import kernel


@kernel
def low_pass(counts: npt.NDArray[np.int16], part: float, out: npt.NDArray[np.float64]) -> None:
    """A serial first-order filter over each channel; counts and out: shape (channels, samples)."""
    for channel in range(counts.shape[0]):
        level = float(counts[channel, 0])
        for sample in range(counts.shape[1]):
            level += part * (counts[channel, sample] - level)
            out[channel, sample] = level
