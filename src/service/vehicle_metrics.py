"""Metrics of vehicles that take a whole batch at once.

A counter or histogram of prometheus_client costs 1–5 µs for every vehicle and label; a lane has 2 µs for all of its
work with one. These add arrays, and make Prometheus' samples when they are asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

#: A violation should be readable 6 to 25 ms after the vehicle and an intercept 15 to 80 ms (performance.md, case 6),
#: beside a backlog within 3 s (case 7); a minute is 1.3 km of road, and after the reach horizon of 15 min nobody stops
#: the truck any more.
LATENCY_SECONDS = (0.006, 0.015, 0.025, 0.06, 0.08, 0.15, 0.25, 0.5, 1.0, 3.0, 10.0, 30.0, 60.0, 300.0, 900.0)

#: Axle counts go to 16 (contracts.md §2), so a lane has at most that many classes.
MOST_AXLES = 16


class VehicleLatency(Collector):
    """`wim_vehicle_latency_seconds{step}`: from a vehicle's own time to the moment when others can know."""

    NAME = "wim_vehicle_latency_seconds"
    _TEXT = "From the first axle's own time to kept and acknowledged, of vehicles within the reach horizon, by step."

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, npt.NDArray[np.int64]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, step: str, seconds: npt.NDArray[np.float64]) -> None:
        """Add vehicles, shape (n,). A unit whose clock is ahead has seen the future: that counts as 0."""
        taken = np.maximum(seconds, 0.0)
        counts = np.bincount(np.searchsorted(LATENCY_SECONDS, taken), minlength=len(LATENCY_SECONDS) + 1)
        with self._lock:
            self._counts[step] = self._counts.get(step, 0) + counts
            self._sums[step] = self._sums.get(step, 0.0) + float(taken.sum())

    def describe(self) -> list[HistogramMetricFamily]:
        """The name alone."""
        return [HistogramMetricFamily(self.NAME, self._TEXT, labels=["step"])]

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """What was observed until now."""
        (family,) = self.describe()
        bounds = [*map(floatToGoString, LATENCY_SECONDS), "+Inf"]
        with self._lock:
            for step, counts in self._counts.items():
                buckets = list(zip(bounds, np.cumsum(counts).tolist(), strict=True))
                family.add_metric([step], buckets, self._sums[step])
        yield family


class VehicleCounts(Collector):
    """Vehicles that crossed: `wim_vehicles_total{site,lane,class}` by the number of their axles, and
    `wim_plates_read_total{site,lane}`: how many of them had a plate.
    """

    NAME, PLATES = "wim_vehicles", "wim_plates_read"
    _TEXT = "Vehicles that crossed, every grade; class is the number of axles."
    _PLATES_TEXT = "Of them, those whose plate was read, certain or not."

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[tuple[str, str], int] = {}
        self._counts = np.zeros((0, MOST_AXLES + 2), np.int64)

    def add(
        self,
        lanes: Sequence[tuple[str, str]],
        vehicles: npt.NDArray[np.int64],
        plates_read: npt.NDArray[np.int64],
    ) -> None:
        """Add what crossed (site, lane); a lane may stand there twice.

        `vehicles` by axles, shape (lanes, MOST_AXLES + 1); `plates_read`, shape (lanes,).
        """
        with self._lock:
            rows = [self._rows.setdefault(lane, len(self._rows)) for lane in lanes]
            missing = len(self._rows) - len(self._counts)
            if missing:
                self._counts = np.pad(self._counts, ((0, missing), (0, 0)))
            np.add.at(self._counts, rows, np.column_stack([vehicles, plates_read]))

    def describe(self) -> list[CounterMetricFamily]:
        """The name alone."""
        return [
            CounterMetricFamily(self.NAME, self._TEXT, labels=["site", "lane", "class"]),
            CounterMetricFamily(self.PLATES, self._PLATES_TEXT, labels=["site", "lane"]),
        ]

    def collect(self) -> Iterator[CounterMetricFamily]:
        """What was counted until now."""
        crossed, read = self.describe()
        with self._lock:
            counts = self._counts.tolist()
            for (site, lane), row in self._rows.items():
                *by_axles, plates = counts[row]
                # From the first vehicle on, 0 too: a camera that never read a plate must not look like none.
                read.add_metric([site, lane], plates)
                for axles, vehicles in enumerate(by_axles):
                    if vehicles:
                        crossed.add_metric([site, lane, str(axles)], vehicles)
        yield crossed
        yield read
