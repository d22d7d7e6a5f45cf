"""A frame whose parts can still be changed before they become bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Raw(NamedTuple):
    """FRAME_HEAD of shape (1,), CHANNEL of shape (c,), int16 of shape (c, samples)."""

    head: npt.NDArray[np.void]
    channels: npt.NDArray[np.void]
    counts: npt.NDArray[np.int16]
