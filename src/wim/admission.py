"""Which lane of the registry a frame is of, and whether it can be weighed there."""

from __future__ import annotations

from wim.frames import Frame, FrameError
from wim.sites import Lane, Network, Site


def admit(network: Network, frame: Frame) -> tuple[Site, Lane]:
    """The site and lane of a frame.

    Raises FrameError with one of the reasons `site` and `lane` (the registry has none of that name), `direction` (it
    says another one), `strips` (it has none of the lane: without a strip's width there is no load).
    """
    site = network.sites.get(frame.site)
    if site is None:
        raise FrameError("site", f"the registry has no site {frame.site!r}")
    lane = site.lanes.get(frame.lane)
    if lane is None:
        raise FrameError("lane", f"the registry has no lane {frame.lane} of site {frame.site}")
    direction = int(frame.head["direction"])
    if direction != lane.direction:
        name = lane.direction.name.lower()
        raise FrameError("direction", f"is {direction}; the registry says {name} of lane {lane.number} of {site.id}")
    if not lane.strips:
        raise FrameError("strips", f"the registry has no strips of lane {lane.number} of {site.id}")
    return site, lane
