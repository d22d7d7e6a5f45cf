"""The numbered scenarios: an id is for ever, whatever else changes.

=====  =====================================================================  ==========================================
group  what happens                                                           figure that is held to a limit
=====  =====================================================================  ==========================================
L      line 1 changes against the others, after so many trucks                median of axles until an alarm
N      nothing, and the lines are compared for 20 000 trucks a run            alarms in 20 000 trucks
S      the whole site changes, six-axle trucks pass                           median of trucks until the steering axle
                                                                              rings
Q      nothing, and the traffic is watched for 30 days a run                  alarms in 30 days (600 trucks a day)
=====  =====================================================================  ==========================================
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from benchmarks.drift.crossings import Road


class Group(StrEnum):
    """What is done with the trucks."""

    LINE_STEP = "L"
    LINE_QUIET = "N"
    SITE_STEP = "S"
    SITE_QUIET = "Q"


@dataclass(frozen=True)
class Scenario:
    """runs: in a full run, each with seeds of its own; small: the first ones of the same, what the tests run."""

    id: str
    what: str
    road: Road
    #: Trucks before the step, or of the whole run where nothing happens.
    trucks: int
    runs: int
    small: int = 0
    #: Left and right of the line, or of the whole site, from then on.
    gain: tuple[float, float] = (1.0, 1.0)
    #: The figure's limit and whose it is; None: shown, not judged.
    limit: float | None = None
    source: str = ""

    @property
    def group(self) -> Group:
        """By the first letter of its id."""
        return Group(self.id[0])


#: What the law's report takes (§4.6), harder than what the simulator's frames show: lines differ by 9 % a truck.
ROUGH: Final = Road(body=0.07, hop=0.035)
MIXED: Final = Road(six_axle_share=0.55)
FOUR_LINES: Final = Road((0.0, 1.5, 3.0, 4.5))
_UP, _DOWN, _ONE_SIDE = (1.02, 1.02), (0.98, 0.98), (1.0, 1.02)
_SITE_UP, _SITE_DOWN = (1.05, 1.05), (0.95, 0.95)

SCENARIOS: Final = (
    Scenario("L01", "2 × 4 m, + 2 % after 2 000 trucks", Road(), 2_000, 200, 60, _UP, 700, "design"),
    Scenario("L02", "2 × 4 m, − 2 % after 2 000 trucks", Road(), 2_000, 200, 0, _DOWN, 700, "design"),
    Scenario("L03", "2 × 4 m, + 2 % after 10 000 trucks", Road(), 10_000, 100, 0, _UP, 700, "design"),
    Scenario("L04", "2 × 4 m, two and six axles, + 2 % after 4 000 trucks", MIXED, 4_000, 200, 30, _UP, 700, "design"),
    Scenario("L05", "2 × 4 m, + 2 % of one side after 2 000 trucks", Road(), 2_000, 100, 0, _ONE_SIDE),
    Scenario("L06", "2 × 4 m, motion of the report, + 2 %", ROUGH, 4_000, 100, 0, _UP),
    Scenario("L07", "4 × 1.5 m, + 2 % of line 1 after 2 000 trucks", FOUR_LINES, 2_000, 100, 0, _UP),
    Scenario("N01", "2 × 4 m, six axles", Road(), 20_000, 80, 8, limit=1, source="design"),
    Scenario("N02", "2 × 4 m, two and six axles", MIXED, 20_000, 80, 0, limit=1, source="design"),
    Scenario("N03", "2 × 4 m, motion of the report", ROUGH, 20_000, 80, 0, limit=1, source="design"),
    Scenario("N04", "4 × 1.5 m, six axles", FOUR_LINES, 20_000, 40, 0, limit=1, source="design"),
    Scenario("S01", "+ 5 % after 3 000 trucks", Road(), 3_000, 200, 60, _SITE_UP, 120, "design: about 100"),
    Scenario("S02", "− 5 % after 3 000 trucks", Road(), 3_000, 200, 60, _SITE_DOWN, 120, "design: about 100"),
    Scenario("S03", "+ 5 % after 10 000 trucks", Road(), 10_000, 100, 0, _SITE_UP, 120, "design: about 100"),
    Scenario("Q01", "six axles", Road(), 18_000, 60, 10, limit=1, source="design"),
    Scenario("Q02", "two and six axles", MIXED, 18_000, 60, 0, limit=1, source="design"),
)
