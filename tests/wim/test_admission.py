"""Which lane a frame is of: what the registry lets be weighed."""

from __future__ import annotations

import pytest

from tests.wim.crossings import CAR, START_NS, frame, network
from wim.admission import admit
from wim.frames import Frame, FrameError, decode_frame
from wim.sites import Network, parse_network


def decoded(**fields: object) -> Frame:
    """A frame of a car."""
    return decode_frame(frame(CAR, **fields), START_NS)


def without_strips() -> Network:
    """The site of a registry that says nothing of its strips."""
    site = {"id": "G104-K012", "corridor": "G104", "chainage_km": 1.0, "lane": [{"number": 1, "direction": "up"}]}
    return parse_network({"corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}], "site": [site]}, "test")


def test_a_frame_is_of_the_lane_that_it_names() -> None:
    """Each direction to its own."""
    registry = network()
    for lane, direction in ((1, 0), (2, 1)):
        site, found = admit(registry, decoded(lane=lane, direction=direction))
        assert (site.id, found) == ("G104-K012", registry.sites["G104-K012"].lanes[lane])


@pytest.mark.parametrize(
    ("registry", "fields", "reason"),
    [
        (network(), {"site": b"NOWHERE"}, "site"),
        (network(), {"lane": 9}, "lane"),
        (network(), {"direction": 1}, "direction"),
        (without_strips(), {}, "strips"),
        (Network(), {}, "site"),
    ],
)
def test_what_the_registry_does_not_let_be_weighed_is_refused(
    registry: Network, fields: dict[str, object], reason: str
) -> None:
    """A lane driven the wrong way would get the plates, limits and squads of the other one."""
    with pytest.raises(FrameError) as caught:
        admit(registry, decoded(**fields))
    assert caught.value.reason == reason
