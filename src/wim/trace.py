"""How a frame became its weights: what a person must see to believe them.

======  ======  =========  ==============================================================================
offset  type    window     meaning
======  ======  =========  ==============================================================================
0       u1      channel    row of the frame's channel table
1       u1      vehicle    `part` of its passage
2       u1      axle       0-based within the vehicle
3       u1                 reserved
4       u4      first      first sample of the integral
8       u4      end        the sample after its last
12      f4      load_kg    what this channel says of its wheel, or of the axle where it covers the full width
16      f4      weight     its share of the axle's load as it was combined; those of an axle and side add up to 1
======  ======  =========  ==============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from wim.records import Passages

WINDOW: Final = np.dtype(
    [
        ("channel", "u1"),
        ("vehicle", "u1"),
        ("axle", "u1"),
        ("reserved", "u1"),
        ("first", "<u4"),
        ("end", "<u4"),
        ("load_kg", "<f4"),
        ("weight", "<f4"),
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """passages: PASSAGE, shape (0 … 2,); windows: WINDOW, shape (n,), every wheel that was integrated;
    force_n: shape (channels, samples), what was integrated, without baseline, hum and droop; a loop's row is 0.
    """

    passages: Passages
    windows: npt.NDArray[np.void]
    force_n: npt.NDArray[np.floating]
