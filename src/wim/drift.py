"""Drift of a lane as its traffic shows it: steering axle, side share and tandem spacing, each in a chart of its own.

=======  ==================================  ============================  =====================================
chart    quantity                            what moves it                 step looked for
=======  ==================================  ============================  =====================================
steer    load of the first axle, of the      the scale of the whole site   5 %
         commonest class of 3 … 6 axles, in
         rows by gross weight, never pooled
sides    left over right of a whole truck    the scale of one side         10 % (the crown of the road and where
                                                                           drivers keep move it by 5 % a day)
ruler    spacing of the last two axles,      the scale of the speed, and   3 % (bogies are built alike: ± 3 %,
         where they are a group              with it every weight          but fleets differ by 1 … 2 %)
=======  ==================================  ============================  =====================================

No chart corrects anything: it finds, says since when, and rests until a person has looked. How lines of one lane
compare with each other is `wim.line_drift`, and sharper, for the traffic drops out of a ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from wim import charts
from wim.charts import Alarm, Figures
from wim.kernels import traffic_drift as kernels
from wim.kernels.cusum import CHART, PLAN
from wim.kernels.traffic_drift import LANE
from wim.observations import Observations

KIND: Final = 1
#: Counts up with every change of what is kept.
VERSION: Final = 1

CHARTS: Final = ("steer", "sides", "ruler")

#: Trucks that make the table of the usual, and those after them that make a chart's scale. Six gross rows of a hundred
#: show their modes; the mean is then known to 0.5 % where an axle scatters by 10 %, a tenth of the step.
LEARN: Final = 600
CALIBRATE: Final = 400
#: The baseline grows more certain until here, some days of a busy lane; then it stands, so that a slow drift shows.
BASELINE: Final = 4_000

PLANS: Final[npt.NDArray[np.void]] = np.concatenate(
    [
        # A step is found within about 100 six-axle trucks (measurement.md §4). `fleets` is what trucks of one haulier
        # add to the scatter of a mean even where the record is too short to show it: 1.3 and more in June 2021.
        charts.plan(0.05, run_length=5e4, learn=LEARN, calibrate=CALIBRATE, baseline=BASELINE, slack=0.5, fleets=1.15),
        # Nobody needs these two within the hour, and convoys of equal lorries rang them: in June 2021 blocks scattered
        # 4.5 and 12.8 times as wide as independent values would, and a wide slack lets road works pass.
        charts.plan(0.10, run_length=1e6, learn=LEARN, calibrate=CALIBRATE, baseline=BASELINE, slack=0.7, fleets=4.0),
        charts.plan(0.03, run_length=1e6, learn=LEARN, calibrate=CALIBRATE, baseline=BASELINE, slack=0.7, fleets=8.0),
    ]
)


class TrafficDrift:
    """The three charts of one lane. Not for threads.

    `update` takes the lane's trucks in the order of their arrival; how they are cut into batches makes no difference,
    to the last bit, and neither does saving and restoring in between.
    """

    def __init__(self, plans: npt.NDArray[np.void] = PLANS) -> None:
        if plans.dtype != PLAN or plans.shape != (len(CHARTS),):
            raise ValueError(f"plans are {plans.dtype} {plans.shape}; give one PLAN for each of {', '.join(CHARTS)}")
        self._plans = plans
        self._scratch = np.empty(max(kernels.STEER_BINS, kernels.SIDES_BINS, kernels.RULER_BINS))
        self._arrays: dict[str, npt.NDArray[Any]] = {
            "lanes": np.zeros(1, LANE),
            "charts": np.zeros(len(CHARTS), CHART),
            "steer": np.zeros((kernels.GROSS_ROWS, kernels.STEER_BINS), np.float32),
            "sides": np.zeros((kernels.SIDES_ROWS, kernels.SIDES_BINS), np.float32),
            "ruler": np.zeros((kernels.RULER_ROWS, kernels.RULER_BINS), np.float32),
        }

    def update(self, trucks: Observations) -> None:
        """Take in OBSERVATION (n,) of this lane."""
        arrays, begun = self._arrays, 0
        while True:
            begun += kernels.follow_trucks(
                trucks[begun:],
                arrays["lanes"],
                arrays["charts"],
                self._plans,
                arrays["steer"],
                arrays["sides"],
                arrays["ruler"],
                self._scratch,
            )
            if begun == len(trucks):
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
        rows = zip(CHARTS, self._arrays["charts"], self._plans, strict=True)
        return [charts.figures(name, chart, how) for name, chart, how in rows]

    @property
    def trucks(self) -> int:
        """Trucks since the charts began."""
        return int(self._arrays["lanes"]["trucks"][0])

    @property
    def steer_axles(self) -> int | None:
        """Axle count of the class whose steering axle is followed (6: and more); None until it is chosen."""
        return int(self._arrays["lanes"]["steer_axles"][0]) or None

    def save(self) -> bytes:
        """The whole state."""
        return charts.pack(KIND, VERSION, list(self._arrays.values()))

    @classmethod
    def restore(cls, state: bytes, plans: npt.NDArray[np.void] = PLANS) -> TrafficDrift:
        """Go on from what `save` gave. Raises `StateError` where another release gave it."""
        made = cls(plans)
        charts.unpack(state, KIND, VERSION, made._arrays)
        return made
