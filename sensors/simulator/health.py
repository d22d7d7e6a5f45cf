"""Health beats: every minute each unit says that it lives, what works, and how far its sequences have come.

A beat has the keys of `wim.health.v1`; times are RFC 3339 in UTC. A unit without power sends none: so a site that is
silent for lack of trucks differs from one that is dark.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from sensors.simulator.outages import POWERLESS, Outages
from sensors.simulator.roads import Roads
from sensors.simulator.units import Units

#: Seconds between the beats of a unit.
BEAT_S = 60

Beat = dict[str, Any]


def beats(
    roads: Roads, units: Units, outages: Outages, time_ns: int, framed: Collection[int] = frozenset()
) -> list[Beat]:
    """The beats of all sites that have power at `time_ns`, in the order of the registry.

    Lanes whose index is in `framed` send frames, the others passages.
    """
    return [
        _beat(roads, units, outages, site, time_ns, framed)
        for site in range(len(roads.sites))
        if not outages.at_site(POWERLESS, site, time_ns)
    ]


def _beat(roads: Roads, units: Units, outages: Outages, site: int, time_ns: int, framed: Collection[int]) -> Beat:
    name = roads.sites[site].id
    time = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    lanes = [index for index, at in enumerate(roads.lane_site) if at == site]
    return {
        "id": f"{name}/{time}",
        "version": 1,
        "time": time,
        "schema": "wim.health.v1",
        "site": name,
        "run": units.run_at(site, time_ns),
        "lanes": [_lane(roads, units, lane, time_ns, lane in framed) for lane in lanes],
        "camera": _camera(outages, site, time_ns),
        "clock": "free" if outages.at_site(("clock_unlocked",), site, time_ns) else "locked",
    }


def _lane(roads: Roads, units: Units, lane: int, time_ns: int, framed: bool) -> Beat:
    strips, sequence = roads.lanes[lane].strips, units.last_sequence(lane, time_ns)
    return {
        "lane": roads.lanes[lane].number,
        "up": True,
        "strips": [{"line": strip.line, "side": strip.side, "state": "ok"} for strip in strips],
        "frame_sequence": sequence if framed else None,
        "passage_sequence": None if framed else sequence,
    }


def _camera(outages: Outages, site: int, time_ns: int) -> str:
    dark = outages.at_site(("camera_dark",), site, time_ns)
    if not dark:
        return "ok"
    return "dead" if any(window.lane < 0 for window in dark) else "degraded"
