"""Drift of the lines of one lane against each other: the sharpest watch, for no traffic is in a ratio.

=====================  ==========================================================  ==============================
chart                  quantity                                                    step looked for
=====================  ==========================================================  ==============================
line N                 line over the mean of the others, whole truck               2 %
line N left/right      the same, left against right                                2 % of one side
line N axle A          the same, axle by axle from the front                       6 % (12 … 14 % scatter an axle)
=====================  ==========================================================  ==============================

Of two lines only `line 1` is there: a ratio cannot tell which of both has changed, but with left/right it tells which
side has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from wim import charts
from wim.charts import Alarm, Figures
from wim.kernels import line_drift as kernels
from wim.kernels.cusum import CHART
from wim.kernels.line_drift import LANE, USUAL
from wim.kernels.observe import UNFIT_FLAGS
from wim.observations import TRUCK_FROM_KG
from wim.records import Passages

KIND: Final = 2
#: Counts up with every change of what is kept.
VERSION: Final = 1

#: A lane rings by chance once in 20 000 trucks at most (measurement.md §4): five sixths of that go to the whole truck,
#: which finds 2 % soonest, the rest in halves to left against right and to all axles together.
COMMON_RUN: Final = 2.4e4
OTHER_RUN: Final = 2.4e5
#: No fleet is in a ratio: only what is beyond doubt may blunt these charts.
SURE: Final = 2.0
#: Values before a chart watches, after its class has learnt; and until the baseline stands.
CALIBRATE: Final = 200
BASELINE: Final = 10_000
#: Lines that a frame of 32 channels could have, two sides each.
MOST_LINES: Final = 16


class LineDrift:
    """The charts of the lines of one lane. Not for threads.

    `update` takes passages in the order of their arrival; how they are cut into batches makes no difference, to the
    last bit, and neither does saving and restoring in between.
    """

    def __init__(self, lines: int) -> None:
        if not 2 <= lines <= MOST_LINES:
            raise ValueError(f"{lines} lines cannot be compared; give 2 to {MOST_LINES}")
        self.lines = lines
        compared = 1 if lines == 2 else lines
        self._plans = _plans(compared)
        self._ratios = np.empty((2, kernels.MOST_AXLES))
        self._matrix = np.empty((kernels.MOST_AXLES, kernels.MOST_AXLES + 1))
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "lanes": np.zeros(1, LANE),
            "usual": np.zeros((compared, kernels.CLASSES), USUAL),
            "charts": np.zeros((compared, kernels.CHARTS), CHART),
        }

    def update(self, passages: Passages, line_kg: npt.NDArray[np.float32]) -> None:
        """Take in PASSAGE (n,) of this lane and what each line weighed, shape (n, axles, lines, 2).

        Left and right; NaN where a line has no such side or missed the axle; a line of full width gives the whole axle
        as left. Axles beyond those that `line_kg` has room for are not compared. Before any combination of lines, but
        after gain, temperature and speed.
        """
        if line_kg.shape[0] != len(passages) or line_kg.shape[2:] != (self.lines, 2):
            raise ValueError(f"line_kg is {line_kg.shape}; it must be ({len(passages)}, axles, {self.lines}, 2)")
        fit = (passages["gross_kg"] >= TRUCK_FROM_KG) & (passages["flags"] & UNFIT_FLAGS == 0)
        loads = np.ascontiguousarray(line_kg, np.float32)
        times, axles, calibrations = (
            np.ascontiguousarray(passages[name]) for name in ("time_ns", "axle_count", "calibration")
        )
        begun, arrays = 0, self._arrays
        while True:
            begun += kernels.follow_lines(
                loads[begun:],
                times[begun:],
                axles[begun:],
                calibrations[begun:],
                fit[begun:],
                arrays["lanes"],
                arrays["usual"],
                arrays["charts"],
                self._plans,
                self._ratios,
                self._matrix,
            )
            if begun == len(passages):
                return
            self.reset()

    def reset(self) -> None:
        """Begin anew: after a repair or a calibration, what was usual is so no longer."""
        for array in self._arrays.values():
            array[...] = np.zeros((), array.dtype)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms that stand, at most one a chart."""
        return tuple(one.alarm for one in self.figures if one.alarm)

    @property
    def figures(self) -> Sequence[Figures]:
        """How each chart stands."""
        rows = self._arrays["charts"]
        return [
            charts.figures(name, rows[line, chart], self._plans[chart])
            for line in range(len(rows))
            for chart, name in enumerate(_names(line + 1))
        ]

    @property
    def trucks(self) -> int:
        """Trucks since the charts began."""
        return int(self._arrays["lanes"]["trucks"][0])

    def save(self) -> bytes:
        """The whole state."""
        return charts.pack(KIND, VERSION, list(self._arrays.values()))

    @classmethod
    def restore(cls, state: bytes, lines: int) -> LineDrift:
        """Go on from what `save` gave. Raises `StateError` where another release, or other lines, gave it."""
        made = cls(lines)
        charts.unpack(state, KIND, VERSION, made._arrays)
        return made


def _plans(compared: int) -> npt.NDArray[np.void]:
    """PLAN (8,); the run lengths are those of the whole lane, whatever the number of lines."""
    common = charts.plan(0.02, COMMON_RUN * compared, 0, CALIBRATE, BASELINE, slack=0.5, sure=SURE)
    sides = charts.plan(0.02, OTHER_RUN * compared, 0, CALIBRATE, BASELINE, slack=0.5, sure=SURE)
    axles = charts.plan(0.06, OTHER_RUN * compared * kernels.MOST_AXLES, 0, CALIBRATE, BASELINE, slack=0.5, sure=SURE)
    return np.concatenate([common, sides, *[axles] * kernels.MOST_AXLES])


def _names(line: int) -> Iterator[str]:
    yield f"line {line}"
    yield f"line {line} left/right"
    for axle in range(1, kernels.MOST_AXLES + 1):
        yield f"line {line} axle {axle}"
