"""Sites and lanes that are doubted for a while: what that leaves of a verdict (contracts.md §3, bit 15).

A doubt begins at the last good time and ends when a person restores the lane. It says how much of a crossing's proof is
left: `count` (figures only) or `intercept` (worth stopping, no evidence).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rules.screen import Zone
from wim.records import Grade

#: The lane of a doubt about all lanes of its site.
EVERY_LANE = -1

#: What a doubt can leave; evidence would be no doubt, and a crossing of it is still traffic.
LEAVES = (Grade.COUNT, Grade.INTERCEPT)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A lane, or with `EVERY_LANE` a site, doubted from `from_ns` until before `until_ns`; `grade` is the best left."""

    site: str
    lane: int
    from_ns: int
    until_ns: int
    grade: int = Grade.COUNT

    def holds(self, site: str, lane: int, time_ns: int) -> bool:
        """Whether a crossing falls into it."""
        return site == self.site and self.lane in (EVERY_LANE, lane) and self.from_ns <= time_ns < self.until_ns


def left_by(doubts: Iterable[Doubt], site: str, lane: int, time_ns: int) -> int:
    """The best grade that all doubts together leave of a crossing; evidence where there is none."""
    return min((one.grade for one in doubts if one.holds(site, lane, time_ns)), default=int(Grade.EVIDENCE))


def zone_left(zone: int, grade: int, hundred_tonne: bool) -> int:
    """The zone of a violation whose grade has sunk to `grade` (decision §6): it is over, so it stays a violation."""
    sure = grade > Grade.COUNT or hundred_tonne
    return zone if sure else min(zone, Zone.WATCH)


def rows_of(doubts: Sequence[Doubt], site: str) -> list[tuple[int, int, int, int]]:
    """The doubts about one site as rows of the kernel's DOUBT."""
    return [(one.from_ns, one.until_ns, one.lane, one.grade) for one in doubts if one.site == site]
