"""The simulated camera: a picture of each heavy truck under the id of its passage; no frame waits for it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from sensors.simulator.presences import Presence
from service import simulated_pictures
from service.cli.simulate import make_traffic
from service.simulated_pictures import PICTURE_FROM_KG, cameras, origin, shot
from tests.service.notices.vendors import vendor
from wim.frames import NO_NOW_NS, decode_frame
from wim.records import blank, passage_ids


@pytest.fixture(scope="module")
def presences() -> list[Presence]:
    """The frames to be of some minutes of the demo."""
    traffic = make_traffic(None, None, None, 7)
    begin_ns = traffic.scenario.start_ns
    steps = traffic.play(begin_ns, begin_ns + 300 * 10**9, begin_ns)
    return [sent.presence for step in steps for sent in step.frames]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits for a mobile link here."""
    monkeypatch.setattr(simulated_pictures, "DELAY_SECONDS", 0.0)
    return None


def is_heavy(presence: Presence) -> bool:
    return bool(presence.scene.crossings[0].vehicle.wheel_kg.sum() >= PICTURE_FROM_KG)


async def test_a_heavy_truck_has_its_picture_under_the_id_of_its_passage(presences: list[Presence]) -> None:
    """What the API proves the id by is what stands in the frame itself; a light vehicle has none."""
    heavy = next(one for one in presences if is_heavy(one))
    light = next(one for one in presences if not is_heavy(one))
    async with vendor() as server, cameras(server.url, "token") as camera:
        assert camera is not None
        server.answer(200, {})
        camera.shoot(light)
        camera.shoot(heavy)
        await camera.settle()
        assert (camera.sent, camera.lost) == (1, 0)
    [came] = server.came
    frame = decode_frame(heavy.capture().message, NO_NOW_NS)
    record = blank(1)
    record["site"], record["lane"] = frame.site.encode(), frame.lane
    record["origin_ns"], record["sequence"] = int(frame.head["start_ns"]), int(frame.head["sequence"])
    assert came.path == f"/v1/passages/{passage_ids(record)[0]}/media/front"
    assert came.query == {name: str(value) for name, value in origin(heavy).items()}
    assert came.headers["Authorization"] == "Bearer token"
    assert came.body.startswith(b"\x89PNG")


async def test_a_dark_camera_takes_none_until_it_works_again(presences: list[Presence]) -> None:
    """As its own beats say."""
    heavy = next(one for one in presences if is_heavy(one))
    async with vendor() as server, cameras(server.url, "token") as camera:
        assert camera is not None
        server.answer(200, {})
        camera.hear({"site": heavy.site, "camera": "dead"})
        camera.shoot(heavy)
        await camera.settle()
        assert server.came == []
        camera.hear({"site": heavy.site, "camera": "ok"})
        camera.shoot(heavy)
        await camera.settle()
        assert len(server.came) == 1


async def test_a_picture_that_nobody_takes_is_lost_and_counted(presences: list[Presence]) -> None:
    """The API is away, or refuses: the simulation plays on."""
    heavy = next(one for one in presences if is_heavy(one))
    async with vendor() as server, cameras(server.url, "token") as camera:
        assert camera is not None
        server.answer(403, {})
        camera.shoot(heavy)
        await camera.settle()
        assert (camera.sent, camera.lost) == (0, 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with cameras(address, "token") as camera:
        assert camera is not None
        for _ in range(20):
            camera.shoot(heavy)
        await camera.settle()
        assert (camera.sent, camera.lost) == (0, 20)


def test_a_picture_shows_what_the_camera_read(presences: list[Presence]) -> None:
    """Not the plate on the truck: a covered one stays covered."""
    unread = next(one for one in presences if not one.scene.crossings[0].vehicle.seen.plate)
    vehicle = unread.scene.crossings[0].vehicle
    assert vehicle.plate
    assert shot(unread, vehicle).plate == ""
    assert unread.site in shot(unread, vehicle).caption
