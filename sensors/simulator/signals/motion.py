"""How a vehicle moves: the place of its first axle over time, in phases of constant acceleration.

Places are metres behind line 1 in the direction of travel, times are seconds on the frame's own axis. The first phase
also holds for all time before it, the last one for all time after it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

#: A driver who would stand still within the reach of the strips accelerates less: of the square of his speed at the
#: middle of the array, he gains or loses this part at most on the way from there.
_MOST_CHANGE = 0.75


@dataclass(frozen=True)
class Phase:
    """From `from_s` on, at `place_m` with `speed_ms` then, under a constant acceleration."""

    from_s: float
    place_m: float
    speed_ms: float
    acceleration_ms2: float = 0.0

    def place(self, time_s: float) -> float:
        """Where the first axle is."""
        after = time_s - self.from_s
        return self.place_m + after * (self.speed_ms + 0.5 * self.acceleration_ms2 * after)

    def speed(self, time_s: float) -> float:
        """How fast it is; negative backwards."""
        return self.speed_ms + self.acceleration_ms2 * (time_s - self.from_s)

    def forwards_at(self, place_m: float) -> float:
        """When it goes forwards through a place, on this phase's parabola; NaN where it never does."""
        way, rate = place_m - self.place_m, self.acceleration_ms2
        square = self.speed_ms**2 + 2 * rate * way
        if square < 0:
            return math.nan
        through = math.sqrt(square)
        if rate and self.speed_ms < 0:
            return self.from_s + (through - self.speed_ms) / rate
        # The form that keeps its digits where the acceleration is nearly nothing.
        return self.from_s + 2 * way / (self.speed_ms + through) if self.speed_ms + through else math.nan


@dataclass(frozen=True)
class Motion:
    """Phases in the order of their times; each begins where the one before it ends."""

    phases: tuple[Phase, ...]

    def arrival_s(self, place_m: float) -> float:
        """When the first axle first goes forwards through a place.

        Raises:
            ValueError: it never does.
        """
        return min(self._forwards(place_m))

    def departure_s(self, place_m: float) -> float:
        """When it does so for the last time.

        Raises:
            ValueError: it never does.
        """
        return max(self._forwards(place_m))

    def place_m(self, time_s: Floats) -> Floats:
        """Where the first axle is at rising times, shape (n,)."""
        place = np.empty(len(time_s))
        first = np.append(np.searchsorted(time_s, [phase.from_s for phase in self.phases[1:]]), len(time_s))
        begin = 0
        for phase, end in zip(self.phases, first, strict=True):
            after = time_s[begin:end] - phase.from_s
            place[begin:end] = phase.place_m + after * (phase.speed_ms + 0.5 * phase.acceleration_ms2 * after)
            begin = end
        return place

    def speed_ms(self, time_s: Floats) -> Floats:
        """How fast it is at any times, shape (n,); negative backwards."""
        phase = self._phase_at(time_s)
        from_s, speed_ms = self._column("from_s")[phase], self._column("speed_ms")[phase]
        return np.asarray(speed_ms + self._column("acceleration_ms2")[phase] * (time_s - from_s))

    def acceleration_ms2(self, time_s: Floats) -> Floats:
        """Its acceleration at any times, shape (n,)."""
        return self._column("acceleration_ms2")[self._phase_at(time_s)]

    def later(self, by_s: float) -> Motion:
        """The same motion at another time."""
        return Motion(
            tuple(
                Phase(phase.from_s + by_s, phase.place_m, phase.speed_ms, phase.acceleration_ms2)
                for phase in self.phases
            )
        )

    def _forwards(self, place_m: float) -> list[float]:
        starts = [-math.inf, *(phase.from_s for phase in self.phases[1:]), math.inf]
        times = [phase.forwards_at(place_m) for phase in self.phases]
        # A place where two phases meet may belong to neither by a rounding error, so each is a little longer.
        found = [
            time
            for time, begin, end in zip(times, starts[:-1], starts[1:], strict=True)
            if begin - 1e-9 <= time <= end + 1e-9
        ]
        if not found:
            raise ValueError(f"the vehicle never goes forwards through {place_m} m")
        return found

    def _phase_at(self, time_s: Floats) -> npt.NDArray[np.intp]:
        return np.searchsorted([phase.from_s for phase in self.phases[1:]], time_s, side="right")

    def _column(self, name: str) -> Floats:
        return np.array([getattr(phase, name) for phase in self.phases])


def cruise(speed_kmh: float, middle_m: float, acceleration_ms2: float = 0.0, reach_m: float = 30.0) -> Motion:
    """The first axle has `speed_kmh` at the middle of the array and is on line 1 at time 0.

    It accelerates all the way, but no more than lets it keep moving within `reach_m` of the middle.
    """
    speed_ms = speed_kmh / 3.6
    most = _MOST_CHANGE * speed_ms**2 / (2 * reach_m)
    phase = Phase(0.0, middle_m, speed_ms, min(most, max(-most, acceleration_ms2)))
    return _from_line_1([phase])


class Course:
    """A motion put together piece by piece, from a place ahead of the strips on."""

    def __init__(self, from_m: float, speed_ms: float) -> None:
        self._phases = [Phase(0.0, from_m, speed_ms)]

    def roll_to(self, place_m: float) -> Course:
        """Keep the speed up to a place ahead; where it is behind, nothing happens."""
        last = self._phases[-1]
        return self._go_on(max(last.from_s, last.forwards_at(place_m)), 0.0)

    def hold(self, seconds: float) -> Course:
        """Keep the speed, or stand, for so long."""
        return self._go_on(self._phases[-1].from_s + seconds, 0.0)

    def change(self, to_ms: float, rate_ms2: float) -> Course:
        """Change the speed at a rate, below 0 into reverse."""
        last = self._phases[-1]
        change = to_ms - last.speed_ms
        rate = math.copysign(rate_ms2, change)
        self._phases[-1] = Phase(last.from_s, last.place_m, last.speed_ms, rate)
        self._go_on(last.from_s + change / rate, 0.0)
        last = self._phases[-1]
        # The sum of many small steps would leave a crawl where the vehicle should stand.
        self._phases[-1] = Phase(last.from_s, last.place_m, to_ms)
        return self

    def stop_at(self, place_m: float, rate_ms2: float) -> Course:
        """Brake so as to stand at a place; as near as the brakes allow where that is too late."""
        last = self._phases[-1]
        return self.roll_to(place_m - last.speed_ms**2 / (2 * rate_ms2)).change(0.0, rate_ms2)

    def motion(self) -> Motion:
        """The motion, with the first axle on line 1 at time 0 when it first comes there."""
        return _from_line_1(self._phases)

    def _go_on(self, from_s: float, rate_ms2: float) -> Course:
        last = self._phases[-1]
        self._phases.append(Phase(from_s, last.place(from_s), last.speed(from_s), rate_ms2))
        return self


def _from_line_1(phases: Sequence[Phase]) -> Motion:
    motion = Motion(tuple(phases))
    return motion.later(-motion.arrival_s(0.0))
