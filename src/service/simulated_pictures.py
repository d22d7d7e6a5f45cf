"""The camera of a simulated unit: a drawn front picture of each heavy truck, put to the API as a unit would.

Beside the frames and never before them: a picture that cannot be sent is counted and forgotten, for a simulation plays
on. Where the camera is dark there is none, and where it could not read the plate the picture shows none.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import aiohttp
import structlog

from sensors.simulator.picture import Shot, front
from sensors.simulator.presences import Presence
from sensors.simulator.signals.vehicle import Vehicle
from wim.records import blank, passage_ids

#: Units take pictures of what may be over: 18 t is the least limit of a truck's class (GB 1589), so that no violation
#: by gross goes without one.
PICTURE_FROM_KG = 18_000
#: Over a mobile link a picture comes later than the weights; a page must bear that.
DELAY_SECONDS = 2.0
#: Pictures on their way at once; beyond that, as a full buffer of a unit, the next one is lost.
MOST_UNDER_WAY = 16
_ANSWER_SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Camera:
    """Every unit's camera; within `cameras`."""

    session: aiohttp.ClientSession
    url: str
    sent: int = 0
    lost: int = 0
    #: Sites whose camera does not work, by their newest beat.
    dark: set[str] = field(default_factory=set)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)

    def hear(self, beat: dict[str, object]) -> None:
        """Note what a unit says of its camera."""
        site = str(beat["site"])
        (self.dark.discard if beat["camera"] == "ok" else self.dark.add)(site)

    def shoot(self, presence: Presence) -> None:
        """Take a picture of the first vehicle of a frame, where it is a heavy truck, and let it be sent."""
        vehicle = presence.scene.crossings[0].vehicle
        if presence.site in self.dark or vehicle.wheel_kg.sum() < PICTURE_FROM_KG:
            return
        if len(self._under_way) >= MOST_UNDER_WAY:
            self.lost += 1
            return
        task = asyncio.ensure_future(self._send(presence, vehicle))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def settle(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._under_way)

    async def _send(self, presence: Presence, vehicle: Vehicle) -> None:
        picture = await asyncio.to_thread(front, shot(presence, vehicle))
        await asyncio.sleep(DELAY_SECONDS)
        query = origin(presence)
        address = f"{self.url}/v1/passages/{_identity(query)}/media/front"
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS)
        try:
            async with self.session.put(
                address, params=query, data=picture, headers={"Content-Type": "image/png"}, timeout=timeout
            ) as answer:
                taken = answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            taken = False
        self.sent += taken
        self.lost += not taken
        if not taken and self.lost == 1:
            log.warning("picture_not_taken", remedy="the API needs WIM_ARCHIVE and a token of the role device")


@contextlib.asynccontextmanager
async def cameras(url: str | None, token: str) -> AsyncIterator[Camera | None]:
    """The cameras of a simulation, None where no API takes pictures."""
    if url is None:
        yield None
        return
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers, trust_env=False) as session:
        yield Camera(session, url.rstrip("/"))


def shot(presence: Presence, vehicle: Vehicle) -> Shot:
    """What a camera sees of a vehicle: its plate as far as it was read, in the colour that it has."""
    at = datetime.fromtimestamp(presence.start_ns // 10**9, UTC)
    caption = f"{presence.site} L{presence.scene.installation.lane.number} {at:%Y-%m-%d %H:%M:%S} UTC"
    return Shot(vehicle.seen.plate.decode(), vehicle.seen.colour, caption, paint=vehicle.number)


def origin(presence: Presence) -> dict[str, str | int]:
    """What the id of a frame's first passage is made of."""
    return {
        "site": presence.site,
        "lane": presence.scene.installation.lane.number,
        "part": 0,
        "origin_ns": presence.start_ns,
        "sequence": presence.scene.sequence,
    }


def _identity(query: dict[str, str | int]) -> str:
    record = blank(1)
    for name, value in query.items():
        record[name] = value.encode() if isinstance(value, str) else value
    return passage_ids(record)[0]
