"""Which vehicles of the fleet are at home: nobody drives in two places at once, and a truck needs a while to turn.

A vehicle that is drawn while it is out is replaced by a visitor of the same build with a plate of its own; one that the
registry names, or a repeat offender, is then replaced by an ordinary truck. So at high rates the few named plates come
less often than their share says, rather than twice at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sensors.simulator import plates
from sensors.simulator.departures import NOT_PLANTED, OPEN_ROW, Departures, Role
from sensors.simulator.fleet import Fleet, Rows

# Unload, load, rest: what a truck does at the ends of its way.
_TURNAROUND_NS = 3_600 * 10**9


class Garage:
    """Hands out the vehicles of a fleet and remembers until when each is out."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._out_until_ns = np.zeros(len(fleet), np.int64)
        self._visitors = len(fleet)
        self._sections: dict[Role, Rows] = {
            Role.REPEAT: fleet.repeat,
            Role.HUNDRED_TONNE: fleet.six_axle,
            Role.PERMIT: fleet.permit,
            Role.EXEMPT: fleet.exempt,
            Role.WATCH: fleet.watch,
        }

    def assign(self, starts: Departures, rng: np.random.Generator) -> None:
        """Decide row and plate of every departure that has none."""
        self._draw_rows(starts, rng)
        named = (starts["role"] != Role.ORDINARY) & (starts["role"] != Role.HUNDRED_TONNE)
        busy = named & ~self._available(starts) & (starts["event"] == NOT_PLANTED)
        demoted = np.flatnonzero(busy | (starts["row"] == OPEN_ROW))
        starts["role"][demoted] = Role.ORDINARY
        starts["row"][demoted] = _some(self._fleet.heavy, len(demoted), rng)
        self._give_plates(starts, self._available(starts) | (starts["event"] != NOT_PLANTED))

    def at_home(self, rows: Rows, time_ns: int) -> Rows:
        """Those of `rows` that are at home; all of them where none is."""
        free = rows[self._out_until_ns[rows] <= time_ns]
        return free if len(free) else rows

    def send_out(self, rows: npt.NDArray[np.int32], until_ns: npt.NDArray[np.int64]) -> None:
        """The vehicles `rows` are on the road until the given times, shape (n,)."""
        np.maximum.at(self._out_until_ns, rows, until_ns + _TURNAROUND_NS)

    def _draw_rows(self, starts: Departures, rng: np.random.Generator) -> None:
        open_row = starts["row"] == OPEN_ROW
        ordinary = open_row & (starts["role"] == Role.ORDINARY)
        for chosen, section in (
            (ordinary & ~starts["heavy"], self._fleet.light),
            (ordinary & starts["heavy"], self._fleet.heavy),
            *((open_row & (starts["role"] == role), section) for role, section in self._sections.items()),
        ):
            places = np.flatnonzero(chosen)
            starts["row"][places] = _some(section, len(places), rng)

    def _available(self, starts: Departures) -> npt.NDArray[np.bool_]:
        """Whether each has its vehicle at home and is the first here to want it."""
        first = np.zeros(len(starts), np.bool_)
        first[np.unique(starts["row"], return_index=True)[1]] = True
        at_home = self._out_until_ns[starts["row"]] <= starts["entry_ns"]
        return np.asarray(first & at_home)

    def _give_plates(self, starts: Departures, own: npt.NDArray[np.bool_]) -> None:
        vehicles = self._fleet.vehicles[starts["row"]]
        visiting = np.flatnonzero(~own)
        numbers = self._visitors + np.arange(len(visiting))
        self._visitors += len(visiting)
        vehicles["plate"][visiting] = plates.invented(numbers, vehicles["colour"][visiting])
        starts["plate"] = np.where(starts["plate"] == b"", vehicles["plate"], starts["plate"])


def _some(section: Rows, count: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """`count` rows of a section at random; OPEN_ROW from an empty one."""
    if not len(section):
        return np.full(count, OPEN_ROW, np.intp)
    return section[rng.integers(0, len(section), count)]
