"""What a simulation is asked to show: how much traffic, how loaded, and which events are planted in it at a known time.

A scenario file (`--scenario`, or `demo_scenario.toml` beside this file) is TOML; every key is optional:

==============================  ==================================================================================
key                             meaning
==============================  ==================================================================================
seed                            the same seed on the same network gives the same bytes (with one version of numpy)
start                           instant with its offset from UTC; planted times count from it
rate_per_s                      passages a second over the whole network at any hour; absent: the day's own curve
step_s                          seconds a batch spans; divides 60
trucks, cars                    size of the fleets that return day after day
repeat_offenders                plates among the trucks that come back overloaded
repeat_share                    share of truck trips by them; repeat_overload_share: how often they are overloaded
hundred_tonne_share             share of truck trips of 100 t or more
permit_share, exempt_share      shares of truck trips by the vehicles that the registry names; watch_share likewise
permit_exceeded_share           share of permitted trips that carry more than the permit allows
covered_share                   share of overloaded trips with a covered plate
straddling_share                share of passages with a wheel beside the strip
duplicate_share                 share of records that the unit sends twice
gross_sigma                     relative error of gross weight, two lines of strips at 80 km/h
tyre_sensor                     whether units report single and dual tyres
rate_hz                         samples per second of frames (`wim simulate --frames`)
[camera]                        unread, misread, doubtful: shares [by day, by night]
[[corridor]]                    id, vehicles_per_day (each direction), heavy_share, overload_share (of goods vehicles)
[[planted]]                     kind, after_s and what the kind needs: see `Planted`
[[fault]]                       kind, site, lane, after_s, for_s, strip, size, share, in frames only: see `FaultPlan`
==============================  ==================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sensors.simulator.camera import CameraShares
from sensors.simulator.signals.faults import FAULTS
from wim.records import Direction

#: Vehicles that can be planted.
VEHICLE_KINDS: Final = (
    "hundred_tonne",
    "overload",
    "repeat",
    "no_plate",
    "cloned_plate",
    "permit",
    "permit_exceeded",
    "exempt",
    "watch",
)
#: Failures that can be planted; the numbers are how many seconds each lasts unless the plan says.
OUTAGE_SECONDS: Final = {
    "camera_dark": 600.0,
    "site_dark": 600.0,
    "reboot": 30.0,
    "link_down": 300.0,
    "clock_unlocked": 600.0,
}


class ScenarioError(ValueError):
    """A scenario that does not fit itself or the network: where, what is wrong, and what to write instead."""

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        self.key, self.problem, self.remedy = key, problem, remedy
        super().__init__(f"scenario: {key}: {problem}; {remedy}")


@dataclass(frozen=True)
class CorridorTraffic:
    """Traffic of one corridor: vehicles a day in each direction, the share of trucks and coaches among them, and the
    share of goods vehicles that are overloaded.

    A national freight road of four lanes carries 10 000 to 20 000 vehicles a day; published overload shares of such
    roads lie between 2 and 12 %.
    """

    vehicles_per_day: float = 7_000.0
    heavy_share: float = 0.40
    overload_share: float = 0.05


@dataclass(frozen=True)
class Planted:
    """One event at a known time, `after_s` seconds after the scenario's start.

    A vehicle (`VEHICLE_KINDS`) reaches the first site of `corridor` in `direction` at that time and drives the corridor
    through; it may be given a plate and a gross weight. A failure (`OUTAGE_SECONDS`) begins then at `site`, at `lane`
    where only that lane's camera fails, and lasts `for_s`.
    """

    kind: str
    after_s: float
    corridor: str = ""
    direction: Direction = Direction.UP
    plate: str = ""
    gross_kg: int = 0
    site: str = ""
    lane: int = 0
    for_s: float = 0.0

    @property
    def is_vehicle(self) -> bool:
        return self.kind in VEHICLE_KINDS

    @property
    def lasts_s(self) -> float:
        return self.for_s or OUTAGE_SECONDS[self.kind]


@dataclass(frozen=True)
class FaultPlan:
    """A fault of an installation or an evasion of drivers, by its name in `signals.faults`, at `site`.

    It holds in `lane` (0: in every lane with strips) from `after_s` seconds after the scenario's start on for `for_s`
    seconds (0: to the end). `strip` and `size` say which strip ("1L") and how bad, in the fault's own unit; left out,
    they are drawn. Of the vehicles, `share` meet it.
    """

    kind: str
    site: str
    lane: int = 0
    after_s: float = 0.0
    for_s: float = 0.0
    strip: str = ""
    size: float = math.nan
    share: float = 1.0


# A Monday in June, so that a run without a start is by day and in the term of the demo's certificates.
_DEFAULT_START_NS = int(datetime.fromisoformat("2026-06-01T08:00:00+08:00").timestamp()) * 10**9


@dataclass(frozen=True)
class Scenario:
    """A whole simulation; the fields are explained at the head of this module."""

    seed: int = 1
    start_ns: int = _DEFAULT_START_NS
    rate_per_s: float | None = None
    step_s: int = 60
    trucks: int = 20_000
    cars: int = 20_000
    repeat_offenders: int = 40
    repeat_share: float = 0.004
    repeat_overload_share: float = 0.7
    hundred_tonne_share: float = 0.0002
    permit_share: float = 0.0005
    exempt_share: float = 0.0005
    watch_share: float = 0.0005
    permit_exceeded_share: float = 0.1
    covered_share: float = 0.03
    straddling_share: float = 0.003
    duplicate_share: float = 0.001
    gross_sigma: float = 0.018
    tyre_sensor: bool = True
    rate_hz: int = 5_000
    camera: CameraShares = field(default_factory=CameraShares)
    corridors: Mapping[str, CorridorTraffic] = field(default_factory=dict)
    planted: tuple[Planted, ...] = ()
    faults: tuple[FaultPlan, ...] = ()

    def __post_init__(self) -> None:
        if self.step_s < 1 or 60 % self.step_s:
            raise ScenarioError("step_s", f"is {self.step_s}", "write a divisor of 60, such as 60, 10 or 1")
        for event in self.planted:
            if not event.is_vehicle and event.kind not in OUTAGE_SECONDS:
                kinds = ", ".join((*VEHICLE_KINDS, *OUTAGE_SECONDS))
                raise ScenarioError("planted.kind", f"is {event.kind!r}", f"write one of {kinds}")
        for plan in self.faults:
            if plan.kind not in FAULTS:
                raise ScenarioError("fault.kind", f"is {plan.kind!r}", f"write one of {', '.join(FAULTS)}")

    def starting(self, start_ns: int) -> Scenario:
        """The same scenario at another time; what is planted moves along."""
        return replace(self, start_ns=start_ns)

    def of(self, corridor: str) -> CorridorTraffic:
        """The traffic of a corridor, its own or the usual."""
        return self.corridors.get(corridor, CorridorTraffic())

    def named_share(self) -> float:
        """Share of truck trips that named vehicles make."""
        return self.permit_share + self.exempt_share + self.watch_share

    def ordinary_overload_share(self, corridor: str) -> float:
        """How often an ordinary truck is overloaded, so that with the special ones the corridor's share comes out."""
        special = self.repeat_share + self.hundred_tonne_share
        by_special = self.repeat_share * self.repeat_overload_share + self.hundred_tonne_share
        rest = 1 - special - self.named_share()
        return max(0.0, self.of(corridor).overload_share - by_special) / rest
