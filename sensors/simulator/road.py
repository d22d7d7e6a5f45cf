"""The vehicles that are under way: their trips, and the arrivals at sites that lie ahead of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator.classes import AXLES

#: One vehicle on its way: what stays the same from site to site. `row` is that of the fleet; wheel loads are the truth.
TRIP = np.dtype(
    [
        ("trip", "<i8"),
        ("row", "<i4"),
        ("plate", "S16"),
        ("load", "u1"),
        ("covered", "?"),
        ("event", "<i4"),
        ("speed_kmh", "<f4"),
        ("left_kg", "<u2", AXLES),
        ("right_kg", "<u2", AXLES),
    ]
)

#: One arrival at a site: `place` is the trip's row in `Road.trips`, `lane` an index of `Roads.lanes`.
CROSSING = np.dtype([("time_ns", "<i8"), ("place", "<i8"), ("lane", "<i4"), ("speed_kmh", "<f4")])

#: Structured arrays of `TRIP` and of `CROSSING`, shape (n,).
Trips = npt.NDArray[np.void]
Crossings = npt.NDArray[np.void]


class Road:
    """A table of trips and of the crossings that they have before them. `place` holds until the next `forget`."""

    def __init__(self) -> None:
        self.trips: Trips = np.zeros(0, TRIP)
        self._ahead: Crossings = np.zeros(0, CROSSING)

    def enter(self, trips: Trips, crossings: Crossings) -> None:
        """Add trips with their crossings, whose `place` counts from the first of these trips."""
        crossings["place"] += len(self.trips)
        self.trips = np.concatenate([self.trips, trips])
        self._ahead = np.concatenate([self._ahead, crossings])

    def due(self, until_ns: int) -> Crossings:
        """Take out the crossings before `until_ns`, in no order."""
        due = self._ahead["time_ns"] < until_ns
        taken = self._ahead[due]
        self._ahead = self._ahead[~due]
        return taken

    def put_back(self, crossings: Crossings) -> None:
        """Return crossings that were taken too early."""
        self._ahead = np.concatenate([self._ahead, crossings])

    def forget(self) -> None:
        """Drop the trips that have no crossing ahead any more."""
        wanted = np.zeros(len(self.trips), np.bool_)
        wanted[self._ahead["place"]] = True
        self._ahead["place"] = (np.cumsum(wanted) - 1)[self._ahead["place"]]
        self.trips = self.trips[wanted]
